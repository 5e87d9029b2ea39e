use super::*;

fn ann() -> Username {
    Username::decode(b"ann").expect("a name")
}

fn digest(number: u8) -> TokenDigest {
    TokenDigest::new(&[number], b"secret")
}

#[test]
fn latest_tokens_of_a_member_are_known() {
    let mut members = Members::default();
    for number in 0..=MAX_TOKENS as u8 {
        members.change(ann(), |member| member.add_token(digest(number)));
    }
    let ann = members.of(ann()).expect("a member");
    assert!(!ann.has_token(digest(0)));
    assert!((1..=MAX_TOKENS as u8).all(|number| ann.has_token(digest(number))));
    assert!(!ann.has_token(TokenDigest::new(&[1], b"another secret")));
}

#[test]
fn hashes_are_counted_as_they_come_and_go() {
    let mut members = Members::default();
    assert!(!members.have_hashes());
    let register = |member: &mut Member| member.register(Members::nobodys_hash());
    members.change(ann(), register);
    members.change(ann(), register);
    assert!(members.have_hashes());
    members.change(ann(), |member| member.close(None));
    assert!(members.have_hashes() && members.of(ann()).expect("a member").is_closed);
    members.change(ann(), |member| member.close(Some(Timestamp::from_unix_seconds(5))));
    assert!(!members.have_hashes() && members.of(ann()).expect("a member").has_left());
    members.change(ann(), register);
    let ann = members.of(ann()).expect("a member");
    assert!(!ann.is_closed && !ann.has_left());
    assert_eq!(ann.forgotten_until, Some(Timestamp::from_unix_seconds(5)));
}
