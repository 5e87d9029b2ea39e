use std::fs;

use super::*;

#[test]
fn older_file_is_replaced_by_the_first_line_or_the_end_and_not_before() {
    let place = tempfile::tempdir().expect("a directory");
    let path = place.path().join("told.txt");
    let content = || fs::read_to_string(&path).expect("the file");
    fs::write(&path, "older\n").expect("written");
    let mut told = ToldFile::new(&path).expect("it can be written");
    told.write(b"").expect("nothing to write");
    assert_eq!(content(), "older\n");
    told.write(b"one\n").expect("written");
    told.write(b"two\n").expect("written");
    told.end().expect("there already");
    assert_eq!(content(), "one\ntwo\n");
    ToldFile::new(&path).and_then(ToldFile::end).expect("made empty");
    assert_eq!(content(), "");
}

#[test]
fn file_that_cannot_be_written_is_named() {
    let error = ToldFile::new(Path::new("/no/such/told.txt")).expect_err("refused");
    assert!(error.to_string().starts_with("/no/such/told.txt: "), "{error}");
}
