//! What goes back and forth between phones and the server.

use rand::rngs::ChaCha12Rng;

use super::super::kernel::Done;
use super::super::network::{ConnectionId, Delivery, Side};
use super::super::phone::{SimulatedPhone, Wish};
use super::super::watchdog::Promise;
use super::{Happening, World, arrivals};

impl World {
    pub(super) fn act(&mut self, number: u32) {
        let (now, elapsed) = (self.clock.now(), self.clock.elapsed());
        let phone = &mut self.phones[number as usize];
        // Of before, as a phone that vanishes forgets its connection.
        let connection = phone.connection();
        let wishes = phone.act(now, elapsed, &mut self.phones_rng);
        self.grant(number, connection, wishes);
    }

    pub(super) fn connects(&mut self, connection: ConnectionId) {
        if !self.network.is_open(connection) {
            return;
        }
        let (now, elapsed) = (self.clock.now(), self.clock.elapsed());
        match self.machine.server() {
            Some(server) => {
                server.accept(connection, now);
                self.most_connections = self.most_connections.max(server.connections().0);
                self.watchdog.expect(Promise::Login(connection), elapsed);
            }
            None => self.network.reset(connection, elapsed, arrivals(&mut self.future)),
        }
    }

    pub(super) fn deliver(&mut self, delivery: &Delivery) -> Result<(), String> {
        match delivery {
            Delivery::Bytes { connection, to: Side::Server, bytes } => {
                self.server_receives(*connection, bytes);
            }
            Delivery::Bytes { connection, to: Side::Phone, bytes } => {
                return self.phone_receives(*connection, bytes);
            }
            Delivery::End { connection, to: Side::Server } => self.server_is_hung_up(*connection),
            Delivery::End { connection, to: Side::Phone } => {
                if let Some(number) = self.network.phone(*connection) {
                    self.phone_loses(number, *connection, SimulatedPhone::ended);
                }
            }
            Delivery::Reset { connection, phone } => {
                if let Some(server) = self.machine.server() {
                    server.kernel().reset(*connection);
                    self.watchdog.expect(Promise::Drop(*connection), self.clock.elapsed());
                }
                if self.phone_loses(*phone, *connection, SimulatedPhone::reset) {
                    self.resets += 1;
                }
            }
            Delivery::Datagram { to, bytes } => {
                self.phones[*to as usize].phone().receive(bytes, self.clock.now());
            }
        }
        Ok(())
    }

    fn server_receives(&mut self, connection: ConnectionId, bytes: &[u8]) {
        let server = self.machine.server();
        if self.network.is_open(connection)
            && !server.is_some_and(|server| server.kernel().arrive(connection, bytes))
        {
            // Whoever sends to a socket that is closed is told so.
            let now = self.clock.elapsed();
            self.network.reset(connection, now, arrivals(&mut self.future));
        }
    }

    fn server_is_hung_up(&mut self, connection: ConnectionId) {
        if let Some(server) = self.machine.server()
            && self.network.is_open(connection)
        {
            server.kernel().end(connection);
            self.watchdog.expect(Promise::HangUp(connection), self.clock.elapsed());
        }
    }

    fn phone_receives(&mut self, connection: ConnectionId, bytes: &[u8]) -> Result<(), String> {
        let Some(number) = self.network.phone(connection) else { return Ok(()) };
        let phone = &mut self.phones[number as usize];
        if phone.connection() != Some(connection) || !phone.reads() {
            return Ok(());
        }
        if let Some(server) = self.machine.server() {
            server.kernel().acknowledge(connection, bytes.len());
        }
        let (learned, wishes) = phone.receive(bytes, &mut self.phones_rng);
        let now = self.clock.elapsed();
        if phone.has_heard_all() {
            self.watchdog.expect(Promise::Farewell { phone: number, connection }, now);
        }
        for fact in learned {
            self.ledger.enter(number, fact, now)?;
        }
        self.grant(number, Some(connection), wishes);
        Ok(())
    }

    /// A phone hears of the end of a connection, if it still uses that one.
    fn phone_loses(
        &mut self,
        number: u32,
        connection: ConnectionId,
        lose: impl FnOnce(&mut SimulatedPhone, &mut ChaCha12Rng) -> Vec<Wish>,
    ) -> bool {
        let phone = &mut self.phones[number as usize];
        let is_used = phone.connection() == Some(connection);
        if is_used {
            let wishes = lose(phone, &mut self.phones_rng);
            self.grant(number, Some(connection), wishes);
        }
        is_used
    }

    fn grant(&mut self, number: u32, connection: Option<ConnectionId>, wishes: Vec<Wish>) {
        let now = self.clock.elapsed();
        for wish in wishes {
            match (wish, connection) {
                (Wish::Wait(time), _) => self.future.schedule(now + time, Happening::Acts(number)),
                (Wish::Datagram(to, bytes), _) => {
                    self.network.send_datagram(to, &bytes, now, arrivals(&mut self.future));
                }
                (Wish::Connect, _) => self.connect(number),
                (wish, Some(connection)) => self.grant_on(number, connection, wish),
                (wish, None) => debug_assert!(false, "{wish:?} without a connection"),
            }
        }
    }

    fn connect(&mut self, number: u32) {
        let (connection, arrival) = self.network.connect(number, self.clock.elapsed());
        self.phones[number as usize].connects(connection, arrival);
        self.future.schedule(arrival, Happening::Connects(connection));
        self.future.schedule(arrival, Happening::Acts(number));
    }

    /// Does what a phone wants with a connection.
    fn grant_on(&mut self, number: u32, connection: ConnectionId, wish: Wish) {
        let now = self.clock.elapsed();
        let deliver = arrivals(&mut self.future);
        match wish {
            Wish::LogIn { request, with_right_password } => {
                self.ledger.attempted(number, with_right_password, now);
                self.network.send(connection, Side::Server, request, now, deliver);
                self.expect_reply(number);
            }
            Wish::Send(bytes) => {
                self.network.send(connection, Side::Server, bytes, now, deliver);
                self.expect_reply(number);
            }
            Wish::End => self.network.end(connection, Side::Server, now, deliver),
            Wish::Leave => self.network.leave(connection, Side::Phone),
            Wish::Reset => self.network.reset(connection, now, deliver),
            Wish::PowerOff => self.network.power_off(connection, now, deliver),
            Wish::Connect | Wish::Datagram(..) | Wish::Wait(_) => {}
        }
    }

    fn expect_reply(&mut self, number: u32) {
        let question = self.phones[number as usize].question();
        self.watchdog.expect(Promise::Reply { phone: number, question }, self.clock.elapsed());
    }

    /// One tick of the server.
    pub(super) fn tick(&mut self) -> Result<(), String> {
        let Some(done) = self.machine.tick(self.clock.now()) else {
            self.crash();
            return Ok(());
        };
        let touched = self.machine.server().map(|server| server.touched()).unwrap_or_default();
        for (connection, status) in touched {
            self.memory.enter(connection, status)?;
        }
        for (connection, done) in done {
            self.pass_on(connection, done);
        }
        Ok(())
    }

    /// Lets the network know what the server did to a stream.
    fn pass_on(&mut self, connection: ConnectionId, done: Done) {
        let now = self.clock.elapsed();
        let deliver = arrivals(&mut self.future);
        match done {
            Done::Wrote(bytes) => {
                self.network.send(connection, Side::Phone, bytes, now, deliver);
            }
            Done::Blocked { written } => {
                self.watchdog.expect(Promise::Progress { connection, written }, now);
            }
            Done::Ended => {
                self.network.end(connection, Side::Phone, now, deliver);
                self.watchdog.expect(Promise::Close(connection), now);
            }
            Done::ClosedUnread => {
                self.network.reset(connection, now, deliver);
                self.memory.forget(connection);
            }
            Done::Closed => {
                self.network.leave(connection, Side::Server);
                self.memory.forget(connection);
            }
        }
    }
}
