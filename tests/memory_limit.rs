//! A server whose address space is limited refuses work in good time, says so, and serves on.

mod support;

use std::process::Command;

use support::data::{Data, EIGHT, NINE, SEVEN, SIX};
use support::phone::{Phone, frame};
use support::reply::Reply;
use support::server::{PROGRAM, Server, Setup};

/// Lines of `tempIDs.txt` with which a server is close to the limit.
const MANY_LINES: usize = 400_000;

/// A server that may use so many KiB of address space.
fn limited(data: &Data, kib: usize) -> Setup {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -v {kib}; exec \"$0\" \"$@\""), PROGRAM]);
    let directory = data.path().to_str().expect("a path in UTF-8");
    Setup::command(command).arguments(&["0", "3600", "--bind", "127.0.0.1", "--data", directory])
}

fn data_with_lines(count: usize) -> Data {
    let line = |number: usize| {
        format!("+61410888888 {number:020} 13/05/2020 17:54:06 13/05/2020 18:09:05\n")
    };
    Data::with_temp_ids((0..count).map(line).collect::<String>())
}

#[track_caller]
fn assert_serves(server: &Server) {
    let mut phone = Phone::logged_in(server, NINE);
    phone.ping();
    phone.upload(&[]);
}

#[test]
fn server_without_memory_for_its_files_says_so() {
    // These take more than the limit by themselves, whatever the program takes.
    let data = data_with_lines(4 * MANY_LINES);
    let ended = limited(&data, 60_000).run_to_the_end();
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    let [line] = &ended.stderr[..] else { panic!("not one line: {:?}", ended.stderr) };
    assert!(line.contains("tempIDs.txt: ") && line.contains("ulimit -v"), "{line}");
}

#[test]
fn server_without_memory_for_more_temp_ids_refuses_them_and_serves_on() {
    let data = data_with_lines(MANY_LINES);
    let server = limited(&data, 100_000).start();
    // Several users, as each has only a share of the server.
    let mut phones = [SIX, SEVEN, EIGHT, NINE].map(|user| Phone::logged_in(&server, user));
    // It may have room for as many again, but not for twice as many.
    let mut refusal = None;
    for number in 0..2 * MANY_LINES / 100 {
        match phones[number % 4].ask("TEMPID 100") {
            Reply::Bulk(_) => {}
            reply => {
                refusal = Some(reply);
                break;
            }
        }
    }
    let refusal = refusal.expect("a refusal in good time");
    assert!(refusal.is_error("IOERR the server is short of memory"), "{refusal:?}");
    assert_serves(&server);
    server.stop();
}

#[test]
fn incomplete_requests_take_a_part_of_a_limited_address_space() {
    let data = Data::with_users();
    let server = limited(&data, 150_000).start();
    let begun = [&b"*2\r\n$6\r\nUPLOAD\r\n$1000000\r\n"[..], &[b'1'; 900_000]].concat();
    let peers: Vec<Phone> = (0..150)
        .map(|_| {
            let mut peer = Phone::logged_in(&server, EIGHT);
            // The oldest ones are dropped while others send.
            let _ = peer.try_send_bytes(&begun);
            peer
        })
        .collect();
    assert_serves(&server);
    let mut phone = Phone::logged_in(&server, NINE);
    phone.send_bytes(&frame(&[b"PING", &[b'x'; 900_000]]));
    assert!(phone.reply().is_error("ERR "), "the newcomer is served");
    drop(peers);
    server.stop();
}

#[test]
fn replies_that_nobody_reads_take_a_part_of_a_limited_address_space() {
    let data = Data::with_users();
    let server = limited(&data, 100_000).start();
    let peers: Vec<Phone> = (0..1500)
        .map(|_| {
            let mut peer = Phone::connect_with_small_buffer(&server);
            peer.send_without_waiting(&b"HELLO\r\n".repeat(5_000));
            peer
        })
        .collect();
    drop(peers);
    assert_serves(&server);
    server.stop();
}
