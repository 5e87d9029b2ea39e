use std::time::Instant;

use super::*;
use crate::client::contact_log::Added;
use crate::client::phone::Reception;
use crate::client::session::Event;
use crate::clock::Now;
use crate::protocol::{BeaconError, DeviceToken, RegistrationCode, Timestamp};

/// A dialogue and what it showed.
struct Fixture {
    dialogue: Dialogue,
    lines: Lines,
    now: Now,
}

impl Fixture {
    #[expect(clippy::disallowed_methods, reason = "only the distance to it matters")]
    fn at_username() -> Self {
        let mut dialogue = Dialogue::default();
        assert_eq!(dialogue.connected(None), None);
        let now = Now { monotonic: Instant::now(), wall: record().start };
        Self { dialogue, lines: Lines::new(), now }
    }

    /// Of a phone that remembers logins, and has a token of ann.
    fn logging_in_with_token() -> Self {
        let mut fixture = Self::at_username();
        fixture.dialogue = Dialogue::new(Remembering::Tokens);
        let action = fixture.dialogue.connected(Some(ann()));
        assert_eq!(action, Some(Action::LogInWithToken { user: "ann".to_owned() }));
        fixture
    }

    /// The right code and a password were typed, and sent.
    fn confirming() -> Self {
        let mut fixture = Self::at_username();
        assert_eq!(fixture.line(" register "), None);
        assert_eq!(fixture.dialogue.prompt(), Some(Prompt::Number));
        let number = NUMBER.to_owned();
        assert_eq!(fixture.line(NUMBER), Some(Action::Register { number }));
        fixture.answered(Event::CodeSent);
        assert_eq!(fixture.dialogue.prompt(), Some(Prompt::Code));
        assert_eq!(fixture.line("123456"), None);
        assert_eq!(fixture.dialogue.prompt(), Some(Prompt::NewPassword));
        assert_eq!(fixture.line(" pass word"), None);
        assert_eq!(fixture.dialogue.prompt(), Some(Prompt::NewPasswordAgain));
        assert_eq!(fixture.line(" pass word"), Some(confirm("123456", " pass word")));
        fixture.shown();
        fixture
    }

    fn logging_in() -> Self {
        let mut fixture = Self::at_username();
        assert_eq!(fixture.line("ann"), None);
        assert_eq!(fixture.dialogue.prompt(), Some(Prompt::Password));
        let (user, password) = ("ann".to_owned(), TypedPassword::new(" se cret "));
        assert_eq!(fixture.line(" se cret "), Some(Action::LogIn { user, password }));
        fixture
    }

    fn at_prompt() -> Self {
        let mut fixture = Self::logging_in();
        fixture.answered(Event::LoggedIn(ann()));
        assert_eq!(fixture.shown(), ["Welcome to the BlueTrace Simulator!"]);
        fixture
    }

    fn line(&mut self, line: &str) -> Option<Action> {
        self.dialogue.line(line, &mut self.lines)
    }

    /// A datagram arrives so many milliseconds after the one before.
    fn received(&mut self, reception: &Reception, after: u64) -> Vec<String> {
        self.now.monotonic += std::time::Duration::from_millis(after);
        let sender = "127.0.0.1:9".parse().expect("an address");
        self.dialogue.received(reception, sender, self.now, &mut self.lines);
        self.shown()
    }

    fn answered(&mut self, event: Event) -> Option<Action> {
        self.dialogue.answered(&event, &mut self.lines)
    }

    fn shown(&mut self) -> Vec<String> {
        std::mem::take(&mut self.lines).into_iter().map(|line| line.text).collect()
    }
}

const NUMBER: &str = "+61410555555";

fn ann() -> Username {
    Username::decode(b"ann").expect("a name")
}

fn confirm(code: &str, password: &str) -> Action {
    let code = RegistrationCode::decode(code.as_bytes()).expect("a code");
    Action::Confirm { number: NUMBER.to_owned(), code, password: TypedPassword::new(password) }
}

fn refused(code: &str, message: &str) -> Event {
    Event::Refused { code: code.to_owned(), message: message.to_owned() }
}

fn record() -> ContactRecord {
    ContactRecord::decode_line(b"12345678901234567891 13/05/2020 17:54:06 13/05/2020 18:09:05")
        .expect("the assignment's own")
}

#[test]
fn wrong_password_asks_only_for_the_password_again() {
    let mut fixture = Fixture::logging_in();
    fixture.answered(Event::WrongPassword("Invalid Password. Please try again".to_owned()));
    assert_eq!(fixture.shown(), ["Invalid Password. Please try again"]);
    assert_eq!(fixture.dialogue.prompt(), Some(Prompt::Password));
    assert!(matches!(fixture.line("x"), Some(Action::LogIn { user, .. }) if user == "ann"));
}

#[test]
fn block_ends_the_program_with_its_message() {
    for event in [Event::NowBlocked("Later".to_owned()), Event::Blocked("Later".to_owned())] {
        let mut fixture = Fixture::logging_in();
        fixture.answered(event);
        assert_eq!(fixture.shown(), ["Later"]);
        assert_eq!(fixture.dialogue.ending(), Some(Ending::Failed));
    }
}

#[test]
fn download_shows_the_temp_id() {
    let mut fixture = Fixture::at_prompt();
    assert_eq!(fixture.line("Download_tempID"), Some(Action::Download));
    assert_eq!(fixture.dialogue.prompt(), None);
    fixture.answered(Event::TempIds(vec![record()]));
    assert_eq!(fixture.shown(), ["TempID:", "12345678901234567891"]);
    assert_eq!(fixture.dialogue.prompt(), Some(Prompt::Command));
}

#[test]
fn upload_shows_each_entry_in_three_lines() {
    let mut fixture = Fixture::at_prompt();
    assert_eq!(fixture.line("Upload_contact_log"), Some(Action::Upload(None)));
    fixture.dialogue.uploading(&[record()], &mut fixture.lines);
    let shown = ["12345678901234567891,", "13/05/2020 17:54:06,", "13/05/2020 18:09:05;"];
    assert_eq!(fixture.shown(), shown);
    fixture.answered(Event::Uploaded(1));
    assert_eq!(fixture.dialogue.prompt(), Some(Prompt::Command));
}

#[test]
fn beacon_is_shown_by_sender_and_receiver() {
    let mut fixture = Fixture::at_prompt();
    let destination = "127.0.0.1:9".parse().expect("an address");
    assert_eq!(fixture.line("Beacon 127.0.0.1 9"), Some(Action::Beacon(destination)));
    fixture.dialogue.beacon_sent(Ok(record()), &mut fixture.lines);
    let sent = ["12345678901234567891,", "13/05/2020 17:54:06,", "13/05/2020 18:09:05."];
    assert_eq!(fixture.shown(), sent);
    let shown = fixture.received(&Reception::Valid(record(), Added::New), 0);
    let rest = ["Current time is:", "13/05/2020 17:54:06.", "The beacon is valid."];
    assert_eq!(shown, [&["received beacon:"][..], &sent, &rest].concat());
    let shown = fixture.received(&Reception::Invalid(record()), 0);
    assert_eq!(shown[6], "The beacon is invalid.");
    let shown = fixture.received(&Reception::Refused(BeaconError::Length(5)), 0);
    let refused = "refused a datagram from 127.0.0.1:9: it has 5 bytes, a beacon has 59";
    assert_eq!(shown, [refused]);
}

#[test]
fn stream_of_equal_beacons_is_shown_once_and_counted() {
    let mut fixture = Fixture::at_prompt();
    let valid = Reception::Valid(record(), Added::Again);
    assert_eq!(fixture.received(&valid, 0).len(), 7);
    assert!((0..9).all(|_| fixture.received(&valid, 100).is_empty()));
    // The same bytes after their expiry are judged anew.
    assert_eq!(fixture.received(&Reception::Invalid(record()), 1)[6], "The beacon is invalid.");
    let due = fixture.dialogue.next_repeats().expect("nine are to be told");
    fixture.dialogue.tell_repeats(due, &mut fixture.lines);
    assert_eq!(fixture.shown(), ["received the same beacon from 127.0.0.1 9 more times: valid"]);
    // By hand, now and then.
    assert!((0..3).all(|_| fixture.received(&valid, 600).len() == 7));
}

#[test]
fn flood_of_one_sender_is_said_to_be_not_logged() {
    let mut fixture = Fixture::at_prompt();
    let shown = fixture.received(&Reception::Valid(record(), Added::TooMany), 0);
    assert_eq!(shown[6], "The beacon is valid.");
    assert!(shown[7].starts_with("It is not logged, as 127.0.0.1 has sent too many"), "{shown:?}");
    let other = ContactRecord { expiry: record().start, ..record() };
    assert!(fixture.received(&Reception::Valid(other, Added::TooMany), 1).is_empty());
}

#[test]
fn command_that_fails_is_remembered_and_a_login_that_fails_is_not() {
    type Fail = fn(&mut Fixture);
    let failures: [Fail; 7] = [
        |it| drop(it.line("whatsthedate")),
        |it| drop(it.line("Beacon localhost 1")),
        |it| it.dialogue.beacon_sent(Err("no TempID"), &mut it.lines),
        |it| it.dialogue.log_unreadable("no log", &mut it.lines),
        |it| {
            it.line("Download_tempID");
            let (code, message) = ("IOERR".to_owned(), "disk full".to_owned());
            it.answered(Event::Refused { code, message });
        },
        |it| {
            it.line("Upload_contact_log");
            it.dialogue.lost("The server closed the connection.", &mut it.lines);
        },
        |it| {
            it.dialogue.lost("The server closed the connection.", &mut it.lines);
            it.line("Download_tempID");
        },
    ];
    for fail in failures {
        let mut fixture = Fixture::at_prompt();
        fixture.line("help");
        fixture.dialogue.nothing_to_upload(&mut fixture.lines);
        assert!(!fixture.dialogue.has_failed());
        fail(&mut fixture);
        assert!(fixture.dialogue.has_failed(), "{:?}", fixture.shown());
    }
    let mut fixture = Fixture::logging_in();
    fixture.answered(Event::WrongPassword("again".to_owned()));
    assert!(!fixture.dialogue.has_failed());
}

#[test]
fn full_log_is_said_once() {
    let mut fixture = Fixture::at_prompt();
    let reception = Reception::Valid(record(), Added::InsteadOfOldest);
    for expected in [8, 7] {
        assert_eq!(fixture.received(&reception, 1_000).len(), expected);
    }
}

#[test]
fn anything_else_is_an_invalid_command() {
    let mut fixture = Fixture::at_prompt();
    assert_eq!(fixture.line("whatsthedate"), None);
    assert_eq!(fixture.shown(), ["Error. Invalid command"]);
    assert_eq!(fixture.line("Beacon x"), None);
    assert_eq!(fixture.shown()[0], "Error. Invalid command");
    assert_eq!(fixture.line("   "), None);
    assert!(fixture.shown().is_empty());
    assert_eq!(fixture.line("help"), None);
    assert_eq!(fixture.shown().len(), Command::HELP.len());
    assert_eq!(fixture.dialogue.prompt(), Some(Prompt::Command));
}

#[test]
fn logout_and_end_of_input_say_goodbye() {
    let mut fixture = Fixture::at_prompt();
    assert_eq!(fixture.line("logout"), Some(Action::LogOut));
    fixture.answered(Event::LoggedOut);
    assert_eq!(fixture.shown(), ["Goodbye!"]);
    assert_eq!(fixture.dialogue.ending(), Some(Ending::Left));
    let mut fixture = Fixture::at_prompt();
    assert_eq!(fixture.dialogue.leave(), Some(Action::LogOut));
    fixture.dialogue.logout_overdue(&mut fixture.lines);
    assert_eq!(fixture.dialogue.ending(), Some(Ending::Left));
}

#[test]
fn leaving_before_login_ends_at_once() {
    let mut fixture = Fixture::at_username();
    assert_eq!(fixture.dialogue.leave(), None);
    assert_eq!(fixture.dialogue.ending(), Some(Ending::Left));
    let mut fixture = Fixture::logging_in();
    fixture.answered(Event::WrongPassword("again".to_owned()));
    assert_eq!(fixture.dialogue.leave(), None);
    assert_eq!(fixture.dialogue.ending(), Some(Ending::Failed));
}

#[test]
fn lost_server_is_said_and_the_user_asked_to_log_in_again() {
    let mut fixture = Fixture::at_prompt();
    fixture.line("Download_tempID");
    fixture.dialogue.lost("The server has gone away.", &mut fixture.lines);
    assert_eq!(fixture.shown()[0], "The server has gone away.");
    assert_eq!(fixture.dialogue.prompt(), Some(Prompt::Username));
    fixture.dialogue.leave();
    assert_eq!(fixture.dialogue.ending(), Some(Ending::Failed));
}

#[test]
fn beacon_that_is_not_valid_now_is_sent_with_the_reason() {
    let mut fixture = Fixture::at_prompt();
    let ContactRecord { start, expiry, .. } = record();
    let early = Timestamp::from_unix_seconds(0);
    for (now, why) in [(early, "is not valid yet"), (expiry.after_seconds(1), "has expired")] {
        assert!(now < start || now > expiry);
        fixture.dialogue.beacon_not_valid(&record(), now, &mut fixture.lines);
        let expected = format!("Warning: this TempID {why}; whoever receives it will refuse it.");
        assert_eq!(fixture.shown(), [expected]);
    }
}

#[test]
fn command_after_the_server_was_lost_is_not_taken_for_a_username() {
    let mut fixture = Fixture::at_prompt();
    fixture.dialogue.lost("The server has gone away.", &mut fixture.lines);
    fixture.shown();
    for command in ["Download_tempID", "logout", "Beacon", "Beacon 127.0.0.1 9"] {
        assert_eq!(fixture.line(command), None);
        assert!(fixture.shown()[0].starts_with("Nobody is logged in."), "{command}");
        assert_eq!(fixture.dialogue.prompt(), Some(Prompt::Username));
    }
    assert_eq!(fixture.line("ann"), None);
    assert_eq!(fixture.dialogue.prompt(), Some(Prompt::Password));
    // Before anything went wrong, a name is a name.
    let mut fixture = Fixture::at_username();
    assert_eq!(fixture.line("logout"), None);
    assert_eq!(fixture.dialogue.prompt(), Some(Prompt::Password));
}

#[test]
fn refused_login_asks_for_the_username_again() {
    let mut fixture = Fixture::logging_in();
    let (code, message) = ("BUSY".to_owned(), "too many connections".to_owned());
    fixture.answered(Event::Refused { code, message });
    assert_eq!(fixture.shown(), ["The server refuses: too many connections"]);
    assert_eq!(fixture.dialogue.prompt(), Some(Prompt::Username));
}

#[test]
fn confirming_registration_with_the_right_code_welcomes() {
    let mut fixture = Fixture::confirming();
    let user = Username::decode(NUMBER.as_bytes()).expect("a number");
    assert_eq!(fixture.answered(Event::LoggedIn(user)), None);
    assert_eq!(fixture.shown(), ["Welcome to the BlueTrace Simulator!"]);
    assert_eq!(fixture.dialogue.prompt(), Some(Prompt::Command));
}

#[test]
fn confirming_registration_refused_asks_only_for_what_was_wrong() {
    let mut fixture = Fixture::confirming();
    fixture.answered(Event::WrongCode("wrong code".to_owned()));
    assert_eq!(fixture.shown(), ["The server refuses: wrong code"]);
    assert_eq!(fixture.dialogue.prompt(), Some(Prompt::Code));
    assert_eq!(fixture.line("12345"), None);
    assert_eq!(fixture.shown(), ["A code has 6 digits."]);
    assert_eq!(fixture.line("654321"), Some(confirm("654321", " pass word")));
    fixture.answered(refused("ERR", "too short"));
    assert_eq!(fixture.shown(), ["The server refuses: too short"]);
    assert_eq!(fixture.dialogue.prompt(), Some(Prompt::NewPassword));
    assert_eq!(fixture.line("a longer one"), None);
    assert_eq!(fixture.line("a longer two"), None);
    assert_eq!(fixture.shown(), ["The two passwords differ. Please type them again."]);
    assert_eq!(fixture.line("a longer one"), None);
    assert_eq!(fixture.line("a longer one"), Some(confirm("654321", "a longer one")));
    fixture.answered(refused("BUSYPASSWORDS", "later"));
    assert_eq!(fixture.dialogue.prompt(), Some(Prompt::Code));
    fixture.dialogue.leave();
    assert_eq!(fixture.dialogue.ending(), Some(Ending::Failed));
}

#[test]
fn registering_empty_line_leads_back_to_the_username_at_every_question() {
    for answers in 0..4 {
        let mut fixture = Fixture::at_username();
        fixture.line("register");
        for answer in [NUMBER, "123456", "pass word"].into_iter().take(answers) {
            fixture.line(answer);
            fixture.answered(Event::CodeSent);
        }
        assert_ne!(fixture.dialogue.prompt(), Some(Prompt::Username));
        assert_eq!(fixture.line(""), None);
        assert_eq!(fixture.dialogue.prompt(), Some(Prompt::Username));
        fixture.dialogue.leave();
        assert_eq!(fixture.dialogue.ending(), Some(Ending::Left));
    }
}

#[test]
fn registering_refused_or_lost_asks_for_the_username() {
    let requesting = || {
        let mut fixture = Fixture::at_username();
        fixture.line("register");
        fixture.line("0410");
        fixture
    };
    let mut fixture = requesting();
    fixture.answered(refused("ERR", "expected a number"));
    assert_eq!(fixture.shown(), ["The server refuses: expected a number"]);
    assert_eq!(fixture.dialogue.prompt(), Some(Prompt::Username));
    for (mut fixture, advice) in
        [(requesting(), "Please register"), (Fixture::confirming(), "Please log in")]
    {
        fixture.dialogue.lost("The server has gone away.", &mut fixture.lines);
        let shown = fixture.shown();
        assert_eq!(shown[0], "The server has gone away.");
        assert!(shown[1].starts_with(advice), "{shown:?}");
        assert_eq!(fixture.dialogue.prompt(), Some(Prompt::Username));
    }
}

#[test]
fn login_with_password_is_remembered_before_the_prompt() {
    let token = DeviceToken::new([1; DeviceToken::BYTES]);
    for (event, action, told) in [
        (
            Event::Token(token.clone()),
            Some(Action::KeepToken { user: ann(), token }),
            Vec::<&str>::new(),
        ),
        (
            Event::NoToken("disk full".to_owned()),
            None,
            vec!["This login is not remembered: disk full"],
        ),
    ] {
        let mut fixture = Fixture::logging_in_with_token();
        fixture.dialogue.no_token(None, &mut fixture.lines);
        assert_eq!(fixture.dialogue.prompt(), Some(Prompt::Password));
        assert!(matches!(fixture.line("secret"), Some(Action::LogIn { .. })));
        assert_eq!(fixture.answered(Event::LoggedIn(ann())), Some(Action::FetchToken));
        assert_eq!(fixture.dialogue.prompt(), None);
        fixture.shown();
        assert_eq!(fixture.answered(event), action);
        assert_eq!(fixture.shown(), told);
        assert_eq!(fixture.dialogue.prompt(), Some(Prompt::Command));
    }
}

#[test]
fn login_with_token_fetches_no_other_one() {
    let mut fixture = Fixture::logging_in_with_token();
    assert_eq!(fixture.answered(Event::LoggedIn(ann())), None);
    assert_eq!(fixture.dialogue.prompt(), Some(Prompt::Command));
}

#[test]
fn token_that_is_refused_is_dropped_and_the_password_asked_for() {
    let mut fixture = Fixture::logging_in_with_token();
    let action = fixture.answered(Event::WrongPassword("Invalid Password.".to_owned()));
    assert_eq!(action, Some(Action::DropToken { user: "ann".to_owned() }));
    assert_eq!(fixture.shown(), ["The remembered login of ann has ended."]);
    assert_eq!(fixture.dialogue.prompt(), Some(Prompt::Password));
    let mut fixture = Fixture::logging_in_with_token();
    assert_eq!(fixture.answered(Event::Blocked("Later".to_owned())), None);
    assert_eq!(fixture.dialogue.ending(), Some(Ending::Failed));
}

#[test]
fn end_of_account_is_confirmed_with_yes_only() {
    let mut fixture = Fixture::at_prompt();
    for answer in ["", "y", "no", "Yes"] {
        assert_eq!(fixture.line("Forget_me"), None);
        assert_eq!(fixture.dialogue.prompt(), Some(Prompt::EndOfAccount));
        fixture.shown();
        assert_eq!(fixture.line(answer), None);
        assert_eq!(fixture.shown(), ["Your account stays."]);
        assert_eq!(fixture.dialogue.prompt(), Some(Prompt::Command));
    }
    fixture.line("Forget_me");
    assert_eq!(fixture.line(" yes "), Some(Action::Forget));
    fixture.shown();
    assert_eq!(fixture.answered(Event::Forgotten(ann())), Some(Action::Erase(ann())));
    assert_eq!(fixture.shown(), ["Your account has ended.", "Goodbye!"]);
    assert_eq!(fixture.dialogue.ending(), Some(Ending::Left));
}

#[test]
fn end_of_account_refused_or_lost_is_a_failed_command() {
    let forgetting = || {
        let mut fixture = Fixture::at_prompt();
        fixture.line("Forget_me");
        fixture.line("yes");
        fixture.shown();
        fixture
    };
    let mut fixture = forgetting();
    fixture.answered(refused("IOERR", "disk full"));
    assert_eq!(fixture.dialogue.prompt(), Some(Prompt::Command));
    assert!(fixture.dialogue.has_failed());
    let mut fixture = forgetting();
    fixture.dialogue.lost("The server has gone away.", &mut fixture.lines);
    assert!(fixture.shown()[1].starts_with("Your account may have ended."));
    assert!(fixture.dialogue.has_failed());
    let mut fixture = forgetting();
    assert_eq!(fixture.dialogue.leave(), None);
    assert_eq!(fixture.dialogue.ending(), Some(Ending::Failed));
}

#[test]
fn upload_without_the_code_that_it_needs_is_told_how_to_give_it() {
    let mut fixture = Fixture::at_prompt();
    fixture.line("Upload_contact_log");
    fixture.answered(refused("NOCODE", "no valid upload code"));
    let shown = fixture.shown();
    assert_eq!(shown[0], "The server refuses: no valid upload code");
    assert!(shown[1].ends_with(": Upload_contact_log 12345678"), "{shown:?}");
}
