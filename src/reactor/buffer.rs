/// Bytes on their way: appended at the end, consumed from the front.
///
/// An empty buffer holds no memory, so that a connection costs what it uses.
#[derive(Debug, Default)]
pub struct Buffer {
    bytes: Vec<u8>,
    consumed: usize,
}

impl Buffer {
    /// Whether nothing is left to consume.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many bytes are left to consume.
    pub fn len(&self) -> usize {
        self.bytes.len() - self.consumed
    }

    /// The bytes that are left to consume.
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes[self.consumed..]
    }

    /// The bytes that are left to consume, for those who append by themselves.
    pub fn end(&mut self) -> &mut Vec<u8> {
        if self.consumed > 0 {
            self.bytes.drain(..self.consumed);
            self.consumed = 0;
        }
        &mut self.bytes
    }

    /// Appends bytes.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Forgets the first `count` bytes of those that are left.
    pub fn consume(&mut self, count: usize) {
        debug_assert!(count <= self.len(), "consumes what is there");
        self.consumed += count;
        if self.is_empty() {
            *self = Self::default();
        } else if self.consumed > self.bytes.len() / 2 {
            // Moved at most once per byte on average, however small the portions are.
            self.bytes.drain(..self.consumed);
            self.consumed = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consumed_bytes_are_gone_and_the_rest_stays_in_order() {
        let mut buffer = Buffer::default();
        buffer.extend(b"0123456789");
        for expected in b"0123456789" {
            assert_eq!(buffer.as_slice()[0], *expected);
            buffer.consume(1);
        }
        assert!(buffer.is_empty());
    }

    #[test]
    fn empty_buffer_holds_no_memory() {
        let mut buffer = Buffer::default();
        buffer.extend(&[0; 4096]);
        buffer.consume(4096);
        assert_eq!(buffer.bytes.capacity(), 0);
    }
}
