use std::fs;
use std::io::{self, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;

use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use super::data::{Account, Data};
use super::phone::frame_of;
use super::reply::Reply;
use super::server::{PROGRAM, Server, Setup};
use super::wait::PATIENCE;

pub const CERTIFICATE: &str = "certificate.pem";
pub const KEY: &str = "private-key.pem";

/// A data directory with the users of the assignment, and a certificate for 127.0.0.1.
pub fn data_with_certificate() -> Data {
    let data = Data::with_users();
    make_certificate(&data, &["127.0.0.1"]);
    data
}

/// Lets the server make a certificate for these names, in place of an earlier one.
#[track_caller]
pub fn make_certificate(data: &Data, names: &[&str]) {
    let directory = data.path().to_str().expect("a path in UTF-8");
    let mut command = Command::new(PROGRAM);
    command.arg("certificate").args(names).args(["--data", directory, "--replace"]);
    let status = command.stdout(Stdio::null()).status().expect("the program starts");
    assert!(status.success());
}

/// A server that uses the certificate of its data directory.
pub fn setup(data: &Data) -> Setup {
    let (certificate, key) = (data.argument(CERTIFICATE), data.argument(KEY));
    Setup::new(data).arguments(&["--tls-cert", &certificate, "--tls-key", &key])
}

/// The options of a client that trusts the certificate of a server's data directory.
pub fn trusting(data: &Data) -> [String; 3] {
    ["--tls".to_owned(), "--tls-ca".to_owned(), data.argument(CERTIFICATE)]
}

/// TLS as a client has it, to whom the bytes go and from whom they come at the pace of a test.
pub fn machine(data: &Data) -> ClientConnection {
    let mut roots = RootCertStore::empty();
    let pem = fs::read(data.file(CERTIFICATE)).expect("a certificate");
    roots.add(CertificateDer::from_pem_slice(&pem).expect("a certificate")).expect("usable");
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("supported")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::from(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST));
    ClientConnection::new(Arc::new(config), name).expect("a configuration")
}

/// How a phone puts bytes on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    AtOnce,
    ByteByByte,
}

/// A socket that a phone writes to at its pace.
#[derive(Debug)]
pub struct Paced(pub TcpStream, Pace);

impl Read for Paced {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Paced {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.1 {
            Pace::AtOnce => self.0.write(bytes),
            Pace::ByteByByte => self.0.write(&bytes[..bytes.len().min(1)]),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A client over TLS that shares no line with the client under test. It blocks.
#[derive(Debug)]
pub struct TlsPhone {
    stream: BufReader<rustls::StreamOwned<ClientConnection, Paced>>,
}

impl TlsPhone {
    #[track_caller]
    pub fn connect(server: &Server, data: &Data) -> Self {
        Self::at_pace(server.address, data, Pace::AtOnce)
    }

    #[track_caller]
    pub fn at_pace(server: SocketAddr, data: &Data, pace: Pace) -> Self {
        let socket = TcpStream::connect_timeout(&server, PATIENCE).expect("the server listens");
        socket.set_nodelay(true).expect("an option of every socket");
        socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        socket.set_write_timeout(Some(PATIENCE)).expect("a timeout");
        let stream = rustls::StreamOwned::new(machine(data), Paced(socket, pace));
        Self { stream: BufReader::new(stream) }
    }

    #[track_caller]
    pub fn logged_in(server: &Server, data: &Data, account: Account) -> Self {
        let mut phone = Self::connect(server, data);
        assert_eq!(phone.log_in(account), Reply::ok());
        phone
    }

    #[track_caller]
    pub fn log_in(&mut self, account: Account) -> Reply {
        self.ask(&format!("AUTH {} {}", account.user, account.password))
    }

    #[track_caller]
    pub fn ask(&mut self, request: &str) -> Reply {
        self.ask_bytes(&frame_of(request))
    }

    #[track_caller]
    pub fn ask_bytes(&mut self, bytes: &[u8]) -> Reply {
        let stream = self.stream.get_mut();
        stream.write_all(bytes).and_then(|()| stream.flush()).expect("the server takes it");
        Reply::read(&mut self.stream).expect("a reply")
    }

    /// Tries to connect, and says what TLS has against it.
    pub fn handshake(&mut self) -> io::Result<()> {
        let stream = self.stream.get_mut();
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(())
    }

    /// The socket below TLS.
    pub fn socket(&mut self) -> &mut TcpStream {
        &mut self.stream.get_mut().sock.0
    }

    /// What ends the connection: nothing if the server has announced it.
    pub fn end(&mut self) -> io::Result<()> {
        let mut rest = Vec::new();
        self.stream.read_to_end(&mut rest)?;
        assert_eq!(rest.escape_ascii().to_string(), "", "the server says more");
        Ok(())
    }
}
