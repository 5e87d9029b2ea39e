use super::super::resp;
use super::RequestError;

/// Longest text of `PING` and `ECHO`, and longest name of a client, in bytes. Tools send some
/// twenty; what they send is sent back, or kept.
pub const MAX_TEXT_BYTES: usize = 256;

/// What client libraries and tools ask of any server that speaks RESP: when they connect, and to
/// see whether it is well. The server answers as Redis does, as far as there is something to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolRequest<'a> {
    /// `PING [text]`
    Ping {
        /// Sent back in place of `PONG`.
        text: Option<&'a [u8]>,
    },
    /// `ECHO text`
    Echo {
        /// Sent back.
        text: &'a [u8],
    },
    /// `INFO [section]`
    Info {
        /// The section asked for, in upper or lower case.
        section: Option<&'a [u8]>,
    },
    /// `TIME`
    Time,
    /// `RESET`: the connection becomes as it was when it was made.
    Reset,
    /// `SELECT 0`: the one database there is.
    Select,
    /// `COMMAND`, `COMMAND INFO …`, `COMMAND LIST …`
    Commands,
    /// `COMMAND COUNT`
    CommandCount,
    /// `COMMAND DOCS …`
    CommandDocs,
    /// `CONFIG GET …`
    ConfigGet,
    /// `CLIENT ID`
    ClientId,
    /// `CLIENT GETNAME`
    ClientName,
    /// `CLIENT SETNAME name`
    SetClientName {
        /// Without blanks and control characters; empty takes the name away.
        name: &'a [u8],
    },
    /// `CLIENT SETINFO LIB-NAME|LIB-VER text`, `CLIENT NO-EVICT ON|OFF`, `CLIENT NO-TOUCH ON|OFF`:
    /// the server evicts and expires nothing and lists no clients, so there is nothing to do for
    /// them.
    ClientOption,
}

impl<'a> ToolRequest<'a> {
    /// Reads the command `name`, which `upper` is in upper case, and its arguments.
    pub(super) fn decode(
        upper: &[u8],
        name: &[u8],
        arguments: &[&'a [u8]],
    ) -> Result<Self, RequestError> {
        match (upper, arguments) {
            (b"PING", []) => Ok(Self::Ping { text: None }),
            (b"PING", [text]) => Ok(Self::Ping { text: Some(decode_text(text)?) }),
            (b"ECHO", [text]) => Ok(Self::Echo { text: decode_text(text)? }),
            (b"INFO", []) => Ok(Self::Info { section: None }),
            (b"INFO", [section]) => Ok(Self::Info { section: Some(section) }),
            (b"TIME", []) => Ok(Self::Time),
            (b"RESET", []) => Ok(Self::Reset),
            (b"SELECT", [b"0"]) => Ok(Self::Select),
            (b"SELECT", [_]) => Err(RequestError::NoSuchDatabase),
            (b"COMMAND", [verb]) if is(verb, "COUNT") => Ok(Self::CommandCount),
            (b"COMMAND", [verb, ..]) if is(verb, "DOCS") => Ok(Self::CommandDocs),
            (b"COMMAND", []) => Ok(Self::Commands),
            (b"COMMAND", [verb, ..]) if is(verb, "INFO") || is(verb, "LIST") => Ok(Self::Commands),
            (b"COMMAND", [verb, ..]) => Err(RequestError::unknown(&[name, verb])),
            (b"CONFIG", [verb, _, ..]) if is(verb, "GET") => Ok(Self::ConfigGet),
            (b"CLIENT" | b"CONFIG", [verb, arguments @ ..]) => decode_client(verb, arguments)
                .filter(|_| upper == b"CLIENT")
                .ok_or_else(|| RequestError::unknown(&[name, verb])),
            (
                b"PING" | b"ECHO" | b"INFO" | b"TIME" | b"RESET" | b"SELECT" | b"CLIENT"
                | b"CONFIG",
                _,
            ) => Err(RequestError::wrong_number_of_arguments(name)),
            _ => Err(RequestError::unknown(&[name])),
        }
    }

    /// Appends the request in the form that [`Request::decode`](super::Request::decode)
    /// reads back.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let words: Vec<&[u8]> = match self {
            Self::Ping { text: None } => vec![b"PING"],
            Self::Ping { text: Some(text) } => vec![b"PING", text],
            Self::Echo { text } => vec![b"ECHO", text],
            Self::Info { section: None } => vec![b"INFO"],
            Self::Info { section: Some(section) } => vec![b"INFO", section],
            Self::Time => vec![b"TIME"],
            Self::Reset => vec![b"RESET"],
            Self::Select => vec![b"SELECT", b"0"],
            Self::Commands => vec![b"COMMAND"],
            Self::CommandCount => vec![b"COMMAND", b"COUNT"],
            Self::CommandDocs => vec![b"COMMAND", b"DOCS"],
            Self::ConfigGet => vec![b"CONFIG", b"GET", b"*"],
            Self::ClientId => vec![b"CLIENT", b"ID"],
            Self::ClientName => vec![b"CLIENT", b"GETNAME"],
            Self::SetClientName { name } => vec![b"CLIENT", b"SETNAME", name],
            Self::ClientOption => vec![b"CLIENT", b"NO-EVICT", b"ON"],
        };
        resp::encode_request(out, &words);
    }
}

/// `None` is a request that the server does not carry out, and must not confirm.
fn decode_client<'a>(verb: &[u8], arguments: &[&'a [u8]]) -> Option<ToolRequest<'a>> {
    let one_of = |word: &[u8], names: [&str; 2]| names.into_iter().any(|name| is(word, name));
    match arguments {
        [] if is(verb, "ID") => Some(ToolRequest::ClientId),
        [] if is(verb, "GETNAME") => Some(ToolRequest::ClientName),
        [name] if is(verb, "SETNAME") && is_client_name(name) => {
            Some(ToolRequest::SetClientName { name })
        }
        [switch] if one_of(verb, ["NO-EVICT", "NO-TOUCH"]) && one_of(switch, ["ON", "OFF"]) => {
            Some(ToolRequest::ClientOption)
        }
        [key, _] if is(verb, "SETINFO") && one_of(key, ["LIB-NAME", "LIB-VER"]) => {
            Some(ToolRequest::ClientOption)
        }
        _ => None,
    }
}

fn is(word: &[u8], name: &str) -> bool {
    word.eq_ignore_ascii_case(name.as_bytes())
}

/// Whether a client may have this name, which is the rule of Redis but for the length.
pub(super) fn is_client_name(name: &[u8]) -> bool {
    name.len() <= MAX_TEXT_BYTES && name.iter().all(u8::is_ascii_graphic)
}

fn decode_text(text: &[u8]) -> Result<&[u8], RequestError> {
    if text.len() <= MAX_TEXT_BYTES { Ok(text) } else { Err(RequestError::TextTooLong) }
}
