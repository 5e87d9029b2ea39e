//! Which messages a diagram shows, and whose.

use std::collections::BTreeMap;

use super::Options;
use super::columns::MAX_NAME;
use super::moment::{MomentFormat, milliseconds};
use super::picture::Arrow;
use crate::numbers::counted;
use crate::text_width::{clean, cut};
use crate::town::message::Message;

/// Names that a note lists.
const MAX_LISTED_NAMES: usize = 8;

/// What the options ask for.
#[derive(Debug)]
pub(super) struct Selection<'a> {
    /// In the order of time.
    pub(super) messages: Vec<&'a Message>,
    /// Who gets a lifeline, from the left, as far as there is room.
    participants: Vec<&'a str>,
    /// Names that were asked for and that nobody has.
    unknown: Vec<&'a str>,
    /// Everybody, in the order of appearance.
    everybody: Vec<&'a str>,
    /// The first and the last moment, whatever the options.
    moments: Option<(f64, f64)>,
}

/// What has no place in the width.
#[derive(Debug)]
pub(super) struct Unseen<'a> {
    /// Who has no lifeline.
    names: Vec<&'a str>,
    /// How many messages begin or end there.
    messages: usize,
}

impl<'a> Selection<'a> {
    /// What `options` ask for.
    pub(super) fn new(all: &'a [Message], options: &'a Options) -> Self {
        let mut in_order: Vec<&Message> = all.iter().collect();
        in_order.sort_by(|one, other| one.t.total_cmp(&other.t));
        let moments = in_order.first().zip(in_order.last()).map(|(first, last)| (first.t, last.t));
        let everybody = by_appearance(&in_order);
        let only: Vec<&str> = options.only.iter().map(String::as_str).collect();
        let (known, unknown): (Vec<&str>, Vec<&str>) =
            only.iter().partition(|name| everybody.contains(*name));
        let is_asked_for = |message: &Message| match *only {
            [] => true,
            [single] => message.from == single || message.to == single,
            _ => known.contains(&&*message.from) && known.contains(&&*message.to),
        };
        // As a diagram shows it, so that a moment copied from there means the same.
        let asked_for = milliseconds(options.from)..=milliseconds(options.until);
        let is_in_time = |message: &Message| asked_for.contains(&milliseconds(message.t));
        in_order.retain(|message| is_in_time(message) && is_asked_for(message));
        let participants = if only.len() > 1 { known } else { by_appearance(&in_order) };
        Self {
            messages: in_order,
            participants: without_repeats(participants),
            unknown,
            everybody,
            moments,
        }
    }

    /// Whether everybody exists who was asked for.
    pub(super) fn knows_all_names(&self) -> bool {
        self.unknown.is_empty()
    }

    /// The names of the first participants, as they are shown.
    pub(super) fn shown_names(&self, capacity: usize) -> Vec<String> {
        let shown = self.participants.iter().take(capacity);
        shown.map(|name| cut(&clean(name), MAX_NAME)).collect()
    }

    /// The arrows between the first participants, with their moments, and what is left out.
    pub(super) fn arrows(&self, capacity: usize) -> (Vec<(f64, Arrow)>, Unseen<'a>) {
        let shown = self.participants.iter().take(capacity).enumerate();
        let lifelines: BTreeMap<&str, usize> = shown.map(|(index, name)| (*name, index)).collect();
        let arrow = |message: &&Message| {
            let (from, to) = (*lifelines.get(&*message.from)?, *lifelines.get(&*message.to)?);
            let arrow = Arrow { from, to, via: message.via, text: clean(&message.text) };
            Some((message.t, arrow))
        };
        let arrows: Vec<_> = self.messages.iter().filter_map(arrow).collect();
        let unseen = Unseen {
            names: self.participants.iter().skip(capacity).copied().collect(),
            messages: self.messages.len() - arrows.len(),
        };
        (arrows, unseen)
    }

    /// What is not shown, and why.
    pub(super) fn notes(&self, unseen: &Unseen<'_>) -> Vec<String> {
        let Some(moments) = self.moments else { return vec!["There are no messages.".to_owned()] };
        let mut notes = Vec::new();
        if !self.unknown.is_empty() {
            let (unknown, everybody) = (list(&self.unknown, "\""), list(&self.everybody, ""));
            notes.push(format!("Nobody is called {unknown}. There are {everybody}."));
        }
        if self.messages.is_empty() {
            let format = MomentFormat::new([moments.0, moments.1].into_iter());
            let (first, last) = (format.text(moments.0), format.text(moments.1));
            let (first, last) = (first.trim(), last.trim());
            notes.push(format!(
                "None of the messages, which are from {first} to {last}, is what is asked for."
            ));
        }
        if !unseen.names.is_empty() {
            let names = list(&unseen.names, "");
            let messages = counted(unseen.messages, "message");
            notes.push(format!(
                "No room for {names}, with {messages}. Choose with --only, or widen with --width."
            ));
        }
        notes
    }
}

fn by_appearance<'a>(messages: &[&'a Message]) -> Vec<&'a str> {
    without_repeats(messages.iter().flat_map(|message| [&*message.from, &*message.to]))
}

fn without_repeats<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = std::collections::BTreeSet::new();
    names.into_iter().filter(|name| seen.insert(*name)).collect()
}

/// `a, b and c`, or `a, b and 7 others`, with `quote` around each.
fn list(names: &[&str], quote: &str) -> String {
    let listed = names.len().min(MAX_LISTED_NAMES);
    let quoted = |name: &&str| {
        let name = cut(&clean(name), MAX_NAME);
        format!("{quote}{name}{quote}")
    };
    let mut parts: Vec<String> = names[..listed].iter().map(quoted).collect();
    match names.len() - listed {
        0 => {}
        more => parts.push(counted(more, "other")),
    }
    match parts.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => parts.concat(),
    }
}
