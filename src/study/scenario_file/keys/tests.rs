use super::*;

#[test]
fn keys_are_found_through_tables_and_lists() {
    let keys = Keys::new();
    for key in [
        "seed",
        "people",
        "people.app_share",
        "adversary.replay",
        "adversary.replay.delay",
        "adversary.replay.to.place",
        "adversary.sniffer.at.range",
        "server.outage.from",
    ] {
        assert!(keys.find(key).is_some(), "{key}");
    }
    for key in ["", "people.", "people.app_share.x", "nothing", "adversary.replay.0.delay"] {
        assert!(keys.find(key).is_none(), "{key}");
    }
}

#[test]
fn times_are_told_from_other_numbers() {
    let keys = Keys::new();
    for key in ["duration", "server.temp_id_lifetime", "adversary.replay.delay"] {
        assert!(keys.takes_times(key), "{key}");
    }
    for key in ["name", "people.count", "radio.loss", "meetings.plane.range", "nothing.there"] {
        assert!(!keys.takes_times(key), "{key}");
    }
}

#[test]
fn misspelt_key_is_told_the_right_one() {
    let unknown = |key| Keys::new().unknown(key);
    let expected = "there is no such key; did you mean people.app_share? people has \
            app_share, count, homophily";
    assert_eq!(unknown("people.app_shar"), expected);
    assert!(unknown("app_share").contains("did you mean people.app_share? a scenario has "));
    assert!(unknown("radio.scan_window").contains("did you mean phones.scan_window? radio "));
    let expected = "there is no such key; people has app_share, count, homophily";
    assert_eq!(unknown("people.zzzzz"), expected);
    assert!(unknown("people.count.deep").contains(" people has app_share"));
}

#[test]
fn edits_are_counted() {
    let cases = [("", "", 0), ("abc", "", 3), ("abc", "abd", 1), ("kitten", "sitting", 3)];
    for (one, other, expected) in cases {
        assert_eq!((edits(one, other), edits(other, one)), (expected, expected));
    }
}
