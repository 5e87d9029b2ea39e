use proptest::prelude::*;

use super::*;

/// The elements of a push that is whole.
fn pushed(bytes: &[u8]) -> Items<'_> {
    match Reply::decode(bytes) {
        Ok(Some((Reply::Push(elements), len))) if len == bytes.len() => elements,
        other => panic!("no push: {other:?}"),
    }
}

proptest! {
    #[test]
    fn notice_is_read_as_it_was_written(
        number in 1..i64::MAX,
        seconds in Timestamp::MIN.unix_seconds()..=Timestamp::MAX.unix_seconds(),
        text in ".{0,250}",
    ) {
        let contact_on = Timestamp::from_unix_seconds(seconds).start_of_day();
        let notice = Notice { number, contact_on, text: text.into() };
        let mut bytes = Vec::new();
        notice.encode_push(&mut bytes);
        prop_assert_eq!(Notice::decode_push(pushed(&bytes)), Some(notice));
    }
}

#[test]
fn other_pushes_are_no_notices() {
    for push in [
        ">0\r\n",
        ">2\r\n+message\r\n:1\r\n",
        ">1\r\n$6\r\nnotice\r\n",
        ">4\r\n$6\r\nnotice\r\n:0\r\n$10\r\n13/09/2020\r\n$1\r\nx\r\n",
        ">4\r\n$6\r\nnotice\r\n:1\r\n$10\r\n31/02/2020\r\n$1\r\nx\r\n",
        ">4\r\n$6\r\nnotice\r\n:1\r\n$10\r\n13/09/2020\r\n$1\r\n\u{0}\r\n",
        ">5\r\n$6\r\nnotice\r\n:1\r\n$10\r\n13/09/2020\r\n$1\r\nx\r\n:1\r\n",
    ] {
        let is_text_with_control_characters = push.contains('\0');
        assert_eq!(
            Notice::decode_push(pushed(push.as_bytes())).is_some(),
            is_text_with_control_characters,
            "{push:?}"
        );
    }
}
