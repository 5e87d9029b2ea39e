use super::*;

#[test]
fn named_section_is_told_alone_and_none_means_all() {
    let statistics = Statistics { temp_ids: 7, ..Statistics::default() };
    assert_eq!(
        statistics.text(Some(b"replication")),
        "# Replication\r\nrole:master\r\nconnected_slaves:0\r\n\r\n"
    );
    let all = statistics.text(None);
    assert_eq!(statistics.text(Some(b"ALL")), all);
    for line in ["redis_version:7.2.0", "loading:0", "role:master", "tempids:7"] {
        assert!(all.contains(&format!("\r\n{line}\r\n")), "{line}: {all}");
    }
    assert_eq!(statistics.text(Some(b"keyspace")), "");
}

#[test]
fn what_is_counted_is_told() {
    let mut statistics = Statistics::default();
    statistics.refused(Code::NowBlocked);
    statistics.ticked(Duration::from_micros(10));
    statistics.ticked(Duration::from_micros(30));
    let text = statistics.text(Some(b"bluetrace"));
    for line in [
        "refused_nowblocked:1",
        "refused_blocked:0",
        "ticks:2",
        "tick_average_usec:20",
        "tick_longest_usec:30",
    ] {
        assert!(text.contains(&format!("\r\n{line}\r\n")), "{line}: {text}");
    }
    assert_ne!(statistics.number_client(), statistics.number_client());
}

#[test]
fn longest_text_fits_a_reply() {
    let statistics = Statistics {
        connections: usize::MAX,
        connections_received: u64::MAX,
        requests: u64::MAX,
        users: usize::MAX,
        temp_ids: usize::MAX,
        contact_logs: u64::MAX,
        commits: u64::MAX,
        hashes: u64::MAX,
        refusals: [u64::MAX; Code::ALL.len()],
        ticks: u64::MAX,
        busy: Duration::MAX,
        longest_tick: Duration::MAX,
        clients: usize::MAX,
    };
    assert!(statistics.text(None).len() < crate::protocol::reply::Reply::MAX_BYTES);
}
