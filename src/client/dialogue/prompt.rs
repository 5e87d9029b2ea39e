/// A prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prompt {
    /// `Username: `
    Username,
    /// `Password: `, not echoed.
    Password,
    /// `> `
    Command,
}
