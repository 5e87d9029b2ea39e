//! From a table of TOML to a scenario, with errors that name the key.
//!
//! The parser's own deserializer explains a wrong value in the words of Rust. This one knows what
//! each call asks for, and says it in the words of the documentation.

use std::fmt::Display;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, Error, Expected, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, Visitor,
};
use serde::{Deserialize, forward_to_deserialize_any};
use toml::{Table, Value, map};

use crate::town::Scenario;
use crate::town::scenario::Problem;

/// Reads a scenario.
///
/// # Errors
///
/// The first value that its key cannot have.
pub(super) fn read(table: &Table) -> Result<Scenario, Problem> {
    let value = Value::Table(table.clone());
    Scenario::deserialize(Reader { key: String::new(), value: &value })
}

/// A value and the key that it stands at: `adversary.replay[1].delay`.
struct Reader<'a> {
    key: String,
    value: &'a Value,
}

impl Reader<'_> {
    /// The value is not what was expected.
    fn unexpected(&self, expected: impl Display) -> Problem {
        let found = match self.value {
            Value::String(text) => format!("{text:?}"),
            Value::Integer(number) => number.to_string(),
            Value::Float(number) => format!("{number:?}"),
            Value::Boolean(boolean) => boolean.to_string(),
            Value::Datetime(time) => time.to_string(),
            Value::Array(_) => "a list".to_owned(),
            Value::Table(_) => "a table".to_owned(),
        };
        Problem {
            key: self.key.clone(),
            ..Problem::custom(format!("expected {expected}, not {found}"))
        }
    }

    fn whole(&self, most: u64) -> Result<u64, Problem> {
        let number = self.value.as_integer().and_then(|number| u64::try_from(number).ok());
        number
            .filter(|number| *number <= most)
            .ok_or_else(|| self.unexpected(format_args!("a whole number from 0 to {most}")))
    }
}

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.value {
            Value::String(text) => visitor.visit_str(text),
            Value::Integer(number) => visitor.visit_i64(*number),
            Value::Float(number) => visitor.visit_f64(*number),
            Value::Boolean(boolean) => visitor.visit_bool(*boolean),
            Value::Datetime(_) => Err(self.unexpected("a text, a number, a list or a table")),
            Value::Array(_) => self.deserialize_seq(visitor),
            Value::Table(_) => self.deserialize_map(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.value {
            Value::Boolean(boolean) => visitor.visit_bool(*boolean),
            _ => Err(self.unexpected("true or false")),
        }
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_u64(self.whole(u8::MAX.into())?)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_u64(self.whole(u32::MAX.into())?)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        // TOML has no larger number.
        visitor.visit_u64(self.whole(i64::MAX as u64)?)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.value {
            Value::Float(number) => visitor.visit_f64(*number),
            Value::Integer(number) => visitor.visit_f64(*number as f64),
            _ => Err(self.unexpected("a number")),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.value {
            Value::String(text) => visitor.visit_str(text),
            _ => Err(self.unexpected("a text in quotes")),
        }
    }

    /// What is not set is not in the table.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_some(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.value {
            Value::Array(elements) => {
                visitor.visit_seq(Elements { key: self.key, rest: elements.iter().enumerate() })
            }
            _ => {
                let what = format!("a list of tables, with two brackets: [[{}]]", self.key);
                Err(self.unexpected(what))
            }
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.value {
            Value::Table(table) => {
                visitor.visit_map(Entries { key: self.key, rest: table.iter(), value: None })
            }
            _ => Err(self.unexpected("a table")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        match self.value {
            Value::String(text) if variants.contains(&text.as_str()) => {
                let variant: StrDeserializer<'_, Problem> = text.as_str().into_deserializer();
                visitor.visit_enum(variant)
            }
            _ => Err(self.unexpected(one_of(variants))),
        }
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u16 u128 f32 char str bytes byte_buf unit unit_struct newtype_struct
        tuple tuple_struct identifier ignored_any
    }
}

/// `"a" or "b"`
fn one_of(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("\"{name}\"")).collect();
    match &quoted[..] {
        [rest @ .., last] if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

/// The elements of a list.
struct Elements<'a> {
    key: String,
    rest: std::iter::Enumerate<std::slice::Iter<'a, Value>>,
}

impl<'de> SeqAccess<'de> for Elements<'_> {
    type Error = Problem;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Problem> {
        let Some((index, value)) = self.rest.next() else { return Ok(None) };
        read_at(format!("{}[{index}]", self.key), value, seed).map(Some)
    }
}

/// The keys of a table and their values.
struct Entries<'a> {
    key: String,
    rest: map::Iter<'a, String, Value>,
    /// The key and the value that come next.
    value: Option<(&'a str, &'a Value)>,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Problem;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Problem> {
        self.value = self.rest.next().map(|(name, value)| (name.as_str(), value));
        let Some((name, _)) = self.value else { return Ok(None) };
        let name: StrDeserializer<'_, Problem> = name.into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Problem> {
        let (name, value) = self.value.take().expect("a value follows its key");
        let dot = if self.key.is_empty() { "" } else { "." };
        read_at(format!("{}{dot}{name}", self.key), value, seed)
    }
}

/// Reads the value at a key, which an error names unless it names one below it.
fn read_at<'de, S: DeserializeSeed<'de>>(
    key: String,
    value: &Value,
    seed: S,
) -> Result<S::Value, Problem> {
    seed.deserialize(Reader { key: key.clone(), value }).map_err(|mut problem| {
        if problem.key.is_empty() {
            problem.key = key;
        }
        problem
    })
}

impl Error for Problem {
    fn custom<T: Display>(what: T) -> Self {
        Self { key: String::new(), others: Vec::new(), expected: what.to_string() }
    }

    fn missing_field(field: &'static str) -> Self {
        Self::custom(format_args!("expected the key {field}, which has no default"))
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let found = match found {
            Unexpected::Bool(found) => found.to_string(),
            Unexpected::Seq => "a list".to_owned(),
            Unexpected::Map => "a table".to_owned(),
            other => other.to_string(),
        };
        Self::custom(format_args!("expected {expected}, not {found}"))
    }
}
