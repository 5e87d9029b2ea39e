//! The random numbers of a town.

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Purpose of a stream of random numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub enum Purpose {
    /// Whether a person has the app; one stream a person.
    App = 1,
    /// Encounters and positions; one stream a town, or one a person.
    Meetings,
    /// Places that a sniffer covers; one stream a sniffer.
    Coverage,
    /// Times of beacons and of listening; one stream a phone.
    Schedule,
    /// Whether two phones hear each other at all; one stream an encounter.
    Capture,
    /// Whether beacons get through; one stream a direction of an encounter.
    Radio,
    /// Delay of a beacon; one stream a beacon of a phone.
    Jitter,
    /// Error of a clock; one stream a phone.
    Clock,
    /// Times offline; one stream a phone.
    Offline,
    /// Whether and when a person falls ill; one stream a person.
    Illness,
    /// Time of the first login; one stream a phone.
    FirstLogin,
    /// Actions of an adversary; one stream an adversary.
    Adversary,
    /// How long a phone that needs TempIDs waits; one stream a phone and time that it needs some.
    Spread,
    /// How long a phone waits that is back from a spell without the server; one stream a phone and
    /// spell.
    Return,
    /// How long a phone waits after something failed; one stream a phone and failure.
    Retry,
}

/// The random numbers that `seed` has for `purpose`, in the stream of the person, phone or
/// encounter of that number: the same on every machine, and independent of all other streams. So
/// changing one setting does not change what is drawn for another, and two towns differ by nothing
/// but that (common random numbers). What a connection meets with is drawn elsewhere, from a stream
/// for each connection of an owner in their order, and how long the disk takes from one for all
/// syncs: there one more moves all later ones.
pub fn stream(seed: u64, purpose: Purpose, number: u64) -> Xoshiro256PlusPlus {
    let key = mix(mix(mix(seed).wrapping_add(purpose as u64)).wrapping_add(number));
    Xoshiro256PlusPlus::seed_from_u64(key)
}

/// The finalizer of SplitMix64 (Steele, Lea, Flood 2014), a permutation in which every bit of the
/// input changes half of those of the output: neighbouring numbers get unrelated streams.
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests;
