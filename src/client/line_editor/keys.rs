//! Bytes from the keyboard become keys, one byte at a time, so that it does not matter where a read
//! has cut them.
//!
//! An escape sequence that means nothing here is swallowed whole. Nothing can be stuck in one: a
//! control character that cannot be part of it ends it and counts as itself. There is no clock, so
//! a lone Escape takes the next key with it.

use super::line::Edit;

const ESCAPE: u8 = 0x1b;
const BELL: u8 = 0x07;

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// Any character that is no control character.
    Character(char),
    Edit(Edit),
    Enter,
    Complete,
    Older,
    Newer,
    ClearScreen,
    Interrupt,
    EndOfInput,
    Suspend,
}

/// The bytes of a key that is not complete.
#[derive(Default)]
pub(super) enum KeyDecoder {
    #[default]
    Ground,
    /// The line feed after a carriage return is the same end of a line.
    CarriageReturn,
    Utf8(Utf8),
    Escape,
    /// A character typed with Alt.
    EscapeUtf8(Utf8),
    Csi(Csi),
    /// The Linux console's F1 to F5: `ESC [ [ A`.
    CsiBracket,
    Ss3,
    /// A terminal's answer to a question somebody else has asked: OSC, DCS, SOS, PM or APC.
    ControlString,
}

/// The bytes of a character so far, and how many it has.
pub(super) struct Utf8 {
    bytes: [u8; 4],
    filled: usize,
    length: usize,
}

/// The parameters of a control sequence so far: the key in the first, Shift, Alt and Ctrl in the
/// second.
#[derive(Default)]
pub(super) struct Csi {
    parameters: [u16; 2],
    index: usize,
    is_private: bool,
}

impl KeyDecoder {
    /// Takes the next byte, and returns the key that it completes.
    pub(super) fn feed(&mut self, byte: u8) -> Option<Key> {
        match std::mem::take(self) {
            KeyDecoder::Ground => self.ground(byte),
            KeyDecoder::CarriageReturn if byte == b'\n' => None,
            KeyDecoder::CarriageReturn => self.ground(byte),
            KeyDecoder::Utf8(utf8) => self.character(utf8, byte, KeyDecoder::Utf8),
            KeyDecoder::Escape => self.escape(byte),
            KeyDecoder::EscapeUtf8(utf8) => {
                let key = self.character(utf8, byte, KeyDecoder::EscapeUtf8);
                key.filter(|key| !matches!(key, Key::Character(c) if !c.is_ascii()))
            }
            KeyDecoder::Csi(csi) => self.csi(csi, byte),
            KeyDecoder::CsiBracket | KeyDecoder::Ss3 if is_control(byte) => self.ground(byte),
            KeyDecoder::CsiBracket => None,
            KeyDecoder::Ss3 => self.ss3(byte),
            KeyDecoder::ControlString => self.control_string(byte),
        }
    }

    fn ground(&mut self, byte: u8) -> Option<Key> {
        match byte {
            ESCAPE => *self = KeyDecoder::Escape,
            b'\r' => *self = KeyDecoder::CarriageReturn,
            0x80.. => *self = Utf8::start(byte).map_or(KeyDecoder::Ground, KeyDecoder::Utf8),
            _ => {}
        }
        match byte {
            b' '..=b'~' => Some(Key::Character(char::from(byte))),
            0..b' ' | 0x7f => control_key(byte),
            0x80.. => None,
        }
    }

    fn character(
        &mut self,
        mut utf8: Utf8,
        byte: u8,
        unfinished: fn(Utf8) -> KeyDecoder,
    ) -> Option<Key> {
        if !matches!(byte, 0x80..=0xbf) {
            return self.ground(byte);
        }
        utf8.bytes[utf8.filled] = byte;
        utf8.filled += 1;
        if utf8.filled < utf8.length {
            *self = unfinished(utf8);
            return None;
        }
        let character = str::from_utf8(&utf8.bytes[..utf8.length]).ok()?.chars().next()?;
        (!character.is_control()).then_some(Key::Character(character))
    }

    fn escape(&mut self, byte: u8) -> Option<Key> {
        match byte {
            b'[' => *self = KeyDecoder::Csi(Csi::default()),
            b'O' => *self = KeyDecoder::Ss3,
            b']' | b'P' | b'X' | b'^' | b'_' => *self = KeyDecoder::ControlString,
            0x80.. => *self = Utf8::start(byte).map_or(KeyDecoder::Ground, KeyDecoder::EscapeUtf8),
            b'b' => return Some(Key::Edit(Edit::WordLeft)),
            b'f' => return Some(Key::Edit(Edit::WordRight)),
            b'd' => return Some(Key::Edit(Edit::DeleteWordRight)),
            0x08 | 0x7f => return Some(Key::Edit(Edit::DeleteWordLeft)),
            _ if is_control(byte) => return self.ground(byte),
            _ => {}
        }
        None
    }

    fn csi(&mut self, mut csi: Csi, byte: u8) -> Option<Key> {
        match byte {
            b'[' if csi.index == 0 && csi.parameters[0] == 0 => *self = KeyDecoder::CsiBracket,
            b' '..=b'?' => {
                csi.add(byte);
                *self = KeyDecoder::Csi(csi);
            }
            b'@'..=b'~' => return csi.key(byte),
            0..b' ' | 0x7f.. => return self.ground(byte),
        }
        None
    }

    fn ss3(&mut self, byte: u8) -> Option<Key> {
        match byte {
            // Some terminals send modifiers as digits before the letter.
            b'0'..=b'9' | b';' => *self = KeyDecoder::Ss3,
            0x80.. => return self.ground(byte),
            _ => return cursor_key(byte),
        }
        None
    }

    fn control_string(&mut self, byte: u8) -> Option<Key> {
        match byte {
            BELL => None,
            // Also the ESC of the terminator `ESC \`, which is then an unknown sequence of its own.
            _ if is_control(byte) => self.ground(byte),
            _ => {
                *self = KeyDecoder::ControlString;
                None
            }
        }
    }
}

impl Utf8 {
    fn start(byte: u8) -> Option<Utf8> {
        let length = match byte {
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            _ => return None,
        };
        Some(Utf8 { bytes: [byte, 0, 0, 0], filled: 1, length })
    }
}

impl Csi {
    fn add(&mut self, byte: u8) {
        match byte {
            b'0'..=b'9' => {
                if let Some(parameter) = self.parameters.get_mut(self.index) {
                    *parameter = parameter.saturating_mul(10).saturating_add((byte - b'0').into());
                }
            }
            b';' => self.index += 1,
            _ => self.is_private = true,
        }
    }

    fn key(&self, last: u8) -> Option<Key> {
        if self.is_private {
            return None;
        }
        let [number, modifier] = self.parameters;
        let moves_words = matches!(modifier, 3 | 5);
        match (last, number) {
            (b'C', _) if moves_words => Some(Key::Edit(Edit::WordRight)),
            (b'D', _) if moves_words => Some(Key::Edit(Edit::WordLeft)),
            (b'~', 1 | 7) => Some(Key::Edit(Edit::Home)),
            (b'~', 3) => Some(Key::Edit(Edit::DeleteRight)),
            (b'~', 4 | 8) => Some(Key::Edit(Edit::End)),
            (b'~', _) => None,
            _ => cursor_key(last),
        }
    }
}

fn cursor_key(last: u8) -> Option<Key> {
    Some(match last {
        b'A' => Key::Older,
        b'B' => Key::Newer,
        b'C' => Key::Edit(Edit::Right),
        b'D' => Key::Edit(Edit::Left),
        b'F' => Key::Edit(Edit::End),
        b'H' => Key::Edit(Edit::Home),
        _ => return None,
    })
}

fn control_key(byte: u8) -> Option<Key> {
    Some(match byte {
        b'\r' | b'\n' => Key::Enter,
        b'\t' => Key::Complete,
        0x08 | 0x7f => Key::Edit(Edit::DeleteLeft),
        _ => match byte + b'@' {
            b'A' => Key::Edit(Edit::Home),
            b'B' => Key::Edit(Edit::Left),
            b'C' => Key::Interrupt,
            b'D' => Key::EndOfInput,
            b'E' => Key::Edit(Edit::End),
            b'F' => Key::Edit(Edit::Right),
            b'K' => Key::Edit(Edit::DeleteToEnd),
            b'L' => Key::ClearScreen,
            b'N' => Key::Newer,
            b'P' => Key::Older,
            b'T' => Key::Edit(Edit::Transpose),
            b'U' => Key::Edit(Edit::DeleteToStart),
            b'W' => Key::Edit(Edit::DeleteWordLeft),
            b'Z' => Key::Suspend,
            _ => return None,
        },
    })
}

fn is_control(byte: u8) -> bool {
    byte < b' ' || byte == 0x7f
}

#[cfg(test)]
mod tests {
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
            "\x1b[200~",
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
    fn sequence_control_byte_ends_it() {
        for start in ["\x1b", "\x1b[", "\x1b[1;", "\x1b[[", "\x1bO", "\x1b]0;x", "\x1bP", "\u{e9}"]
        {
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
}
