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
mod tests {
    use super::*;

    /// A reader that has gone, or a disk that is full.
    struct Refusing(io::ErrorKind);

    impl Write for Refusing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn output_closed_is_no_error_and_full_is_one() {
        let print = |kind| print_to(Refusing(kind), |out| out.write_all(b"result"));
        print(io::ErrorKind::BrokenPipe).expect("no error");
        let error = print(io::ErrorKind::StorageFull).expect_err("one");
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }
}
