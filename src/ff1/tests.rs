use aes::cipher::KeyInit;
use aes::{Aes128, Aes192, Aes256};
use fpe::ff1::{FF1, FlexibleNumeralString};
use proptest::prelude::*;

use super::*;

/// Key of the samples; those for shorter keys have its first bytes.
const KEY: [u8; 32] = [
    0x2B, 0x7E, 0x15, 0x16, 0x28, 0xAE, 0xD2, 0xA6, 0xAB, 0xF7, 0x15, 0x88, 0x09, 0xCF, 0x4F, 0x3C,
    0xEF, 0x43, 0x59, 0xD8, 0xD5, 0x80, 0xAA, 0x4F, 0x7F, 0x03, 0x6D, 0x6F, 0x04, 0xFC, 0x6A, 0x94,
];

/// Tweak of the samples that have one.
const TWEAK: &[u8] = b"9876543210";

const PLAINTEXT: u128 = 123_456_789;

fn check_sample<C>(tweak: &[u8], ciphertext: u128)
where
    C: BlockCipherEncrypt + BlockSizeUser<BlockSize = U16> + KeyInit,
{
    let key = &KEY[..C::key_size()];
    let ff1 = Ff1::new(C::new_from_slice(key).expect("a key"), 10, tweak);
    assert_eq!(ff1.encrypt(PLAINTEXT), ciphertext);
    assert_eq!(ff1.decrypt(ciphertext), PLAINTEXT);
}

/// The samples of radix 10 in "FF1 Samples", which NIST publishes beside SP 800-38G.
#[test]
fn samples_of_nist_encrypt_and_decrypt_as_published() {
    check_sample::<Aes128>(b"", 2_433_477_484);
    check_sample::<Aes128>(TWEAK, 6_124_200_773);
    check_sample::<Aes192>(b"", 2_830_668_132);
    check_sample::<Aes192>(TWEAK, 2_496_655_549);
    check_sample::<Aes256>(b"", 6_657_667_009);
    check_sample::<Aes256>(TWEAK, 1_001_623_463);
}

#[test]
#[should_panic(expected = "too many digits")]
fn number_with_too_many_digits_is_a_fault() {
    let ff1 = Ff1::new(Aes256::new(&KEY.into()), 20, b"");
    ff1.encrypt(10_u128.pow(20));
}

fn digits_of(mut number: u128, digits: u32) -> Vec<u16> {
    let mut text = vec![0; digits as usize];
    for digit in text.iter_mut().rev() {
        *digit = (number % RADIX) as u16;
        number /= RADIX;
    }
    text
}

/// What another implementation makes of the same number.
fn oracle(key: [u8; 32], tweak: &[u8], number: u128, digits: u32) -> u128 {
    let ff1 = FF1::<Aes256>::new(&key, 10).expect("a radix");
    let plaintext = FlexibleNumeralString::from(digits_of(number, digits));
    let ciphertext = ff1.encrypt(tweak, &plaintext).expect("digits");
    let fold = |number, digit| number * RADIX + u128::from(digit);
    Vec::from(ciphertext).into_iter().fold(0, fold)
}

proptest! {
    #[test]
    fn number_is_encrypted_as_by_another_implementation_and_decrypts_to_itself(
        key: [u8; 32],
        tweak in prop::collection::vec(any::<u8>(), 0..40),
        digits in Ff1::<Aes256>::MIN_DIGITS..=Ff1::<Aes256>::MAX_DIGITS,
        number: u128,
    ) {
        let number = number % RADIX.pow(digits);
        let ff1 = Ff1::new(Aes256::new(&key.into()), digits, &tweak);
        let ciphertext = ff1.encrypt(number);
        prop_assert_eq!(ciphertext, oracle(key, &tweak, number, digits));
        prop_assert_eq!(ff1.decrypt(ciphertext), number);
    }

    #[test]
    fn number_of_twenty_digits_is_encrypted_as_by_another_implementation(
        key: [u8; 32],
        number in 0..10_u128.pow(20),
    ) {
        let ff1 = Ff1::new(Aes256::new(&key.into()), 20, b"");
        let ciphertext = ff1.encrypt(number);
        prop_assert_eq!(ciphertext, oracle(key, b"", number, 20));
        prop_assert_eq!(ff1.decrypt(ciphertext), number);
    }
}
