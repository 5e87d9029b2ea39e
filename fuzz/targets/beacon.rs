//! Beacons: a datagram that is one is the encoding of what it says.

#![no_main]

use bluetrace::protocol::Beacon;
use bluetrace_fuzz::check_message;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|datagram: &[u8]| match Beacon::decode(datagram) {
    Ok(beacon) => {
        let mut encoded = Vec::new();
        beacon.encode(&mut encoded);
        assert_eq!(encoded, datagram);
    }
    Err(error) => check_message(&error),
});
