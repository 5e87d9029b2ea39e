//! How somebody gets an account with a phone, stays logged in over a restart of it, and leaves.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use support::client::{self, BLOCKED, Client, GOODBYE, WELCOME, WRONG};
use support::data::{Account, Data, EIGHT, NINE, SEVEN};
use support::server::{Server, Setup};
use support::terminal;

const NUMBER: &str = "+61410555555";
const PASSWORD: &str = "correct horse";

/// A server at which people can register, whose messages are on its standard output.
fn registering() -> (Server, Data) {
    let data = Data::with_users();
    let server = Setup::new(&data).arguments(&["--registration"]).start();
    (server, data)
}

/// The code in message number `count` to [`NUMBER`].
#[track_caller]
fn code(server: &Server, count: usize) -> String {
    let text = server.stdout.wait_until("a message", |lines| {
        let mut messages = lines.iter().filter(|line| line.contains(&format!("SMS to {NUMBER}:")));
        messages.nth(count - 1).cloned()
    });
    let (_, after) = text.split_once("BlueTrace code: ").expect("a code");
    after[..6].to_owned()
}

fn wrong(code: &str) -> String {
    let number: u32 = code.parse().expect("digits");
    format!("{:06}", (number + 1) % 1_000_000)
}

/// What a script shows up to the end of the program, and its exit code.
#[track_caller]
fn run(setup: client::Setup, lines: &[&str]) -> (Vec<String>, Option<i32>) {
    let mut client = setup.start();
    lines.iter().for_each(|line| client.type_line(line));
    client.end_input();
    let ended = client.wait();
    assert_eq!(ended.stderr, [""; 0]);
    let shown = ended.stdout.into_iter().filter(|line| client::announced_port(line).is_none());
    (shown.collect(), ended.status.code())
}

fn remembering(server: &Server, data: &Data) -> client::Setup {
    client::Setup::new(server.address, data).also(&["--remember"])
}

fn token_file(data: &Data, account: Account) -> PathBuf {
    data.file(&format!("{}_token.txt", account.user))
}

#[test]
fn registering_on_a_terminal_leads_to_the_prompt_and_shows_no_password() {
    let ((server, _data), phone) = (registering(), Data::empty());
    let mut terminal = terminal::Terminal::start(server.address, &phone);
    terminal.wait_for_last_row("Username:");
    terminal.type_keys("register\r");
    terminal.wait_for_last_row("Phone number:");
    terminal.type_keys(&format!("{NUMBER}\r"));
    terminal.wait_for_last_row("Code:");
    let code = code(&server, 1);
    terminal.type_keys(&format!("{}\r", wrong(&code)));
    terminal.wait_for_last_row("New password:");
    terminal.type_keys("short\r");
    terminal.wait_for_last_row("New password again:");
    terminal.type_keys("short\r");
    // The password is looked at first.
    terminal.wait_until("the refusal of the password", |shown| {
        shown.rows().iter().any(|row| row.contains("expected a password of 8 to 512 bytes"))
            && shown.last_row() == "New password:"
    });
    terminal.type_keys(&format!("{PASSWORD}\r"));
    terminal.wait_for_last_row("New password again:");
    terminal.type_keys("correct house\r");
    terminal.wait_for_row("The two passwords differ. Please type them again.");
    terminal.type_keys(&format!("{PASSWORD}\r"));
    terminal.wait_for_last_row("New password again:");
    terminal.type_keys(&format!("{PASSWORD}\r"));
    terminal.wait_for_last_row("Code:");
    terminal.type_keys(&format!("{code}\r"));
    terminal.wait_for_last_row(">");
    assert_eq!(terminal.look(|shown| shown.count(WELCOME)), 1);
    terminal.command("Download_tempID");
    terminal.type_keys("logout\r");
    terminal.assert_ended_well(0);
    for secret in [PASSWORD, "horse", "short", "house"] {
        assert!(!terminal.look(|shown| shown.has_sent(secret.as_bytes())), "{secret}");
    }
}

#[test]
fn registering_in_a_script_logs_in_at_once_and_later_with_the_password() {
    let ((server, _data), phone) = (registering(), Data::empty());
    let mut client = Client::start(server.address, &phone);
    client.type_line("register");
    client.type_line(NUMBER);
    let code = code(&server, 1);
    for line in [&wrong(&code), PASSWORD, PASSWORD, &code, "Download_tempID", "logout"] {
        client.type_line(line);
    }
    let ended = client.wait();
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    let shown = &ended.stdout[ended.stdout.len() - 5..];
    assert!(shown[0].starts_with("The server refuses: wrong code"), "{shown:?}");
    assert_eq!(shown[1..3], [WELCOME, "TempID:"]);
    assert_eq!(shown[4..], [GOODBYE]);
    let setup = client::Setup::new(server.address, &phone);
    let (shown, status) = run(setup, &[NUMBER, PASSWORD, "logout"]);
    assert_eq!((&shown[..], status), (&[WELCOME.to_owned(), GOODBYE.to_owned()][..], Some(0)));
}

#[test]
fn registering_where_nobody_can_is_refused_and_users_still_log_in() {
    let (data, phone) = (Data::with_users(), Data::empty());
    let server = Server::start(&data);
    let setup = client::Setup::new(server.address, &phone);
    let (shown, status) = run(setup, &["register", NUMBER, EIGHT.user, EIGHT.password, "logout"]);
    let refusal = "The server refuses: this server registers nobody; ask your health authority for \
                   an account";
    assert_eq!(shown, [refusal, WELCOME, GOODBYE]);
    assert_eq!(status, Some(0));
}

#[test]
fn waiting_for_a_message_longer_than_the_server_waits_for_a_login_registers_all_the_same() {
    let (data, phone) = (Data::with_users(), Data::empty());
    let arguments = ["--registration", "--login-timeout", "1"];
    let server = Setup::new(&data).arguments(&arguments).start();
    let mut client = Client::start(server.address, &phone);
    client.type_line("register");
    client.type_line(NUMBER);
    let code = code(&server, 1);
    // The connection of the phone ends with that of another one that began later.
    support::phone::Phone::connect(&server).assert_closed();
    for line in [&code, PASSWORD, PASSWORD, "logout"] {
        client.type_line(line);
    }
    let ended = client.wait();
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert!(!ended.stdout.iter().any(|line| line.contains("closed")), "{ended:?}");
    assert_eq!(ended.stdout[ended.stdout.len() - 2..], [WELCOME, GOODBYE]);
}

#[test]
fn server_that_goes_away_while_somebody_registers_is_told() {
    let ((server, _data), phone) = (registering(), Data::empty());
    let mut client = Client::start(server.address, &phone);
    client.type_line("register");
    client.type_line(NUMBER);
    client.stdout.wait_for("the question", |line| line.starts_with("A message with a code goes"));
    server.stop();
    for line in ["123456", PASSWORD, PASSWORD] {
        client.type_line(line);
    }
    client.end_input();
    let ended = client.wait();
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    let last = &ended.stdout[ended.stdout.len() - 2..];
    assert!(last[0].starts_with("cannot reach the server at "), "{last:?}");
    assert!(last[1].starts_with("Please log in with your number and the new password"), "{last:?}");
}

#[test]
fn remembered_login_needs_no_question_at_the_next_start() {
    let (data, phone) = (Data::with_users(), Data::empty());
    let server = Server::start(&data);
    let login = [EIGHT.user, EIGHT.password, "logout"];
    assert_eq!(run(remembering(&server, &phone), &login).0, [WELCOME, GOODBYE]);
    assert_eq!(phone.mode(&format!("{}_token.txt", EIGHT.user)), 0o600);
    let (shown, status) = run(remembering(&server, &phone), &["Download_tempID", "logout"]);
    assert_eq!((&shown[..2], status), (&[WELCOME.to_owned(), "TempID:".to_owned()][..], Some(0)));
    // Without the option, the phone asks as ever.
    let setup = client::Setup::new(server.address, &phone);
    assert_eq!(run(setup, &login).0, [WELCOME, GOODBYE]);
}

#[test]
fn phone_of_several_users_asks_who_and_no_password_of_those_it_remembers() {
    let (data, phone) = (Data::with_users(), Data::empty());
    let server = Server::start(&data);
    let login = |account: Account| [account.user, account.password, "logout"];
    assert_eq!(run(remembering(&server, &phone), &login(EIGHT)).0, [WELCOME, GOODBYE]);
    let elsewhere = Data::empty();
    assert_eq!(run(remembering(&server, &elsewhere), &login(NINE)).0, [WELCOME, GOODBYE]);
    fs::copy(token_file(&elsewhere, NINE), token_file(&phone, NINE)).expect("copied");
    for account in [EIGHT, NINE] {
        let (shown, status) = run(remembering(&server, &phone), &[account.user, "logout"]);
        assert_eq!((&shown[..], status), (&[WELCOME.to_owned(), GOODBYE.to_owned()][..], Some(0)));
    }
    // Of another one, the password is asked for.
    assert_eq!(run(remembering(&server, &phone), &login(SEVEN)).0, [WELCOME, GOODBYE]);
}

#[test]
fn registering_on_a_plain_terminal_echoes_no_password() {
    let ((server, _data), phone) = (registering(), Data::empty());
    let setup = terminal::Setup::new(server.address, &phone).variable("TERM", "dumb");
    let mut terminal = setup.start();
    terminal.wait_for_last_row("Username:");
    terminal.type_keys(&format!("register\r{NUMBER}\r"));
    terminal.wait_for_last_row("Code:");
    terminal.type_keys(&format!("{}\r", code(&server, 1)));
    for question in ["New password:", "New password again:"] {
        terminal.wait_for_last_row(question);
        terminal.type_keys(&format!("{PASSWORD}\r"));
    }
    terminal.wait_for_last_row(">");
    terminal.type_keys("logout\r");
    terminal.assert_ended_well(0);
    assert!(!terminal.look(|shown| shown.has_sent(b"horse")));
}

#[test]
fn remembered_login_on_a_terminal_begins_at_the_prompt() {
    let scene = terminal::Scene::new();
    let mut terminal = scene.setup().argument("--remember").start();
    terminal.log_in(EIGHT);
    terminal.type_keys("logout\r");
    terminal.assert_ended_well(0);
    let mut terminal = scene.setup().argument("--remember").start();
    terminal.wait_for_last_row(">");
    terminal.wait_for_rows(&[WELCOME, ">"]);
    terminal.type_keys("logout\r");
    terminal.assert_ended_well(0);
}

#[test]
fn token_that_the_server_refuses_is_removed_and_the_password_asked_for() {
    let (data, phone) = (Data::with_users(), Data::empty());
    let server = Server::start(&data);
    let unknown = format!("bluetrace-token-{}\n", "0".repeat(64));
    phone.write(&format!("{}_token.txt", EIGHT.user), &unknown);
    let mut client = remembering(&server, &phone).start();
    client.stdout.wait_for("the refusal", |line| {
        line == format!("The remembered login of {} has ended.", EIGHT.user)
    });
    assert!(!token_file(&phone, EIGHT).exists());
    client.type_line(EIGHT.password);
    client.type_line("logout");
    let ended = client.wait();
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert!(!ended.stdout.iter().any(|line| line == WRONG), "{ended:?}");
    let token = fs::read_to_string(token_file(&phone, EIGHT)).expect("a new one");
    assert_ne!(token, unknown);
}

#[test]
fn token_that_others_can_read_is_not_used_and_replaced_by_a_private_one() {
    let (data, phone) = (Data::with_users(), Data::empty());
    let server = Server::start(&data);
    let login = [EIGHT.user, EIGHT.password, "logout"];
    run(remembering(&server, &phone), &login);
    let path = token_file(&phone, EIGHT);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("ours");
    let (shown, _) = run(remembering(&server, &phone), &[EIGHT.password, "logout"]);
    assert!(shown[0].contains("_token.txt: not used, as others have access"), "{shown:?}");
    assert_eq!(shown[1..], [WELCOME, GOODBYE]);
    assert_eq!(phone.mode(&format!("{}_token.txt", EIGHT.user)), 0o600);
}

#[test]
fn blocked_account_is_told_to_whoever_is_remembered_too() {
    let (data, phone) = (Data::with_users(), Data::empty());
    let server = Server::start(&data);
    run(remembering(&server, &phone), &[EIGHT.user, EIGHT.password, "logout"]);
    let guesses = [EIGHT.user, "a", "b", "c"];
    let (_, status) = run(client::Setup::new(server.address, &Data::empty()), &guesses);
    assert_eq!(status, Some(1));
    let (shown, status) = run(remembering(&server, &phone), &[]);
    assert_eq!((&shown[..], status), (&[BLOCKED.to_owned()][..], Some(1)));
    assert!(token_file(&phone, EIGHT).exists());
}

#[test]
fn user_who_leaves_cannot_log_in_and_can_register_again() {
    let ((server, _data), phone) = (registering(), Data::empty());
    let mut client = remembering(&server, &phone).start();
    client.type_line("register");
    client.type_line(NUMBER);
    let first = code(&server, 1);
    for line in [&first, PASSWORD, PASSWORD] {
        client.type_line(line);
    }
    client.stdout.wait_for("the welcome", |line| line == WELCOME);
    support::beacon::Air::new().send(client.udp_port(), &support::beacon::valid(1));
    client.stdout.wait_for("a beacon", |line| line == "The beacon is valid.");
    assert!(phone.file(&format!("{NUMBER}_contactlog.txt")).exists());
    for line in ["Forget_me", "no", "Forget_me", "yes"] {
        client.type_line(line);
    }
    let ended = client.wait();
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert_eq!(ended.stdout[ended.stdout.len() - 2..], ["Your account has ended.", GOODBYE]);
    assert!(ended.stdout.iter().any(|line| line == "Your account stays."));
    let left: Vec<_> = fs::read_dir(phone.path()).expect("a directory").collect();
    assert!(left.is_empty(), "{left:?}");
    let (shown, status) = run(remembering(&server, &phone), &[NUMBER, PASSWORD]);
    assert_eq!((&shown[..], status), (&[WRONG.to_owned()][..], Some(1)));
    let mut client = Client::start(server.address, &phone);
    client.type_line("register");
    client.type_line(NUMBER);
    let second = code(&server, 2);
    for line in [&second, PASSWORD, PASSWORD, "logout"] {
        client.type_line(line);
    }
    let ended = client.wait();
    assert_eq!(ended.stdout[ended.stdout.len() - 2..], [WELCOME, GOODBYE]);
}

#[test]
fn leaving_on_a_terminal_is_completed_by_tab_and_confirmed() {
    let scene = terminal::Scene::new();
    let mut terminal = scene.logged_in();
    terminal.type_keys("Forg\t\r");
    terminal.wait_for_last_row("Type yes to end your account:");
    terminal.type_keys("\r");
    terminal.wait_for_row("Your account stays.");
    terminal.wait_for_last_row(">");
    terminal.type_keys("Forget_me\r");
    terminal.wait_for_last_row("Type yes to end your account:");
    terminal.type_keys("yes\r");
    terminal.assert_ended_well(0);
    assert_eq!(terminal.look(|shown| shown.count(GOODBYE)), 1);
    let (shown, _) =
        run(client::Setup::new(scene.server.address, &scene.data), &[EIGHT.user, EIGHT.password]);
    assert_eq!(shown, [WRONG]);
}
