use super::*;
use crate::server::contact_tracing::ContactTrace;

fn user() -> Username {
    Username::decode(b"+61410888888").expect("a name")
}

fn taken() -> [Decision; 1] {
    let trace = ContactTrace { uploader: user(), entries: Vec::new(), oddities: Vec::new() };
    [Decision::ContactLogTraced(trace)]
}

#[test]
fn log_taken_while_nothing_can_be_shown_is_a_violation() {
    let mut operator = Operator::default();
    operator.read(Reading::Barred);
    // The server hears of it behind its tick.
    assert_eq!(operator.see(&taken()), Ok(0));
    assert!(operator.see(&taken()).is_err());
    operator.read(Reading::Attentive);
    assert_eq!(operator.see(&[]), Ok(usize::MAX));
    assert_eq!(operator.see(&taken()), Ok(usize::MAX));
}

#[test]
fn text_waits_for_an_absent_operator_and_takes_room() {
    let mut operator = Operator::default();
    operator.read(Reading::Absent);
    let before = operator.see(&[]).expect("little");
    let after = operator.see(&[Decision::LoggedOut(user())]).expect("little");
    assert!(after <= before && before < usize::MAX && operator.unread > 0);
    operator.read(Reading::Attentive);
    operator.see(&[]).expect("nothing");
    assert_eq!(operator.unread, 0);
}

#[test]
fn upload_that_a_phone_is_told_of_and_the_operator_is_not_is_a_violation() {
    let mut operator = Operator::default();
    assert!(operator.uploaded(user()).is_err());
    operator.see(&taken()).expect("it may be taken");
    assert!(operator.uploaded(user()).is_ok());
    assert!(operator.uploaded(user()).is_err());
}
