use super::data::{Data, EIGHT};
use super::phone::Phone;
use super::process::{descriptors, peak_resident_kib};
use super::reply::Reply;
use super::server::{Server, Setup};
use super::storm::{self, Outcome, Storm};
use super::wait::Deadline;

/// A server that a storm is about to break over, with one honest phone that is there all the time.
#[derive(Debug)]
pub struct Scene {
    pub server: Server,
    pub witness: Phone,
    pub data: Data,
    descriptors_before: usize,
}

impl Scene {
    /// A server with the users of the assignment, the first `users` of the pattern, and these
    /// options.
    #[track_caller]
    pub fn new(users: usize, options: &[&str]) -> Self {
        let data = Data::with_storm_users(users);
        let setup = Setup::new(&data).arguments(options);
        Self::with_server(data, setup)
    }

    #[track_caller]
    pub fn with_server(data: Data, setup: Setup) -> Self {
        let server = setup.start();
        let witness = Phone::logged_in(&server, EIGHT);
        let descriptors_before = descriptors(server.id()).len();
        Self { server, witness, data, descriptors_before }
    }

    /// A storm on this server.
    pub fn storm(&self, options: &str) -> storm::Setup {
        storm::Setup::new(self.server.address, options)
    }

    /// Has honest phones served, one after the other, until the storm ends: at least one.
    #[track_caller]
    pub fn serve_during(&mut self, mut storm: Storm) -> Outcome {
        let deadline = Deadline::new();
        self.serve_one();
        while !storm.has_ended() {
            deadline.check("the end of the storm");
            self.serve_one();
        }
        storm.wait()
    }

    /// An honest session beside that of the witness.
    #[track_caller]
    pub fn serve_one(&mut self) {
        let met = self.witness.temp_id();
        let mut phone = Phone::logged_in(&self.server, EIGHT);
        phone.temp_id();
        assert_eq!(phone.upload(&[met]), Reply::Integer(1));
        assert_eq!(phone.ask("QUIT"), Reply::ok());
        phone.assert_closed();
    }

    /// Waits until the server has as many descriptors as at the beginning, and never had
    /// more memory than `most_kib`. Honest phones are still served.
    #[track_caller]
    pub fn assert_nothing_left(&mut self, most_kib: u64) {
        self.assert_nobody_left(most_kib);
        self.serve_one();
    }

    /// The same on a server that takes no contact logs.
    #[track_caller]
    pub fn assert_nobody_left(&mut self, most_kib: u64) {
        let (id, before) = (self.server.id(), self.descriptors_before);
        let is_closed = || descriptors(id).len() == before;
        self.witness.ping_until("the descriptors to be closed", is_closed);
        let peak = peak_resident_kib(id);
        assert!(peak <= most_kib, "{peak} KiB of memory were in use");
        self.witness.temp_id();
    }
}
