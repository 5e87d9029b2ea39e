//! The standard output of programs that print a result and end.

use std::io::{self, BufWriter, Write};

/// What an error calls the standard output.
pub(crate) const NAME: &str = "standard output";

/// Prints what `write` says. A reader that closes the output has seen enough, which is no error.
///
/// # Errors
///
/// The output cannot be written, such as a file on a full disk.
pub(crate) fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    print_to(io::stdout().lock(), write)
}

fn print_to(
    out: impl Write,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome,
    }
}

#[cfg(test)]
mod tests;
