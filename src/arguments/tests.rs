use super::*;

#[test]
fn numbers_of_the_range_are_read_and_others_told_what_was_expected() {
    let port = number("a port", 1..=u16::MAX);
    assert_eq!((port("1"), port("65535")), (Ok(1), Ok(u16::MAX)));
    for text in ["", "x", "0", "-1", "65536", "1.5", "99999999999999999999"] {
        assert_eq!(port(text), Err("expected a port from 1 to 65535".to_owned()), "{text:?}");
    }
}

#[derive(Debug, Parser)]
#[command(name = "program")]
enum Sample {
    Draw { what: String },
}

#[test]
fn usage_is_that_of_the_subcommand() {
    let shown = |name| usage::<Sample>(name).to_string();
    assert_eq!(shown(Some("draw")), "Usage: program draw <WHAT>");
    for none in [None, Some("127.0.0.1")] {
        assert_eq!(shown(none), "Usage: program <COMMAND>");
    }
}

#[test]
fn addresses_are_read_and_names_are_refused() {
    assert_eq!(ip_address("127.0.0.1"), Ok(IpAddr::from([127, 0, 0, 1])));
    let error = ip_address("localhost").expect_err("a name");
    assert!(error.starts_with("expected an IP address"), "{error}");
}
