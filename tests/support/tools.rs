use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Whether `redis-cli` and `redis-benchmark` are there, after an attempt to install them if not.
/// If they are not, says loudly what is not tested.
pub fn has_redis_tools(what: &str) -> bool {
    static IS_THERE: OnceLock<bool> = OnceLock::new();
    let is_there = *IS_THERE.get_or_init(|| is_in_path() || (is_root() && install()));
    if !is_there {
        eprintln!(
            "SKIPPED: redis-cli and redis-benchmark are not in PATH and could not be installed \
             (package redis-tools), so {what} is NOT TESTED"
        );
    }
    is_there
}

fn is_in_path() -> bool {
    ["redis-cli", "redis-benchmark"].iter().all(|tool| succeeds(tool, &["--version"]))
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The package with the tools only: it starts no server.
fn install() -> bool {
    const INSTALL: [&str; 6] = [
        "-y",
        "-q",
        "--no-install-recommends",
        "-oDPkg::Lock::Timeout=60",
        "install",
        "redis-tools",
    ];
    succeeds("apt-get", &["-q", "update"]) && succeeds("apt-get", &INSTALL) && is_in_path()
}

fn succeeds(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
