//! Bytes from the keyboard become keys, one byte at a time, so that it does not matter where a read
//! has cut them.
//!
//! An escape sequence that means nothing here is swallowed whole. Nothing can be stuck in one: a
//! control character that cannot be part of it ends it and counts as itself. There is no clock, so
//! a lone Escape takes the next key with it.
//!
//! Programs leave keyboards in modes of their own behind, so every encoding of a key is understood:
//! cursor keys as CSI and as SS3, and keys as `CSI code ; modifiers u` of the kitty keyboard
//! protocol and as `CSI 27 ; modifiers ; code ~` of xterm's modifyOtherKeys.

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
    /// A character of a bracketed paste; the end of a line is `\n`.
    Pasted(char),
    PasteEnd,
}

/// Turns bytes into keys.
#[derive(Default)]
pub(super) struct KeyDecoder {
    state: State,
    is_pasting: bool,
}

/// The bytes of a key that is not complete.
#[derive(Default)]
enum State {
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
struct Utf8 {
    bytes: [u8; 4],
    filled: usize,
    length: usize,
}

/// The parameters of a control sequence so far: the key in the first, Shift, Alt and Ctrl in the
/// second, the text of a key or its code in the third.
#[derive(Default)]
struct Csi {
    parameters: [u32; 3],
    /// Of the second parameter: whether the key was pressed, repeated or released.
    event: u32,
    index: usize,
    /// The part of a parameter, where colons divide it.
    part: usize,
    is_private: bool,
}

/// Modifiers as the second parameter has them, less one.
const SHIFT: u32 = 1;
const ALT: u32 = 2;
const CTRL: u32 = 4;
const CAPS_LOCK: u32 = 64;

/// What the kitty keyboard protocol says when a key is released.
const RELEASED: u32 = 3;

/// Parameters of the sequences around a bracketed paste.
const PASTE_START: u32 = 200;
const PASTE_END: u32 = 201;

/// First parameter of a key as modifyOtherKeys encodes it.
const OTHER_KEY: u32 = 27;

/// Returns where in `bytes` the first Ctrl-C ends, however the keyboard encodes it.
pub(super) fn end_of_interrupt(bytes: &[u8]) -> Option<usize> {
    let mut decoder = KeyDecoder::default();
    let at = bytes.iter().position(|byte| decoder.feed(*byte) == Some(Key::Interrupt))?;
    Some(at + 1)
}

impl KeyDecoder {
    /// Takes the next byte, and returns the key that it completes.
    pub(super) fn feed(&mut self, byte: u8) -> Option<Key> {
        let key = self.decode(byte)?;
        if !self.is_pasting {
            return (key != Key::PasteEnd).then_some(key);
        }
        match key {
            Key::Character(character) => Some(Key::Pasted(character)),
            Key::Enter => Some(Key::Pasted('\n')),
            Key::Complete => Some(Key::Pasted(' ')),
            // Ctrl-C works also if the end of a paste was lost.
            Key::PasteEnd | Key::Interrupt => {
                self.is_pasting = false;
                Some(key)
            }
            _ => None,
        }
    }

    fn decode(&mut self, byte: u8) -> Option<Key> {
        match std::mem::take(&mut self.state) {
            State::Ground => self.ground(byte),
            State::CarriageReturn if byte == b'\n' => None,
            State::CarriageReturn => self.ground(byte),
            State::Utf8(utf8) => self.character(utf8, byte, State::Utf8),
            State::Escape => self.escape(byte),
            State::EscapeUtf8(utf8) => {
                let key = self.character(utf8, byte, State::EscapeUtf8);
                key.filter(|key| !matches!(key, Key::Character(c) if !c.is_ascii()))
            }
            State::Csi(csi) => self.csi(csi, byte),
            State::CsiBracket | State::Ss3 if is_control(byte) => self.ground(byte),
            State::CsiBracket => None,
            State::Ss3 => self.ss3(byte),
            State::ControlString => self.control_string(byte),
        }
    }

    fn ground(&mut self, byte: u8) -> Option<Key> {
        match byte {
            ESCAPE => self.state = State::Escape,
            b'\r' => self.state = State::CarriageReturn,
            0x80.. => self.state = Utf8::start(byte).map_or(State::Ground, State::Utf8),
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
        unfinished: fn(Utf8) -> State,
    ) -> Option<Key> {
        if !matches!(byte, 0x80..=0xbf) {
            return self.ground(byte);
        }
        utf8.bytes[utf8.filled] = byte;
        utf8.filled += 1;
        if utf8.filled < utf8.length {
            self.state = unfinished(utf8);
            return None;
        }
        let character = str::from_utf8(&utf8.bytes[..utf8.length]).ok()?.chars().next()?;
        (!character.is_control()).then_some(Key::Character(character))
    }

    fn escape(&mut self, byte: u8) -> Option<Key> {
        match byte {
            b'[' => self.state = State::Csi(Csi::default()),
            b'O' => self.state = State::Ss3,
            b']' | b'P' | b'X' | b'^' | b'_' => self.state = State::ControlString,
            0x80.. => self.state = Utf8::start(byte).map_or(State::Ground, State::EscapeUtf8),
            0x08 | 0x7f => return meta_key(byte),
            _ if is_control(byte) => return self.ground(byte),
            _ => return meta_key(byte),
        }
        None
    }

    fn csi(&mut self, mut csi: Csi, byte: u8) -> Option<Key> {
        match byte {
            b'[' if csi.index == 0 && csi.parameters[0] == 0 => self.state = State::CsiBracket,
            b' '..=b'?' => {
                csi.add(byte);
                self.state = State::Csi(csi);
            }
            b'~' if csi.is_number(PASTE_START) => self.is_pasting = true,
            b'~' if csi.is_number(PASTE_END) => return Some(Key::PasteEnd),
            b'@'..=b'~' => return csi.key(byte),
            0..b' ' | 0x7f.. => return self.ground(byte),
        }
        None
    }

    fn ss3(&mut self, byte: u8) -> Option<Key> {
        match byte {
            // Some terminals send modifiers as digits before the letter.
            b'0'..=b'9' | b';' => self.state = State::Ss3,
            0x80.. => return self.ground(byte),
            // A numeric keypad in application mode: Enter, and `j` to `y` for `*` to `9`.
            b'M' => return Some(Key::Enter),
            b'j'..=b'y' => return Some(Key::Character(char::from(byte - b'@'))),
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
                self.state = State::ControlString;
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
                let parameter = match (self.index, self.part) {
                    (1, 1) => Some(&mut self.event),
                    (index, 0) => self.parameters.get_mut(index),
                    _ => None,
                };
                if let Some(parameter) = parameter {
                    *parameter = parameter.saturating_mul(10).saturating_add((byte - b'0').into());
                }
            }
            b';' => (self.index, self.part) = (self.index + 1, 0),
            b':' => self.part += 1,
            _ => self.is_private = true,
        }
    }

    fn is_number(&self, number: u32) -> bool {
        !self.is_private && self.index == 0 && self.parameters[0] == number
    }

    fn key(&self, last: u8) -> Option<Key> {
        if self.is_private || self.event == RELEASED {
            return None;
        }
        let [number, modifiers, third] = self.parameters;
        let modifiers = modifiers.saturating_sub(1);
        let moves_words = modifiers & (ALT | CTRL) != 0;
        match (last, number) {
            (b'C', _) if moves_words => Some(Key::Edit(Edit::WordRight)),
            (b'D', _) if moves_words => Some(Key::Edit(Edit::WordLeft)),
            (b'~', 1 | 7) => Some(Key::Edit(Edit::Home)),
            (b'~', 3) => Some(Key::Edit(Edit::DeleteRight)),
            (b'~', 4 | 8) => Some(Key::Edit(Edit::End)),
            (b'~', OTHER_KEY) => encoded_key(third, modifiers, 0),
            (b'~', _) => None,
            (b'u', code) => encoded_key(code, modifiers, third),
            _ => cursor_key(last),
        }
    }
}

/// The key of a Unicode code point, with modifiers held; `text` is what it types, if that is told.
fn encoded_key(code: u32, modifiers: u32, text: u32) -> Option<Key> {
    let byte = u8::try_from(code).unwrap_or(u8::MAX);
    match byte {
        b'\r' => return Some(Key::Enter),
        // Enter and the digits of the numeric keypad, in kitty's part of the private use area.
        _ if code == 57_414 => return Some(Key::Enter),
        _ if (57_399..=57_408).contains(&code) => {
            return char::from_digit(code - 57_399, 10).map(Key::Character);
        }
        b'\t' => return Some(Key::Complete),
        0x08 | 0x7f if modifiers & (ALT | CTRL) != 0 => return meta_key(byte),
        0x08 | 0x7f => return Some(Key::Edit(Edit::DeleteLeft)),
        _ if modifiers & CTRL != 0 => {
            return byte.is_ascii_alphabetic().then(|| control_key(byte & 0x1f)).flatten();
        }
        _ if modifiers & ALT != 0 => return meta_key(byte),
        _ => {}
    }
    let mut character = char::from_u32(if text == 0 { code } else { text })?;
    let is_capital = (modifiers & SHIFT != 0) != (modifiers & CAPS_LOCK != 0);
    if text == 0 && is_capital {
        character = character.to_uppercase().next()?;
    }
    let is_key_without_text = matches!(character, '\u{e000}'..='\u{f8ff}');
    (!character.is_control() && !is_key_without_text).then_some(Key::Character(character))
}

/// A key typed with Alt.
fn meta_key(byte: u8) -> Option<Key> {
    Some(Key::Edit(match byte {
        b'b' => Edit::WordLeft,
        b'f' => Edit::WordRight,
        b'd' => Edit::DeleteWordRight,
        0x08 | 0x7f => Edit::DeleteWordLeft,
        _ => return None,
    }))
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
mod tests;
