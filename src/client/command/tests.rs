use super::*;

#[test]
fn commands_are_read_as_the_assignment_writes_them() {
    assert_eq!(Command::decode("Download_tempID"), Ok(Command::Download));
    assert_eq!(Command::decode("  Upload_contact_log "), Ok(Command::Upload(None)));
    assert_eq!(Command::decode("logout"), Ok(Command::LogOut));
    assert_eq!(Command::decode("Forget_me"), Ok(Command::Forget));
    let destination = "127.0.0.1:8001".parse().expect("an address");
    assert_eq!(Command::decode("Beacon 127.0.0.1 8001"), Ok(Command::Beacon(destination)));
}

#[test]
fn other_lines_are_refused() {
    for line in
        ["whatsthedate", "logout now", "download_tempid", "Download_tempID 2", "Forget_me now"]
    {
        assert_eq!(Command::decode(line), Err(CommandError::Unknown), "{line}");
    }
    for line in ["Beacon", "Beacon 127.0.0.1", "Beacon 127.0.0.1 1 2"] {
        assert_eq!(Command::decode(line), Err(CommandError::NoDestination), "{line}");
    }
}

#[test]
fn beacon_to_a_name_or_a_wrong_port_is_refused_with_what_is_expected() {
    let told = |line: &str| Command::decode(line).expect_err(line).to_string();
    let expected = "Beacon needs an IP address, such as 127.0.0.1 or ::1, and \"localhost\" is none. \
                        Names are not looked up.";
    assert_eq!(told("Beacon localhost 8001"), expected);
    for port in ["0", "65536", "-1", "http"] {
        let expected = format!("Beacon needs a port from 1 to 65535, and \"{port}\" is none.");
        assert_eq!(told(&format!("Beacon ::1 {port}")), expected);
    }
    let hostile = told(&format!("Beacon \x1b[2J{} 1", "x".repeat(500)));
    assert!(hostile.len() < 200 && !hostile.chars().any(char::is_control), "{hostile}");
}
