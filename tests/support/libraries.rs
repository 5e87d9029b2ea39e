use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::notice;

/// Libraries of one language, in a directory below that of the built programs, so that only the
/// first run installs them.
#[derive(Debug)]
pub struct Libraries {
    name: &'static str,
    packages: &'static [&'static str],
    install: fn(&Path, &[&str]) -> bool,
    directory: OnceLock<Option<PathBuf>>,
}

/// An installation that takes longer is given up, in seconds.
const PATIENCE_SECONDS: &str = "300";

pub static PYTHON: Libraries = Libraries {
    name: "python",
    packages: &["redis==8.1.0", "valkey==6.2.0", "coredis==6.9.0", "valkey-glide==2.6.0"],
    install: install_for_python,
    directory: OnceLock::new(),
};

/// The reference implementation of Argon2, with what Python needs to call it.
pub static ARGON2: Libraries = Libraries {
    name: "argon2",
    packages: &["argon2-cffi==25.1.0"],
    install: install_for_python,
    directory: OnceLock::new(),
};

pub static NODE: Libraries = Libraries {
    name: "node",
    packages: &["ioredis@6.0.0", "iovalkey@0.4.0", "redis@6.3.1", "@valkey/valkey-glide@2.5.2"],
    install: |directory, packages| {
        let options = ["install", "--no-audit", "--no-fund", "--prefix"];
        succeeds(Command::new("npm").args(options).arg(directory).args(packages))
    },
    directory: OnceLock::new(),
};

impl Libraries {
    /// Where they are installed, after an attempt to do so if they are not. If they are not to be
    /// had, says loudly what is not tested.
    pub fn directory_for(&self, what: &str) -> Option<&Path> {
        let directory = self.directory.get_or_init(|| self.find_or_install());
        if directory.is_none() {
            notice::skip(&format!(
                "{} could not be installed, so {what} is NOT TESTED",
                self.packages.join(", ")
            ));
        }
        directory.as_deref()
    }

    fn find_or_install(&self) -> Option<PathBuf> {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("libraries").join(self.name);
        // Written last, so that an installation that was interrupted is begun again.
        let (list, packages) = (directory.join("installed"), self.packages.join("\n"));
        if fs::read_to_string(&list).is_ok_and(|installed| installed == packages) {
            return Some(directory);
        }
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory).expect("a directory");
        let is_installed = (self.install)(&directory, self.packages);
        is_installed.then(|| fs::write(&list, packages).expect("the file is written"))?;
        Some(directory)
    }
}

fn install_for_python(directory: &Path, packages: &[&str]) -> bool {
    let pip = directory.join("bin/pip");
    succeeds(Command::new("python3").args(["-m", "venv"]).arg(directory))
        && succeeds(Command::new(pip).args(["install", "-q"]).args(packages))
}

fn succeeds(command: &mut Command) -> bool {
    let mut limited = Command::new("timeout");
    limited.arg(PATIENCE_SECONDS).arg(command.get_program()).args(command.get_args());
    limited.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    limited.status().is_ok_and(|status| status.success())
}
