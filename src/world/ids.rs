//! Ids of phones and people.
//!
//! Each kind of thing has an id type of its own, so that none is taken for another. Ids are indices
//! into lists.

use serde::Serialize;

/// A person, who may own a phone. The number is in the username.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct PersonId(u32);

/// A phone: an index in [`Core::phones`](super::Core::phones).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct PhoneId(u32);

/// Gives a type around a `u32` the methods of an id.
macro_rules! id {
    ($id:ident) => {
        impl $id {
            /// The id with this number.
            pub const fn new(number: u32) -> Self {
                Self(number)
            }

            /// The number, as it is in files and streams of random numbers.
            pub const fn number(self) -> u32 {
                self.0
            }

            /// The number as an index of a list.
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl std::fmt::Display for $id {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

id!(PersonId);
id!(PhoneId);

pub(crate) use id;
