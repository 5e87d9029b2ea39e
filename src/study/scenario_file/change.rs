//! What options change in a scenario.

use toml::{Table, Value};

use super::ScenarioError;
use super::keys::Keys;

/// A key and the value that an option gives it.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The option: `--set people.count=5`; of a sweep, with the one value.
    pub option: String,
    /// In dots.
    pub key: String,
    /// The value as it was written.
    pub text: String,
    value: Value,
}

impl Change {
    /// Gives `key` the value that `text` is in TOML, or that text itself.
    ///
    /// # Errors
    ///
    /// There is no such key.
    pub fn new(option: String, key: &str, text: &str) -> Result<Self, ScenarioError> {
        let change = Self {
            option,
            key: key.to_owned(),
            text: text.to_owned(),
            value: text.parse().unwrap_or_else(|_| Value::String(text.to_owned())),
        };
        change.check_keys(&Keys::new())?;
        Ok(change)
    }

    /// Reads `key=value` of the option `--set`.
    ///
    /// # Errors
    ///
    /// There is no `=`, or no such key.
    pub fn parse(written: &str) -> Result<Self, ScenarioError> {
        let option = format!("--set {written}");
        let Some((key, text)) = written.split_once('=') else {
            return Err(ScenarioError::option(&option, "", "expected key=value"));
        };
        Self::new(option, key.trim(), text.trim())
    }

    /// Whether it decides what stands at `key`.
    pub(super) fn covers(&self, key: &str) -> bool {
        let starts_with = |long: &str, short: &str| {
            long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        starts_with(key, &self.key) || starts_with(&self.key, key)
    }

    /// Makes the change in what a file holds.
    pub(super) fn apply(&self, table: &mut Table, keys: &Keys) -> Result<(), ScenarioError> {
        let parts: Vec<_> = self.key.split('.').collect();
        insert(table, &parts, "", &self.value, keys).map_err(|what| self.error(&what))
    }

    /// What is wrong with it.
    pub(super) fn error(&self, what: &str) -> ScenarioError {
        ScenarioError::option(&self.option, &self.key, what)
    }

    fn check_keys(&self, keys: &Keys) -> Result<(), ScenarioError> {
        if keys.find(&self.key).is_none() {
            return Err(self.error(&keys.unknown(&self.key)));
        }
        match first_unknown(&self.key, &self.value, keys) {
            Some(key) => Err(self.error(&format!("{key}: {}", keys.unknown(&key)))),
            None => Ok(()),
        }
    }
}

/// The first key within a value that no scenario has.
fn first_unknown(key: &str, value: &Value, keys: &Keys) -> Option<String> {
    match value {
        Value::Table(table) => table.iter().find_map(|(name, value)| {
            let key = format!("{key}.{name}");
            let is_known = keys.find(&key).is_some();
            if is_known { first_unknown(&key, value, keys) } else { Some(key) }
        }),
        Value::Array(elements) => {
            elements.iter().find_map(|element| first_unknown(key, element, keys))
        }
        Value::String(_)
        | Value::Integer(_)
        | Value::Float(_)
        | Value::Boolean(_)
        | Value::Datetime(_) => None,
    }
}

/// Puts `value` at the end of the way `parts`, in each element of a list on the way.
fn insert(
    table: &mut Table,
    parts: &[&str],
    way: &str,
    value: &Value,
    keys: &Keys,
) -> Result<(), String> {
    let [name, rest @ ..] = parts else { return Ok(()) };
    if rest.is_empty() {
        table.insert((*name).to_owned(), value.clone());
        return Ok(());
    }
    let way = if way.is_empty() { (*name).to_owned() } else { format!("{way}.{name}") };
    let is_list = keys.find(&way).is_some_and(Value::is_array);
    let empty = if is_list { Value::Array(Vec::new()) } else { Value::Table(Table::new()) };
    match table.entry(*name).or_insert(empty) {
        Value::Table(inner) => insert(inner, rest, &way, value, keys),
        Value::Array(elements) if elements.is_empty() => {
            Err(format!("the scenario has no [[{way}]] to change"))
        }
        Value::Array(elements) => elements
            .iter_mut()
            .filter_map(Value::as_table_mut)
            .try_for_each(|element| insert(element, rest, &way, value, keys)),
        _ => Err(format!("expected {way} to be a table")),
    }
}
