//! The only way out of the API server: a proxy on a Unix socket that lets nothing pass but connections to the loopback address.
//!
//! Without it a request for a pod's port would be dialled to an address that does not exist here, and leave the machine.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Mutex;

/// Ports of pods that something on the loopback address plays.
static PLAYED: Mutex<Vec<(String, String)>> = Mutex::new(Vec::new());

/// Leads a port of a pod, `10.244.0.2:8888`, to an address on the loopback.
pub(crate) fn lead(pod: &str, to: &str) {
    assert!(to.starts_with("127.0.0.1:"));
    PLAYED.lock().unwrap().push((pod.to_owned(), to.to_owned()));
}

/// Serves until the process ends.
pub(crate) fn start(socket: &Path) {
    let listener = UnixListener::bind(socket).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let _ = serve(stream);
            });
        }
    });
}

fn serve(mut client: UnixStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let mut line = String::from("x");
    while !line.trim().is_empty() {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
    }
    let target = request.split(' ').nth(1).unwrap_or_default();
    let played = PLAYED.lock().unwrap();
    let found = played.iter().rev().find(|(pod, _)| pod == target);
    let target = found.map_or_else(|| target.to_owned(), |(_, to)| to.clone());
    drop(played);
    let allowed = request.starts_with("CONNECT ") && target.starts_with("127.0.0.1:");
    let Some(server) = allowed.then(|| TcpStream::connect(&target).ok()).flatten() else {
        return client.write_all(b"HTTP/1.1 502 Bad Gateway\r\n\r\n");
    };
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
    let back = (server.try_clone()?, client.try_clone()?);
    std::thread::spawn(move || copy(back.0, &back.1, |stream| stream.shutdown(Shutdown::Write)));
    copy(reader, &server, |stream| stream.shutdown(Shutdown::Write));
    Ok(())
}

fn copy<R: Read, W>(mut from: R, to: &W, end: fn(&W) -> std::io::Result<()>)
where
    for<'w> &'w W: Write,
{
    let mut to_writer = to;
    let _ = std::io::copy(&mut from, &mut to_writer);
    let _ = end(to);
}
