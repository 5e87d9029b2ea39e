use super::super::Meeting;
use super::*;
use crate::town::scenario::Seconds;
use ChangeKind::{Begins, Ends};

fn parse(content: &str, carriers: &[&str]) -> Result<Contacts, FileError> {
    let carriers = carriers.iter().map(|name| name.to_string()).collect();
    Contacts::parse(content.as_bytes(), Path::new("trace.csv"), carriers)
}

/// Moments in seconds with pairs.
fn changes_of(content: &str, posts: &[&str]) -> Vec<(u64, ChangeKind, Pair)> {
    let contacts = parse(content, posts).expect("well-formed");
    let mut scenario = Scenario::default();
    scenario.meetings.kind = crate::town::scenario::MeetingsKind::Trace;
    let posts: Vec<Post> =
        posts.iter().map(|name| Post { with: Some(name.to_string()), ..Post::default() }).collect();
    let trace = Trace::new(&scenario, &contacts, &posts).expect("fits");
    let pair = |meeting| match meeting {
        Meeting::Encounter { people: [a, b], .. } => (a.number(), b.number()),
        Meeting::AtPost { person, post } => (person.number(), contacts.people() + post.number()),
    };
    trace.map(|change| (change.at.as_secs(), change.kind, pair(change.meeting))).collect()
}

#[track_caller]
fn refused(content: &str, expected: &str) {
    let error = parse(content, &[]).expect_err("refused").to_string();
    let (at, problem) = expected.split_once(' ').expect("a line and a problem");
    assert_eq!(error, format!("trace.csv:{at} {problem}; expected {EXPECTED}"));
}

#[test]
fn rows_in_any_order_become_changes_in_the_order_of_time() {
    let content = "b, seconds ,t,note,a\nbob,10,50,x,ann\n\ncy,5,20,,ann\r\nbob,35,20,,cy\n";
    assert_eq!(
        changes_of(content, &[]),
        [
            (20, Begins, (0, 2)),
            (20, Begins, (1, 2)),
            (25, Ends, (0, 2)),
            (50, Begins, (0, 1)),
            (55, Ends, (1, 2)),
            (60, Ends, (0, 1))
        ]
    );
}

#[test]
fn rows_of_a_pair_that_overlap_or_touch_are_one_encounter() {
    let content = "t,a,b,seconds\n0,x,y,20\n5,y,x,3\n20,x,y,20\n30,y,x,20\n51,x,y,1\n";
    assert_eq!(
        changes_of(content, &[]),
        [(0, Begins, (0, 1)), (50, Ends, (0, 1)), (51, Begins, (0, 1)), (52, Ends, (0, 1))]
    );
}

#[test]
fn contact_that_goes_on_behind_the_end_is_not_over_at_it() {
    let contacts = parse("t,a,b,seconds\n0,x,y,60\n0,x,z,50\n60,z,x,9\n50,x,z,10\n", &[]);
    let mut scenario = Scenario { duration: Seconds::new(60), ..Scenario::default() };
    scenario.meetings.kind = crate::town::scenario::MeetingsKind::Trace;
    let trace = Trace::new(&scenario, &contacts.expect("well-formed"), &[]).expect("fits");
    let seconds: Vec<_> = trace.map(|change| (change.at.as_secs(), change.kind)).collect();
    assert_eq!(seconds, [(0, Begins), (0, Begins), (60, Ends), (69, Ends)]);
}

#[test]
fn contacts_behind_the_end_are_counted_and_left_out() {
    let on = "0,x,y,60\n60,y,x,9\n61,y,x,9\n59,x,z,3\n61,z,x,5\n";
    let late = "60,x,p,1\n70,p,q,5\n71,q,p,5\n80,p,q,1\n90,x,spy,5\n";
    let contacts = parse(&format!("t,a,b,seconds\n{on}{late}"), &["spy"]).expect("well-formed");
    let mut scenario = Scenario { duration: Seconds::new(60), ..Scenario::default() };
    scenario.meetings.kind = crate::town::scenario::MeetingsKind::Trace;
    let posts = [0, 1].map(|_| Post { with: Some("spy".to_owned()), ..Post::default() });
    let trace = Trace::new(&scenario, &contacts, &posts).expect("fits");
    assert_eq!(trace.late_contacts(), 3, "not what goes on from before, nor what is heard");
    assert_eq!(trace.count(), 4, "both encounters that begin in time");
}

#[test]
fn carriers_are_posts_and_meet_no_other_carrier() {
    let content = "t,a,b,seconds\n0,spy,x,9\n1,mole,spy,9\n2,x,mole,9\n3,y,x,9\n";
    let begins = |posts| {
        let changes = changes_of(content, posts).into_iter();
        changes.filter(|(_, kind, _)| *kind == Begins).map(|(_, _, pair)| pair).collect::<Vec<_>>()
    };
    assert_eq!(begins(&["mole", "spy", "mole"]), [(0, 3), (0, 2), (0, 4), (0, 1)]);
    assert_eq!(
        begins(&[]),
        [(0, 1), (2, 0), (1, 2), (1, 3)].map(|(a, b): Pair| (a.min(b), a.max(b)))
    );
}

#[test]
fn bad_row_is_refused_with_its_line() {
    refused("", "1: there is no column t");
    refused("t,a,b\n", "1: there is no column seconds");
    refused("t,a,b,seconds,a\n", "1: the column a is there twice");
    let row = |row: &str, problem: &str| {
        refused(&format!("t,a,b,seconds\n0,x,y,1\n\n\r\n{row}\n"), &format!("5: {problem}"));
    };
    row("0,x,y", "there are 3 columns and not 4 as in the first line");
    row("-1,x,y,1", "t is \"-1\" and no number from 0 to 315576000");
    row("1,x,y,soon", "seconds is \"soon\" and no number from 0 to 315576000");
    row("NaN,x,y,1", "t is \"NaN\" and no number from 0 to 315576000");
    row("1,x,x,1", "a and b are both \"x\"");
    row("1,x, ,1", "b is empty");
    row("1,x,y,0", "seconds is less than a microsecond");
    row("300000000,x,y,300000000", "t and seconds are more than 315576000 together");
    refused("t,a,b,seconds\r\n0,x,y,1\r\n\r\n0,,y,1", "4: a is empty");
}

#[test]
fn file_that_is_not_there_is_named() {
    let mut scenario = Scenario::default();
    scenario.meetings.trace.file = "no/such.csv".into();
    let message = Contacts::read(&scenario).expect_err("refused").to_string();
    assert!(message.starts_with("no/such.csv: "), "{message}");
}
