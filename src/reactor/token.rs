/// Number of a [`ConnectionTable`](super::ConnectionTable), unique on its poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Table(u8);

impl Table {
    /// Tables that one poll has room for: as many as [`Token`] has bits for, except the last, which
    /// marks [permanent](Token::permanent) sources.
    pub const MAX_TABLES: u8 = 15;

    const PERMANENT: Self = Self(Self::MAX_TABLES);

    /// The table with this number.
    ///
    /// # Panics
    ///
    /// If `number` is not below [`MAX_TABLES`](Table::MAX_TABLES).
    pub const fn new(number: u8) -> Self {
        assert!(number < Self::MAX_TABLES, "a poll has room for 15 tables");
        Self(number)
    }
}

/// Identifies the connection that an event or a timer is for: its table, its slot in that table,
/// and its generation.
///
/// A slot is reused as soon as its connection is freed, but events and timers of the old connection
/// may still be under way, even in the same batch of one poll. The generation tells them apart: the
/// token of an earlier connection reaches nobody, nor does the token of another table.
///
/// As a [`mio::Token`] it takes 32 bits for the generation, 4 for the table and 28 for the slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token {
    generation: u32,
    /// Table and slot.
    place: u32,
}

impl Token {
    const SLOT_BITS: u32 = 28;

    /// Slots of a table. More connections than any kernel has memory for.
    pub(super) const MAX_SLOTS: usize = 1 << Self::SLOT_BITS;

    /// The token of a source that is no connection of a table, such as a listener, the signals or a
    /// terminal.
    pub const fn permanent(number: u32) -> Self {
        Self::new(Table::PERMANENT, number as usize, 0)
    }

    /// The token of the connection of generation `generation` in a slot of a table.
    ///
    /// # Panics
    ///
    /// If `slot` is not below [`MAX_SLOTS`](Token::MAX_SLOTS).
    pub(super) const fn new(table: Table, slot: usize, generation: u32) -> Self {
        assert!(slot < Self::MAX_SLOTS, "a table has room for 2^28 connections");
        Self { generation, place: ((table.0 as u32) << Self::SLOT_BITS) | slot as u32 }
    }

    /// The table that the connection is in.
    pub(super) fn table(self) -> Table {
        Table((self.place >> Self::SLOT_BITS) as u8)
    }

    /// Index of the connection in its table.
    pub(super) fn slot(self) -> usize {
        self.place as usize % Self::MAX_SLOTS
    }

    /// Which of the connections that the table has had it is.
    pub(super) fn generation(self) -> u32 {
        self.generation
    }
}

impl From<Token> for mio::Token {
    fn from(token: Token) -> Self {
        Self(((token.generation as usize) << 32) | token.place as usize)
    }
}

impl From<mio::Token> for Token {
    fn from(mio::Token(number): mio::Token) -> Self {
        Self { generation: (number >> 32) as u32, place: number as u32 }
    }
}

#[cfg(test)]
mod tests;
