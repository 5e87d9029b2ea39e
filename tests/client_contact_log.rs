//! The contact log on disk, while the client runs, when it crashes, and when the user edits it.

mod support;

use std::fs;
use std::time::Duration;

use support::beacon::{Air, expired, valid};
use support::client::{Client, Setup, server_again};
use support::data::{Account, Data, EIGHT, NINE};
use support::process::Signal;
use support::record::Record;
use support::server::Server;
use support::wait::{Deadline, now};

const SAMPLE: &str = "12345678901234567891 13/05/2020 17:54:06 13/05/2020 18:09:05";
const OTHER: &str = "12345678901234567892 14/05/2020 17:45:06 14/05/2020 18:00:05";
const SHOWN_SAMPLE: [&str; 3] =
    ["12345678901234567891,", "13/05/2020 17:54:06,", "13/05/2020 18:09:05;"];

/// A server, a directory for the client, and a sender of beacons.
struct Scene {
    server: Server,
    data: Data,
    air: Air,
    server_data: Data,
}

impl Scene {
    fn new() -> Self {
        let server_data = Data::with_users();
        let (server, data, air) = (Server::start(&server_data), Data::empty(), Air::new());
        Self { server, data, air, server_data }
    }

    fn logged_in(&self, account: Account) -> Client {
        Client::logged_in(self.server.address, &self.data, account)
    }

    /// A client that keeps beacons for `seconds`.
    fn logged_in_keeping(&self, account: Account, seconds: u32) -> Client {
        let retention = ["--contact-retention", &seconds.to_string()].map(str::to_owned);
        let mut client = Setup::new(self.server.address, &self.data).also(&retention).start();
        client.log_in(account);
        client
    }

    /// Sends a beacon, and waits until the client has shown it.
    #[track_caller]
    fn send(&self, client: &Client, record: &Record) {
        let before = receptions(&client.stdout.so_far());
        self.air.send(client.udp_port(), record);
        let is_shown = |lines: &[String]| (receptions(lines) > before).then_some(());
        client.stdout.wait_until("one more beacon", is_shown);
    }

    fn name(account: Account) -> String {
        format!("{}_contactlog.txt", account.user)
    }

    fn log(&self, account: Account) -> String {
        fs::read_to_string(self.data.file(&Self::name(account))).unwrap_or_default()
    }

    /// The lines that were moved out of the log.
    fn rejected(&self, account: Account) -> Vec<u8> {
        let name = format!("{}_contactlog_rejected.txt", account.user);
        fs::read(self.data.file(&name)).unwrap_or_default()
    }

    /// Waits until no file in the directory of the client has the TempID; one that is being
    /// replaced does not count.
    #[track_caller]
    fn wait_until_no_file_knows(&self, temp_id: &str) {
        let deadline = Deadline::new();
        let knows = |file: fs::DirEntry| {
            fs::read_to_string(file.path()).is_ok_and(|content| content.contains(temp_id))
        };
        while fs::read_dir(self.data.path()).expect("a directory").flatten().any(knows) {
            deadline.check("no file to know the TempID any more");
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }

    /// Replaces the log at once, as editors do: the client never reads half of it.
    fn write_log(&self, account: Account, content: &str) {
        self.data.write("edited", content);
        let log = self.data.file(&Self::name(account));
        fs::rename(self.data.file("edited"), log).expect("renamed");
    }

    /// Waits until the log on disk is `content`, and says how long that took.
    #[track_caller]
    fn wait_for_log(&self, account: Account, content: &str) -> Duration {
        let (deadline, start) = (Deadline::new(), now());
        while self.log(account) != content {
            deadline.check(&format!("{content:?} in place of {:?}", self.log(account)));
            std::thread::park_timeout(Duration::from_millis(5));
        }
        start.elapsed()
    }
}

fn receptions(shown: &[String]) -> usize {
    shown.iter().filter(|line| line.starts_with("The beacon is ")).count()
}

/// What an upload shows.
#[track_caller]
fn upload(client: &mut Client) -> Vec<String> {
    let before = client.stdout.count();
    // The answer to the second command comes after all of the first.
    client.type_line("Upload_contact_log");
    client.type_line("no command");
    client.stdout.wait_until("the answers", |lines| {
        let at = lines[before..].iter().position(|line| line == "Error. Invalid command")?;
        Some(lines[before..before + at].to_vec())
    })
}

fn lines_of(records: &[&Record]) -> String {
    records.iter().map(|record| format!("{record}\n")).collect()
}

fn shown(records: &[&Record]) -> Vec<String> {
    let text: String = records.iter().map(|record| record.shown()).collect();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn logged_in_valid_beacon_is_in_the_file_in_its_form() {
    let scene = Scene::new();
    let client = scene.logged_in(EIGHT);
    assert_eq!(scene.log(EIGHT), "");
    let (first, second) = (valid(1), valid(2));
    scene.send(&client, &first);
    assert_eq!(scene.log(EIGHT), lines_of(&[&first]));
    scene.send(&client, &expired(3));
    scene.send(&client, &second);
    assert_eq!(scene.log(EIGHT), lines_of(&[&first, &second]));
}

#[test]
fn logged_in_same_temp_id_again_adds_nothing() {
    let scene = Scene::new();
    let mut client = scene.logged_in(EIGHT);
    let (first, second) = (valid(1), valid(2));
    scene.send(&client, &first);
    scene.send(&client, &second);
    for record in [&first, &first, &second] {
        scene.air.send(client.udp_port(), record);
    }
    client.stdout.wait_until("both to be counted", |lines| {
        (lines.iter().filter(|line| line.contains(" more time")).count() == 2).then_some(())
    });
    // In whatever order.
    let log = scene.log(EIGHT);
    assert!([&first, &second].iter().all(|record| log.contains(&record.to_string())), "{log}");
    assert_eq!(log.lines().count(), 2, "{log}");
    assert_eq!(upload(&mut client).len(), 6);
}

#[test]
fn retention_over_entry_leaves_the_file_without_being_asked() {
    let scene = Scene::new();
    let client = scene.logged_in_keeping(EIGHT, 2);
    let start = now();
    scene.send(&client, &valid(1));
    assert_eq!(scene.log(EIGHT), lines_of(&[&valid(1)]), "it stays for 2 seconds");
    scene.wait_for_log(EIGHT, "");
    assert!(start.elapsed() >= Duration::from_secs(2), "{:?}", start.elapsed());
    // The second file follows the first.
    scene.wait_until_no_file_knows("00000000000000000001");
}

#[test]
fn starting_receptions_without_their_log_leave_at_login() {
    let scene = Scene::new();
    scene.data.write(
        "+61410888888_contactlog_received.txt",
        "00000000000000000001 13/05/2020 18:00:00\n",
    );
    let _client = scene.logged_in(EIGHT);
    scene.wait_until_no_file_knows("00000000000000000001");
}

#[test]
fn retention_running_same_temp_id_again_begins_anew() {
    let scene = Scene::new();
    let client = scene.logged_in_keeping(EIGHT, 3);
    let (first, second) = (valid(1), valid(2));
    scene.send(&client, &first);
    scene.send(&client, &second);
    // The second is refreshed for as long as the first is there.
    let deadline = Deadline::new();
    while scene.log(EIGHT).contains(&first.temp_id) {
        deadline.check("the first to leave");
        scene.air.send(client.udp_port(), &second);
        std::thread::park_timeout(Duration::from_millis(50));
    }
    assert_eq!(scene.log(EIGHT), lines_of(&[&second]));
    scene.wait_for_log(EIGHT, "");
}

#[test]
fn crashed_log_is_kept_and_uploaded_by_the_next_run() {
    let scene = Scene::new();
    let client = scene.logged_in(EIGHT);
    scene.send(&client, &valid(1));
    client.crash();
    assert_eq!(scene.log(EIGHT), lines_of(&[&valid(1)]));
    let mut client = scene.logged_in(EIGHT);
    assert_eq!(upload(&mut client), shown(&[&valid(1)]));
    assert_eq!(scene.log(EIGHT), lines_of(&[&valid(1)]));
}

#[test]
fn crashed_ages_count_from_reception() {
    let scene = Scene::new();
    let client = scene.logged_in_keeping(EIGHT, 4);
    let start = now();
    scene.send(&client, &valid(1));
    // Half of its time is over before the crash.
    let deadline = Deadline::new();
    while start.elapsed() < Duration::from_secs(2) {
        deadline.check("two seconds");
        std::thread::park_timeout(Duration::from_millis(50));
    }
    client.crash();
    let _client = scene.logged_in_keeping(EIGHT, 4);
    scene.wait_for_log(EIGHT, "");
    // Receptions are kept in whole seconds. That it does not stay longer either is shown where time
    // is virtual, in `ContactLog::restore`.
    assert!(start.elapsed() >= Duration::from_secs(3), "{:?}", start.elapsed());
}

#[test]
fn starting_entries_past_their_time_leave_at_login() {
    let scene = Scene::new();
    let client = scene.logged_in_keeping(EIGHT, 1);
    scene.send(&client, &valid(1));
    client.crash();
    assert_eq!(scene.log(EIGHT), lines_of(&[&valid(1)]));
    // With the time of an hour the entry would still be there.
    let mut client = scene.logged_in_keeping(EIGHT, 1);
    scene.wait_for_log(EIGHT, "");
    assert!(upload(&mut client)[0].contains("empty"));
}

#[test]
fn starting_log_written_by_hand_is_uploaded() {
    let scene = Scene::new();
    scene.write_log(EIGHT, &format!("{OTHER}\r\n\r\n{SAMPLE}\r\n{SAMPLE}"));
    let mut client = scene.logged_in(EIGHT);
    let uploaded = upload(&mut client);
    assert_eq!(uploaded.len(), 6, "each TempID once: {uploaded:?}");
    assert!(uploaded.ends_with(&SHOWN_SAMPLE.map(str::to_owned)), "{uploaded:?}");
    scene.server.stdout.wait_for_part("> Contact log checking");
    let record = valid(1);
    scene.send(&client, &record);
    scene.wait_for_log(EIGHT, &format!("{OTHER}\n{SAMPLE}\n{record}\n"));
}

#[test]
fn wrong_line_in_the_middle_is_named_and_moved_beside_and_the_rest_is_kept() {
    let scene = Scene::new();
    scene.write_log(EIGHT, &format!("{SAMPLE}\n\nnonsense\n{OTHER}"));
    let mut client = scene.logged_in(EIGHT);
    let name = format!("{}:3: ", Scene::name(EIGHT));
    let said = client.stdout.wait_for_part(&name);
    assert_eq!(said.matches("expected").count(), 1, "{said}");
    assert!(said.contains("; the line is moved to ") && said.ends_with("_rejected.txt"), "{said}");
    assert_eq!(upload(&mut client).len(), 6);
    scene.wait_for_log(EIGHT, &format!("{SAMPLE}\n{OTHER}\n"));
    // The same while it runs.
    scene.write_log(EIGHT, &format!("{SAMPLE}\nrubbish\n{OTHER}\n"));
    assert_eq!(upload(&mut client).len(), 6 + 1);
    scene.wait_for_log(EIGHT, &format!("{SAMPLE}\n{OTHER}\n"));
    assert_eq!(scene.rejected(EIGHT), b"nonsense\nrubbish\n");
    assert!(client.stderr.so_far().is_empty());
}

#[test]
fn starting_log_of_binary_rubbish_is_named_and_kept_beside() {
    let scene = Scene::new();
    let rubbish: Vec<u8> = (0..=255).cycle().take(512).chain(*b"\n").collect();
    scene.data.write(&Scene::name(EIGHT), &rubbish);
    let mut client = scene.logged_in(EIGHT);
    let line = client.stdout.wait_for_part(&format!("{}:1: ", Scene::name(EIGHT)));
    assert!(!line.chars().any(char::is_control), "{line:?}");
    client.type_line("logout");
    assert_eq!(client.wait().status.code(), Some(0));
    assert!(rubbish.split(|byte| *byte == b'\n').all(|line| {
        scene.rejected(EIGHT).split(|byte| *byte == b'\n').any(|kept| kept == line)
    }));
}

#[test]
fn starting_malformed_receptions_are_named_and_left_alone() {
    let scene = Scene::new();
    let receptions = format!("{}_contactlog_received.txt", EIGHT.user);
    scene.write_log(EIGHT, SAMPLE);
    scene.data.write(&receptions, "nonsense\n");
    let mut client = scene.logged_in(EIGHT);
    client.stdout.wait_for_part(&format!("{receptions}:1: "));
    assert_eq!(upload(&mut client), SHOWN_SAMPLE, "the log itself is in order");
}

#[test]
fn logged_in_user_edits_the_file_upload_follows() {
    let scene = Scene::new();
    let mut client = scene.logged_in(EIGHT);
    let (first, second) = (valid(1), valid(2));
    scene.send(&client, &first);
    scene.send(&client, &second);
    scene.write_log(EIGHT, &format!("{SAMPLE}\r\n{second}"));
    let uploaded = upload(&mut client);
    assert_eq!(uploaded.len(), 6, "{uploaded:?}");
    assert!(uploaded.windows(3).any(|lines| lines == SHOWN_SAMPLE), "{uploaded:?}");
    assert!(!uploaded.concat().contains(&first.temp_id), "{uploaded:?}");
}

#[test]
fn logged_in_log_being_saved_is_uploaded_when_it_has_settled() {
    let scene = Scene::new();
    let mut client = scene.logged_in(EIGHT);
    scene.send(&client, &valid(1));
    let start = now();
    let file = scene.data.file(&Scene::name(EIGHT));
    fs::write(file, format!("{SAMPLE}\n{}\n", valid(1))).expect("saved in place");
    assert_eq!(upload(&mut client).len(), 6);
    assert!(start.elapsed() >= Duration::from_secs(2), "{:?}", start.elapsed());
}

#[test]
fn logged_in_logout_does_not_wait_for_an_upload_of_a_log_being_saved() {
    let scene = Scene::new();
    let mut client = scene.logged_in(EIGHT);
    scene.write_log(EIGHT, SAMPLE);
    client.type_line("Upload_contact_log");
    client.signal(Signal::INT);
    let ended = client.wait();
    assert_eq!(ended.status.code(), Some(0));
    assert!(!ended.stdout.iter().any(|line| line == SHOWN_SAMPLE[0]), "{ended:?}");
}

#[test]
fn logged_in_user_deletes_the_file_nothing_is_uploaded() {
    let scene = Scene::new();
    let mut client = scene.logged_in(EIGHT);
    scene.send(&client, &valid(1));
    fs::remove_file(scene.data.file(&Scene::name(EIGHT))).expect("it is there");
    assert!(upload(&mut client)[0].contains("empty"));
    scene.send(&client, &valid(2));
    scene.wait_for_log(EIGHT, &lines_of(&[&valid(2)]));
}

#[test]
fn logged_in_beacon_again_after_its_entry_was_deleted_is_logged_again() {
    let scene = Scene::new();
    let mut client = scene.logged_in(EIGHT);
    let record = valid(1);
    scene.send(&client, &record);
    fs::remove_file(scene.data.file(&Scene::name(EIGHT))).expect("it is there");
    scene.air.send(client.udp_port(), &record);
    scene.wait_for_log(EIGHT, &lines_of(&[&record]));
    assert_eq!(upload(&mut client), shown(&[&record]));
}

#[test]
fn logged_in_log_that_cannot_be_written_is_said_once() {
    let scene = Scene::new();
    // A directory in the place of the file: nobody can write it, not even root.
    fs::create_dir(scene.data.file(&Scene::name(EIGHT))).expect("a new directory");
    let mut client = scene.logged_in(EIGHT);
    let said = client.stdout.wait_for_part(&Scene::name(EIGHT));
    assert!(
        said.ends_with("; what is in it is left alone, and beacons are kept in memory"),
        "{said}"
    );
    for number in 1..20 {
        scene.send(&client, &valid(number));
    }
    client.type_line("logout");
    let ended = client.wait();
    let said = ended.stdout.iter().filter(|line| line.contains(&Scene::name(EIGHT))).count();
    assert_eq!(said, 1, "{ended:?}");
    assert_eq!(ended.status.code(), Some(0));
}

#[test]
fn logged_in_beacon_that_cannot_be_written_is_said_to_be_in_memory() {
    let scene = Scene::new();
    let mut client = scene.logged_in(EIGHT);
    // The directory goes away: nobody can write into it, not even root.
    fs::remove_dir_all(scene.data.path()).expect("removed");
    scene.send(&client, &valid(1));
    let said = client.stdout.wait_for_part(&Scene::name(EIGHT));
    assert!(said.ends_with("; the contact log is kept in memory"), "{said}");
    assert_eq!(upload(&mut client).len(), 3);
}

#[test]
fn logged_out_beacons_received_belong_to_who_logs_in() {
    let scene = Scene::new();
    let mut client = Client::start(scene.server.address, &scene.data);
    scene.send(&client, &valid(1));
    assert_eq!(fs::read_dir(scene.data.path()).expect("a directory").count(), 0);
    client.log_in(EIGHT);
    scene.wait_for_log(EIGHT, &lines_of(&[&valid(1)]));
}

#[test]
fn logged_in_as_another_user_the_log_of_the_first_is_still_emptied_in_time() {
    let mut scene = Scene::new();
    let mut client = scene.logged_in_keeping(EIGHT, 3);
    scene.send(&client, &valid(1));
    assert_eq!(scene.log(EIGHT), lines_of(&[&valid(1)]));
    let address = scene.server.address;
    let Scene { server, server_data, .. } = &mut scene;
    std::mem::replace(server, Server::start(&Data::with_users())).crash();
    client.stdout.wait_for_part("log in again");
    let _server = server_again(address, server_data);
    client.log_in(NINE);
    scene.wait_for_log(EIGHT, "");
}

#[test]
fn logged_in_two_users_one_after_the_other_do_not_mix_logs() {
    let scene = Scene::new();
    let mut client = scene.logged_in(EIGHT);
    let port = client.udp_port();
    client.type_line("Download_tempID");
    client.stdout.wait_for_part("TempID:");
    scene.send(&client, &valid(1));
    let address = scene.server.address;
    scene.server.crash();
    client.stdout.wait_for_part("log in again");
    let _server = server_again(address, &scene.server_data);
    client.log_in(NINE);
    scene.air.send(port, &valid(2));
    client.stdout.wait_until("one more beacon", |lines| (receptions(lines) == 2).then_some(()));
    let nine = fs::read_to_string(scene.data.file(&Scene::name(NINE))).expect("written");
    assert_eq!(nine, lines_of(&[&valid(2)]));
    assert_eq!(upload(&mut client), shown(&[&valid(2)]));
    // The TempID of the first user is not sent for the second.
    client.type_line("Beacon 127.0.0.1 9");
    client.stdout.wait_for_part("no TempID to send");
    client.type_line("logout");
    client.wait();
    let eight = fs::read_to_string(scene.data.file(&Scene::name(EIGHT))).expect("kept");
    assert_eq!(eight, lines_of(&[&valid(1)]));
}

#[test]
fn second_client_of_a_user_keeps_its_log_in_memory_until_the_first_ends() {
    let scene = Scene::new();
    let (mut first, mut second) = (scene.logged_in(EIGHT), scene.logged_in(EIGHT));
    let said = second.stdout.wait_for_part("is kept by another client");
    assert!(said.contains(&Scene::name(EIGHT)), "{said}");
    scene.send(&first, &valid(1));
    scene.send(&second, &valid(2));
    assert_eq!(upload(&mut first), shown(&[&valid(1)]));
    assert_eq!(upload(&mut second), shown(&[&valid(2)]));
    assert_eq!(scene.log(EIGHT), lines_of(&[&valid(1)]));
    // A third goes on where the first was, whatever a crash leaves.
    first.crash();
    let deadline = Deadline::new();
    while scene.log(EIGHT).lines().count() < 2 {
        deadline.check("both beacons to be in the file");
        std::thread::park_timeout(Duration::from_millis(5));
    }
    assert_eq!(upload(&mut second).len(), 6);
    let said =
        |lines: &[String]| lines.iter().filter(|line| line.contains("another client")).count();
    assert_eq!(said(&second.stdout.so_far()), 1);
    second.crash();
    let third = scene.logged_in(EIGHT);
    scene.send(&third, &valid(3));
    assert_eq!(said(&third.stdout.so_far()), 0);
    assert_eq!(scene.log(EIGHT).lines().count(), 3);
}

#[test]
fn flood_of_forged_beacons_does_not_push_out_what_was_there() {
    let scene = Scene::new();
    let mut client = scene.logged_in(EIGHT);
    scene.send(&client, &valid(1));
    let flood = Air::new();
    // The system's buffer takes some at a time, and a busy machine loses some of those.
    let deadline = Deadline::new();
    let is_told = |lines: &[String]| lines.iter().any(|line| line.contains("It is not logged"));
    let mut before = receptions(&client.stdout.so_far());
    for number in 1_000.. {
        flood.send(client.udp_port(), &valid(number));
        if number % 50 == 0 {
            client.stdout.wait_until("one more of the flood", |lines| {
                (receptions(lines) > before || is_told(lines)).then_some(())
            });
            deadline.check("the flood to be told");
            before = receptions(&client.stdout.so_far());
            if is_told(&client.stdout.so_far()) {
                break;
            }
        }
    }
    let said = client.stdout.wait_for_part("It is not logged, as 127.0.0.1");
    assert!(said.ends_with("1024 are taken at once, then 8 a second."), "{said}");
    let uploaded = upload(&mut client);
    assert!(uploaded.contains(&format!("{},", valid(1).temp_id)), "{}", uploaded.len());
    assert!(uploaded.len() < 3 * 1_500, "{}", uploaded.len());
}

/// The editor was opened, a beacon came, the editor saved what it had into the file.
#[test]
fn beacon_received_while_the_log_is_in_an_editor_survives_the_save() {
    let scene = Scene::new();
    let mut client = scene.logged_in(EIGHT);
    scene.send(&client, &valid(1));
    scene.send(&client, &valid(2));
    let in_editor = scene.log(EIGHT);
    scene.send(&client, &valid(3));
    let file = scene.data.file(&Scene::name(EIGHT));
    fs::write(file, in_editor.replace(&lines_of(&[&valid(1)]), "")).expect("saved in place");
    scene.send(&client, &valid(4));
    client.stdout.wait_for_part("they are put back");
    assert_eq!(upload(&mut client), shown(&[&valid(2), &valid(3), &valid(4)]));
    scene.wait_for_log(EIGHT, &lines_of(&[&valid(2), &valid(3), &valid(4)]));
}
