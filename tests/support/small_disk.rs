use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::data::{Data, Line, count_temp_ids, read_temp_ids};
use super::notice;
use super::server::{PROGRAM, Server, Setup};

/// A server whose data directory is on a file system of a few pages, which only it can see: it is
/// mounted in a mount namespace of the server's own, so that nothing is left of it, however the
/// test ends.
#[derive(Debug)]
pub struct SmallDisk {
    pub server: Server,
    /// The data directory, seen through the server.
    path: PathBuf,
}

impl SmallDisk {
    /// Starts the server, or says loudly that this system does not allow it.
    pub fn start(data: &Data) -> Option<Self> {
        let Some(options) = namespace_options(data.path()) else {
            notice::skip(
                "unshare(1) and mount(8) are not permitted here, so a full file system is NOT TESTED",
            );
            return None;
        };
        let directory = data.path().to_str().expect("a path in UTF-8");
        let mut command = Command::new("unshare");
        command.args(options).args(["sh", "-ec", SCRIPT, PROGRAM, directory]);
        let server = Setup::command(command).start();
        let id = server.id().as_raw_nonzero();
        let path = format!("/proc/{id}/root{directory}").into();
        Some(Self { server, path })
    }

    /// Fills the disk with something that can be removed.
    pub fn fill(&self) {
        let mut ballast = File::create(self.path.join("ballast")).expect("a file");
        loop {
            match ballast.write(&[0; 4096]) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => return,
                Err(error) => panic!("{error}"),
            }
        }
    }

    pub fn make_space(&self) {
        fs::remove_file(self.path.join("ballast")).expect("it was filled");
    }

    /// How many lines `tempIDs.txt` has, also while it grows.
    pub fn temp_id_count(&self) -> usize {
        count_temp_ids(&self.path.join("tempIDs.txt"))
    }

    pub fn temp_ids(&self) -> Vec<Line> {
        read_temp_ids(&self.path.join("tempIDs.txt"))
    }
}

/// Mounts the disk over the directory `$1`, with the credentials that are there, and becomes the
/// server `$0`.
const SCRIPT: &str = r#"
    credentials=$(cat "$1/credentials.txt")
    umask 077
    mount -t tmpfs -o size=512k tmpfs "$1"
    printf '%s\n' "$credentials" > "$1/credentials.txt"
    exec "$0" 0 3600 --bind 127.0.0.1 --data "$1"
"#;

/// How mounting is permitted here, if at all: to root, or to anybody in a user namespace.
fn namespace_options(directory: &Path) -> Option<&'static [&'static str]> {
    let works = |options: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(options).args(["mount", "-t", "tmpfs", "tmpfs"]).arg(directory);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let ways: [&[&str]; 2] = [&["--mount"], &["--user", "--map-root-user", "--mount"]];
    ways.into_iter().find(|options| works(options))
}
