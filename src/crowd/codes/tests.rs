use super::*;

const ANN: PersonId = PersonId::new(0);
const HOME: ConnectionId = ConnectionId(1);
const ELSEWHERE: ConnectionId = ConnectionId(2);

fn code(number: u32) -> UploadCode {
    UploadCode::from_number(number).expect("in range")
}

fn at(second: u64) -> Duration {
    Duration::from_secs(second)
}

/// Ann, who was given a code at 1 s.
fn given() -> Codes {
    let mut codes = Codes::new(1, true);
    codes.made(ANN, code(1), at(1));
    codes
}

fn taken(codes: &mut Codes, code: UploadCode, on: ConnectionId, now: u64) -> Result<(), String> {
    codes.sent(ANN, Some(code.as_str().as_bytes()), on, at(now));
    codes.taken(ANN)
}

#[track_caller]
fn assert_violation(found: Result<(), String>, problem: &str) {
    assert!(found.as_ref().is_err_and(|found| found.contains(problem)), "{found:?}");
}

#[test]
fn code_allows_the_parts_of_one_upload_on_one_connection() {
    let mut codes = given();
    for _ in 0..MAX_PARTS {
        assert_eq!(taken(&mut codes, code(1), HOME, 2), Ok(()));
    }
    assert_violation(taken(&mut codes, code(1), HOME, 2), "two uploads");
    let mut codes = given();
    assert_eq!(taken(&mut codes, code(1), HOME, 2), Ok(()));
    assert_violation(taken(&mut codes, code(1), ELSEWHERE, 3), "two uploads");
}

#[test]
fn upload_with_another_code_than_the_latest_is_a_violation() {
    assert_violation(taken(&mut given(), code(2), HOME, 2), "nobody made");
    let mut codes = given();
    codes.sent(ANN, None, HOME, at(2));
    assert_violation(codes.taken(ANN), "nobody made");
    let mut codes = given();
    codes.made(ANN, code(2), at(3));
    assert_violation(taken(&mut codes, code(1), HOME, 4), "replaced");
    assert_eq!(taken(&mut codes, code(2), HOME, 4), Ok(()));
}

#[test]
fn upload_that_was_sent_before_the_code_was_replaced_may_be_taken() {
    let mut codes = given();
    codes.sent(ANN, Some(code(1).as_str().as_bytes()), HOME, at(2));
    codes.made(ANN, code(2), at(3));
    assert_eq!(codes.taken(ANN), Ok(()));
}

#[test]
fn users_who_need_no_code_may_send_any() {
    let mut codes = Codes::new(1, false);
    assert_eq!(taken(&mut codes, code(7), HOME, 1), Ok(()));
}

#[test]
fn case_that_no_code_allowed_is_a_violation_although_nobody_heard_of_it() {
    let disk = super::super::cases::tests::disk(&[1]);
    assert_violation(given().check(&disk), "allow 0 cases, and 1 exist");
    let mut codes = given();
    for connection in [HOME, ELSEWHERE] {
        codes.sent(ANN, Some(code(1).as_str().as_bytes()), connection, at(2));
    }
    assert_eq!(codes.check(&disk), Ok(()));
    let doubled = super::super::cases::tests::disk(&[1, 1]);
    assert_violation(codes.check(&doubled), "allow 1 cases, and 2 exist");
}

#[test]
fn code_is_asked_for_once_until_it_is_there() {
    let mut codes = Codes::new(1, true);
    assert!(codes.need(ANN) && !codes.need(ANN));
    codes.made(ANN, code(1), at(1));
    assert!(codes.need(ANN));
}
