//! Programs at addresses that the user gives: asked directly, with the same limits as through the API server.
//!
//! No redirect is followed, so that neither question nor token ever goes to another host.

use super::endpoints::{Answers, answer};
use super::failure::Failure;
use super::progress::Progress;
use super::request::Api;
use super::stage::Question;
use crate::evidence::Stage;
use crate::evidence::answers::Answerer;
use crate::topology::store;
use kube::{Client, Config};
use std::time::Duration;
use tokio::sync::watch;

/// Bytes of one page before what does not matter is left out.
const MOST_BYTES: usize = 8 << 20;
/// How long one program may take.
const LONGEST: Duration = Duration::from_secs(5);

/// An address that the user gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The program behind it.
    pub of: Answerer,
    /// `http://HOST:PORT` or `https://…`, with or without a path in front of all others.
    pub url: String,
    /// The bearer token.
    pub token: Option<String>,
}

impl Address {
    /// Returns why the address cannot be used, if so.
    pub fn problem(&self) -> Option<String> {
        let uri: http::Uri = match self.url.parse() {
            Ok(uri) => uri,
            Err(_) => return Some(format!("`{}` is no URL", self.url)),
        };
        match (uri.scheme_str(), uri.host()) {
            (Some("http" | "https"), Some(host)) if !host.is_empty() => None,
            _ => Some(format!(
                "`{}` is no URL: write for example http://localhost:3200",
                self.url
            )),
        }
    }

    /// Returns the paths that are asked.
    pub(super) fn paths(&self) -> &'static [&'static str] {
        match self.of {
            Answerer::Program(Stage::Tempo) => &["/ready", "/metrics", "/api/status/buildinfo"],
            Answerer::Program(Stage::Grafana) => &["/api/health"],
            Answerer::Store => &[store::READY, store::BUILD, store::FLAGS, store::METRICS],
            _ => &["/metrics"],
        }
    }
}

/// Asks the program at an address.
pub(super) async fn ask(address: &Address, timeout: Duration, stop: watch::Receiver<bool>) -> Answers {
    let mut found = Answers::default();
    let words = address.of.word().unwrap_or_default();
    let gap = |failure: &Failure| failure.gap("get", words, None, Some(&address.url));
    let Ok(uri) = address.url.parse::<http::Uri>() else {
        return found;
    };
    let standard = if uri.scheme_str() == Some("https") { 443 } else { 80 };
    let port = uri.port_u16().unwrap_or(standard);
    let mut config = Config::new(uri);
    config.default_retry = false;
    config.connect_timeout = Some(LONGEST);
    config.auth_info.token = address.token.clone().map(Into::into);
    let client = match Client::try_from(config) {
        Ok(client) => client,
        Err(error) => {
            found.gaps.push(gap(&super::request::connection(&error)));
            return found;
        }
    };
    let api = Api::new(client, timeout, LONGEST, stop, Progress::new(None));
    for path in address.paths() {
        let question = Question {
            port,
            path: (*path).to_owned(),
            tls: false,
        };
        match api.ask(&store::requested(path), MOST_BYTES, LONGEST).await {
            Ok(asked) => {
                found.answers.push(answer(address.of.clone(), &question, asked, None));
            }
            Err(failure) => {
                found.gaps.push(gap(&failure));
                break;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;
    use std::sync::{Arc, Mutex};

    #[test]
    fn only_urls_of_http_are_asked() {
        let check = |url: &str, good: bool| {
            let address = Address {
                of: Answerer::Program(Stage::Tempo),
                url: url.to_owned(),
                token: None,
            };
            assert_eq!(address.problem().is_none(), good, "{url}");
        };
        check("http://localhost:3200", true);
        check("https://tempo.example.com/prefix", true);
        for wrong in ["", "localhost:3200", "ftp://x", "/ready", "http://", "http:// x"] {
            check(wrong, false);
        }
    }

    /// Answers every request on the loopback address alike; returns its URL and the heads of the requests.
    fn server(answer: &'static str) -> (String, Arc<Mutex<Vec<String>>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let heads: Arc<Mutex<Vec<String>>> = Arc::default();
        let record = heads.clone();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut head = String::new();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).is_ok_and(|bytes| bytes > 0) {}
                record.lock().unwrap().push(head);
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        (url, heads)
    }

    fn asked(url: &str, token: Option<&str>) -> Answers {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let address = Address {
            of: Answerer::Program(Stage::Tempo),
            url: url.to_owned(),
            token: token.map(str::to_owned),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let (_stop, stopped) = watch::channel(false);
            ask(&address, Duration::from_secs(10), stopped).await
        })
    }

    #[test]
    fn the_token_goes_along_and_the_path_of_the_address_in_front() {
        let (url, heads) = server("HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nready\n");
        let found = asked(&format!("{url}/tempo"), Some("abc"));
        assert_eq!((found.answers.len(), found.gaps.len()), (3, 0), "{:?}", found.gaps);
        assert_eq!(found.answers[0].body(), "ready\n");
        assert!(found.answers[0].name.file().starts_with("endpoints/tempo/"));
        let heads = heads.lock().unwrap();
        assert!(heads[0].starts_with("GET /tempo/ready HTTP/1.1"), "{}", heads[0]);
        assert!(
            heads[0].to_ascii_lowercase().contains("authorization: bearer abc"),
            "{}",
            heads[0]
        );
    }

    #[test]
    fn a_redirect_is_an_answer_and_never_followed() {
        let (elsewhere, met) = server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        let answer = format!(
            "HTTP/1.1 302 Found\r\nLocation: {elsewhere}/login\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        let (url, _) = server(answer.leak());
        let found = asked(&url, Some("abc"));
        assert!(found.answers.iter().all(|answer| answer.name.status == 302));
        assert!(met.lock().unwrap().is_empty());
    }

    #[test]
    fn nobody_there_is_one_gap() {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let found = asked(&format!("http://{free}"), None);
        assert_eq!((found.answers.len(), found.gaps.len()), (0, 1));
        assert_eq!(
            (found.gaps[0].verb.as_str(), found.gaps[0].resource.as_str()),
            ("get", "tempo")
        );
    }
}
