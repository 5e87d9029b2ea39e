//! Ids of phones and people.
//!
//! Each kind of thing has an id type of its own, so that none is taken for another. Ids are indices
//! into lists.

/// Makes a type for the ids of each kind of thing.
macro_rules! ids {
    ($($(#[$doc:meta])+ $id:ident,)+) => {$(
        $(#[$doc])+
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(serde::Serialize)]
        pub struct $id(u32);

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
    )+};
}

ids! {
    /// A person, who may own a phone. The number is in the username.
    PersonId,
    /// A phone: an index in [`Core::phones`](super::Core::phones).
    PhoneId,
}

pub(crate) use ids;
