/// A prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prompt {
    /// `Username: `
    Username,
    /// `Password: `, not echoed.
    Password,
    /// `Phone number: `, of whoever registers.
    Number,
    /// `Code: `, which the number was sent.
    Code,
    /// `New password: `, not echoed.
    NewPassword,
    /// `New password again: `, not echoed.
    NewPasswordAgain,
    /// `> `
    Command,
    /// `Type yes to end your account: `
    EndOfAccount,
}
