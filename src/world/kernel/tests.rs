use super::*;

const TOKEN: Token = Token::permanent(1);
const ID: ConnectionId = ConnectionId(1);

/// A stream with room for ten bytes, registered for reading.
fn stream() -> (Kernel, SimulatedStream) {
    let kernel = Kernel::new(10);
    let mut stream = kernel.accept(ID);
    stream.register(&kernel, TOKEN, Interest::READABLE).expect("registered");
    (kernel, stream)
}

fn kind<T>(result: io::Result<T>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

#[test]
fn arrived_bytes_are_told_once_and_read_in_order_with_the_end_behind_them() {
    let (kernel, mut stream) = stream();
    assert!(kernel.arrive(ID, b"ab") && kernel.arrive(ID, b"cd"));
    assert_eq!(kernel.take_events(), [(TOKEN, Readiness::Readable)]);
    assert_eq!(kernel.take_events(), []);
    kernel.end(ID);
    assert_eq!(kernel.take_events(), [(TOKEN, Readiness::ReadableToEnd)]);
    let mut buffer = [0; 3];
    assert_eq!((stream.read(&mut buffer).ok(), &buffer), (Some(3), b"abc"));
    assert_eq!(stream.read(&mut buffer).ok(), Some(1));
    assert_eq!(stream.read(&mut buffer).ok(), Some(0));
}

#[test]
fn empty_stream_would_block() {
    let (_kernel, mut stream) = stream();
    assert_eq!(kind(stream.read(&mut [0; 3])), Some(ErrorKind::WouldBlock));
}

#[test]
fn full_stream_tells_of_room_when_the_peer_has_read() {
    let (kernel, mut stream) = stream();
    assert_eq!(stream.write(&[7; 12]).ok(), Some(10));
    for _ in 0..2 {
        assert_eq!(kind(stream.write(&[7; 2])), Some(ErrorKind::WouldBlock));
    }
    let done = [(ID, Done::Wrote(vec![7; 10])), (ID, Done::Blocked { written: 10 })];
    assert_eq!(kernel.take_done(), done);
    let interest = Interest::READABLE | Interest::WRITABLE;
    stream.reregister(&kernel, TOKEN, interest).expect("registered");
    assert!(!kernel.has_events());
    kernel.acknowledge(ID, 4);
    assert_eq!(kernel.take_events(), [(TOKEN, Readiness::Writable)]);
    assert_eq!(stream.write(&[7; 12]).ok(), Some(4));
}

#[test]
fn registering_again_tells_again_of_what_is_there() {
    let (kernel, mut stream) = stream();
    kernel.arrive(ID, b"ab");
    kernel.take_events();
    stream.reregister(&kernel, TOKEN, Interest::READABLE).expect("registered");
    assert_eq!(kernel.take_events(), [(TOKEN, Readiness::Readable)]);
}

#[test]
fn reset_stream_fails_and_loses_what_was_not_read() {
    let (kernel, mut stream) = stream();
    kernel.arrive(ID, b"ab");
    kernel.reset(ID);
    assert_eq!(kernel.take_events(), [(TOKEN, Readiness::ReadableToEnd)]);
    assert_eq!(kind(stream.read(&mut [0; 3])), Some(ErrorKind::ConnectionReset));
    assert_eq!(kind(stream.write(b"x")), Some(ErrorKind::ConnectionReset));
    assert!(stream.shutdown_write().is_err());
}

#[test]
fn dropped_stream_is_closed_and_resets_if_it_leaves_bytes_unread() {
    let clean = vec![(ID, Done::Ended), (ID, Done::Closed)];
    for (bytes, done) in [(&b""[..], clean), (b"ab", vec![(ID, Done::ClosedUnread)])] {
        let (kernel, stream) = stream();
        kernel.arrive(ID, bytes);
        drop(stream);
        assert_eq!(kernel.take_done(), done);
        assert_eq!((kernel.open_streams(), kernel.arrive(ID, b"c")), (0, false));
    }
}

#[test]
fn dead_machine_says_nothing() {
    let (kernel, stream) = stream();
    kernel.arrive(ID, b"ab");
    kernel.die();
    drop(stream);
    assert_eq!((kernel.take_done(), kernel.has_events()), (Vec::new(), false));
}
