use super::*;

#[test]
fn copy_is_beside_those_that_are_there_already() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("tempIDs.txt");
    let copies = [&b"first"[..], b"second", b"third"].map(|bytes| {
        let copy = set_aside(&path, 512, bytes).expect("written");
        (copy.file_name().expect("a name").to_owned(), std::fs::read(copy).expect("it is there"))
    });
    let expected = [
        ("tempIDs.txt.torn-512", "first"),
        ("tempIDs.txt.torn-512-2", "second"),
        ("tempIDs.txt.torn-512-3", "third"),
    ];
    assert_eq!(copies, expected.map(|(name, content)| (name.into(), content.into())));
}
