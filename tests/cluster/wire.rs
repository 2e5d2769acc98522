//! HTTP to the API server without the client library of the program under test: for objects made by the thousand, and for the proxies.

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long the server may be silent.
const SILENCE: Duration = Duration::from_secs(60);

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in small letters.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// Where the API server is, and whom it is to be believed.
#[derive(Clone)]
pub(crate) struct Address {
    pub(crate) port: u16,
    config: Arc<ClientConfig>,
}

impl Address {
    pub(crate) fn new(port: u16, authority: &Path) -> Address {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(authority).unwrap()).unwrap();
        let config = ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Address {
            port,
            config: Arc::new(config),
        }
    }

    /// Connects.
    pub(crate) fn connect(&self) -> Connection {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(SILENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let session = ClientConnection::new(self.config.clone(), name).unwrap();
        Connection {
            stream: BufReader::new(StreamOwned::new(session, stream)),
        }
    }
}

/// A connection that is used again and again.
pub(crate) struct Connection {
    stream: BufReader<StreamOwned<ClientConnection, TcpStream>>,
}

impl Connection {
    /// Sends a request, its head as lines without the length of the body, and reads the answer.
    pub(crate) fn send(&mut self, head: &str, body: &[u8]) -> std::io::Result<Answer> {
        let stream = self.stream.get_mut();
        let length = match body.len() {
            0 => String::new(),
            length => format!("Content-Length: {length}\r\n"),
        };
        stream.write_all(format!("{head}\r\n{length}\r\n").as_bytes())?;
        stream.write_all(body)?;
        stream.flush()?;
        read_answer(&mut self.stream)
    }

    /// Creates an object; whatever goes wrong is said.
    pub(crate) fn create(&mut self, path: &str, token: &str, body: &[u8]) {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json"
        );
        let answer = self.send(&head, body).unwrap();
        assert!(
            [201, 409].contains(&answer.status),
            "{path}: {} {}",
            answer.status,
            String::from_utf8_lossy(&answer.body)
        );
    }
}

/// Reads the lines up to an empty one; `None` at the end of the stream.
pub(crate) fn read_head(stream: &mut impl BufRead) -> std::io::Result<Option<Vec<String>>> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        match line.trim_end() {
            "" => return Ok(Some(lines)),
            line => lines.push(line.to_owned()),
        }
    }
}

fn read_answer(stream: &mut impl BufRead) -> std::io::Result<Answer> {
    let ended = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
    let lines = read_head(stream)?.ok_or_else(ended)?;
    let status = lines.first().and_then(|line| line.split(' ').nth(1)?.parse().ok());
    let headers = lines.iter().skip(1).filter_map(|line| line.split_once(':'));
    let headers: Vec<_> = headers
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let mut answer = Answer {
        status: status.ok_or_else(ended)?,
        headers,
        body: Vec::new(),
    };
    if answer.header("transfer-encoding") == Some("chunked") {
        loop {
            let mut size = String::new();
            stream.read_line(&mut size)?;
            let size = usize::from_str_radix(size.trim(), 16).map_err(|_| ended())?;
            let at = answer.body.len();
            answer.body.resize(at + size, 0);
            stream.read_exact(&mut answer.body[at..])?;
            stream.read_line(&mut String::new())?;
            if size == 0 {
                return Ok(answer);
            }
        }
    }
    let length = answer.header("content-length").and_then(|length| length.parse().ok());
    answer.body.resize(length.unwrap_or(0), 0);
    stream.read_exact(&mut answer.body)?;
    Ok(answer)
}
