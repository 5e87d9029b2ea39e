//! FF1 for decimal numbers: a keyed permutation of all numbers of so many digits.
//!
//! The algorithm is FF1 of NIST Special Publication 800-38G, section 5, algorithms 7 (encryption)
//! and 8 (decryption), with radix 10. It is a Feistel network of ten rounds over the two halves of
//! the number, whose round function is a CBC-MAC with a block cipher of 16 bytes. Names of
//! variables are those of the publication, where they are shorter than what they stand for.

use aes::cipher::array::Array;
use aes::cipher::consts::U16;
use aes::cipher::{BlockCipherEncrypt, BlockSizeUser};

/// Rounds of the Feistel network.
const ROUNDS: u8 = 10;

/// Length of a block, in bytes.
const BLOCK_BYTES: usize = 16;

/// Base of the numbers.
const RADIX: u128 = 10;

/// FF1 with a key, a tweak and a number of digits.
///
/// The data that a round encrypts is, in bytes:
///
/// | Block | Offset | Bytes | Content |
/// |---|---|---|---|
/// | P | 0 | 3 | 1, 2, 1 |
/// | | 3 | 3 | radix 10, big-endian like all numbers |
/// | | 6 | 1 | rounds, 10 |
/// | | 7 | 1 | digits of the left half, modulo 256 |
/// | | 8 | 4 | digits |
/// | | 12 | 4 | length of the tweak |
/// | Q | 0 | t | tweak |
/// | | t | up to 15 | zeros, so that Q ends with a block |
/// | | -1 - b | 1 | number of the round, from 0 |
/// | | -b | b | a half of the number, in as many bytes as its digits need |
///
/// Only the last block differs between rounds, so that the MAC up to that block is computed once
/// for all numbers, and a round takes one call of the cipher.
#[derive(Clone)]
pub struct Ff1<C> {
    cipher: C,
    /// The MAC of all blocks but the last, combined with the constant part of the last.
    mac: u128,
    /// 10 to the power of the digits of the left half.
    left_count: u128,
    /// 10 to the power of the digits of the right half, which has the odd digit.
    right_count: u128,
    /// Position of the round's number in the last block: b bytes, as bits from its end.
    round_shift: u32,
    /// The bits of a block that a round does not use: all but its first d bytes.
    unused_bits: u32,
}

impl<C> Ff1<C> {
    /// Fewest digits: a smaller domain can be searched (SP 800-38G Revision 1, section 5.1).
    pub const MIN_DIGITS: u32 = 6;

    /// Most digits of which a `u128` holds all numbers.
    pub const MAX_DIGITS: u32 = 38;
}

impl<C: BlockCipherEncrypt + BlockSizeUser<BlockSize = U16>> Ff1<C> {
    /// FF1 for numbers of `digits` decimal digits, with the key of `cipher`. Each `tweak` makes
    /// another permutation; it is no secret.
    ///
    /// # Panics
    ///
    /// If `digits` is not from [`MIN_DIGITS`](Self::MIN_DIGITS) to
    /// [`MAX_DIGITS`](Self::MAX_DIGITS), or the tweak has 4 GiB.
    pub fn new(cipher: C, digits: u32, tweak: &[u8]) -> Self {
        assert!((Self::MIN_DIGITS..=Self::MAX_DIGITS).contains(&digits), "{digits} digits");
        let u = digits / 2;
        let (left_count, right_count) = (RADIX.pow(u), RADIX.pow(digits - u));
        let b = (right_count - 1).ilog2() / u8::BITS + 1;
        let d = 4 * b.div_ceil(4) + 4;
        let mac = mac_before_rounds(&cipher, digits, tweak, b as usize);
        let (round_shift, unused_bits) = (u8::BITS * b, u128::BITS - u8::BITS * d);
        Self { cipher, mac, left_count, right_count, round_shift, unused_bits }
    }

    /// Encrypts a number.
    ///
    /// # Panics
    ///
    /// If it has more digits than this FF1 is for.
    pub fn encrypt(&self, number: u128) -> u128 {
        let (mut left, mut right) = self.split(number);
        for round in 0..ROUNDS {
            let count = self.count(round);
            let sum = (left + self.round(round, right) % count) % count;
            (left, right) = (right, sum);
        }
        left * self.right_count + right
    }

    /// Decrypts a number.
    ///
    /// # Panics
    ///
    /// If it has more digits than this FF1 is for.
    pub fn decrypt(&self, number: u128) -> u128 {
        let (mut left, mut right) = self.split(number);
        for round in (0..ROUNDS).rev() {
            let count = self.count(round);
            let difference = (right + count - self.round(round, left) % count) % count;
            (left, right) = (difference, left);
        }
        left * self.right_count + right
    }

    fn split(&self, number: u128) -> (u128, u128) {
        let (left, right) = (number / self.right_count, number % self.right_count);
        assert!(left < self.left_count, "the number has too many digits");
        (left, right)
    }

    /// Count of the values of the half that a round replaces.
    fn count(&self, round: u8) -> u128 {
        if round.is_multiple_of(2) { self.left_count } else { self.right_count }
    }

    /// The round function: the number y of the publication, from the half that stays.
    fn round(&self, round: u8, half: u128) -> u128 {
        let block = self.mac ^ (u128::from(round) << self.round_shift) ^ half;
        encrypt_block(&self.cipher, block) >> self.unused_bits
    }
}

/// The CBC-MAC of P and Q up to the last block, and what is constant in that block.
fn mac_before_rounds<C>(cipher: &C, digits: u32, tweak: &[u8], b: usize) -> u128
where
    C: BlockCipherEncrypt + BlockSizeUser<BlockSize = U16>,
{
    let tweak_len = u32::try_from(tweak.len()).expect("a tweak shorter than 4 GiB");
    let mut data = vec![1, 2, 1, 0, 0, RADIX as u8, ROUNDS, (digits / 2) as u8];
    data.extend_from_slice(&digits.to_be_bytes());
    data.extend_from_slice(&tweak_len.to_be_bytes());
    data.extend_from_slice(tweak);
    data.resize((data.len() + 1 + b).next_multiple_of(BLOCK_BYTES), 0);
    let (blocks, _) = data.as_chunks::<BLOCK_BYTES>();
    let (last, blocks) = blocks.split_last().expect("P is before Q");
    let step =
        |mac, block: &[u8; BLOCK_BYTES]| encrypt_block(cipher, mac ^ u128::from_be_bytes(*block));
    blocks.iter().fold(0, step) ^ u128::from_be_bytes(*last)
}

fn encrypt_block<C>(cipher: &C, block: u128) -> u128
where
    C: BlockCipherEncrypt + BlockSizeUser<BlockSize = U16>,
{
    let mut block = Array(block.to_be_bytes());
    cipher.encrypt_block(&mut block);
    u128::from_be_bytes(block.0)
}

#[cfg(test)]
mod tests;
