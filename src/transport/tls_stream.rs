use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;

use mio::Interest;
use rustls::pki_types::ServerName;
use rustls::{
    AlertDescription, CertificateError, ClientConfig, ClientConnection, Connection, Error,
    HandshakeKind, InvalidMessage, ServerConfig, ServerConnection,
};

use super::HandshakeFailure;
use crate::reactor::{Stream, Token};

/// Bytes that a client may send before the end of its handshake, at most, as they are kept for
/// whoever comes. A ClientHello with a ticket and a post-quantum key has 2 KiB.
const MAX_CLIENT_HANDSHAKE_BYTES: usize = 16 * 1024;

/// Bytes that a server may send before the end of its handshake, at most: room for a long chain of
/// certificates.
const MAX_SERVER_HANDSHAKE_BYTES: usize = 128 * 1024;

/// Bytes that are encoded at a time, at most: two records. Encoding more would keep all of a long
/// reply twice, for a peer that may not read it.
const MAX_ENCODED_BYTES: usize = 32 * 1024;

/// Reads of the stream below in one read, at most. A peer could go on for ever to send records that
/// hold nothing for us.
const MAX_READS: usize = 4;

/// TLS 1.3 above another stream.
///
/// An idle stream keeps the state of rustls and the 4 KiB into which it reads. All other buffers
/// are given back as soon as they are empty.
#[derive(Debug)]
pub struct TlsStream<S> {
    machine: Connection,
    below: S,
    /// Bytes that the peer may still send before the end of the handshake.
    handshake_bytes: usize,
    /// Decoded bytes that wait for a read.
    plaintext_bytes: usize,
    /// Whether the last read has emptied the stream below.
    is_drained: bool,
    /// Whether bytes that were written are among those to be sent.
    has_unsent: bool,
    has_peer_ended: bool,
    has_ended: bool,
}

impl<S> TlsStream<S> {
    /// The side of the server, on a stream that a client has opened.
    pub fn accepted(config: &Arc<ServerConfig>, below: S) -> Self {
        let mut machine =
            ServerConnection::new(Arc::clone(config)).expect("it fits the only protocol");
        machine.set_buffer_limit(Some(MAX_ENCODED_BYTES));
        Self::new(machine.into(), below, MAX_CLIENT_HANDSHAKE_BYTES)
    }

    /// The side of the client, who expects that the server can prove to be `server`.
    pub fn connecting(config: &Arc<ClientConfig>, server: ServerName<'static>, below: S) -> Self {
        let mut machine =
            ClientConnection::new(Arc::clone(config), server).expect("it fits the only protocol");
        machine.set_buffer_limit(Some(MAX_ENCODED_BYTES));
        Self::new(machine.into(), below, MAX_SERVER_HANDSHAKE_BYTES)
    }

    fn new(machine: Connection, below: S, handshake_bytes: usize) -> Self {
        Self {
            machine,
            below,
            handshake_bytes,
            plaintext_bytes: 0,
            is_drained: true,
            has_unsent: false,
            has_peer_ended: false,
            has_ended: false,
        }
    }

    /// The stream below.
    pub fn below(&self) -> &S {
        &self.below
    }

    /// Whether the handshake was that of an earlier session, without certificates.
    pub fn is_resumed(&self) -> bool {
        self.machine.handshake_kind() == Some(HandshakeKind::Resumed)
    }
}

impl<S: Read + Write> TlsStream<S> {
    /// Reads the stream below once, and returns how many decoded bytes are at the beginning of
    /// `buffer`. Those that find no room wait for the next read.
    fn fill(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // One half for what is encoded and one for what is decoded: at most an incomplete record
        // more is decoded than was read, and that much waits with rustls.
        let (plaintext, encoded) = buffer.split_at_mut(buffer.len() / 2);
        let read = self.below.read(encoded);
        self.is_drained = *read.as_ref().unwrap_or(&0) < encoded.len();
        let (mut unfed, mut count) = (&encoded[..read?], 0);
        if unfed.is_empty() {
            return Err(self.cut_off());
        }
        while !unfed.is_empty() && !self.has_peer_ended {
            // At most 4 KiB, so that hardly anything behind the handshake counts as a part of it.
            let fed = self.machine.read_tls(&mut unfed)?;
            self.charge_handshake(fed)?;
            let state = self.machine.process_new_packets().map_err(|error| self.fail(error))?;
            self.plaintext_bytes = state.plaintext_bytes_to_read();
            self.has_peer_ended = state.peer_has_closed();
            count += self.take(&mut plaintext[count..])?;
        }
        if self.has_peer_ended && self.machine.is_handshaking() {
            return Err(self.cut_off());
        }
        Ok(count)
    }

    /// Takes decoded bytes, as many as there are and as find room.
    fn take(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.plaintext_bytes.min(buffer.len());
        self.machine.reader().read_exact(&mut buffer[..count])?;
        self.plaintext_bytes -= count;
        Ok(count)
    }

    fn charge_handshake(&mut self, count: usize) -> io::Result<()> {
        if self.machine.is_handshaking() {
            let left = self.handshake_bytes.checked_sub(count);
            self.handshake_bytes = left.ok_or_else(|| {
                HandshakeFailure::Refused("the peer's part is too long".to_owned())
            })?;
        }
        Ok(())
    }

    /// The stream below has ended, and the peer has not announced that.
    fn cut_off(&self) -> io::Error {
        if self.machine.is_handshaking() {
            io::Error::new(ErrorKind::UnexpectedEof, "closed during the TLS handshake")
        } else {
            io::Error::new(ErrorKind::ConnectionReset, "cut off, without an end of the TLS session")
        }
    }

    /// Tells the peer of an error, as far as that works without waiting, since whoever learns of it
    /// here closes the stream.
    fn fail(&mut self, error: Error) -> io::Error {
        while self.machine.wants_write() && self.machine.write_tls(&mut self.below).is_ok() {}
        self.has_ended = true;
        if !self.machine.is_handshaking() {
            return io::Error::new(ErrorKind::InvalidData, error);
        }
        match error {
            Error::InvalidMessage(InvalidMessage::InvalidContentType) => HandshakeFailure::Plain,
            other => HandshakeFailure::Refused(explained(&other)),
        }
        .into()
    }
}

impl<S: Read + Write> Read for TlsStream<S> {
    /// Reads decoded bytes. Needs a buffer of at least two bytes; half of it is filled at most with
    /// what is read at once.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        debug_assert!(buffer.len() >= 2, "a half is used for what is encoded");
        if self.plaintext_bytes > 0 {
            return self.take(buffer);
        }
        for _ in 0..MAX_READS {
            if self.has_peer_ended {
                return Ok(0);
            }
            let count = self.fill(buffer)?;
            if count > 0 {
                return Ok(count);
            }
        }
        // The caller tries again when others have had their turn.
        Err(ErrorKind::Interrupted.into())
    }
}

impl<S: Read + Write> Write for TlsStream<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.has_unsent = true;
        self.machine.writer().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<S: Stream> Stream for TlsStream<S> {
    type Registry = S::Registry;

    fn register(
        &mut self,
        registry: &S::Registry,
        token: Token,
        interest: Interest,
    ) -> io::Result<()> {
        self.below.register(registry, token, interest)
    }

    fn reregister(
        &mut self,
        registry: &S::Registry,
        token: Token,
        interest: Interest,
    ) -> io::Result<()> {
        self.below.reregister(registry, token, interest)
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        // Before the end of the handshake nothing was said that could be cut off.
        if !std::mem::replace(&mut self.has_ended, true) && !self.machine.is_handshaking() {
            self.machine.send_close_notify();
        }
        while self.wants_write() {
            self.write_own()?;
        }
        // A stream whose peer has ended is closed next, with a system call less.
        if self.has_peer_ended { Ok(()) } else { self.below.shutdown_write() }
    }

    fn wants_write(&self) -> bool {
        self.machine.wants_write()
    }

    fn write_own(&mut self) -> io::Result<usize> {
        let count = self.machine.write_tls(&mut self.below)?;
        self.has_unsent &= self.wants_write();
        Ok(count)
    }

    fn joins_writes(&self) -> bool {
        // What is to be sent is then a ticket or the end of the handshake, which is short.
        !self.machine.is_handshaking() && !self.has_unsent
    }

    fn must_read_first(&self) -> bool {
        self.machine.is_handshaking()
    }

    fn may_hold_more(&self) -> bool {
        self.plaintext_bytes > 0 || !self.is_drained
    }

    fn has_farewell(&self) -> bool {
        !self.machine.is_handshaking()
    }
}

/// An error of a handshake, in words for those who look after server and clients.
fn explained(error: &Error) -> String {
    match error {
        Error::AlertReceived(AlertDescription::InternalError) => {
            "the peer cannot go on now (alert InternalError); a full server says so".to_owned()
        }
        Error::AlertReceived(alert) => format!("the peer refused it (alert {alert:?})"),
        Error::InvalidCertificate(why) => {
            format!("the certificate of the peer is refused: {}", fault(why))
        }
        Error::PeerIncompatible(why) => {
            format!("the peer has not what it takes, as TLS 1.3: {why:?}")
        }
        other => other.to_string(),
    }
}

fn fault(error: &CertificateError) -> String {
    match error {
        // A signature that is none of the issuer's: of two that call themselves alike.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "neither it nor its issuer is among those that are trusted".to_owned()
        }
        CertificateError::Other(_) if format!("{error:?}").contains("CaUsedAsEndEntity") => {
            "it is one of an authority (CA:TRUE), which no server may use".to_owned()
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
