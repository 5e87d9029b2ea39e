use std::collections::HashSet;

use super::super::random::{Purpose, stream};
use super::*;

#[test]
fn crash_keeps_what_was_synced_and_any_part_of_the_rest() {
    let mut left = HashSet::new();
    for seed in 0..300 {
        let mut disk = Disk::default();
        disk.append(b"synced").and_then(|()| disk.sync()).expect("no fault");
        disk.append(b"not").expect("no fault");
        disk.crash(&mut stream(seed, Purpose::Disk));
        left.insert(disk.bytes().strip_prefix(b"synced").expect("it is there").to_vec());
    }
    for possible in [&b""[..], b"n", b"no", b"not", b"\0\0\0", b"n\0\0", b"no\0", b"\0"] {
        assert!(left.contains(possible), "{left:?}");
    }
}

#[test]
fn killed_server_leaves_all_that_it_wrote_until_the_machine_crashes() {
    let mut left = HashSet::new();
    for seed in 0..100 {
        let (mut disk, rng) = (Disk::default(), &mut stream(seed, Purpose::Disk));
        disk.append(b"synced").and_then(|()| disk.sync()).expect("no fault");
        disk.set_fault(DiskFault::KilledInSync);
        disk.append(b"not").expect("no fault");
        disk.sync().expect_err("killed");
        disk.crash(rng);
        assert_eq!(disk.bytes(), b"syncednot");
        disk.crash(rng);
        left.insert(disk.bytes().to_vec());
    }
    assert!(left.contains(&b"synced"[..]) && left.contains(&b"syncednot"[..]), "{left:?}");
}

#[test]
fn each_sector_that_was_not_synced_is_there_or_not() {
    let mut left = HashSet::new();
    for seed in 0..300 {
        let mut disk = Disk::default();
        disk.append(&[b's'; 500]).and_then(|()| disk.sync()).expect("no fault");
        disk.append(&[b'n'; 12 + 2 * SECTOR_BYTES]).expect("no fault");
        disk.crash(&mut stream(seed, Purpose::Disk));
        let bytes = disk.bytes();
        left.insert([500, 512, 1024].map(|at| bytes.get(at).is_some_and(|byte| *byte != 0)));
    }
    assert_eq!(left.len(), 8, "{left:?}");
}

#[test]
fn cut_that_was_not_synced_is_made_or_not() {
    let mut left = HashSet::new();
    for seed in 0..100 {
        let mut disk = Disk::default();
        disk.append(b"synced").and_then(|()| disk.sync()).expect("no fault");
        disk.truncate(4).and_then(|()| disk.truncate(3)).expect("no fault");
        disk.crash(&mut stream(seed, Purpose::Disk));
        left.insert(disk.bytes().to_vec());
    }
    assert_eq!(left, HashSet::from([b"synced".to_vec(), b"syn".to_vec()]));
}

#[test]
fn machine_that_dies_in_a_sync_is_dead_until_the_crash_is_over() {
    let mut disk = Disk::default();
    disk.set_fault(DiskFault::DiesInSync);
    disk.append(b"not").expect("it dies later");
    assert!(disk.sync().is_err() && disk.truncate(0).is_err() && disk.is_dead());
    disk.crash(&mut stream(1, Purpose::Disk));
    assert!(disk.append(b"").is_ok() && disk.sync().is_ok());
}

#[test]
fn repair_lets_syncs_work_and_makes_room_for_a_line_end() {
    for fault in [DiskFault::SyncFails, DiskFault::DiesInSync] {
        let mut disk = Disk::default();
        disk.set_fault(fault);
        disk.repair();
        assert!(disk.sync().is_ok());
    }
    let mut disk = Disk::default();
    disk.set_fault(DiskFault::Full { room: 0 });
    disk.repair();
    assert!(disk.append(b"\n").is_ok() && disk.sync().is_ok());
    disk.repair();
    assert!(disk.append(b"12").is_err());
}

#[test]
fn full_disk_takes_what_fits_and_has_room_again_when_cut() {
    let mut disk = Disk::default();
    disk.set_fault(DiskFault::Full { room: 3 });
    assert!(disk.append(b"four").is_err());
    assert_eq!(disk.bytes(), b"fou");
    disk.truncate(0).expect("cut");
    assert!(disk.append(b"3by").is_ok());
}
