use super::*;

fn user(name: &str) -> Username {
    Username::decode(name.as_bytes()).expect("a name")
}

fn read(lines: &[&str]) -> Result<UserNumbers, String> {
    let mut numbers = UserNumbers::default();
    for (line, number) in lines.iter().zip(1..) {
        numbers.take(number, line.as_bytes())?;
    }
    Ok(numbers)
}

#[test]
fn new_user_gets_the_next_number_which_counts_once_it_is_stored() {
    let mut numbers = read(&["ann 00000000", "bob 00000001"]).expect("lines");
    assert_eq!(numbers.of(user("bob")), Some(UserNumber::Stored(1)));
    assert_eq!(numbers.of(user("eve")), Some(UserNumber::Unstored(2)));
    assert_eq!((numbers.of(user("eve")), numbers.user(2)), (Some(UserNumber::Unstored(2)), None));
    numbers.stored(user("eve"));
    assert_eq!(numbers.of(user("eve")), Some(UserNumber::Stored(2)));
    assert_eq!((numbers.user(2), numbers.len()), (Some(user("eve")), 3));
}

#[test]
fn lines_are_read_as_they_were_written() {
    let mut written = UserNumbers::default();
    let mut lines = Vec::new();
    for name in ["ann", "bob", "+61410888888"] {
        let Some(UserNumber::Unstored(number)) = written.of(user(name)) else { panic!("{name}") };
        encode_line(number, user(name), &mut lines);
    }
    let lines = String::from_utf8(lines).expect("text");
    let numbers = read(&lines.lines().collect::<Vec<_>>()).expect("lines");
    assert_eq!(
        [0, 1, 2, 3].map(|number| numbers.user(number)),
        [Some(user("ann")), Some(user("bob")), Some(user("+61410888888")), None]
    );
}

#[test]
fn lost_number_stays_free_and_a_line_may_come_twice_or_late() {
    let mut numbers =
        read(&["ann 00000000", "eve 00000002", "bob 00000001", "kim 00000005", "eve 00000002"])
            .expect("lines");
    assert_eq!((numbers.user(4), numbers.user(5)), (None, Some(user("kim"))));
    assert_eq!(numbers.of(user("new")), Some(UserNumber::Unstored(6)));
}

#[test]
fn contradiction_or_malformed_line_is_refused() {
    for (lines, problem) in [
        (&["ann 00000000", "bob 00000000"][..], "an earlier line gives 0 to somebody else"),
        (&["ann 00000000", "ann 00000001"], "an earlier line gives this user another number"),
        (&["ann"], "it is one word"),
        (&["ann -0000001"], "the number has not 8 digits"),
        (&["ann 1"], "the number has not 8 digits"),
        (&["ann 000000001"], "the number has not 8 digits"),
        (&["ann 05000000"], "more than 1000000 numbers are missing before 5000000"),
        (&[" 00000001"], "the username is empty"),
    ] {
        assert_eq!(read(lines).expect_err("a refusal"), problem, "{lines:?}");
    }
}

#[test]
fn no_beginning_of_a_line_is_a_line() {
    let mut line = Vec::new();
    encode_line(42, user("+61410888888"), &mut line);
    assert_eq!(line, b"+61410888888 00000042\n");
    for cut in 0..line.len() - 1 {
        assert!(UserNumbers::default().take(1, &line[..cut]).is_err(), "{cut} bytes");
    }
}
