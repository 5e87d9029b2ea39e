use super::*;
use crate::study::points::{Origin, Point};
use crate::town::outcome::{
    AdversaryOutcome, Beacons, Encounters, Logs, PerSecond, ServerLoad, Tracing,
};
use crate::town::scenario::{Replay, Sniffer};
use crate::town::{Outcome, Scenario};

fn outcome(recorded: u64) -> Outcome {
    Outcome {
        seed: 1,
        people: 500,
        users: 302,
        late_contacts: 0,
        encounters: Encounters {
            real: 7512,
            possible: 2713,
            recorded,
            recorded_ways: 2 * recorded,
        },
        tracing: Tracing {
            index_cases: 5,
            uploads: 5,
            contacts: 100,
            traced: 36,
            named: 36,
            people_named: 34,
            traced_encounters: 40,
            seconds_to_notice: vec![3600.0, 7200.0],
        },
        beacons: Beacons {
            sent: 81_234,
            near: 81_300,
            received: 81_234,
            logged: 5000,
            logged_again: 76_000,
            expired: 234,
            ..Beacons::default()
        },
        server: ServerLoad {
            connections: 302,
            logins: 302,
            downloads: 89_000,
            bytes_out: 12_345_678,
            downloads_by_second: PerSecond::of(vec![1, 2, 1, 0]),
            ..ServerLoad::default()
        },
        logs: Logs { samples: 3, entries: 10, most_entries: 7 },
        adversaries: AdversaryOutcome::default(),
        linkability: None,
        over_time: Vec::new(),
    }
}

fn study(points: &[(&str, &[u64])]) -> Study {
    let point = |(value, recorded): &(&str, &[u64])| {
        let is_swept = !value.is_empty();
        let changed = is_swept.then(|| ("people.app_share".to_owned(), (*value).to_owned()));
        Point {
            changed: changed.into_iter().collect(),
            scenario: Scenario::default(),
            outcomes: recorded.iter().map(|recorded| outcome(*recorded)).collect(),
            expected: Vec::new(),
        }
    };
    let points = points.iter().map(point).collect();
    Study {
        scenario: Scenario::default(),
        origin: Origin::Scenario,
        points,
        records: None,
        figures: None,
    }
}

fn with_figures(study: Study, figures: &str) -> String {
    of(&Study { figures: Some(figures.parse().expect("figures")), ..study })
}

#[test]
fn run_is_told_figure_by_figure() {
    let expected = "\
town: Whom does the authority find when somebody falls ill?
500 people, 302 with the app, meet for 3days (random-mixing), seed 1

Encounters
  real                                           7,512
  possible: both had the app                     2,713
  recorded                                       2,700
  recorded, of real                            35.94 %
  recorded, of possible                        99.52 %
  traced                                            40
Tracing
  people who fell ill                                5
  contact logs uploaded                              5
  contacts: an index case with somebody near       100
  pairs that the server named                       36
  people in these pairs, each once                  34
  contacts named                                    36
  recall: contacts named, of contacts             36 %
  precision: contacts named, of pairs named      100 %
  time to notice, median                       1.500 h
Beacons
  sent, with another phone near                 81,234
  on their way, one to each phone near          81,300
  not sent: no valid TempID                          0
  lost by the radio                                  0
  missed: not listening                              0
  received                                      81,234
  logged, new                                    5,000
  logged before                                 76,000
  refused: not valid yet                             0
  refused: expired                                 234
  valid, of received                           99.71 %
Server
  connections                                      302
  connections that failed                            0
  logins                                           302
  requests for TempIDs                          89,000
  TempIDs                                            0
  requests a second, mean                            1
  requests a second, most                            2
  connections a second, most                         -
  bytes in                                         0 B
  bytes out                                   12.35 MB
Contact logs
  entries, mean                                  3.333
  entries, most                                      7
";
    assert_eq!(of(&study(&[("", &[2700])])), expected);
}

#[test]
fn several_runs_are_told_with_their_interval() {
    let text = of(&study(&[("", &[2600, 2700, 2650])]));
    assert!(text.contains("seed 1, 3 runs: mean ± the 99 % interval\n"), "{text}");
    let rows = [
        "  real                                           7,512      ±0\n",
        "  recorded                                       2,650    ±287\n",
        "  recorded, of real                            35.28 %  ±3.8 %\n",
        "  connections a second, most                         -\n",
    ];
    for row in rows {
        assert!(text.contains(row), "{row}{text}");
    }
}

#[test]
fn adversaries_are_told_of_only_where_there_are_some() {
    let mut study = study(&[("", &[1])]);
    let text = of(&study);
    assert!(!text.contains("Replays") && !text.contains("Sniffers"), "{text}");
    study.scenario.adversary.replay = vec![Replay::default()];
    study.scenario.adversary.sniffer = vec![Sniffer::default()];
    let text = of(&study);
    assert!(text.contains("Replays") && text.contains("Sniffers"), "{text}");
    assert!(!text.contains("Relays"), "{text}");
}

#[test]
fn sweep_is_told_with_what_differs() {
    let expected = "\
town: Whom does the authority find when somebody falls ill?
2 points, seed 1

people         encounters          encounters  encounters                  encounters
app_share  recorded_share  missed_ways_share    recorded  recorded_share_of_possible
0.2                1.331 %            96.31 %         100                     3.686 %
0.4                2.662 %            92.63 %         200                     7.372 %
";
    let text = of(&study(&[("0.2", &[100]), ("0.4", &[200])]));
    let words = |text: &str| -> Vec<_> {
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    };
    assert_eq!(words(&text), words(expected), "{text}");
    let widths: Vec<_> = text.lines().skip(3).map(str::len).collect();
    assert!(widths.iter().all(|width| *width == widths[0]), "{text}");
}

#[test]
fn sweep_over_one_value_says_which() {
    let text = with_figures(study(&[("0.25", &[100])]), "users");
    assert!(
        text.ends_with("1 point, seed 1\n\npeople\napp_share  users\n0.25         302\n"),
        "{text}"
    );
}

#[test]
fn swept_seed_is_told_in_its_rows_alone() {
    let mut study = study(&[("1", &[100]), ("2", &[100])]);
    for point in &mut study.points {
        point.changed[0].0 = "seed".to_owned();
    }
    let text = with_figures(study, "users");
    assert!(text.ends_with("2 points\n\nseed  users\n1       302\n2       302\n"), "{text}");
}

#[test]
fn sweep_in_which_nothing_differs_shows_the_usual_figures() {
    let text = of(&study(&[("0.2", &[100]), ("0.4", &[100])]));
    assert!(text.contains(" recall") && text.contains(" downloads "), "{text}");
    assert!(text.lines().skip(1).all(|line| line.len() <= WIDTH), "{text}");
}

#[test]
fn figures_that_somebody_asks_for_are_shown_in_their_order() {
    let figures = "server.bytes_out,encounters.recorded";
    let text = with_figures(study(&[("0.2", &[100]), ("0.4", &[200])]), figures);
    assert!(
        text.ends_with("\n0.2         12.35 MB         100\n0.4         12.35 MB         200\n"),
        "{text}"
    );
    let text = with_figures(study(&[("", &[100])]), figures);
    let rows = "\nserver.bytes_out     12.35 MB\nencounters.recorded       100\n";
    assert!(text.ends_with(rows), "{text}");
}

#[test]
fn test_that_comes_after_the_end_is_remarked() {
    let mut late = study(&[("", &[2700])]);
    assert!(!of(&late).contains("No index case uploads"));
    let scenario = &mut late.points[0].scenario;
    scenario.illness.test_delay = scenario.duration;
    let remark = "No index case uploads: the first test comes illness.from (1day) and \
        illness.test_delay (3days) after the beginning, and duration is 3days.\n";
    assert!(of(&late).ends_with(&format!("\n\n{remark}")), "{}", of(&late));
    let mut sweep = study(&[("0.2", &[100]), ("0.4", &[200])]);
    sweep.points[1].scenario = late.points[0].scenario.clone();
    let text = with_figures(sweep, "users");
    let expected = format!("\n\nAt 1 of 2 points, as at the first of them: {remark}");
    assert!(text.ends_with(&expected), "{text}");
    late.points[0].scenario.illness.index_cases = 0;
    assert!(!of(&late).contains("No index case uploads"));
}

#[test]
fn contacts_behind_the_end_of_the_run_are_remarked() {
    let mut late = study(&[("", &[2700])]);
    late.points[0].scenario.meetings.trace.file = "contacts.csv".into();
    late.points[0].outcomes[0].late_contacts = 1234;
    let remark =
        "\n\nLeft out: 1,234 contacts of contacts.csv that begin when duration (3days) is over.\n";
    assert!(of(&late).ends_with(remark), "{}", of(&late));
}

#[test]
fn more_index_cases_than_people_are_remarked() {
    let mut few = study(&[("", &[2700])]);
    few.points[0].outcomes[0].users = 3;
    let remark = |who| format!("\n\nThere are only {who} for illness.index_cases, which is 5.\n");
    assert!(of(&few).ends_with(&remark("3 people with the app")), "{}", of(&few));
    few.points[0].scenario.illness.among_users = false;
    assert!(!of(&few).contains("There are only"));
    few.points[0].outcomes[0].people = 4;
    assert!(of(&few).ends_with(&remark("4 people")), "{}", of(&few));
}
