//! What the operator asks of the running server.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use super::socket::{FILE_NAME, path_in};
use crate::numbers::counted;
use crate::protocol::reply::Reply;
use crate::protocol::request::OperatorRequest;
use crate::server::waits::STORE_TIMEOUT;

/// Time that an answer may take: longer than the server waits for its store.
const ANSWER_TIMEOUT: Duration = STORE_TIMEOUT.saturating_add(Duration::from_secs(5));

/// Asks the server that runs in the data directory, and returns what to tell the operator.
///
/// # Errors
///
/// A message if no server runs there, it does not answer, or it refuses.
pub fn ask(data: &Path, request: OperatorRequest) -> Result<String, String> {
    let socket = data.join(FILE_NAME);
    let with_path = |error: io::Error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::ConnectionRefused => {
            format!("{}: no server runs in this directory", data.display())
        }
        _ => format!("{}: {error}", socket.display()),
    };
    let reply = exchange(data, request).map_err(with_path)?;
    let answer = Reply::decode(&reply).ok().flatten().map(|(reply, _)| reply);
    match answer {
        Some(Reply::Error { message, .. }) => Err(message.to_owned()),
        Some(reply) => in_words(request, reply).ok_or_else(|| unexpected(&socket)),
        None => Err(unexpected(&socket)),
    }
}

fn unexpected(socket: &Path) -> String {
    format!("{}: the answer is not that of a BlueTrace server of this version", socket.display())
}

/// Sends a request, and reads until there is a whole reply.
fn exchange(data: &Path, request: OperatorRequest) -> io::Result<Vec<u8>> {
    let directory = File::open(data)?;
    let mut stream = UnixStream::connect(path_in(&directory))?;
    stream.set_read_timeout(Some(ANSWER_TIMEOUT))?;
    let mut bytes = Vec::new();
    request.encode(&mut bytes);
    stream.write_all(&bytes)?;
    let (mut reply, mut buffer) = (Vec::new(), [0; 4096]);
    while matches!(Reply::decode(&reply), Ok(None)) {
        match stream.read(&mut buffer) {
            Ok(0) => {
                let problem = "the server closed the connection without an answer";
                return Err(io::Error::other(problem));
            }
            Ok(len) => reply.extend_from_slice(&buffer[..len]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                return Err(io::Error::other("the server does not answer"));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(reply)
}

/// The reply in words; `None` if it does not belong to the request.
fn in_words(request: OperatorRequest, reply: Reply<'_>) -> Option<String> {
    match (request, reply) {
        (OperatorRequest::Code { user }, Reply::Array(mut items)) => {
            let (Some(Reply::Bulk(code)), Some(Reply::Bulk(expiry))) = (items.next(), items.next())
            else {
                return None;
            };
            let (code, expiry) = (str::from_utf8(code).ok()?, str::from_utf8(expiry).ok()?);
            Some(format!("{code} allows {user} one upload until {expiry} UTC"))
        }
        (OperatorRequest::Notify { case }, Reply::Integer(users)) => {
            let users = counted(users, "user");
            Some(format!(
                "case {case}: {users} to be told who had no notice of it yet; \
                 whoever is not connected is told at the next login"
            ))
        }
        (OperatorRequest::Revoke { user }, Reply::Simple("OK")) => {
            Some(format!("{user} is logged out, and may not log in"))
        }
        (OperatorRequest::Restore { user }, Reply::Simple("OK")) => {
            Some(format!("{user} may log in again"))
        }
        (
            OperatorRequest::Code { .. }
            | OperatorRequest::Notify { .. }
            | OperatorRequest::Revoke { .. }
            | OperatorRequest::Restore { .. },
            _,
        ) => None,
    }
}
