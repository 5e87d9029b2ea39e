//! The users, for the operator: those of `credentials.txt` and those who have registered.

use std::collections::BTreeMap;
use std::path::Path;

use crate::print;
use crate::protocol::Username;
use crate::server::data_directory::CREDENTIALS;
use crate::server::database::{Archive, FILE_NAME};
use crate::server::members::Member;
use crate::server::passwords::read_users;
use crate::table::Table;

/// What is shown of a user.
#[derive(Debug, Default)]
struct User {
    is_in_file: bool,
    member: Member,
}

/// Prints all users of the data directory, whether a server runs there or not.
///
/// # Errors
///
/// A message if a file cannot be read, or the output cannot be written.
pub fn print(data: &Path) -> Result<(), String> {
    let mut users: BTreeMap<Username, User> = BTreeMap::new();
    read_users(&data.join(CREDENTIALS), |user, _| {
        users.entry(user).or_default().is_in_file = true;
        Ok(())
    })
    .map_err(|error| error.to_string())?;
    let path = data.join(FILE_NAME);
    if path.exists() {
        let archive = Archive::open(&path).map_err(|error| error.to_string())?;
        let members = archive.members();
        for (user, member) in members.map_err(|error| format!("{}: {error}", path.display()))? {
            users.entry(user).or_default().member = member;
        }
    }
    let lines = table(&users).lines();
    print::print(|out| lines.iter().try_for_each(|line| writeln!(out, "{line}")))
        .map_err(|error| format!("{}: {error}", print::NAME))
}

fn table(users: &BTreeMap<Username, User>) -> Table {
    let mut table = Table::new(3);
    table.push(["user", "account", "state", "tokens"].map(str::to_owned).to_vec());
    for (name, User { is_in_file, member }) in users {
        let account = match (&member.hash, is_in_file) {
            (Some(_), _) => "registered",
            (None, true) => CREDENTIALS,
            (None, false) => "-",
        };
        let state = match (member.is_closed, member.has_left()) {
            (false, _) => "open",
            (true, true) => "has left",
            (true, false) => "revoked",
        };
        table.push(vec![
            name.to_string(),
            account.to_owned(),
            state.to_owned(),
            member.tokens.len().to_string(),
        ]);
    }
    table
}
