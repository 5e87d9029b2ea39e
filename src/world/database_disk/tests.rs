use std::sync::Arc;

use rand::SeedableRng;

use super::*;
use crate::protocol::{Timestamp, Username};
use crate::reactor::Token;
use crate::server::change::Permit;
use crate::server::contact_tracing::tests::trace;
use crate::server::registry::Registry;
use crate::server::waits::{Operation, Waits};

/// A disk with a fault, on which one more case was committed, and what was told of it.
fn committed(fault: DiskFault) -> (DatabaseDisk, bool) {
    let mut disk = DatabaseDisk::default();
    assert!(commit(&mut disk));
    disk.set_fault(fault);
    let is_told = commit(&mut disk);
    (disk, is_told)
}

fn commit(disk: &mut DatabaseDisk) -> bool {
    let user = Username::decode(b"ann").expect("a name");
    let now = Timestamp::from_unix_seconds(0);
    let trace = Arc::new(trace(user, &[], &Registry::default(), now));
    let change = Change::TakeLog { trace, permit: Permit::NotNeeded, notice: None };
    let operation = Operation::Change(change.clone());
    disk.submit(Waits::default().begin(Token::permanent(0), operation), &change);
    disk.begin_commit();
    disk.next_completion().expect("told").outcome.is_ok()
}

/// The numbers of cases that crashes leave.
fn left(fault: DiskFault) -> Vec<usize> {
    let after = |seed| {
        let mut disk = committed(fault).0;
        disk.crash(&mut ChaCha12Rng::seed_from_u64(seed));
        disk.records().cases().len()
    };
    let mut left: Vec<usize> = (0..20).map(after).collect();
    left.sort_unstable();
    left.dedup();
    left
}

#[test]
fn told_case_survives_and_one_in_doubt_is_there_or_not() {
    for (fault, is_told, expected) in [
        (DiskFault::None, true, &[2][..]),
        (DiskFault::Full { room: 100 }, false, &[1]),
        (DiskFault::SyncFails, false, &[1]),
        (DiskFault::DiesInSync, false, &[1, 2]),
        (DiskFault::KilledInSync, false, &[1, 2]),
        (DiskFault::Lies, true, &[1, 2]),
    ] {
        assert_eq!((committed(fault).1, &left(fault)[..]), (is_told, expected), "{fault:?}");
    }
}

#[test]
fn every_other_commit_that_is_not_synced_may_be_there() {
    let mut disk = committed(DiskFault::SyncFails).0;
    assert!(!commit(&mut disk));
    assert_eq!(disk.records().cases().len(), 2);
}
