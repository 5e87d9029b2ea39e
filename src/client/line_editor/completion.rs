//! What Tab makes of the start of a word.

/// What can be put in the place of what was typed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Completion {
    /// No word starts like this.
    Nothing,
    /// All words that start like this go on like that.
    Extend(String),
    /// These words start like this, and then differ.
    Several(Vec<&'static str>),
}

/// Completes `typed` to one of `words`, in ASCII upper or lower case.
pub(super) fn complete(words: &[&'static str], typed: &str) -> Completion {
    let candidates: Vec<_> =
        words.iter().copied().filter(|word| starts_with(word, typed)).collect();
    let Some((first, others)) = candidates.split_first() else { return Completion::Nothing };
    let common = others.iter().fold(*first, |common, word| common_start(common, word));
    if others.is_empty() || common.len() > typed.len() {
        return Completion::Extend(common.to_owned());
    }
    Completion::Several(candidates.iter().map(|word| word.trim_end()).collect())
}

fn starts_with(word: &str, start: &str) -> bool {
    word.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}

fn common_start<'a>(left: &'a str, right: &str) -> &'a str {
    let pairs = left.char_indices().zip(right.chars());
    let same = pairs.take_while(|((_, a), b)| a.eq_ignore_ascii_case(b));
    let length = same.last().map_or(0, |((index, c), _)| index + c.len_utf8());
    &left[..length]
}

#[cfg(test)]
mod tests;
