use super::*;

const USER: &str = "+61410888888";

/// A user with the password `right`, an empty contact log and `ECHO x` to ask.
struct User;

impl Belongings for User {
    fn username(&self) -> Username {
        Username::decode(USER.as_bytes()).expect("a name")
    }

    fn password(&self) -> String {
        "right".to_owned()
    }

    fn contact_log(&mut self) -> Vec<ContactRecord> {
        Vec::new()
    }

    fn words(&mut self) -> Vec<String> {
        ["ECHO", "x"].map(str::to_owned).to_vec()
    }
}

/// A login as it is sent.
fn login(password: &str) -> String {
    let (user, len) = (USER, password.len());
    format!("*3\r\n$4\r\nAUTH\r\n${}\r\n{user}\r\n${len}\r\n{password}\r\n", user.len())
}

fn act(caller: &mut Caller) -> (Deed, Vec<u8>) {
    let mut out = Vec::new();
    (caller.act(&mut User, &mut out), out)
}

fn told(caller: &mut Caller, replies: &str) -> Vec<Fact> {
    let mut facts = Vec::new();
    caller.receive(replies.as_bytes(), &mut Vec::new(), |fact| facts.push(fact));
    facts
}

fn logged_in(plan: &[Step]) -> Caller {
    let mut caller = Caller::new(plan.to_vec());
    assert_eq!(act(&mut caller).0, Deed::LogIn { with_right_password: true });
    assert_eq!(told(&mut caller, "+OK\r\n"), [Fact::LoggedIn { with_right_password: true }]);
    caller
}

#[test]
fn step_is_done_when_its_reply_has_come() {
    let mut caller = logged_in(&[Step::Ask, Step::LogOut]);
    assert_eq!(act(&mut caller).0, Deed::Ask);
    assert_eq!(caller.stage(), Stage::Asking);
    caller.leave();
    // Nobody has answered, so it is asked again on the next connection.
    assert_eq!(act(&mut caller).1, login("right").as_bytes());
    told(&mut caller, "+OK\r\n");
    assert_eq!(act(&mut caller).1, b"*2\r\n$4\r\nECHO\r\n$1\r\nx\r\n");
    assert_eq!(told(&mut caller, "+x\r\n"), [Fact::Answered]);
    assert_eq!(act(&mut caller).0, Deed::Ask);
    assert_eq!(caller.stage(), Stage::LoggingOut);
    assert_eq!(told(&mut caller, "+OK\r\n"), [Fact::LoggedOut]);
    assert!(caller.is_done() && caller.is_closed());
}

#[test]
fn wrong_password_is_known_to_be_wrong_when_it_is_judged() {
    let mut caller = Caller::new([Step::MistypePassword, Step::MistypePassword]);
    assert_eq!(act(&mut caller).0, Deed::LogIn { with_right_password: false });
    let refused = Fact::WrongPassword { with_right_password: false };
    assert_eq!(told(&mut caller, "-WRONGPASS no\r\n"), [refused]);
    act(&mut caller);
    assert_eq!(told(&mut caller, "+OK\r\n"), [Fact::LoggedIn { with_right_password: false }]);
}

#[test]
fn caller_that_vanishes_has_sent_what_its_moment_says() {
    let vanish = |moment| act(&mut Caller::new([Step::Vanish(moment)]));
    let whole = login("right");
    assert_eq!(vanish(Moment::BeforeAnyByte), (Deed::Vanish, vec![]));
    assert_eq!(vanish(Moment::BeforeTheVerdict), (Deed::Vanish, whole.clone().into()));
    for (bytes, sent) in [(0, 1), (7, 7), (255, whole.len() - 1)] {
        let expected = whole.as_bytes()[..sent].to_vec();
        assert_eq!(vanish(Moment::WithinTheLogin { bytes }), (Deed::Vanish, expected));
    }
    let request = b"*1\r\n$6\r\nTEMPID\r\n".to_vec();
    for (moment, sent) in [(Moment::LoggedIn, vec![]), (Moment::BeforeTheTempId, request)] {
        let mut caller = logged_in(&[Step::Vanish(moment)]);
        assert_eq!(act(&mut caller), (Deed::Vanish, sent));
        assert!(caller.is_done());
    }
}

#[test]
fn random_bytes_may_be_refused_and_must_not_be_answered() {
    let garbled = || {
        let mut caller = Caller::new([Step::Garbage { seed: 1 }]);
        let (deed, sent) = act(&mut caller);
        assert_eq!((deed, sent.len()), (Deed::Garble, GARBAGE_BYTES));
        assert!(!sent.contains(&b'\n') && !caller.can_act());
        caller
    };
    let mut refused = garbled();
    assert_eq!(told(&mut refused, "-ERR Protocol error: no\r\n"), []);
    assert_eq!(refused.stage(), Stage::Staying);
    let taken = Fact::Broken(BrokenPromise::GarbageTaken);
    assert_eq!(told(&mut garbled(), "+OK\r\n"), [taken]);
}

#[test]
fn caller_that_loiters_may_only_be_told_that_the_server_is_full() {
    let loitering = || {
        let mut caller = Caller::new([Step::Loiter]);
        assert_eq!(act(&mut caller), (Deed::Loiter, vec![]));
        caller
    };
    let busy = Fact::Refused { code: "BUSY".to_owned(), message: "later".to_owned() };
    assert_eq!(told(&mut loitering(), "-BUSY later\r\n"), [busy]);
    let unasked = Fact::Broken(Breach::Unasked.into());
    assert_eq!(told(&mut loitering(), "-ERR what\r\n"), vec![unasked.clone()]);
    assert_eq!(told(&mut loitering(), "+OK\r\n"), [unasked]);
}

#[test]
fn caller_that_floods_reads_nothing_until_it_leaves() {
    let mut caller = logged_in(&[Step::Flood { downloads: 2, requests: 3 }, Step::LogOut]);
    let (deed, sent) = act(&mut caller);
    assert_eq!(deed, Deed::Flood);
    assert_eq!(sent.windows(6).filter(|bytes| bytes == b"TEMPID").count(), 2);
    assert!(sent.ends_with(&FLOOD_REQUEST.repeat(3)));
    assert!(!caller.reads() && !caller.can_act());
    caller.leave();
    assert!(caller.reads() && caller.can_act() && !caller.is_done());
}

#[test]
fn caller_in_version_3_acknowledges_notices_and_learns_whether_they_are_noted() {
    const NOTICE: &str = ">4\r\n$6\r\nnotice\r\n:7\r\n$10\r\n13/05/2020\r\n$4\r\nStay\r\n";
    let mut caller = Caller::new([Step::Stay]);
    caller.speak(RespVersion::V3);
    assert!(act(&mut caller).1.starts_with(b"*5\r\n$5\r\nHELLO\r\n$1\r\n3\r\n"));
    told(&mut caller, "*0\r\n");
    for (answer, is_noted) in [("-NOTSTORED no\r\n", false), ("+OK\r\n", true)] {
        let (mut facts, mut out) = (Vec::new(), Vec::new());
        caller.receive(NOTICE.as_bytes(), &mut out, |fact| facts.push(fact));
        assert!(matches!(&facts[..], [Fact::Notice(notice)] if notice.number == 7), "{facts:?}");
        assert_eq!(out, b"*2\r\n$4\r\nSEEN\r\n$1\r\n7\r\n");
        assert!(caller.is_waiting() && !caller.can_act());
        let fact = if is_noted { Fact::Acknowledged(7) } else { Fact::NotAcknowledged(7) };
        assert_eq!(told(&mut caller, answer), [fact]);
    }
    caller.leave();
    assert_eq!(caller.version(), RespVersion::V3);
}

#[test]
fn caller_that_has_hung_up_acknowledges_nothing() {
    let mut caller = Caller::new([Step::HangUp]);
    caller.speak(RespVersion::V3);
    act(&mut caller);
    told(&mut caller, "*0\r\n");
    act(&mut caller);
    let (notice, mut out) =
        (">4\r\n$6\r\nnotice\r\n:7\r\n$10\r\n13/05/2020\r\n$1\r\nx\r\n", Vec::new());
    caller.receive(notice.as_bytes(), &mut out, |_| {});
    assert!(out.is_empty());
}
