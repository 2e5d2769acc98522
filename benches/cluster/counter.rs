//! A way to the API server that counts the bytes on the wire and changes none.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes that came back from the API server.
pub(crate) struct Counter {
    /// Where to connect instead.
    pub(crate) port: u16,
    received: Arc<AtomicU64>,
}

impl Counter {
    /// Stands in front of a port until the process ends.
    pub(crate) fn start(server: u16) -> Counter {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let received: Arc<AtomicU64> = Arc::default();
        let count = received.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(upstream) = TcpStream::connect(("127.0.0.1", server)) else {
                    continue;
                };
                let (Ok(to_client), Ok(to_server)) = (client.try_clone(), upstream.try_clone()) else {
                    continue;
                };
                let count = count.clone();
                std::thread::spawn(move || copy(client, to_server, &AtomicU64::new(0)));
                std::thread::spawn(move || copy(upstream, to_client, &count));
            }
        });
        Counter { port, received }
    }

    /// Returns the bytes since the last time.
    pub(crate) fn take(&self) -> u64 {
        self.received.swap(0, Ordering::Relaxed)
    }
}

fn copy(mut from: TcpStream, mut to: TcpStream, count: &AtomicU64) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        count.fetch_add(length as u64, Ordering::Relaxed);
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
