use std::fmt;

/// A password as the user typed it.
#[derive(Clone, PartialEq, Eq)]
pub struct TypedPassword(String);

impl TypedPassword {
    /// The password of this line.
    pub fn new(line: &str) -> Self {
        Self(line.to_owned())
    }

    /// The password as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Without the password, as it is a secret.
impl fmt::Debug for TypedPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TypedPassword(…)")
    }
}
