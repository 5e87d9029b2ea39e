use super::*;

#[test]
fn consumed_bytes_are_gone_and_the_rest_stays_in_order() {
    let mut buffer = Buffer::default();
    buffer.extend(b"0123456789");
    for expected in b"0123456789" {
        assert_eq!(buffer.as_slice()[0], *expected);
        buffer.consume(1);
    }
    assert!(buffer.is_empty());
}

#[test]
fn empty_buffer_holds_no_memory() {
    let mut buffer = Buffer::default();
    buffer.extend(&[0; 4096]);
    buffer.consume(4096);
    assert_eq!(buffer.capacity(), 0);
}

#[test]
fn last_byte_of_much_holds_little_memory() {
    let mut buffer = Buffer::default();
    buffer.extend(&[0; 1024 * 1024]);
    buffer.extend(b"x");
    buffer.consume(1024 * 1024);
    assert_eq!(buffer.as_slice(), b"x");
    assert!(buffer.capacity() <= MAX_SPARE_BYTES, "{} bytes", buffer.capacity());
}

#[test]
fn many_small_pieces_hold_the_next_power_of_two() {
    let mut buffer = Buffer::default();
    for _ in 0..900 {
        buffer.extend(&[0; 1000]);
        buffer.consume(10);
    }
    assert_eq!((buffer.len(), buffer.capacity()), (900 * 990, 1024 * 1024));
}
