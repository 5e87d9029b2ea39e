use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;

fn write(path: &Path, content: &str) -> io::Result<()> {
    replace(path, 0o600, |file| file.write_all(content.as_bytes()))
}

#[test]
fn failing_writer_leaves_the_old_file_and_nothing_else() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("table.csv");
    write(&path, "old").expect("written");
    let failed = replace(&path, PUBLIC, |file| {
        file.write_all(b"new")?;
        Err(io::Error::other("no more"))
    });
    assert_eq!(failed.expect_err("what the writer says").to_string(), "no more");
    assert_eq!(fs::read(&path).expect("the file"), b"old");
    assert_eq!(fs::read_dir(directory.path()).expect("the directory").count(), 1);
}

#[test]
fn new_file_has_the_mode_and_the_next_that_of_the_old_one() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("table.csv");
    let mode = || fs::metadata(&path).expect("the file").permissions().mode() & 0o777;
    write(&path, "old").expect("written");
    assert_eq!(mode(), 0o600);
    fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).expect("changed");
    write(&path, "new").expect("written");
    assert_eq!(mode(), 0o640);
}

#[test]
fn link_goes_on_leading_to_the_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let [file, link] = ["file", "link"].map(|name| directory.path().join(name));
    write(&file, "old").expect("written");
    symlink(&file, &link).expect("a link");
    write(&link, "new").expect("written");
    assert!(fs::symlink_metadata(&link).expect("the link").is_symlink());
    assert_eq!(fs::read(&file).expect("the file"), b"new");
}

#[test]
fn device_is_written_in_place() {
    let error = write(Path::new("/dev/full"), "content").expect_err("it is full");
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    write(Path::new("/dev/null"), "content").expect("it takes everything");
}
