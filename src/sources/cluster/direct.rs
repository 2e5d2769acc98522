//! Programs at addresses that the user gives: asked directly, with the same limits as through the API server.
//!
//! No redirect is followed, so that neither question nor token ever goes to another host.

use super::endpoints::{Answers, Question, answer};
use super::failure::Failure;
use super::request::Api;
use crate::evidence::Stage;
use crate::evidence::answers::Answerer;
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
    pub stage: Stage,
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
        match self.stage {
            Stage::Tempo => &["/ready", "/metrics", "/api/status/buildinfo"],
            Stage::Grafana => &["/api/health"],
            _ => &["/metrics"],
        }
    }
}

/// Asks the program at an address.
pub(super) async fn ask(address: &Address, timeout: Duration, stop: watch::Receiver<bool>) -> Answers {
    let mut found = Answers::default();
    let gap = |failure: &Failure| failure.gap("get", address.stage.name(), None, Some(&address.url));
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
    let api = Api::new(client, timeout, LONGEST, stop);
    for path in address.paths() {
        let question = Question {
            port,
            path: (*path).to_owned(),
            tls: false,
        };
        match api.ask(path, MOST_BYTES, LONGEST).await {
            Ok(asked) => {
                let of = Answerer::Program(address.stage);
                found.answers.push(answer(of, &question, asked, None));
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

    #[test]
    fn only_urls_of_http_are_asked() {
        let check = |url: &str, good: bool| {
            let address = Address {
                stage: Stage::Tempo,
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
}
