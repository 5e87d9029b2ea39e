//! From an uploaded contact log to the people to be called.

use super::console::Console;
use super::registry::Registry;
use crate::protocol::{ContactRecord, Username};

/// Maps an uploaded contact log back to phone numbers and shows them, so that the authority can call
/// them.
///
/// An entry whose times are not those of the server's record is traced all the same, as its TempID
/// was issued: somebody was near. Entries with a TempID that nobody issued are counted.
pub fn trace(user: Username, log: &[ContactRecord], registry: &Registry, console: &mut Console) {
    console.contact_log_received(user, log);
    let mut unknown = 0;
    for (index, entry) in log.iter().enumerate() {
        let Some((contact, record)) = registry.find(entry.temp_id) else {
            unknown += 1;
            continue;
        };
        console.contact_traced(contact, entry);
        if record != *entry {
            let position = index + 1;
            console.diagnostic(format_args!(
                "contact log of {user}: the times of entry {position} differ from those issued to {contact}"
            ));
        }
    }
    if unknown > 0 {
        let count = log.len();
        console.diagnostic(format_args!(
            "contact log of {user}: {unknown} of {count} entries have a TempID that was never issued here"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(line: &str) -> ContactRecord {
        ContactRecord::decode_line(line.as_bytes()).expect("a record")
    }

    fn user(name: &str) -> Username {
        Username::decode(name.as_bytes()).expect("a name")
    }

    /// The registry of the assignment's example.
    fn registry() -> Registry {
        let mut registry = Registry::default();
        for (name, line) in [
            ("+61410888888", "12345678901234567891 13/05/2020 17:54:06 13/05/2020 18:09:05"),
            ("+61410777777", "12345678901234567892 14/05/2020 17:45:06 14/05/2020 18:00:05"),
        ] {
            assert!(registry.insert(user(name), record(line)));
        }
        registry
    }

    fn traced(log: &[ContactRecord]) -> (String, String) {
        let mut console = Console::default();
        trace(user("+61410999999"), log, &registry(), &mut console);
        let text = |bytes| String::from_utf8(bytes).expect("ASCII");
        (text(console.events), text(console.diagnostics))
    }

    #[test]
    fn log_of_the_assignment_names_both_contacts() {
        let (events, diagnostics) = traced(&[
            record("12345678901234567891 13/05/2020 17:54:06 13/05/2020 18:09:05"),
            record("12345678901234567892 13/05/2020 18:00:06 13/05/2020 18:15:05"),
        ]);
        let expected = "> received contact log from +61410999999\n\
            12345678901234567891,\n13/05/2020 17:54:06,\n13/05/2020 18:09:05;\n\
            12345678901234567892,\n13/05/2020 18:00:06,\n13/05/2020 18:15:05;\n\
            > Contact log checking\n\
            +61410888888,\n13/05/2020 17:54:06,\n12345678901234567891;\n\
            +61410777777,\n13/05/2020 18:00:06,\n12345678901234567892;\n";
        assert_eq!(events, expected);
        assert_eq!(
            diagnostics,
            "contact log of +61410999999: the times of entry 2 differ from those issued to +61410777777\n"
        );
    }

    #[test]
    fn unknown_temp_ids_are_counted_and_not_quoted() {
        let unknown = record("99999999999999999999 13/05/2020 17:54:06 13/05/2020 18:09:05");
        let (events, diagnostics) = traced(&[unknown, unknown]);
        assert!(events.ends_with("> Contact log checking\n"));
        assert!(diagnostics.contains("2 of 2 entries"), "{diagnostics}");
        assert!(!diagnostics.contains("9999999999999999"), "{diagnostics}");
    }
}
