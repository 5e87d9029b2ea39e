use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use super::record::Record;
use super::wait::Deadline;

/// A user of the assignment's sample files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    pub user: &'static str,
    pub password: &'static str,
}

pub const SIX: Account = Account { user: "+61410666666", password: "kara1234" };
pub const SEVEN: Account = Account { user: "+61410777777", password: "datha457" };
pub const EIGHT: Account = Account { user: "+61410888888", password: "comp3331" };
pub const NINE: Account = Account { user: "+61410999999", password: "bada4568" };

/// `credentials.txt` of the assignment, with its line ends.
pub const SAMPLE_CREDENTIALS: &str = "+61410666666 kara1234\r\n+61410777777 datha457\r\n\
    +61410888888 comp3331\r\n+61410999999 bada4568";

/// `tempIDs.txt` of the assignment, with its line ends.
pub const SAMPLE_TEMP_IDS: &str = "+61410999999 12345678901234567890 13/05/2020 17:45:06 13/05/2020 18:00:05\r\n\
    +61410888888 12345678901234567891 13/05/2020 17:54:06 13/05/2020 18:09:05\r\n\
    +61410777777 12345678901234567892 14/05/2020 17:45:06 14/05/2020 18:00:05";

/// A data directory of one test, removed at its end.
#[derive(Debug)]
pub struct Data {
    directory: TempDir,
}

impl Data {
    /// An empty directory, on the file system of the built programs.
    pub fn empty() -> Self {
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
        Self { directory }
    }

    /// With the users of the assignment, and no TempIDs yet.
    pub fn with_users() -> Self {
        let data = Self::empty();
        data.write("credentials.txt", SAMPLE_CREDENTIALS);
        data
    }

    /// With the users of the assignment and the first `count` of a storm's pattern.
    pub fn with_storm_users(count: usize) -> Self {
        let data = Self::empty();
        let pattern = (0..count).map(|number| format!("\n+614{number:08} storm-{number:08}"));
        data.write("credentials.txt", SAMPLE_CREDENTIALS.to_owned() + &pattern.collect::<String>());
        data
    }

    /// With both sample files of the assignment.
    pub fn sample() -> Self {
        let data = Self::with_users();
        data.write("tempIDs.txt", SAMPLE_TEMP_IDS);
        data
    }

    /// With the users of the assignment, and these bytes in `tempIDs.txt`.
    pub fn with_temp_ids(content: impl AsRef<[u8]>) -> Self {
        let data = Self::with_users();
        data.write("tempIDs.txt", content);
        data
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// A file in it, as an argument of a program.
    pub fn argument(&self, name: &str) -> String {
        self.file(name).into_os_string().into_string().expect("a path in UTF-8")
    }

    /// Writes a file that nobody else can read, as programs warn of others.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.file(name), content).expect("the file is written");
        self.set_mode(name, 0o600);
    }

    pub fn set_mode(&self, name: &str, mode: u32) {
        let permissions = fs::Permissions::from_mode(mode);
        fs::set_permissions(self.file(name), permissions).expect("our own file");
    }

    pub fn mode(&self, name: &str) -> u32 {
        let metadata = fs::metadata(self.file(name)).expect("it is there");
        metadata.permissions().mode() & 0o777
    }

    pub fn temp_ids(&self) -> Vec<Line> {
        read_temp_ids(&self.file("tempIDs.txt"))
    }

    /// The same after a crash, which may have torn the last line.
    pub fn temp_ids_after_crash(&self) -> Vec<Line> {
        let content = fs::read_to_string(self.file("tempIDs.txt")).expect("tempIDs.txt is there");
        let end = content.rfind('\n').map_or(0, |newline| newline + 1);
        read_lines(&content[..end])
    }

    /// Waits until a user has a TempID, and returns the first.
    #[track_caller]
    pub fn first_temp_id(&self, account: Account) -> String {
        let deadline = Deadline::new();
        loop {
            // The last line may be half written.
            let mut lines = self.temp_ids_after_crash().into_iter();
            if let Some(line) = lines.find(|line| line.user == account.user) {
                return line.record.temp_id;
            }
            deadline.check("a TempID");
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }

    /// How many lines `tempIDs.txt` has, also while it grows.
    pub fn temp_id_count(&self) -> usize {
        count_temp_ids(&self.file("tempIDs.txt"))
    }
}

/// A line of `tempIDs.txt`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub user: String,
    pub record: Record,
}

/// Reads `tempIDs.txt`; fails the test if a line of it is no record, or if the last one has no end.
#[track_caller]
pub fn read_temp_ids(path: &Path) -> Vec<Line> {
    let content = fs::read_to_string(path).expect("tempIDs.txt is there");
    assert!(content.is_empty() || content.ends_with('\n'), "the last line has no end: {content}");
    read_lines(&content)
}

#[track_caller]
fn read_lines(content: &str) -> Vec<Line> {
    content.lines().filter(|line| !line.is_empty()).map(read_line).collect()
}

/// How many lines there are, also while the last one is being written.
pub fn count_temp_ids(path: &Path) -> usize {
    let content = fs::read(path).expect("tempIDs.txt is there");
    content.into_iter().filter(|byte| *byte == b'\n').count()
}

#[track_caller]
fn read_line(line: &str) -> Line {
    let words: Vec<_> = line.split(' ').collect();
    let [user, temp_id, start_day, start_time, expiry_day, expiry_time] = words[..] else {
        panic!("no line of tempIDs.txt: {line:?}")
    };
    let wire = format!("{temp_id}{start_day} {start_time}{expiry_day} {expiry_time}");
    Line { user: user.to_owned(), record: Record::from_wire(wire.as_bytes()) }
}
