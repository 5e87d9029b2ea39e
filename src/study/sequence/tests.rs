use proptest::prelude::*;

use super::*;

fn say(t: f64, from: &str, to: &str, text: &str) -> Message {
    let via =
        if from.starts_with("phone") && to.starts_with("phone") { Via::Udp } else { Via::Tcp };
    Message { t, from: from.to_owned(), to: to.to_owned(), via, text: text.to_owned() }
}

/// Two phones log in and get TempIDs, one hears the other, and its user falls ill.
fn dialogue() -> Vec<Message> {
    vec![
        say(1.0, "phone 1", "server", "AUTH +61400000001 ***"),
        say(1.0, "server", "phone 1", "-WRONGPASS Invalid Password. Please try again"),
        say(2.0, "phone 1", "server", "AUTH +61400000001 ***"),
        say(2.0, "server", "phone 1", "+OK"),
        say(3.0, "phone 1", "server", "TEMPID"),
        say(3.0, "server", "phone 1", "TempID 1234… valid 13/05 10:00:03 to 10:15:02"),
        say(4.0, "phone 2", "server", "AUTH +61400000002 ***"),
        say(4.0, "server", "phone 2", "+OK"),
        say(5.0, "phone 1", "phone 2", "beacon 1234… valid 13/05 10:00:03 to 10:15:02: logged"),
        say(900.0, "phone 2", "server", "UPLOAD 1 record"),
        say(900.0, "server", "phone 2", "1 record taken"),
        say(900.0, "server", "server", "names +61400000001"),
        say(901.0, "phone 2", "server", "QUIT"),
        say(901.0, "server", "phone 2", "+OK"),
    ]
}

fn only(names: &[&str]) -> Options {
    Options { only: names.iter().map(|name| (*name).to_owned()).collect(), ..Options::default() }
}

fn assert_draws(messages: &[Message], options: &Options, expected: &str) {
    let diagram = draw(messages, options);
    let expected = expected.strip_prefix('\n').unwrap_or(expected);
    assert_eq!(diagram, expected, "\n{diagram}");
}

#[test]
fn dialogue_of_two_phones_and_a_server_is_drawn() {
    let expected = "
time      phone 1                              server                    phone 2
             │                                   │                          │
00:00:01     ├─ AUTH +61400000001 *** ──────────▶│                          │
             │     -WRONGPASS Invalid Password.  │                          │
             │◀─── Please try again ─────────────┤                          │
00:00:02     ├─ AUTH +61400000001 *** ──────────▶│                          │
             │◀──────────────────────────── +OK ─┤                          │
00:00:03     ├─ TEMPID ─────────────────────────▶│                          │
             │         TempID 1234… valid 13/05  │                          │
             │◀─────── 10:00:03 to 10:15:02 ─────┤                          │
00:00:04     │                                   │◀─ AUTH +61400000002 *** ─┤
             │                                   ├─ +OK ───────────────────▶│
00:00:05     ├╌ beacon 1234… valid 13/05 10:00:03 to 10:15:02: logged ╌╌╌╌╌▶│
             ┊                                   ┊                          ┊
00:15:00     │                                   │◀─────── UPLOAD 1 record ─┤
             │                                   ├─ 1 record taken ────────▶│
             │                                   ├─╮ names +61400000001     │
             │                                   │◀╯                        │
00:15:01     │                                   │◀────────────────── QUIT ─┤
             │                                   ├─ +OK ───────────────────▶│
             │                                   │                          │
          phone 1                              server                    phone 2

──▶ TCP   ╌╌▶ UDP   ┊ a minute or more
";
    assert_draws(&dialogue(), &Options { width: 80, ..Options::default() }, expected);
}

#[test]
fn participants_asked_for_stand_in_that_order() {
    let expected = "
time      phone 2                                                    phone 1
             │                                                          │
00:00:05     │◀╌ beacon 1234… valid 13/05 10:00:03 to 10:15:02: logged ╌┤
             │                                                          │

╌╌▶ UDP
";
    assert_draws(&dialogue(), &only(&["phone 2", "phone 1"]), expected);
}

#[test]
fn single_participant_asked_for_is_shown_with_all_it_talks_to() {
    let messages = [
        say(1.0, "phone 1", "server", "QUIT"),
        say(1.5, "phone 2", "server", "QUIT"),
        say(2.0, "phone 2", "phone 1", "beacon"),
    ];
    let expected = "
time          phone 2                  server                 phone 1
                 │                       │                       │
00:00:01.500     ├─ QUIT ───────────────▶│                       │
00:00:02.000     ├╌ beacon ╌╌╌╌╌╌╌╌╌╌╌╌╌╌┼╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│
                 │                       │                       │

──▶ TCP   ╌╌▶ UDP
";
    assert_draws(&messages, &only(&["phone 2"]), expected);
}

#[test]
fn last_participant_tells_itself_on_its_left() {
    let messages =
        [say(0.0, "phone 1", "server", "UPLOAD 1 record"), say(0.0, "server", "server", "日本語")];
    let expected = "
time      phone 1                  server
             │                       │
00:00:00     ├─ UPLOAD 1 record ────▶│
             │              日本語 ╭─┤
             │                     ╰▶│
             │                       │

──▶ TCP
";
    assert_draws(&messages, &Options::default(), expected);
}

#[test]
fn participants_without_room_are_named() {
    let phones = |n: usize| say(n as f64, &format!("phone {n}"), "server", "QUIT");
    let messages: Vec<Message> = (1..=12).map(phones).collect();
    let diagram = draw(&messages, &Options { width: 80, ..Options::default() });
    let (_, notes) = diagram.split_once("TCP\n").expect("a legend");
    let expected = "\
No room for phone 3, phone 4, phone 5, phone 6, phone 7, phone 8, phone 9, phone
10 and 2 others, with 10 messages. Choose with --only, or widen with --width.
";
    assert_eq!(notes, expected);
}

#[test]
fn name_that_nobody_has_is_told() {
    let expected = "
Nobody is called \"phone 3\". There are phone 1, server and phone 2.
None of the messages, which are from 00:00:01 to 00:15:01, is what is asked for.
";
    assert_draws(&dialogue(), &only(&["phone 3", "phone 1"]), expected);
}

#[test]
fn time_outside_of_what_is_asked_for_is_not_shown() {
    let options = Options { from: 4.5, until: 6.0, ..Options::default() };
    let diagram = draw(&dialogue(), &options);
    assert_eq!(diagram.matches('▶').count(), 2, "an arrow and the legend: {diagram}");
    let options = Options { from: 1000.0, ..Options::default() };
    let expected =
        "None of the messages, which are from 00:00:01 to 00:15:01, is what is asked for.\n";
    assert_draws(&dialogue(), &options, expected);
}

#[test]
fn moment_copied_from_a_diagram_is_that_of_its_message() {
    // Shown as 00:00:01.942 and 00:00:02.942, one rounded up and one down.
    let messages =
        [say(1.941_795, "phone 1", "server", "QUIT"), say(2.942_4, "server", "phone 1", "+OK")];
    let options = Options { from: 1.942, until: 2.942, ..Options::default() };
    assert_eq!(draw(&messages, &options), draw(&messages, &Options::default()));
}

#[test]
fn width_that_is_too_small_is_told() {
    let diagram = draw(&dialogue(), &Options { width: 40, ..Options::default() });
    let told = "\nThe diagram needs 60 columns, of which there are 40.\n";
    assert!(diagram.contains(told), "{diagram}");
}

#[test]
fn no_messages_are_told() {
    assert_draws(&[], &Options::default(), "There are no messages.\n");
}

#[test]
fn names_are_never_far_away() {
    let messages = vec![say(1.0, "phone 1", "server", "PING"); 100];
    let diagram = draw(&messages, &Options::default());
    let named: Vec<usize> = (0..)
        .zip(diagram.lines())
        .filter(|(_, line)| line.contains("server"))
        .map(|(row, _)| row)
        .collect();
    assert_eq!(named, [0, 40, 80, 105]);
}

#[test]
fn messages_out_of_order_are_put_in_order_of_time() {
    let mut messages = dialogue();
    // Those up to the third second come last, among themselves in their order.
    messages.rotate_left(6);
    assert_eq!(draw(&messages, &Options::default()), draw(&dialogue(), &Options::default()));
}

fn any_message() -> impl Strategy<Value = Message> {
    let name = prop_oneof![4 => "phone [1-4]", 1 => Just("server".to_owned()), 1 => ".{0,30}"];
    let t = prop_oneof![0.0..10.0, 0.0..1e9, Just(f64::NAN)];
    (t, name.clone(), name, any::<bool>(), ".{0,90}").prop_map(|(t, from, to, is_tcp, text)| {
        Message { t, from, to, via: if is_tcp { Via::Tcp } else { Via::Udp }, text }
    })
}

proptest! {
    #[test]
    fn no_line_is_wider_than_the_width(
        messages in prop::collection::vec(any_message(), 0..30),
        only in prop::collection::vec("phone [1-5]", 0..4),
        width in 0..200_usize,
    ) {
        let options = Options { only, width, ..Options::default() };
        let diagram = draw(&messages, &options);
        for line in diagram.lines() {
            prop_assert!(text_width::width(line) <= width.max(MIN_WIDTH), "{diagram}");
            prop_assert!(!line.contains(char::is_control), "{diagram}");
        }
    }

    #[test]
    fn every_message_with_room_is_an_arrow(
        messages in prop::collection::vec(any_message(), 1..30),
    ) {
        let messages: Vec<Message> = messages.into_iter().filter(|message| !message.t.is_nan()).collect();
        // So wide that everybody has room.
        let diagram = draw(&messages, &Options { width: 5000, ..Options::default() });
        let tips = |text: &str| text.matches(['▶', '◀']).count();
        let in_texts: usize = messages.iter().map(|message| tips(&message.text)).sum();
        let (picture, _) = diagram.rsplit_once("\n\n").unwrap_or((&diagram, ""));
        prop_assume!(in_texts == 0);
        prop_assert_eq!(tips(picture), messages.len(), "{}", diagram);
    }
}
