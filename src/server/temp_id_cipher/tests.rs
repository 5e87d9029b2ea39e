use proptest::prelude::*;

use super::super::key_file::KEY_BYTES;
use super::*;

fn cipher(keys: &[u8]) -> TempIdCipher {
    let keys: Vec<Key> = keys.iter().map(|byte| Key::new([*byte; KEY_BYTES])).collect();
    TempIdCipher::new(&keys)
}

fn noon() -> Timestamp {
    Timestamp::decode(b"13/05/2020 12:00:00").expect("a time")
}

/// The layout of the digits and the algorithm must not change: TempIDs that were told live on.
#[test]
fn user_and_start_are_encrypted_as_by_every_earlier_version() {
    let temp_id = cipher(&[7]).encrypt(12_345_678, noon());
    assert_eq!(temp_id.to_string(), "88111419381548434384");
}

#[test]
fn start_of_another_second_is_refused() {
    let (cipher, start) = (cipher(&[1]), noon());
    let temp_id = cipher.encrypt(3, start);
    assert_eq!(cipher.decrypt(temp_id, start), Some(3));
    assert_eq!(cipher.decrypt(temp_id, start.after_seconds(1)), None);
    assert_eq!(cipher.decrypt(temp_id, Timestamp::MIN), None);
}

#[test]
fn new_key_encrypts_and_the_old_one_still_decrypts() {
    let (before, after, later) = (cipher(&[1]), cipher(&[2, 1]), cipher(&[2]));
    let [old, new] = [&before, &after].map(|cipher| cipher.encrypt(3, noon()));
    assert_ne!(old, new);
    assert_eq!([old, new].map(|temp_id| after.decrypt(temp_id, noon())), [Some(3); 2]);
    assert_eq!(later.decrypt(old, noon()), None);
    assert_eq!(before.decrypt(new, noon()), None);
}

proptest! {
    #[test]
    fn every_user_and_start_decrypt_to_themselves(
        user in 0..USERS,
        seconds in Timestamp::MIN.unix_seconds()..=Timestamp::MAX.unix_seconds(),
    ) {
        let (cipher, start) = (cipher(&[9]), Timestamp::from_unix_seconds(seconds));
        prop_assert_eq!(cipher.decrypt(cipher.encrypt(user, start), start), Some(user));
    }
}
