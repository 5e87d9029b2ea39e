//! What is wrong with a value, in the words of somebody who writes scenarios.

/// What is wrong with a table where there should be several.
pub(super) const NO_LIST: &str = "expected a list, not a table";

/// Makes what the parser says about a value into what was expected, and what is there instead.
pub(super) fn plain(message: &str) -> String {
    let message = message.trim_end();
    let of_value = ["invalid type: ", "invalid value: "];
    if let Some(rest) = of_value.iter().find_map(|start| message.strip_prefix(start))
        && let Some((found, expected)) = rest.rsplit_once(", expected ")
    {
        return format!("expected {}, not {}", kind(expected), thing(found));
    }
    if let Some(rest) = message.strip_prefix("unknown variant ")
        && let Some((found, expected)) = rest.split_once(", expected ")
    {
        return format!("expected {}, not {}", quoted(expected), quoted(found));
    }
    if let Some(key) = message.strip_prefix("missing field ") {
        return format!("expected the key {}, which has no default", key.trim_matches('`'));
    }
    match message {
        "wanted string or table" => "expected a text in quotes".to_owned(),
        _ => message.to_owned(),
    }
}

/// A type of Rust.
fn kind(expected: &str) -> String {
    let whole = |from: u8, to: u64| format!("a whole number from {from} to {to}");
    match expected {
        "f64" => "a number".to_owned(),
        "u8" => whole(0, u8::MAX.into()),
        "u32" => whole(0, u32::MAX.into()),
        "u64" => whole(0, i64::MAX as u64),
        "a nonzero u32" => whole(1, u32::MAX.into()),
        "a boolean" => "true or false".to_owned(),
        "a string" => "a text in quotes".to_owned(),
        "path string" => "the name of a file in quotes".to_owned(),
        "a sequence" => "a list".to_owned(),
        _ if expected.starts_with("struct ") => "a table".to_owned(),
        _ => expected.to_owned(),
    }
}

/// A value, as serde names it.
fn thing(found: &str) -> String {
    match found {
        "sequence" => "a list".to_owned(),
        "map" => "a table".to_owned(),
        _ => {
            let names = ["string ", "integer ", "floating point ", "boolean "];
            let value = names.iter().find_map(|name| found.strip_prefix(name));
            value.unwrap_or(found).trim_matches('`').to_owned()
        }
    }
}

fn quoted(names: &str) -> String {
    names.replace('`', "\"")
}
