use super::*;

fn keys(bytes: &[u8]) -> Vec<Key> {
    let mut decoder = KeyDecoder::default();
    bytes.iter().filter_map(|byte| decoder.feed(*byte)).collect()
}

fn assert_edit(sequences: &[&str], edit: Edit) {
    for sequence in sequences {
        let expected = [Key::Edit(edit), Key::Character('x')];
        assert_eq!(keys(format!("{sequence}x").as_bytes()), expected, "{sequence:?}");
    }
}

#[test]
fn ground_csi_and_ss3_decode_the_same() {
    assert_edit(&["\x1b[D", "\x1bOD", "\x02", "\x1b[1;2D", "\x1b\x1b[D"], Edit::Left);
    assert_edit(&["\x1b[C", "\x1bOC", "\x06"], Edit::Right);
    assert_edit(&["\x1b[H", "\x1bOH", "\x1b[1~", "\x1b[7~", "\x01"], Edit::Home);
    assert_edit(&["\x1b[F", "\x1bOF", "\x1b[4~", "\x1b[8~", "\x05"], Edit::End);
    assert_edit(&["\x1b[3~", "\x1b[3;5~"], Edit::DeleteRight);
    assert_edit(&["\x7f", "\x08"], Edit::DeleteLeft);
    assert_edit(&["\x1b[1;5D", "\x1b[1;3D", "\x1bb"], Edit::WordLeft);
    assert_edit(&["\x17", "\x1b\x7f"], Edit::DeleteWordLeft);
    assert_eq!(keys(b"\x1b[A\x1bOA\x10"), [Key::Older; 3]);
    assert_eq!(keys(b"\x1b[B\x1bOB\x0e"), [Key::Newer; 3]);
}

#[test]
fn ground_unknown_sequence_swallows_it_whole() {
    let unknown = [
        "\x1b[15~",
        "\x1b[[A",
        "\x1b[?1;2c",
        "\x1b[<0;1;1M",
        "\x1b[1;2;3;4;5D ",
        "\x1bOP",
        "\x1bO5P",
        "\x1bq",
        "\x1bé",
        "\x1b]11;rgb:0/0/0\x07",
        "\x1b]0;x\x1b\\",
        "\x1bP1$r\x1b\\",
        "\x1b[99999999999999999999~",
        "\x1b[?2004$y",
    ];
    for sequence in unknown {
        let keys = keys(format!("{}x", sequence.trim_end()).as_bytes());
        let characters: Vec<_> =
            keys.iter().filter(|key| matches!(key, Key::Character(_))).collect();
        assert_eq!(characters, [&Key::Character('x')], "{sequence:?}");
    }
}

#[test]
fn csi_u_and_other_keys_decode_as_what_they_encode() {
    for (sequences, key) in [
        (&["\x1b[99;5u", "\x1b[27;5;99~", "\x1b[99:67;69:1u", "\x1b[67;6u"][..], Key::Interrupt),
        (&["\x1b[100;5u", "\x1b[27;5;100~"], Key::EndOfInput),
        (&["\x1b[122;5u"], Key::Suspend),
        (&["\x1b[13u", "\x1b[13;2u", "\x1b[57414;129u", "\x1bOM"], Key::Enter),
        (&["\x1b[9u", "\x1b[27;1;9~"], Key::Complete),
        (&["\x1b[127u", "\x1b[8;2u"], Key::Edit(Edit::DeleteLeft)),
        (&["\x1b[98;3u", "\x1b[27;3;98~", "\x1b[1;5D"], Key::Edit(Edit::WordLeft)),
        (&["\x1b[127;5u", "\x1b[127;3u"], Key::Edit(Edit::DeleteWordLeft)),
        (&["\x1b[97u", "\x1b[97;129u", "\x1b[97;1:2u"], Key::Character('a')),
        (&["\x1b[97;65u", "\x1b[97;2u", "\x1b[97:65;2;65u", "\x1b[27;2;65~"], Key::Character('A')),
        (&["\x1b[128512u"], Key::Character('😀')),
        (&["\x1b[57401u"], Key::Character('2')),
        (&["\x1b[1;1:1A", "\x1b[1;129A"], Key::Older),
    ] {
        for sequence in sequences {
            let expected = [key, Key::Character('x')];
            assert_eq!(keys(format!("{sequence}x").as_bytes()), expected, "{sequence:?}");
        }
    }
}

#[test]
fn csi_u_released_or_without_text_is_no_key() {
    for sequence in ["\x1b[99;5:3u", "\x1b[1;1:3A", "\x1b[57358u", "\x1b[27u", "\x1b[1114112u"] {
        assert_eq!(keys(format!("{sequence}x").as_bytes()), [Key::Character('x')], "{sequence:?}");
    }
}

#[test]
fn paste_is_told_from_typing_until_it_ends() {
    let pasted = "a\r\nb\n\tc\x04\x1b[A\x1b[13u";
    let expected = ['a', '\n', 'b', '\n', ' ', 'c', '\n'].map(Key::Pasted);
    let bytes = format!("\x1b[200~{pasted}\x1b[201~\r");
    assert_eq!(keys(bytes.as_bytes()), [&expected[..], &[Key::PasteEnd, Key::Enter]].concat());
    // The end was lost.
    let expected = [Key::Pasted('a'), Key::Interrupt, Key::Character('b')];
    assert_eq!(keys(b"\x1b[200~a\x03b"), expected);
    assert_eq!(keys(b"\x1b[201~x"), [Key::Character('x')], "the start was lost");
}

#[test]
fn interrupt_is_found_however_it_is_encoded() {
    assert_eq!(end_of_interrupt(b"ab\x03c"), Some(3));
    assert_eq!(end_of_interrupt(b"ab\x1b[99;5uc"), Some(9));
    assert_eq!(end_of_interrupt(b"ab\x1b[99;5"), None);
}

#[test]
fn sequence_control_byte_ends_it() {
    for start in ["\x1b", "\x1b[", "\x1b[1;", "\x1b[[", "\x1bO", "\x1b]0;x", "\x1bP", "\u{e9}"] {
        let mut bytes = start.as_bytes().to_vec();
        bytes.push(0x03);
        assert_eq!(keys(&bytes).last(), Some(&Key::Interrupt), "{start:?}");
    }
}

#[test]
fn utf8_invalid_bytes_are_ignored() {
    assert_eq!(keys(b"\xff\x80a\xc3b\xe2\x82c\xed\xa0\x80\xc0\xafd").len(), 4);
    assert_eq!(keys("é€😀".as_bytes()), ['é', '€', '😀'].map(Key::Character));
    assert_eq!(keys("\u{85}\u{9b}".as_bytes()), []);
}

#[test]
fn carriage_return_line_feed_is_one_enter() {
    assert_eq!(keys(b"\r\n\r\r\n\n"), [Key::Enter; 4]);
}
