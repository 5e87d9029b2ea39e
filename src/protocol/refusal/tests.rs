use super::*;

#[test]
fn refusals_have_the_texts_of_the_assignment_behind_their_codes() {
    for (refusal, reply) in [
        (Refusal::WrongPassword, "-WRONGPASS Invalid Password. Please try again\r\n"),
        (
            Refusal::NowBlocked,
            "-NOWBLOCKED Invalid Password. Your account has been blocked. \
                 Please try again later\r\n",
        ),
        (
            Refusal::Blocked,
            "-BLOCKED Your account is blocked due to multiple login failures. \
                 Please try again later\r\n",
        ),
    ] {
        let mut out = Vec::new();
        refusal.encode(&mut out);
        assert_eq!(String::from_utf8(out).as_deref(), Ok(reply));
    }
}

#[test]
fn codes_are_read_back_and_told_apart() {
    for (index, code) in Code::ALL.into_iter().enumerate() {
        assert_eq!(code as usize, index);
        assert_eq!(Code::decode(code.as_str()), Some(code));
    }
    assert_eq!(Code::decode("busy"), None);
    let busy = Code::ALL.into_iter().filter(|code| code.is_busy()).map(Code::as_str);
    assert!(busy.eq(["BUSY", "BUSYADDRESS", "BUSYREQUESTS", "BUSYPASSWORDS"]));
}
