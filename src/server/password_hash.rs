//! The hash of a password: what it looks like in `credentials.txt`, and how to compute it. No
//! random numbers, no threads.

use argon2::password_hash::phc;
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version};
use subtle::ConstantTimeEq;

/// Most memory that a hash may ask for, in KiB: 256 MiB, four times as much as RFC 9106 recommends
/// where memory is scarce. Every thread that hashes may need that much.
const MAX_MEMORY_KIB: u32 = 256 * 1024;

/// Most passes over the memory that a hash may ask for. Together with the most memory, one login
/// takes seconds.
const MAX_PASSES: u32 = 10;

/// Most lanes that a hash may ask for. They are computed one after the other.
const MAX_LANES: u32 = 16;

/// Length of the salt of a hash that is made here, in bytes, as RFC 9106 recommends.
pub const SALT_BYTES: usize = 16;

/// The hash of a password with Argon2id, as a PHC string with parameters within bounds.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(Box<str>);

/// How much work it is to compute a hash that is made here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Memory, in KiB.
    memory: u32,
    /// Passes over the memory.
    passes: u32,
}

/// Memory to hash in, kept from one hash to the next, as the system takes long to give it.
#[derive(Default)]
pub struct Workspace(Vec<Block>);

impl Cost {
    /// The least that OWASP recommends for Argon2id: 19 MiB, two passes. It takes some 25 ms.
    pub const RECOMMENDED: Self =
        Self { memory: Params::DEFAULT_M_COST, passes: Params::DEFAULT_T_COST };

    /// The least that Argon2id can do, for simulations and tests.
    pub const LEAST: Self = Self { memory: Params::MIN_M_COST, passes: Params::MIN_T_COST };
}

impl PasswordHash {
    /// Whether something that stands in the place of a password is a hash, of whatever kind: a `$`,
    /// the name of the kind, and another `$`.
    pub fn is_meant_by(text: &[u8]) -> bool {
        let mut parts = text.split(|byte| *byte == b'$');
        let is_name = |name: &[u8]| {
            let is_of_a_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
            !name.is_empty() && name.iter().all(is_of_a_name)
        };
        parts.next() == Some(b"") && parts.next().is_some_and(is_name) && parts.next().is_some()
    }

    /// Takes a PHC string.
    ///
    /// # Errors
    ///
    /// A message if it is malformed, has another algorithm or version, or parameters out of bounds.
    pub fn decode(text: &[u8]) -> Result<Self, String> {
        let text = str::from_utf8(text).map_err(|_| "the hash is not ASCII")?;
        parse(text)?;
        Ok(Self(text.into()))
    }

    /// Takes what was decoded before.
    pub(super) fn decoded(text: &[u8]) -> Self {
        Self(str::from_utf8(text).expect("it was decoded").into())
    }

    /// Hashes a password. That takes the time that `cost` says.
    pub fn make(
        password: &[u8],
        salt: &[u8; SALT_BYTES],
        cost: Cost,
        workspace: &mut Workspace,
    ) -> Self {
        let params = Params::new(cost.memory, cost.passes, 1, Some(Params::DEFAULT_OUTPUT_LEN))
            .expect("a cost within bounds");
        let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
        workspace.hash(params.clone(), password, salt, &mut output);
        let hash = phc::PasswordHash {
            algorithm: ARGON2ID_IDENT,
            version: Some(Version::V0x13.into()),
            params: (&params).try_into().expect("three short numbers"),
            salt: Some(phc::Salt::new(salt).expect("a salt of the recommended length")),
            hash: Some(phc::Output::new(&output).expect("an output of the usual length")),
        };
        Self(hash.to_string().into())
    }

    /// Whether this is the hash of `password`. That takes the time that its parameters say.
    pub fn is_of(&self, password: &[u8], workspace: &mut Workspace) -> bool {
        let Parsed { params, salt, output } = parse(&self.0).expect("it was decoded");
        let mut computed = vec![0; output.len()];
        workspace.hash(params, password, &salt, &mut computed);
        computed.ct_eq(output.as_bytes()).into()
    }

    /// The PHC string.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash")
    }
}

impl Workspace {
    /// Gives the memory back.
    pub fn free(&mut self) {
        self.0 = Vec::new();
    }

    fn hash(&mut self, params: Params, password: &[u8], salt: &[u8], output: &mut [u8]) {
        let blocks = params.block_count();
        if self.0.len() < blocks {
            self.0.resize(blocks, Block::default());
        }
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(password, salt, output, &mut self.0[..blocks])
            .expect("parameters and lengths within bounds");
    }
}

impl std::fmt::Debug for Workspace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Workspace({} blocks)", self.0.len())
    }
}

/// What a PHC string says.
struct Parsed {
    params: Params,
    salt: phc::Salt,
    output: phc::Output,
}

fn parse(text: &str) -> Result<Parsed, String> {
    let malformed = |_| "the hash is malformed".to_owned();
    let kind = text.split('$').nth(1).unwrap_or_default();
    if kind != ARGON2ID_IDENT.as_str() {
        return Err(format!("a hash of the kind {kind:?} cannot be checked"));
    }
    let hash = phc::PasswordHash::new(text).map_err(malformed)?;
    if hash.version != Some(Version::V0x13.into()) {
        return Err("the hash is of another version of Argon2".to_owned());
    }
    let params = Params::try_from(&hash)
        .map_err(|_| "the hash has parameters that Argon2 does not have".to_owned())?;
    for (name, value, most) in [
        ("m", params.m_cost(), MAX_MEMORY_KIB),
        ("t", params.t_cost(), MAX_PASSES),
        ("p", params.p_cost(), MAX_LANES),
    ] {
        if value > most {
            return Err(format!("the hash has {name}={value}, which is more than {most}"));
        }
    }
    let (Some(salt), Some(output)) = (hash.salt, hash.hash) else {
        return Err("the hash is cut off".to_owned());
    };
    Ok(Parsed { params, salt, output })
}

#[cfg(test)]
mod tests;
