use std::time::Duration;

use super::refusal::Code;

/// The release of Redis whose clients and tools the server answers; they read it from `INFO`.
const COMPATIBLE_REDIS_VERSION: &str = "7.2.0";

/// What `INFO` tells: what the server has, and what it has counted since its start.
#[derive(Debug, Default, Clone)]
pub struct Statistics {
    /// Connections that are there.
    pub connections: usize,
    /// Connections that were taken.
    pub connections_received: u64,
    /// Frames with at least one word, refused ones included.
    pub requests: u64,
    /// Users who may log in.
    pub users: usize,
    /// TempIDs that were issued, by earlier runs of the server included.
    pub temp_ids: usize,
    /// Contact logs that were taken.
    pub contact_logs: u64,
    /// Commits of the TempIDs of a tick to stable storage.
    pub commits: u64,
    /// Passwords that were hashed to find out whether they are right.
    pub hashes: u64,
    refusals: [u64; Code::ALL.len()],
    ticks: u64,
    busy: Duration,
    longest_tick: Duration,
    clients: usize,
}

impl Statistics {
    /// Counts a refusal.
    pub fn refused(&mut self, code: Code) {
        self.refusals[code as usize] += 1;
    }

    /// Counts a tick that took so long, without the wait before it.
    pub fn ticked(&mut self, time: Duration) {
        self.ticks += 1;
        self.busy += time;
        self.longest_tick = self.longest_tick.max(time);
    }

    /// A number for a client, which no other has.
    pub fn number_client(&mut self) -> usize {
        self.clients += 1;
        self.clients
    }

    /// The lines `key:value` of the section of that name, or of all if none is named: those that
    /// tools look for, with the names that Redis gives them, and ours under `BlueTrace`.
    pub fn text(&self, section: Option<&[u8]>) -> String {
        let is_wanted = |name: &str| match section {
            None => true,
            Some(wanted) => [name, "all", "default", "everything"]
                .into_iter()
                .any(|name| wanted.eq_ignore_ascii_case(name.as_bytes())),
        };
        let wanted = self.sections().into_iter().filter(|(name, _)| is_wanted(name));
        wanted.map(|(name, lines)| format!("# {name}\r\n{lines}\r\n")).collect()
    }

    fn sections(&self) -> [(&'static str, String); 6] {
        let Self { connections, connections_received, requests, .. } = self;
        [
            (
                "Server",
                format!(
                    "redis_version:{COMPATIBLE_REDIS_VERSION}\r\nredis_mode:standalone\r\n\
                     bluetrace_version:{}\r\n",
                    env!("CARGO_PKG_VERSION")
                ),
            ),
            ("Clients", format!("connected_clients:{connections}\r\nblocked_clients:0\r\n")),
            ("Persistence", "loading:0\r\n".to_owned()),
            (
                "Stats",
                format!(
                    "total_connections_received:{connections_received}\r\n\
                     total_commands_processed:{requests}\r\n"
                ),
            ),
            ("Replication", "role:master\r\nconnected_slaves:0\r\n".to_owned()),
            ("BlueTrace", self.own_lines()),
        ]
    }

    fn own_lines(&self) -> String {
        let average_tick = self.busy.as_micros() / u128::from(self.ticks.max(1));
        let mut lines = format!(
            "sessions:{}\r\nusers:{}\r\ntempids:{}\r\ncontact_logs:{}\r\n\
             commits:{}\r\nhashes:{}\r\n\
             ticks:{}\r\ntick_average_usec:{average_tick}\r\ntick_longest_usec:{}\r\n",
            self.connections,
            self.users,
            self.temp_ids,
            self.contact_logs,
            self.commits,
            self.hashes,
            self.ticks,
            self.longest_tick.as_micros(),
        );
        for code in Code::ALL {
            let (name, count) = (code.as_str().to_lowercase(), self.refusals[code as usize]);
            lines.push_str(&format!("refused_{name}:{count}\r\n"));
        }
        lines
    }
}

#[cfg(test)]
mod tests;
