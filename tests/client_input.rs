//! The client without a terminal: scripts on pipes and files, and outputs that end early.

mod support;

use std::fs::File;
use std::io::Read;
use std::process::{Command, Stdio};

use support::beacon::{Air, valid};
use support::client::{Client, GOODBYE, NOW_BLOCKED, PROGRAM, Setup, WELCOME, WRONG, arguments};
use support::data::{Data, EIGHT};
use support::process::Ended;
use support::server::Server;

const LOGIN: &str = "+61410888888\ncomp3331\n";

/// A server and a directory for the client.
struct Scene {
    server: Server,
    data: Data,
    _server_data: Data,
}

impl Scene {
    fn new() -> Self {
        let server_data = Data::with_users();
        Self { server: Server::start(&server_data), data: Data::empty(), _server_data: server_data }
    }

    fn setup(&self) -> Setup {
        Setup::new(self.server.address, &self.data)
    }

    /// A client whose input is a pipe with `script` in it, and nothing after it.
    fn run_pipe(&self, script: impl AsRef<[u8]>) -> Ended {
        let mut client = self.setup().start();
        client.type_bytes(script.as_ref());
        client.end_input();
        client.wait()
    }

    /// A client whose input is a file with `script` in it.
    fn run_file(&self, script: impl AsRef<[u8]>) -> Ended {
        self.data.write("script", script);
        let file = File::open(self.data.file("script")).expect("just written");
        self.setup().stdin(file).start().wait()
    }

    /// Waits until the server has seen so many users log out.
    #[track_caller]
    fn wait_for_logouts(&self, count: usize) {
        self.server.stdout.wait_until(&format!("{count} logouts"), |lines| {
            let logouts = lines.iter().filter(|line| *line == "> +61410888888 logout").count();
            (logouts == count).then_some(())
        });
    }
}

#[track_caller]
fn assert_ended(ended: &Ended, code: i32, stdout: &[&str]) {
    assert_eq!(ended.stdout, stdout, "{ended:?}");
    assert_eq!(ended.status.code(), Some(code), "{ended:?}");
    assert!(ended.stderr.is_empty(), "{ended:?}");
}

#[test]
fn script_answers_come_out_without_prompts_and_colours() {
    let scene = Scene::new();
    let script = format!("{LOGIN}help\n\nDownload_tempID\nlogout\n");
    for ended in [scene.run_pipe(&script), scene.run_file(&script)] {
        let temp_id = ended.stdout.get(8).cloned().unwrap_or_default();
        assert_eq!(temp_id.len(), 20, "{ended:?}");
        assert_eq!(ended.stdout[..1], [WELCOME]);
        assert!(ended.stdout[1].starts_with("Download_tempID  "), "{ended:?}");
        assert_eq!(ended.stdout[7..], ["TempID:", &temp_id, GOODBYE]);
        assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    }
    scene.wait_for_logouts(2);
}

#[test]
fn script_line_ends_do_not_matter() {
    let scene = Scene::new();
    let script = format!("{LOGIN}whatsthedate\nlogout\n");
    let shown = [WELCOME, "Error. Invalid command", GOODBYE];
    let scripts = [script.replace('\n', "\r\n"), script.trim_end().to_owned()];
    for script in &scripts {
        assert_ended(&scene.run_pipe(script), 1, &shown);
        assert_ended(&scene.run_file(script), 1, &shown);
    }
    scene.wait_for_logouts(4);
}

#[test]
fn script_end_logs_out() {
    let scene = Scene::new();
    for script in [LOGIN, LOGIN.trim_end()] {
        assert_ended(&scene.run_pipe(script), 0, &[WELCOME, GOODBYE]);
        assert_ended(&scene.run_file(script), 0, &[WELCOME, GOODBYE]);
    }
    // The last command is carried out, although nothing follows it, not even its line end.
    let ended = scene.run_pipe(format!("{LOGIN}Download_tempID"));
    assert_eq!(ended.stdout.len(), 4, "{ended:?}");
    scene.wait_for_logouts(5);
}

#[test]
fn script_lines_after_logout_are_not_read() {
    let scene = Scene::new();
    let ended = scene.run_pipe(format!("{LOGIN}logout\nDownload_tempID\n"));
    assert_ended(&ended, 0, &[WELCOME, GOODBYE]);
    scene.server.stdout.assert_exactly("> +61410888888 logout");
}

#[test]
fn pipe_lines_cut_anywhere_are_put_together() {
    let scene = Scene::new();
    let mut client = scene.setup().start();
    client.stdout.wait_for_part("Listening");
    for byte in format!("{LOGIN}whatsthedate\r\nlogout\r\n").bytes() {
        client.type_bytes(&[byte]);
    }
    assert_ended(&client.wait(), 1, &[WELCOME, "Error. Invalid command", GOODBYE]);
}

#[test]
fn script_whose_command_fails_goes_on_and_ends_with_1() {
    let scene = Scene::new();
    for command in ["whatsthedate", "Beacon localhost 8001", "Beacon 127.0.0.1 8001"] {
        let script = format!("{LOGIN}{command}\nDownload_tempID\nlogout\n");
        let ended = scene.run_pipe(&script);
        assert_eq!(ended.status.code(), Some(1), "{command}: {ended:?}");
        assert!(ended.stdout.contains(&"TempID:".to_owned()), "{command}: {ended:?}");
        assert_eq!(ended.stdout.last().map(String::as_str), Some(GOODBYE));
        assert!(ended.stderr.is_empty(), "{ended:?}");
    }
    // Nothing fails here: there is nothing to upload, and nobody has to listen.
    let script = format!("{LOGIN}Upload_contact_log\nDownload_tempID\nBeacon 127.0.0.1 9\n");
    assert_eq!(scene.run_file(script).status.code(), Some(0));
}

#[test]
fn pipe_open_client_goes_on_with_beacons() {
    let scene = Scene::new();
    let mut client = Client::logged_in(scene.server.address, &scene.data, EIGHT);
    Air::new().send(client.udp_port(), &valid(1));
    client.stdout.wait_for_part("The beacon is valid.");
    client.end_input();
    assert_eq!(client.wait().status.code(), Some(0));
    scene.wait_for_logouts(1);
}

#[test]
fn null_device_leaves_at_once() {
    let scene = Scene::new();
    assert_ended(&scene.setup().stdin(Stdio::null()).start().wait(), 0, &[]);
}

#[test]
fn standard_streams_closed_leaves_at_once() {
    let scene = Scene::new();
    for close in ["<&-", "<&- >&-", "<&- >&- 2>&-"] {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &format!("exec \"$@\" {close}"), "sh", PROGRAM]);
        command.args(arguments(scene.server.address, &scene.data));
        let output = command.stdin(Stdio::null()).output().expect("a shell");
        assert_eq!(output.status.code(), Some(0), "{close}: {output:?}");
    }
}

#[test]
fn script_with_wrong_password_fails() {
    let scene = Scene::new();
    assert_ended(&scene.run_pipe("+61410888888\nwrong\n"), 1, &[WRONG]);
    let ended = scene.run_pipe("+61410888888\nwrong\nwrong\nDownload_tempID\n");
    assert_ended(&ended, 1, &[WRONG, NOW_BLOCKED]);
    assert_eq!(scene.server.stdout.count(), 0);
}

#[test]
fn script_with_wrong_password_corrected_succeeds() {
    let scene = Scene::new();
    let ended = scene.run_file("+61410888888\nwrong\ncomp3331\nlogout\n");
    assert_ended(&ended, 0, &[WRONG, WELCOME, GOODBYE]);
}

#[test]
fn script_with_very_long_line_is_one_invalid_command() {
    let scene = Scene::new();
    for length in [1_000, 1_025, 5_000, 200_000] {
        let script = format!("{LOGIN}{}\nlogout\n", "x".repeat(length));
        for ended in [scene.run_pipe(&script), scene.run_file(&script)] {
            let invalid = ended.stdout.iter().filter(|line| *line == "Error. Invalid command");
            assert_eq!((length, invalid.count()), (length, 1));
            assert_eq!(ended.status.code(), Some(1));
        }
    }
}

#[test]
fn script_with_very_long_line_does_not_carry_out_its_end() {
    let scene = Scene::new();
    // However it is cut, what is behind the cut is no line of its own.
    let script = format!("{LOGIN}{}Download_tempID\nlogout\n", " ".repeat(4096 - LOGIN.len()));
    let ended = scene.run_file(script);
    let downloads = ended.stdout.iter().filter(|line| *line == "TempID:").count();
    let invalid = ended.stdout.iter().filter(|line| *line == "Error. Invalid command").count();
    assert!(downloads + invalid <= 1, "{ended:?}");
    let script = format!("{LOGIN}{}Download_tempID\nlogout\n", "x".repeat(4096 - LOGIN.len()));
    let ended = scene.run_file(script);
    assert!(!ended.stdout.iter().any(|line| line == "TempID:"), "{ended:?}");
}

#[test]
fn script_with_names_that_are_none_is_refused() {
    let scene = Scene::new();
    let long = "9".repeat(600);
    for (name, password) in
        [("two words", "x"), ("../../etc/passwd", "x"), ("caf\u{e9}", "x"), (&long, &long)]
    {
        let ended = scene.run_pipe(format!("{name}\n{password}\n"));
        assert_eq!(ended.status.code(), Some(1), "{name}: {ended:?}");
        assert_eq!(ended.stdout.len(), 1, "{name}: {ended:?}");
        assert!(ended.stderr.is_empty(), "{ended:?}");
    }
    // The next question is answered although the server has hung up on the first answer.
    let ended = scene.run_pipe(format!("{long}\n{long}\n{LOGIN}logout\n"));
    assert_eq!(ended.stdout[ended.stdout.len() - 2..], [WELCOME, GOODBYE], "{ended:?}");
    assert_eq!(ended.status.code(), Some(0));
}

#[test]
fn script_of_garbage_is_refused_line_by_line() {
    let scene = Scene::new();
    let mut script = LOGIN.as_bytes().to_vec();
    script.extend_from_slice(b"\0\n\xff\xfe\n\x1b[2J\nlogout\0\n");
    let invalid = "Error. Invalid command";
    let ended = scene.run_pipe(script);
    assert_ended(&ended, 1, &[WELCOME, invalid, invalid, invalid, invalid, GOODBYE]);
}

#[test]
fn script_of_thousand_commands_is_answered_in_order() {
    let scene = Scene::new();
    let script = format!("{LOGIN}{}logout\n", "Download_tempID\nnothing\n".repeat(500));
    let ended = scene.run_file(script);
    assert_eq!(ended.stdout.len(), 1 + 500 * 3 + 1);
    for answer in ended.stdout[1..1501].chunks(3) {
        assert_eq!((answer[0].as_str(), answer[1].len()), ("TempID:", 20));
        assert_eq!(answer[2], "Error. Invalid command");
    }
    scene.wait_for_logouts(1);
}

#[test]
fn output_closed_early_ends_the_client() {
    let scene = Scene::new();
    let mut client = scene.setup().leaving_stdout_unread().start();
    let mut stdout = client.take_stdout();
    client.type_bytes(LOGIN.as_bytes());
    let mut first = [0; 9];
    stdout.read_exact(&mut first).expect("the announcement of the port");
    drop(stdout);
    client.type_until_end("help");
    let ended = client.wait();
    assert!(ended.status.code().is_some(), "it ends by itself: {ended:?}");
    assert!(ended.stderr.len() <= 1, "{ended:?}");
    assert!(!ended.stderr.iter().any(|line| line.contains("panicked")), "{ended:?}");
}

#[test]
fn output_closed_early_logs_out() {
    let scene = Scene::new();
    let mut client = scene.setup().leaving_stdout_unread().start();
    let mut stdout = client.take_stdout();
    client.type_bytes(LOGIN.as_bytes());
    let mut seen = Vec::new();
    while !seen.ends_with(format!("{WELCOME}\n").as_bytes()) {
        let mut byte = [0];
        stdout.read_exact(&mut byte).expect("a welcome");
        seen.push(byte[0]);
    }
    drop(stdout);
    client.type_until_end("help");
    drop(client.wait());
    scene.wait_for_logouts(1);
}

#[test]
fn output_that_cannot_be_written_ends_with_1_and_a_reason() {
    let scene = Scene::new();
    let full = File::options().write(true).open("/dev/full").expect("a device of Linux");
    let mut client = scene.setup().stdout(full).start();
    client.type_bytes(format!("{LOGIN}Download_tempID\nlogout\n").as_bytes());
    let ended = client.wait();
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    let [line] = &ended.stderr[..] else { panic!("one line, not {ended:?}") };
    assert!(line.starts_with("client: standard output: No space left on device"), "{line}");
    scene.wait_for_logouts(1);
}

#[test]
fn output_read_late_is_whole() {
    let scene = Scene::new();
    let mut client = scene.setup().leaving_stdout_unread().start();
    let mut stdout = client.take_stdout();
    // More than a pipe holds.
    client.type_bytes(format!("{LOGIN}{}logout\n", "help\n".repeat(500)).as_bytes());
    scene.wait_for_logouts(1);
    let mut seen = String::new();
    stdout.read_to_string(&mut seen).expect("text");
    assert_eq!(client.wait().status.code(), Some(0));
    assert_eq!(seen.lines().filter(|line| line.starts_with("help  ")).count(), 500);
    assert_eq!(seen.lines().last(), Some(GOODBYE));
}
