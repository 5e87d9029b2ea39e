//! Where the keys of a file are.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A key of a file, in bytes from its beginning.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// In dots, with numbers in lists: `adversary.replay[1].delay`.
    pub(super) key: String,
    /// Its name; nothing for the elements of a list.
    name: Range<usize>,
    /// Its value, or the header of its table.
    value: Range<usize>,
}

/// All keys of a file.
#[derive(Debug, Default)]
pub(super) struct Places(Vec<Place>);

impl Places {
    pub(super) fn of(table: &DeTable<'_>) -> Self {
        let mut places = Self::default();
        places.add_table("", table);
        places
    }

    fn add_table(&mut self, key: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            let dot = if key.is_empty() { "" } else { "." };
            self.add_value(format!("{key}{dot}{}", name.get_ref()), name.span(), value);
        }
    }

    fn add_value(&mut self, key: String, name: Range<usize>, value: &Spanned<DeValue<'_>>) {
        let nothing = value.span().start..value.span().start;
        match value.get_ref() {
            DeValue::Table(table) => self.add_table(&key, table),
            DeValue::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    self.add_value(format!("{key}[{index}]"), nothing.clone(), element);
                }
            }
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => {}
        }
        self.0.push(Place { key, name, value: value.span() });
    }

    /// Where the value of `key` begins, or of the element of a list that it belongs to.
    pub(super) fn find(&self, key: &str) -> Option<usize> {
        let place = self.0.iter().find(|place| place.key == key);
        if let Some(place) = place {
            return Some(place.value.start);
        }
        let (parent, _) = key.rsplit_once('.')?;
        parent.contains('[').then(|| self.find(parent)).flatten()
    }

    /// All keys whose names are not those of `keys`, by where their names are.
    pub(super) fn first_unknown(&self, is_known: impl Fn(&str) -> bool) -> Option<(usize, String)> {
        let unknown = self.0.iter().filter_map(|place| {
            let key = without_numbers(&place.key);
            (!is_known(&key)).then_some((place.name.start, key))
        });
        unknown.min()
    }
}

/// `adversary.replay[1].delay` as `adversary.replay.delay`.
pub(super) fn without_numbers(key: &str) -> String {
    let mut is_number = false;
    key.chars()
        .filter(|letter| match letter {
            '[' => {
                is_number = true;
                false
            }
            ']' => {
                is_number = false;
                false
            }
            _ => !is_number,
        })
        .collect()
}

/// Line and column of an offset, in letters, both counted from 1.
pub(super) fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}
