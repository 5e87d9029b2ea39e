use super::*;

#[test]
fn reply_in_pieces_is_one_message_when_its_last_piece_is_there() {
    let mut transcript = Transcript::default();
    let [one, other] = [ConnectionId(1), ConnectionId(2)];
    transcript.bytes(Duration::from_secs(1), one, "phone 3", Way::ToServer, b"PING\r\n");
    transcript.bytes(Duration::from_secs(2), one, "phone 3", Way::ToPhone, b"+PO");
    transcript.bytes(Duration::from_secs(3), other, "phone 4", Way::ToPhone, b"+OK\r\n");
    transcript.bytes(Duration::from_secs(4), one, "phone 3", Way::ToPhone, b"NG\r\n");
    let said: Vec<_> =
        transcript.into_messages().into_iter().map(|it| (it.t, it.from, it.to)).collect();
    let expected = [(1.0, "phone 3", SERVER), (3.0, SERVER, "phone 4"), (4.0, SERVER, "phone 3")];
    assert_eq!(said, expected.map(|(t, from, to)| (t, from.to_owned(), to.to_owned())));
}

#[test]
fn next_connection_of_a_phone_says_nothing_of_the_last_one() {
    let mut transcript = Transcript::default();
    transcript.bytes(Duration::ZERO, ConnectionId(1), "phone 3", Way::ToPhone, b"-BUS");
    transcript.bytes(Duration::ZERO, ConnectionId(2), "phone 3", Way::ToPhone, b"+OK\r\n");
    transcript.lost(ConnectionId(1));
    assert_eq!(transcript.unfinished.len(), 1);
    let texts: Vec<_> = transcript.into_messages().into_iter().map(|it| it.text).collect();
    assert_eq!(texts, ["+OK"]);
}
