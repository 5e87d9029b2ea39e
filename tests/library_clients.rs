//! Well-known client libraries of Redis and Valkey, connecting with their defaults.

mod support;

use std::process::{Command, Stdio};

use support::data::{Account, Data, EIGHT, NINE, SIX};
use support::libraries::{NODE, PYTHON};
use support::phone::Phone;
use support::record::Record;
use support::reply::Reply;
use support::server::Server;

/// Nobody talks longer than that, in seconds; libraries that cannot connect try again for ever.
const PATIENCE_SECONDS: &str = "60";

const WRONG_PASSWORD: &str = "Invalid Password. Please try again";
const NOW_BLOCKED: &str = "Invalid Password. Your account has been blocked. Please try again later";

/// A library, and the script that talks through it: `[module] port user password record`.
#[derive(Debug, Clone, Copy)]
struct Library {
    language: Language,
    script: &'static str,
    /// Of two libraries with one interface.
    module: Option<&'static str>,
}

#[derive(Debug, Clone, Copy)]
enum Language {
    Python,
    Node,
}

impl Library {
    const fn python(script: &'static str, module: Option<&'static str>) -> Self {
        Self { language: Language::Python, script, module }
    }

    const fn node(script: &'static str, module: Option<&'static str>) -> Self {
        Self { language: Language::Node, script, module }
    }

    /// The lines that the script prints, or nothing if the library is not to be had.
    fn talk(&self, server: &Server, account: Account, record: &Record) -> Option<Vec<String>> {
        let mut command = self.command()?;
        let port = server.address.port().to_string();
        command.args(self.module).args([&port, account.user, account.password]);
        command.arg(String::from_utf8(record.wire()).expect("ASCII"));
        let output = command.stdin(Stdio::null()).output().expect("the script runs");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let complained = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{self:?} says {said}, and {complained}");
        Some(said.lines().map(str::to_owned).collect())
    }

    fn command(&self) -> Option<Command> {
        let script = format!("{}/tests/clients/{}", env!("CARGO_MANIFEST_DIR"), self.script);
        let mut command = Command::new("timeout");
        command.arg(PATIENCE_SECONDS);
        match self.language {
            Language::Python => {
                command.arg(PYTHON.directory_for(self.script)?.join("bin/python"));
            }
            Language::Node => {
                command.env("NODE_PATH", NODE.directory_for(self.script)?.join("node_modules"));
                command.arg("node");
            }
        }
        command.arg(script);
        Some(command)
    }
}

/// Logs in, downloads a TempID and uploads it as the contact of somebody else.
#[track_caller]
fn assert_works(library: Library) {
    let data = Data::with_users();
    let server = Server::start(&data);
    let contact = match Phone::logged_in(&server, SIX).ask("TEMPID") {
        Reply::Bulk(bytes) => Record::from_wire(&bytes),
        other => panic!("no TempID: {other:?}"),
    };
    let Some(said) = library.talk(&server, NINE, &contact) else { return };
    assert!(["ping PONG", "ping True"].contains(&&*said[0]), "{said:?}");
    let told = Record::from_wire(said[1].strip_prefix("tempid ").expect("a TempID").as_bytes());
    let line = data.temp_ids().pop().expect("two TempIDs");
    assert_eq!((line.user.as_str(), line.record), (NINE.user, told));
    assert_eq!(said[2], "upload 1");
    server.stdout.wait_for_part(&format!("{},", SIX.user));
}

/// A wrong password is told in the words of the server, and the right one is taken afterwards
/// unless the library tried often enough to `block` the account.
#[track_caller]
fn assert_wrong_password_is_told(library: Library, block: bool) {
    let data = Data::with_users();
    let server = Server::start(&data);
    let record = Record::new("12345678901234567891", "13/05/2020 17:54:06", "13/05/2020 18:09:05");
    let wrong = Account { password: "wrong", ..EIGHT };
    let Some(said) = library.talk(&server, wrong, &record) else { return };
    let expected = if block { NOW_BLOCKED } else { WRONG_PASSWORD };
    let is_told = |line: &String| line.starts_with("refused ") && line.contains(expected);
    assert!(said.iter().any(is_told), "{library:?}: {said:?}");
    let reply = Phone::connect(&server).log_in(EIGHT);
    assert_eq!(reply.is_error("BLOCKED "), block, "{library:?}: {reply:?}");
}

const REDIS_PY: Library = Library::python("redis_py.py", Some("redis"));
const VALKEY_PY: Library = Library::python("redis_py.py", Some("valkey"));
const COREDIS: Library = Library::python("coredis_client.py", None);
const GLIDE_FOR_PYTHON: Library = Library::python("glide_client.py", None);
const IOREDIS: Library = Library::node("ioredis.js", Some("ioredis"));
const IOVALKEY: Library = Library::node("ioredis.js", Some("iovalkey"));
const NODE_REDIS: Library = Library::node("node_redis.js", None);
const GLIDE_FOR_NODE: Library = Library::node("glide.js", None);

#[test]
fn redis_py_works() {
    assert_works(REDIS_PY);
}

#[test]
fn valkey_py_works() {
    assert_works(VALKEY_PY);
}

#[test]
fn coredis_works() {
    assert_works(COREDIS);
}

#[test]
fn valkey_glide_for_python_works() {
    assert_works(GLIDE_FOR_PYTHON);
}

#[test]
fn ioredis_works() {
    assert_works(IOREDIS);
}

#[test]
fn iovalkey_works() {
    assert_works(IOVALKEY);
}

#[test]
fn node_redis_works() {
    assert_works(NODE_REDIS);
}

#[test]
fn valkey_glide_for_node_works() {
    assert_works(GLIDE_FOR_NODE);
}

#[test]
fn wrong_password_is_told_and_does_not_block() {
    for library in
        [VALKEY_PY, COREDIS, GLIDE_FOR_PYTHON, IOREDIS, IOVALKEY, NODE_REDIS, GLIDE_FOR_NODE]
    {
        assert_wrong_password_is_told(library, false);
    }
}

/// A known limit: the server cannot tell a library that repeats itself from somebody who guesses.
#[test]
fn wrong_password_that_redis_py_tries_three_times_blocks_the_account() {
    assert_wrong_password_is_told(REDIS_PY, true);
}
