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
