
use super::*;

#[test]
fn limited_memory_gives_room_for_the_text_that_was_asked_for() {
    let printer = Printer::nowhere();
    let limited = Memory::limited_to(u64::MAX);
    let records = Console::records_in(MAX_LOG_TEXT_BYTES);
    assert_eq!(printer.room(limited), records);
    assert!(printer.room(Memory::default()) > records && records > 18_000);
}
