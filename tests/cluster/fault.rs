//! A proxy in front of the real API server that answers some requests wrongly, late, in part or not at all, and passes on all others.
//!
//! It speaks HTTP without TLS to the program under test, asks the server for answers without compression, and notes what was asked and how many bytes came back.

use crate::wire::{Address, Answer, Connection, read_head};
use serde_json::Value;
use std::collections::HashMap;
use std::io::{BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the program asks for where it can, before JSON.
const COMPACT: &str = "application/vnd.kubernetes.protobuf,";

/// What becomes of a request.
pub(crate) enum Fault {
    /// No answer at all.
    Hang,
    /// An answer of the proxy's own: status, headers, body.
    Answer(u16, &'static str, &'static str),
    /// Half of the real answer, then the connection is gone.
    CutOff,
    /// Half of the real answer, as if it were the whole.
    Half,
    /// The real answer after a while.
    Late(Duration),
    /// The real answer piece by piece: bytes, and how long to wait after each piece.
    Slow(usize, Duration),
    /// The real answer in JSON, as of a server, or of something in front of it, that knows nothing else.
    OnlyJson,
    /// The real answer, in JSON, with its objects changed.
    Changed(fn(&mut Value)),
    /// The real answer in pages of two objects.
    SmallPages,
    /// The real answer of a server whose clock is so many seconds ahead.
    Ahead(i64),
}

/// Decides about the n-th request for a path; `None`: it is passed on.
pub(crate) type Rule = fn(&str, usize) -> Option<Fault>;

/// What was asked: path, status, bytes of the body.
pub(crate) type Asked = (String, u16, usize);

/// A proxy that runs until the process ends.
pub(crate) struct Proxy {
    /// Its address, as a kubeconfig names a server.
    pub(crate) server: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

struct Shared {
    address: Address,
    rule: Rule,
    counts: Mutex<HashMap<String, usize>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Proxy {
    /// Stands in front of a server.
    pub(crate) fn start(address: Address, rule: Rule) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let shared = Arc::new(Shared {
            address,
            rule,
            counts: Mutex::default(),
            asked: asked.clone(),
        });
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let shared = shared.clone();
                std::thread::spawn(move || {
                    let _ = serve(&client, &shared);
                    let _ = client.shutdown(Shutdown::Both);
                });
            }
        });
        Proxy { server, asked }
    }

    /// Returns what was asked since the last time.
    pub(crate) fn take(&self) -> Vec<Asked> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

fn serve(client: &TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let mut writer = client.try_clone()?;
    let mut upstream: Option<Connection> = None;
    while let Some(head) = read_head(&mut reader)? {
        let path = head[0].split(' ').nth(1).unwrap_or_default().to_owned();
        let count = {
            let mut counts = shared.counts.lock().unwrap();
            let count = counts.entry(path.clone()).or_default();
            *count += 1;
            *count
        };
        let fault = (shared.rule)(&path, count);
        if let Some(Fault::Hang) = fault {
            shared.asked.lock().unwrap().push((path, 0, 0));
            // Until the client gives up.
            return read_head(&mut reader).map(|_| ());
        }
        if let Some(Fault::Answer(status, headers, body)) = fault {
            shared.asked.lock().unwrap().push((path, status, body.len()));
            write!(
                writer,
                "HTTP/1.1 {status} Fault\r\n{headers}Content-Length: {}\r\n\r\n{body}",
                body.len()
            )?;
            continue;
        }
        let kept = |line: &&String| {
            let name = line.split(':').next().unwrap_or_default();
            !["accept-encoding", "connection"].contains(&name.to_ascii_lowercase().as_str())
        };
        let mut head = head
            .iter()
            .filter(kept)
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join("\r\n");
        match fault {
            Some(Fault::SmallPages) => head = head.replacen("limit=500", "limit=2", 1),
            Some(Fault::OnlyJson | Fault::Changed(_)) => head = head.replacen(COMPACT, "", 1),
            _ => {}
        }
        let answer = upstream
            .get_or_insert_with(|| shared.address.connect())
            .send(&head, b"")?;
        shared
            .asked
            .lock()
            .unwrap()
            .push((path, answer.status, answer.body.len()));
        if !pass_on(&mut writer, answer, fault)? {
            return Ok(());
        }
    }
    Ok(())
}

/// Writes an answer as the fault wants it; returns whether the connection goes on.
fn pass_on(writer: &mut TcpStream, mut answer: Answer, fault: Option<Fault>) -> std::io::Result<bool> {
    let half = answer.body.len() / 2;
    match fault {
        Some(Fault::Late(time)) => std::thread::sleep(time),
        Some(Fault::Half) => answer.body.truncate(half),
        Some(Fault::Changed(change)) => {
            let mut value: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            change(&mut value);
            answer.body = value.to_string().into_bytes();
        }
        _ => {}
    }
    let kind = answer.header("content-type").unwrap_or("application/json");
    let length = answer.body.len();
    let date = match fault {
        Some(Fault::Ahead(seconds)) => answer.header("date").and_then(|date| later(date, seconds)),
        _ => answer.header("date").map(str::to_owned),
    };
    let date = date.map(|date| format!("Date: {date}\r\n")).unwrap_or_default();
    write!(
        writer,
        "HTTP/1.1 {} Passed\r\nContent-Type: {kind}\r\n{date}Content-Length: {length}\r\n\r\n",
        answer.status
    )?;
    match fault {
        Some(Fault::CutOff) => {
            writer.write_all(&answer.body[..half])?;
            return Ok(false);
        }
        Some(Fault::Slow(bytes, pause)) => {
            for piece in answer.body.chunks(bytes) {
                writer.write_all(piece)?;
                writer.flush()?;
                std::thread::sleep(pause);
            }
        }
        _ => writer.write_all(&answer.body)?,
    }
    Ok(true)
}

/// A time of a header, so many seconds later.
fn later(date: &str, seconds: i64) -> Option<String> {
    let mut command = std::process::Command::new("date");
    let output = command
        .env("LC_ALL", "C")
        .args([
            "-u",
            "-d",
            &format!("{date} {seconds} seconds"),
            "+%a, %d %b %Y %H:%M:%S GMT",
        ])
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}
