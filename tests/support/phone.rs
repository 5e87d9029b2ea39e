use std::io::{self, BufReader, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};

use super::data::Account;
use super::record::{Record, wire};
use super::reply::Reply;
use super::server::Server;
use super::wait::{Deadline, PATIENCE};

/// A client written from the specification, which shares no line with the client under test. It
/// blocks, and fails the test at a deadline.
#[derive(Debug)]
pub struct Phone {
    stream: BufReader<TcpStream>,
}

impl Phone {
    #[track_caller]
    pub fn connect(server: &Server) -> Self {
        Self::connect_from(server, Ipv4Addr::LOCALHOST.into())
    }

    /// Connects from an address of its own, such as 127.0.0.2.
    #[track_caller]
    pub fn connect_from(server: &Server, source: IpAddr) -> Self {
        Self::try_connect(server.address, source).expect("the server listens")
    }

    /// Connects with little room for replies that it does not read.
    #[track_caller]
    pub fn connect_with_small_buffer(server: &Server) -> Self {
        let socket = Socket::new(Domain::for_address(server.address), Type::STREAM, None);
        let socket = socket.expect("a socket");
        socket.set_recv_buffer_size(4096).expect("an option of every socket");
        let source = Ipv4Addr::LOCALHOST.into();
        Self::connect_socket(socket, server.address, source).expect("the server listens")
    }

    /// # Errors
    ///
    /// What the system says, such as that nobody listens.
    pub fn try_connect(address: SocketAddr, source: IpAddr) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        Self::connect_socket(socket, address, source)
    }

    fn connect_socket(socket: Socket, address: SocketAddr, source: IpAddr) -> io::Result<Self> {
        socket.bind(&SocketAddr::new(source, 0).into())?;
        socket.connect_timeout(&address.into(), PATIENCE)?;
        let stream = TcpStream::from(socket);
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    #[track_caller]
    pub fn logged_in(server: &Server, account: Account) -> Self {
        let mut phone = Self::connect(server);
        assert_eq!(phone.log_in(account), Reply::ok());
        phone
    }

    #[track_caller]
    pub fn log_in(&mut self, account: Account) -> Reply {
        self.ask(&format!("AUTH {} {}", account.user, account.password))
    }

    /// Sends the words of `request`, separated by blanks, as an array of bulk strings.
    #[track_caller]
    pub fn send(&mut self, request: &str) {
        self.send_bytes(&frame_of(request));
    }

    #[track_caller]
    pub fn send_bytes(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).expect("the server takes what is sent");
    }

    /// Sends, and does not mind if the server is gone.
    pub fn try_send_bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    #[track_caller]
    pub fn reply(&mut self) -> Reply {
        self.try_reply().expect("a reply")
    }

    /// # Errors
    ///
    /// That of a connection that has ended.
    #[track_caller]
    pub fn try_reply(&mut self) -> io::Result<Reply> {
        let reply = Reply::read(&mut self.stream);
        if let Err(error) = &reply {
            let is_late = matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
            assert!(!is_late, "waited {PATIENCE:?} in vain for a reply");
        }
        reply
    }

    #[track_caller]
    pub fn replies(&mut self, count: usize) -> Vec<Reply> {
        (0..count).map(|_| self.reply()).collect()
    }

    #[track_caller]
    pub fn ask(&mut self, request: &str) -> Reply {
        self.send(request);
        self.reply()
    }

    #[track_caller]
    pub fn ping(&mut self) {
        assert_eq!(self.ask("PING"), Reply::pong());
    }

    #[track_caller]
    pub fn temp_id(&mut self) -> Record {
        let Reply::Bulk(bytes) = self.ask("TEMPID") else { panic!("no TempID") };
        Record::from_wire(&bytes)
    }

    #[track_caller]
    pub fn upload(&mut self, records: &[Record]) -> Reply {
        self.send_bytes(&frame(&[b"UPLOAD", &wire(records)]));
        self.reply()
    }

    /// Asks the server for signs of life until `condition` holds: a clock that ticks only if the
    /// server serves.
    #[track_caller]
    pub fn ping_until(&mut self, what: &str, mut condition: impl FnMut() -> bool) {
        let deadline = Deadline::new();
        while !condition() {
            deadline.check(what);
            self.ping();
        }
    }

    /// Waits for the server to close the connection in an orderly way, with nothing more to say.
    #[track_caller]
    pub fn assert_closed(&mut self) {
        let mut rest = Vec::new();
        let end = self.stream.read_to_end(&mut rest);
        assert!(end.is_ok(), "the connection is not closed: {end:?}");
        assert_eq!(rest.escape_ascii().to_string(), "", "the server says more");
    }

    /// Waits for the end of the connection, be it by a reset.
    #[track_caller]
    pub fn assert_gone(&mut self) {
        let deadline = Deadline::new();
        while self.try_reply().is_ok() {
            deadline.check("the end of the connection");
        }
    }

    /// All that the server sends until it closes the connection.
    #[track_caller]
    pub fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        self.stream.read_to_end(&mut rest).expect("an orderly end");
        rest
    }

    /// Whether a reply has begun to arrive.
    #[track_caller]
    pub fn has_reply(&mut self) -> bool {
        let stream = self.stream.get_mut();
        stream.set_nonblocking(true).expect("an option of every socket");
        let outcome = stream.peek(&mut [0; 1]);
        stream.set_nonblocking(false).expect("an option of every socket");
        !matches!(outcome, Err(error) if error.kind() == ErrorKind::WouldBlock)
    }

    /// Waits for up to `time` for the server to close the connection, and says whether it did.
    #[track_caller]
    pub fn is_closed_within(&mut self, time: Duration) -> bool {
        let stream = self.stream.get_mut();
        stream.set_read_timeout(Some(time)).expect("a timeout");
        let outcome = stream.read(&mut [0; 1]);
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        match outcome {
            Ok(0) => true,
            Ok(_) => panic!("the server says something"),
            Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        }
    }

    /// Sends nothing more, but still reads.
    pub fn end_sending(&mut self) {
        self.stream.get_mut().shutdown(Shutdown::Write).expect("connected");
    }

    /// Vanishes with a reset.
    pub fn reset(self) {
        let socket = SockRef::from(self.stream.get_ref());
        socket.set_linger(Some(Duration::ZERO)).expect("an option of every socket");
    }

    /// Sends as much of `bytes` as goes without waiting.
    pub fn send_without_waiting(&mut self, bytes: &[u8]) -> usize {
        let stream = self.stream.get_mut();
        stream.set_nonblocking(true).expect("an option of every socket");
        let outcome = stream.write(bytes);
        stream.set_nonblocking(false).expect("an option of every socket");
        match outcome {
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            Err(error) => panic!("the server is gone: {error}"),
        }
    }
}

/// The words of `request`, separated by blanks, as an array of bulk strings.
pub fn frame_of(request: &str) -> Vec<u8> {
    let words: Vec<_> = request.split(' ').map(str::as_bytes).collect();
    frame(&words)
}

/// An array of bulk strings.
pub fn frame(words: &[&[u8]]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        bytes.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        bytes.extend_from_slice(word);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}
