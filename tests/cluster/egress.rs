//! The only way out of the API server: a proxy on a Unix socket that lets nothing pass but connections to the loopback address.
//!
//! Without it a request for a pod's port would be dialled to an address that does not exist here, and leave the machine. A test says which port of a pod leads to
//! which port of this machine; any other one is not reached, as behind a network policy.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// From `10.244.0.7:8888` to a port of this machine.
pub(crate) type Ways = Arc<Mutex<HashMap<String, u16>>>;

/// Serves until the process ends.
pub(crate) fn start(socket: &Path, ways: Ways) {
    let listener = UnixListener::bind(socket).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let ways = ways.clone();
            std::thread::spawn(move || {
                let _ = serve(stream, &ways);
            });
        }
    });
}

fn serve(mut client: UnixStream, ways: &Ways) -> std::io::Result<()> {
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
    let way = ways.lock().unwrap().get(target).copied();
    let here = way.map(|port| format!("127.0.0.1:{port}"));
    let here = here.or_else(|| target.starts_with("127.0.0.1:").then(|| target.to_owned()));
    let here = here.filter(|_| request.starts_with("CONNECT "));
    let Some(server) = here.and_then(|here| TcpStream::connect(here).ok()) else {
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
