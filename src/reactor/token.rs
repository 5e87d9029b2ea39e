/// Which connection an event or a timer is for: its slot, and which of the connections that the slot
/// has had.
///
/// A slot is used again as soon as its connection is freed, but events and timers of the old one may
/// still be on their way, even in the same batch of one poll. The generation tells them apart: a
/// token of an earlier connection reaches nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token {
    pub(super) slot: u32,
    pub(super) generation: u32,
}

impl Token {
    /// The generation that no connection has: that of the sources that stay for the whole run.
    const PERMANENT: u32 = u32::MAX;

    /// The token of a source that is no connection: a listener, the signals, a terminal.
    pub const fn permanent(number: u32) -> Self {
        Self { slot: number, generation: Self::PERMANENT }
    }

    /// The generation of the connection accepted after one of generation `earlier`.
    pub(super) fn next_generation(earlier: u32) -> u32 {
        (earlier + 1) % Self::PERMANENT
    }
}

impl From<Token> for mio::Token {
    fn from(token: Token) -> Self {
        Self(((token.generation as usize) << 32) | token.slot as usize)
    }
}

impl From<mio::Token> for Token {
    fn from(mio::Token(number): mio::Token) -> Self {
        Self { slot: number as u32, generation: (number >> 32) as u32 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_survives_the_way_through_mio() {
        for token in [
            Token { slot: 0, generation: 0 },
            Token { slot: 19_999, generation: 7 },
            Token::permanent(3),
        ] {
            assert_eq!(Token::from(mio::Token::from(token)), token);
        }
    }

    #[test]
    fn generation_wraps_before_that_of_permanent_sources() {
        assert_eq!(Token::next_generation(Token::PERMANENT - 1), 0);
        assert_eq!(Token::next_generation(0), 1);
    }
}
