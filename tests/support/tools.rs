use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::notice;

/// Programs that others wrote, in a package of the distribution.
struct Tools {
    programs: &'static [&'static str],
    /// What makes each of them end at once, with success.
    trial: &'static str,
    package: &'static str,
    are_there: OnceLock<bool>,
}

static REDIS: Tools = Tools {
    programs: &["redis-cli", "redis-benchmark"],
    trial: "--version",
    package: "redis-tools",
    are_there: OnceLock::new(),
};

static CHROMIUM: Tools = Tools {
    programs: &["chromium"],
    trial: "--version",
    package: "chromium",
    are_there: OnceLock::new(),
};

static OPENSSL: Tools = Tools {
    programs: &["openssl"],
    trial: "version",
    package: "openssl",
    are_there: OnceLock::new(),
};

/// Whether `redis-cli` and `redis-benchmark` are there, after an attempt to install them if not.
/// If they are not, says loudly what is not tested.
pub fn has_redis_tools(what: &str) -> bool {
    REDIS.are_there_for(what)
}

/// The same for the browser `chromium`.
pub fn has_chromium(what: &str) -> bool {
    CHROMIUM.are_there_for(what)
}

/// The same for `openssl`.
pub fn has_openssl(what: &str) -> bool {
    OPENSSL.are_there_for(what)
}

impl Tools {
    fn are_there_for(&self, what: &str) -> bool {
        let are_there =
            *self.are_there.get_or_init(|| self.are_in_path() || (is_root() && self.install()));
        if !are_there {
            notice::skip(&format!(
                "{} not in PATH and could not be installed (package {}), so {what} is NOT TESTED",
                self.programs.join(" and "),
                self.package
            ));
        }
        are_there
    }

    fn are_in_path(&self) -> bool {
        self.programs.iter().all(|program| succeeds(program, &[self.trial]))
    }

    /// The package with the tools only: it starts no server.
    fn install(&self) -> bool {
        const INSTALL: [&str; 5] =
            ["-y", "-q", "--no-install-recommends", "-oDPkg::Lock::Timeout=60", "install"];
        succeeds("apt-get", &["-q", "update"])
            && succeeds("apt-get", &[&INSTALL[..], &[self.package]].concat())
            && self.are_in_path()
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn succeeds(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
