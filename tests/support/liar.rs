use std::io::{self, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};

use socket2::{Domain, Socket, Type};

use super::record::Record;
use super::reply::Reply;
use super::wait::{PATIENCE, background};

/// Connections that wait to be served, at most.
const BACKLOG: i32 = 128;

/// A server that is none: it serves one connection after the other, and says whatever a test wants.
#[derive(Debug)]
pub struct Liar {
    listener: Socket,
    pub address: SocketAddr,
}

/// What a liar does when it is asked something.
#[derive(Debug)]
pub enum Answer {
    Say(Vec<u8>),
    /// Says this, and ends the connection.
    SayAndClose(Vec<u8>),
    /// Nothing, until the phone has had enough.
    Nothing,
}

impl Liar {
    /// A liar that does with each connection what `serve` does.
    pub fn serving(mut serve: impl FnMut(TcpStream) -> io::Result<()> + Send + 'static) -> Self {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        listener.bind(&any_port.into()).expect("a free port");
        listener.listen(BACKLOG).expect("a listener");
        let address = listener.local_addr().expect("bound").as_socket().expect("of IPv4");
        let accepting = listener.try_clone().expect("a descriptor");
        background(move || {
            while let Ok((socket, _)) = accepting.accept() {
                let stream = TcpStream::from(socket);
                stream.set_nodelay(true).expect("an option of every TCP socket");
                stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
                // Whoever is lied to may leave at any time.
                let _ = serve(stream);
            }
        });
        Self { listener, address }
    }

    /// A liar that gives to each request, of which it has the words, the answer of `answer`.
    pub fn answering(mut answer: impl FnMut(&[&str]) -> Answer + Send + 'static) -> Self {
        Self::serving(move |stream| {
            let mut requests = BufReader::new(stream);
            loop {
                // A request has the form of a reply: an array of bulk strings.
                let Reply::Array(words) = Reply::read(&mut requests)? else { return Ok(()) };
                let words: Vec<_> = words.into_iter().map(text).collect();
                let words: Vec<_> = words.iter().map(String::as_str).collect();
                match answer(&words) {
                    Answer::Say(reply) => requests.get_mut().write_all(&reply)?,
                    Answer::SayAndClose(reply) => return requests.get_mut().write_all(&reply),
                    Answer::Nothing => return requests.read_to_end(&mut Vec::new()).map(|_| ()),
                }
            }
        })
    }

    /// A liar that says to the command `word` what `lie` says, and to all others the truth.
    pub fn about(
        word: &'static str,
        mut lie: impl FnMut(&[&str]) -> Answer + Send + 'static,
    ) -> Self {
        let mut truth = Truth::default();
        Self::answering(move |words| {
            if words[0] == word { lie(words) } else { Answer::Say(truth.answer(words)) }
        })
    }
}

impl Drop for Liar {
    fn drop(&mut self) {
        // It wakes whoever accepts, with an error.
        let _ = self.listener.shutdown(Shutdown::Both);
    }
}

/// A server that has everybody for a user.
#[derive(Debug, Default)]
pub struct Truth {
    temp_ids: u128,
}

impl Truth {
    #[track_caller]
    pub fn answer(&mut self, words: &[&str]) -> Vec<u8> {
        match words {
            ["AUTH", _, _] | ["QUIT"] => b"+OK\r\n".to_vec(),
            ["HELLO", "3", "AUTH", _, _] => b"%1\r\n$5\r\nproto\r\n:3\r\n".to_vec(),
            ["TEMPID"] => bulk(&self.temp_ids(1)),
            ["TEMPID", count] => bulk(&self.temp_ids(count.parse().expect("a count"))),
            ["UPLOAD", records] => format!(":{}\r\n", records.len() / Record::LEN).into_bytes(),
            other => panic!("no request: {other:?}"),
        }
    }

    /// TempIDs for `count` minutes in a row.
    pub fn temp_ids(&mut self, count: u8) -> Vec<u8> {
        (0..count)
            .flat_map(|minute| {
                self.temp_ids += 1;
                record(self.temp_ids, minute)
            })
            .collect()
    }
}

/// A record for a minute of the first hours of a day.
pub fn record(temp_id: u128, minute: u8) -> Vec<u8> {
    let (hour, minute) = (minute / 60, minute % 60);
    let time = |second| format!("13/05/2020 {hour:02}:{minute:02}:{second:02}");
    Record::new(&format!("{temp_id:020}"), &time(0), &time(59)).wire()
}

/// A bulk string.
pub fn bulk(bytes: &[u8]) -> Vec<u8> {
    [format!("${}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

#[track_caller]
fn text(word: Reply) -> String {
    let Reply::Bulk(bytes) = word else { panic!("no word: {word:?}") };
    String::from_utf8(bytes).expect("UTF-8")
}
