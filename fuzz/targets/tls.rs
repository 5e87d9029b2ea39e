//! TLS: whatever a client sends instead of a handshake, the server has an error for it, and reads
//! nothing decoded.

#![no_main]

use std::io::{self, ErrorKind, Read, Write};
use std::sync::LazyLock;

use bluetrace::protocol::Timestamp;
use bluetrace::transport::arguments::server_name;
use bluetrace::transport::identity::IdentityFiles;
use bluetrace::transport::self_signed::{CERTIFICATE, Existing, KEY, SelfSigned};
use bluetrace::transport::{Acceptor, TlsStream};
use bluetrace_fuzz::{check_message, cut, directory};
use libfuzzer_sys::fuzz_target;

/// Bytes in the pieces in which they arrive, and nobody who reads.
struct Pieces<'a>(std::vec::IntoIter<&'a [u8]>);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let piece = self.0.next().ok_or(ErrorKind::WouldBlock)?;
        buffer[..piece.len()].copy_from_slice(piece);
        Ok(piece.len())
    }
}

impl Write for Pieces<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

static ACCEPTOR: LazyLock<Acceptor> = LazyLock::new(|| {
    let name = server_name("127.0.0.1").expect("an address");
    let now = Timestamp::from_unix_seconds(1_600_000_000);
    SelfSigned::write(&[name], directory(), Existing::Replaced, now).expect("written");
    let (certificate, key) = (directory().join(CERTIFICATE), directory().join(KEY));
    Acceptor::Tls(IdentityFiles { certificate, key }.read().expect("both"))
});

fuzz_target!(|input: &[u8]| {
    let Some((seed, stream)) = input.split_first() else { return };
    let Acceptor::Tls(config) = &*ACCEPTOR else { unreachable!("just made") };
    let mut stream = TlsStream::accepted(config, Pieces(cut(stream, *seed).into_iter()));
    loop {
        match stream.read(&mut [0; 1024]) {
            Ok(count) => assert_eq!(count, 0, "nobody has a key yet"),
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => check_message(&error),
        }
        break;
    }
});
