use std::io::{self, BufRead, Read};

/// A reply of the server, of any type that RESP 2 has and the server uses of RESP 3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    Simple(String),
    Error(String),
    Integer(i64),
    Bulk(Vec<u8>),
    Array(Vec<Reply>),
    Map(Vec<Reply>),
    Push(Vec<Reply>),
}

impl Reply {
    pub fn ok() -> Self {
        Self::Simple("OK".to_owned())
    }

    pub fn pong() -> Self {
        Self::Simple("PONG".to_owned())
    }

    pub fn error(text: &str) -> Self {
        Self::Error(text.to_owned())
    }

    pub fn bulk(text: &str) -> Self {
        Self::Bulk(text.as_bytes().to_vec())
    }

    /// Reads one reply; fails the test if it is none.
    ///
    /// # Errors
    ///
    /// That of the connection, also if it ends within a reply.
    pub fn read(reader: &mut impl BufRead) -> io::Result<Self> {
        let line = read_line(reader)?;
        let (kind, text) = line.split_at(1);
        Ok(match kind {
            "+" => Self::Simple(text.to_owned()),
            "-" => Self::Error(text.to_owned()),
            ":" => Self::Integer(text.parse().expect("an integer")),
            "$" => {
                let len: usize = text.parse().expect("a length");
                let mut bytes = vec![0; len + 2];
                reader.read_exact(&mut bytes)?;
                assert!(bytes.ends_with(b"\r\n"), "a bulk string ends with CR and LF");
                bytes.truncate(len);
                Self::Bulk(bytes)
            }
            "*" => Self::Array(read_many(reader, text.parse().expect("a count"))?),
            ">" => Self::Push(read_many(reader, text.parse().expect("a count"))?),
            "%" => Self::Map(read_many(reader, 2 * text.parse::<usize>().expect("a count"))?),
            _ => panic!("no reply: {line:?}"),
        })
    }

    /// Whether it is an error whose text begins with `code`.
    pub fn is_error(&self, code: &str) -> bool {
        matches!(self, Self::Error(text) if text.starts_with(code))
    }
}

fn read_many(reader: &mut impl BufRead, count: usize) -> io::Result<Vec<Reply>> {
    (0..count).map(|_| Reply::read(reader)).collect()
}

fn read_line(reader: &mut impl BufRead) -> io::Result<String> {
    const LONGEST: u64 = 64 * 1024;
    let mut line = String::new();
    reader.take(LONGEST).read_line(&mut line)?;
    match line.strip_suffix("\r\n") {
        Some(text) if !text.is_empty() => Ok(text.to_owned()),
        Some(_) => panic!("an empty line is no reply"),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}
