/// Unused room that a buffer keeps at most when bytes are consumed, in bytes. Without a limit, the
/// last byte of a large content would hold all of its memory.
const MAX_SPARE_BYTES: usize = 16 * 1024;

/// A queue of bytes: appended at the end, consumed from the front.
///
/// An empty buffer holds no memory, so that a connection costs what it uses.
#[derive(Debug, Default)]
pub struct Buffer {
    bytes: Vec<u8>,
    consumed: usize,
}

impl Buffer {
    /// Whether no bytes are left to consume.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of bytes that are left to consume.
    pub fn len(&self) -> usize {
        self.bytes.len() - self.consumed
    }

    /// Bytes of memory that the buffer holds.
    pub fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// The bytes that are left to consume.
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes[self.consumed..]
    }

    /// The bytes that are left to consume, as a vector to append to.
    pub fn end(&mut self) -> &mut Vec<u8> {
        if self.consumed > 0 {
            self.bytes.drain(..self.consumed);
            self.consumed = 0;
        }
        &mut self.bytes
    }

    /// Appends bytes. The memory for them is a power of two.
    pub fn extend(&mut self, bytes: &[u8]) {
        let len = self.bytes.len() + bytes.len();
        if len > self.bytes.capacity() {
            self.bytes.reserve_exact(len.next_power_of_two() - self.bytes.len());
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Removes `count` bytes from the front.
    pub fn consume(&mut self, count: usize) {
        debug_assert!(count <= self.len(), "consumes what is there");
        self.consumed += count;
        if self.is_empty() {
            *self = Self::default();
        } else if self.consumed > self.bytes.len() / 2 {
            // Moved at most once per byte on average, however small the portions are.
            let left = self.end();
            if left.capacity() - left.len() > MAX_SPARE_BYTES {
                left.shrink_to_fit();
            }
        }
    }
}

#[cfg(test)]
mod tests;
