use super::*;

#[test]
fn limited_process_has_room_up_to_the_limit_and_the_reserve() {
    let used = used().expect("Linux tells");
    let memory = Memory { limit: Some(used + RESERVE + 1024 * 1024 * 1024) };
    assert!(memory.has_room_for(1024 * 1024));
    assert!(!memory.has_room_for(2 * 1024 * 1024 * 1024));
    assert!(!Memory { limit: Some(used) }.has_room_for(0));
    assert_eq!(Memory { limit: Some(400) }.share(4, 1000), 100);
    assert!(memory.is_limited() && !Memory::default().is_limited());
}

#[test]
fn unlimited_process_has_room_for_everything() {
    let memory = Memory::default();
    assert!(memory.has_room_for(u64::MAX));
    assert_eq!(memory.share(4, 1000), 1000);
}
