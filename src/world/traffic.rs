//! The traffic between phones and the server.

use super::ids::PhoneId;
use super::random::{self, Purpose};
use super::trouble::Mishap;
use super::{Happening, Inhabitants, Notice, World, arrivals};
use crate::world::kernel::Done;
use crate::world::network::{ConnectionId, Delivery, Side};
use crate::world::phone::{Pause, SimulatedPhone, Wish};

impl<I: Inhabitants> World<I> {
    pub(super) fn act(&mut self, phone: PhoneId) -> Result<(), String> {
        let (now, elapsed) = (self.core.clock.now(), self.core.clock.elapsed());
        let machine = &mut self.core.phones[phone.index()];
        // Of before, as a phone that vanishes forgets its connection.
        let connection = machine.connection();
        let wishes = machine.act(now, elapsed);
        self.grant(phone, connection, wishes)
    }

    pub(super) fn connects(&mut self, connection: ConnectionId) -> Result<(), String> {
        if !self.core.network.is_open(connection) {
            return Ok(());
        }
        let (now, elapsed) = (self.core.clock.now(), self.core.clock.elapsed());
        match self.core.machine.server() {
            Some(server) => {
                server.accept(connection, now);
                self.notice(Notice::Accepted(connection))
            }
            None => {
                self.core.network.reset(connection, elapsed, arrivals(&mut self.core.future));
                Ok(())
            }
        }
    }

    pub(super) fn deliver(&mut self, delivery: &Delivery) -> Result<(), String> {
        match delivery {
            Delivery::Bytes { connection, to: Side::Server, bytes } => {
                self.server_receives(*connection, bytes);
                Ok(())
            }
            Delivery::Bytes { connection, to: Side::Phone, bytes } => {
                self.phone_receives(*connection, bytes)
            }
            Delivery::End { connection, to: Side::Server } => self.server_is_hung_up(*connection),
            Delivery::End { connection, to: Side::Phone } => {
                match self.core.network.phone(*connection) {
                    Some(phone) => self.phone_loses(phone, *connection, false),
                    None => Ok(()),
                }
            }
            Delivery::Reset { connection, phone } => {
                if let Some(server) = self.core.machine.server() {
                    server.kernel().reset(*connection);
                    self.notice(Notice::Broke(*connection))?;
                }
                self.phone_loses(*phone, *connection, true)
            }
            Delivery::Datagram { to, bytes } => {
                let now = self.core.clock.now();
                let elapsed = self.core.clock.elapsed();
                let reception = self.core.phones[to.index()].hear(bytes, now, elapsed);
                self.notice(Notice::Received { phone: *to, reception })
            }
        }
    }

    fn server_receives(&mut self, connection: ConnectionId, bytes: &[u8]) {
        let server = self.core.machine.server();
        if self.core.network.is_open(connection)
            && !server.is_some_and(|server| server.kernel().arrive(connection, bytes))
        {
            // Whoever sends to a socket that is closed is told so.
            let now = self.core.clock.elapsed();
            self.core.network.reset(connection, now, arrivals(&mut self.core.future));
        }
    }

    fn server_is_hung_up(&mut self, connection: ConnectionId) -> Result<(), String> {
        if let Some(server) = self.core.machine.server()
            && self.core.network.is_open(connection)
        {
            server.kernel().end(connection);
            return self.notice(Notice::HungUp(connection));
        }
        Ok(())
    }

    fn phone_receives(&mut self, connection: ConnectionId, bytes: &[u8]) -> Result<(), String> {
        let Some(phone) = self.core.network.phone(connection) else { return Ok(()) };
        let machine = &mut self.core.phones[phone.index()];
        if machine.connection() != Some(connection) || !machine.reads() {
            return Ok(());
        }
        if let Some(server) = self.core.machine.server() {
            server.kernel().acknowledge(connection, bytes.len());
        }
        let (learned, wishes) = machine.receive(bytes);
        self.notice(Notice::Heard { phone, connection, bytes })?;
        for learned in learned {
            self.notice(Notice::Learned { phone, learned })?;
        }
        self.grant(phone, Some(connection), wishes)
    }

    /// Tells a phone of the end of its connection, if it still uses it.
    fn phone_loses(
        &mut self,
        phone: PhoneId,
        connection: ConnectionId,
        is_broken: bool,
    ) -> Result<(), String> {
        let machine = &mut self.core.phones[phone.index()];
        if machine.connection() != Some(connection) {
            return Ok(());
        }
        let lose = if is_broken { SimulatedPhone::reset } else { SimulatedPhone::ended };
        let wishes = lose(machine);
        self.notice(Notice::Lost { phone, connection, is_broken })?;
        self.grant(phone, Some(connection), wishes)
    }

    /// Lets something happen to a phone.
    pub(super) fn befall(&mut self, phone: PhoneId, mishap: Mishap) -> Result<(), String> {
        let (now, elapsed) = (self.core.clock.now(), self.core.clock.elapsed());
        let machine = &mut self.core.phones[phone.index()];
        let connection = machine.connection();
        let disk = machine.disk(elapsed);
        let mut power_cut = match mishap {
            Mishap::Full(is_full) => {
                disk.into_iter().for_each(|disk| disk.is_full = is_full);
                return Ok(());
            }
            Mishap::Killed => None,
            Mishap::PowerLost(seed) => Some(random::stream(seed, Purpose::Disk)),
        };
        machine.begin_again(power_cut.as_mut(), now);
        let goodbye = if power_cut.is_some() { Wish::PowerOff } else { Wish::Reset };
        let goodbye = connection.map(|_| goodbye).into_iter();
        self.notice(Notice::PhoneBeganAgain(phone))?;
        self.grant(phone, connection, goodbye.chain([Wish::Pause(Pause::Retry)]).collect())
    }

    fn grant(
        &mut self,
        phone: PhoneId,
        connection: Option<ConnectionId>,
        wishes: Vec<Wish>,
    ) -> Result<(), String> {
        let now = self.core.clock.elapsed();
        for wish in wishes {
            match (wish, connection) {
                (Wish::Wait(time), _) => {
                    self.core.future.schedule(now + time, Happening::Acts(phone));
                }
                (Wish::Pause(pause), _) => {
                    let time = self.inhabitants.pause(phone, pause);
                    self.core.future.schedule(now + time, Happening::Acts(phone));
                }
                (Wish::Datagram(to, bytes), _) => {
                    let deliver = arrivals(&mut self.core.future);
                    self.core.network.send_datagram(to, &bytes, now, deliver);
                }
                (Wish::Connect, _) => self.connect(phone),
                (Wish::Send { bytes, is_right }, Some(connection)) => {
                    self.ask(phone, connection, bytes, is_right)?;
                }
                (wish, Some(connection)) => self.grant_on(connection, wish),
                (wish, None) => debug_assert!(false, "{wish:?} without a connection"),
            }
        }
        Ok(())
    }

    fn connect(&mut self, phone: PhoneId) {
        let owner = self.inhabitants.owner(phone);
        let core = &mut self.core;
        let (connection, arrival) = core.network.connect(phone, owner, core.clock.elapsed());
        core.phones[phone.index()].connects(connection, arrival);
        core.future.schedule(arrival, Happening::Connects(connection));
        core.future.schedule(arrival, Happening::Acts(phone));
    }

    /// Grants a wish of a phone about its connection, other than a request.
    fn grant_on(&mut self, connection: ConnectionId, wish: Wish) {
        let core = &mut self.core;
        let now = core.clock.elapsed();
        let deliver = arrivals(&mut core.future);
        match wish {
            Wish::End => core.network.end(connection, Side::Server, now, deliver),
            Wish::Leave => core.network.leave(connection, Side::Phone),
            Wish::Reset => core.network.reset(connection, now, deliver),
            Wish::PowerOff => core.network.power_off(connection, now, deliver),
            Wish::Send { .. }
            | Wish::Connect
            | Wish::Datagram(..)
            | Wish::Wait(_)
            | Wish::Pause(_) => {}
        }
    }

    fn ask(
        &mut self,
        phone: PhoneId,
        connection: ConnectionId,
        request: Vec<u8>,
        is_right: Option<bool>,
    ) -> Result<(), String> {
        // Refused or broken, of which the phone is about to hear.
        if !self.core.network.is_open(connection) {
            return Ok(());
        }
        self.notice(Notice::Asked { phone, connection, is_right, bytes: &request })?;
        let now = self.core.clock.elapsed();
        let deliver = arrivals(&mut self.core.future);
        self.core.network.send(connection, Side::Server, request, now, deliver);
        Ok(())
    }

    /// Runs a tick of the server.
    ///
    /// # Errors
    ///
    /// A message if a check of the inhabitants fails.
    pub fn tick(&mut self) -> Result<(), String> {
        let Some(ticked) = self.core.machine.tick(self.core.clock.now()) else {
            return self.crash();
        };
        self.notice(Notice::Ticked { touched: &ticked.touched, decisions: &ticked.decisions })?;
        for (connection, done) in ticked.done {
            self.notice(Notice::Did(connection, &done))?;
            self.pass_on(connection, done);
        }
        Ok(())
    }

    /// Passes an action of the server on a stream to the network.
    fn pass_on(&mut self, connection: ConnectionId, done: Done) {
        let core = &mut self.core;
        let now = core.clock.elapsed();
        let deliver = arrivals(&mut core.future);
        match done {
            Done::Wrote(bytes) => {
                core.network.send(connection, Side::Phone, bytes, now, deliver);
            }
            Done::Blocked { .. } => {}
            Done::Ended => core.network.end(connection, Side::Phone, now, deliver),
            Done::ClosedUnread => core.network.reset(connection, now, deliver),
            Done::Closed => core.network.leave(connection, Side::Server),
        }
    }
}
