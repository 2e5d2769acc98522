//! One GET after another, never anything else: limits, deadlines, and when to ask again.
//!
//! A refusal (401, 403) is never asked again. What a server cannot do for the moment (429, 5xx), and an answer that broke off, is
//! asked for again at most three times, after the time that the server names. Nothing waits longer than the whole run may take.

use super::failure::Failure;
use super::progress::Progress;
use super::protobuf;
use crate::evidence::logs::{Timestamp, parse_timestamp};
use futures::future::{Either, select};
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use kube::client::Body;
use std::pin::pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, sleep, timeout};

/// Who asks.
pub(super) const USER_AGENT: http::HeaderValue =
    http::HeaderValue::from_static(concat!("tracedoctor/", env!("CARGO_PKG_VERSION")));
/// How often a request is asked again.
const RETRIES: usize = 3;
/// How many requests are under way at once.
const AT_ONCE: usize = 8;
/// Bytes of one answer that is kept whole: a page of 500 large objects has less.
const MOST_BYTES: usize = 64 << 20;
/// Bytes that are read of an answer that is an error.
const MOST_OF_ERROR: usize = 64 << 10;
/// The first wait before a request is asked again, where the server names none; it doubles.
const FIRST_WAIT: Duration = Duration::from_millis(250);

/// Why nothing more is read after Ctrl-C.
pub(super) const STOPPED_BY_USER: &str = "stopped by you before it was read";

/// What kind of answer is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Accept {
    /// Objects in full.
    Json,
    /// Objects in full, in fewer bytes if the server can.
    Compact,
    /// Only the metadata of the objects in a list.
    MetadataList,
    /// A log.
    Text,
    /// Whatever a program has to say.
    Anything,
}

impl Accept {
    fn header(self) -> &'static str {
        match self {
            Accept::Json => "application/json",
            Accept::Compact => "application/vnd.kubernetes.protobuf,application/json;q=0.9",
            Accept::MetadataList => "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
            Accept::Text => "*/*",
            Accept::Anything => "application/json, text/plain;q=0.9, */*;q=0.5",
        }
    }
}

/// What a program behind the server answered.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    /// The `Date` of the answer.
    pub(super) date: Option<String>,
}

/// What takes the bytes of an answer as they arrive.
pub(super) trait Sink: Send {
    /// Forgets what came: the answer is asked for again.
    fn restart(&mut self);

    /// Takes the next piece; returns whether more is wanted.
    fn take(&mut self, piece: &[u8]) -> Result<bool, Failure>;
}

/// An answer that is kept whole.
#[derive(Default)]
struct Whole(Vec<u8>);

impl Sink for Whole {
    fn restart(&mut self) {
        self.0.clear();
    }

    fn take(&mut self, piece: &[u8]) -> Result<bool, Failure> {
        if self.0.len() + piece.len() > MOST_BYTES {
            return Err(Failure::TooLarge(MOST_BYTES));
        }
        self.0.extend_from_slice(piece);
        Ok(true)
    }
}

/// The API server, with what a run may ask of it.
pub(super) struct Api {
    client: kube::Client,
    streams: Option<kube::Client>,
    request_timeout: Duration,
    deadline: Instant,
    stop: watch::Receiver<bool>,
    permits: Semaphore,
    progress: Progress,
    /// The newest time that the server has said, in milliseconds; 0: none yet.
    server_time: AtomicI64,
}

impl Api {
    /// `stop` becomes true when the user stops the run.
    pub(super) fn new(
        client: kube::Client,
        timeout: Duration,
        request_timeout: Duration,
        stop: watch::Receiver<bool>,
        progress: Progress,
    ) -> Api {
        Api {
            client,
            streams: None,
            request_timeout,
            deadline: Instant::now() + timeout,
            stop,
            permits: Semaphore::new(AT_ONCE),
            progress,
            server_time: AtomicI64::new(0),
        }
    }

    /// Returns the time by the server's clock, once it has answered.
    pub(super) fn server_time(&self) -> Option<Timestamp> {
        match self.server_time.load(Ordering::Relaxed) {
            0 => None,
            milliseconds => Some(Timestamp { milliseconds }),
        }
    }

    /// Adds the client for streams to commands.
    pub(super) fn with_streams(self, streams: Option<kube::Client>) -> Api {
        Api { streams, ..self }
    }

    /// Returns the client for streams to commands, when the user asked for one.
    pub(super) fn streams(&self) -> Option<kube::Client> {
        self.streams.clone()
    }

    /// Returns how long the run may still take, and what tells that the user stopped it.
    pub(super) fn rest(&self) -> (Duration, watch::Receiver<bool>) {
        (
            self.deadline.saturating_duration_since(Instant::now()),
            self.stop.clone(),
        )
    }

    /// Says what is read from now on.
    pub(super) fn begin(&self, phase: &'static str) {
        self.progress.begin(phase);
    }

    /// Gets a path; the bytes of an answer that is no error.
    pub(super) async fn get(&self, path: &str, accept: Accept) -> Result<Vec<u8>, Failure> {
        let mut whole = Whole::default();
        self.stream(path, accept, &mut whole).await?;
        Ok(whole.0)
    }

    /// Gets a path and hands on what comes as it comes. After a failure the sink holds what came before it.
    pub(super) async fn stream(&self, path: &str, accept: Accept, sink: &mut impl Sink) -> Result<(), Failure> {
        let Ok(_permit) = self.permits.acquire().await else {
            return Err(Failure::Stopped("stopped"));
        };
        let answered = self.retried(path, accept, sink).await;
        self.progress.answered();
        answered
    }

    async fn retried(&self, path: &str, accept: Accept, sink: &mut impl Sink) -> Result<(), Failure> {
        let mut wait = FIRST_WAIT;
        let mut tries = 0;
        loop {
            let (failure, after) = match self.unless_stopped(self.attempt(path, accept, sink)).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(failed)) => failed,
                Err(stopped) => return Err(stopped),
            };
            tries += 1;
            let again = matches!(failure, Failure::Unable(..) | Failure::BrokenOff(_));
            let pause = after.unwrap_or(wait);
            if !again || tries > RETRIES || Instant::now() + pause >= self.deadline {
                return Err(failure);
            }
            wait *= 2;
            self.unless_stopped(sleep(pause)).await?;
            sink.restart();
        }
    }

    /// Asks a program once, through the server: any status is an answer, and of a long body the beginning.
    pub(super) async fn ask(&self, path: &str, limit: usize, time: Duration) -> Result<Asked, Failure> {
        let Ok(_permit) = self.permits.acquire().await else {
            return Err(Failure::Stopped("stopped"));
        };
        let time = time.min(self.request_timeout);
        let asked = async {
            match timeout(time, self.asked(path, limit)).await {
                Ok(answer) => answer,
                Err(_) => Err(Failure::TimedOut(time)),
            }
        };
        self.unless_stopped(asked).await?
    }

    async fn asked(&self, path: &str, limit: usize) -> Result<Asked, Failure> {
        let answer = self.client.send(request(path, Accept::Anything)?).await;
        let (head, mut rest) = answer.map_err(|error| connection(&error))?.into_parts();
        let mut body: Vec<u8> = Vec::new();
        while body.len() <= limit {
            match rest.frame().await {
                Some(Ok(frame)) => body.extend(frame.data_ref().map_or(&[][..], |data| &data[..])),
                Some(Err(error)) => return Err(Failure::BrokenOff(last_cause(&error))),
                None => break,
            }
        }
        let date = head.headers.get(header::DATE).and_then(|date| date.to_str().ok());
        // What the server says itself is an object of its own kind.
        let own = (!head.status.is_success() && is_status(&body)).then(|| refusal(head.status, &body));
        match own {
            Some(failure) => Err(failure),
            None => Ok(Asked {
                status: head.status.as_u16(),
                body,
                date: date.map(str::to_owned),
            }),
        }
    }

    /// Waits, but no longer than the run may take.
    pub(super) async fn wait(&self, time: Duration) -> Result<(), Failure> {
        self.unless_stopped(sleep(time)).await
    }

    /// Waits for work, but no longer than the run may take.
    pub(super) async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        let mut stop = self.stop.clone();
        let end = async {
            let stopped = pin!(async {
                if stop.wait_for(|stop| *stop).await.is_err() {
                    std::future::pending::<()>().await;
                }
            });
            match select(stopped, pin!(tokio::time::sleep_until(self.deadline))).await {
                Either::Left(_) => STOPPED_BY_USER,
                Either::Right(_) => "the time of the run (--timeout) was over",
            }
        };
        match select(pin!(end), pin!(work)).await {
            Either::Left((why, _)) => Err(Failure::Stopped(why)),
            Either::Right((done, _)) => Ok(done),
        }
    }

    /// Asks once; with a failure comes how long the server wants to be left alone.
    async fn attempt(
        &self,
        path: &str,
        accept: Accept,
        sink: &mut impl Sink,
    ) -> Result<(), (Failure, Option<Duration>)> {
        let limit = self.request_timeout;
        match timeout(limit, self.once(path, accept, sink)).await {
            Ok(answer) => answer,
            Err(_) => Err((Failure::TimedOut(limit), None)),
        }
    }

    async fn once(&self, path: &str, accept: Accept, sink: &mut impl Sink) -> Result<(), (Failure, Option<Duration>)> {
        let request = request(path, accept).map_err(|failure| (failure, None))?;
        let answer = self
            .client
            .send(request)
            .await
            .map_err(|error| (connection(&error), None))?;
        let (head, mut body) = answer.into_parts();
        let date = head
            .headers
            .get(header::DATE)
            .and_then(|value| http_date(value.to_str().ok()?));
        if let Some(date) = date {
            self.server_time.fetch_max(date.milliseconds, Ordering::Relaxed);
        }
        let after = head
            .headers
            .get(header::RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let after = after.map(Duration::from_secs);
        if !head.status.is_success() {
            // The status says it all; the words of a longer answer are not waited for.
            let words = Limited::new(body, MOST_OF_ERROR).collect().await;
            let words = words.map_or_else(|_| Vec::new(), |collected| collected.to_bytes().to_vec());
            return Err((refusal(head.status, &words), after));
        }
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| (Failure::BrokenOff(last_cause(&error)), None))?;
            let Some(piece) = frame.data_ref() else {
                continue;
            };
            if !sink.take(piece).map_err(|failure| (failure, None))? {
                break;
            }
        }
        Ok(())
    }
}

fn request(path: &str, accept: Accept) -> Result<Request<Body>, Failure> {
    Request::builder()
        .method(Method::GET)
        .uri(path)
        .header(header::ACCEPT, accept.header())
        .header(header::USER_AGENT, USER_AGENT)
        .body(Body::empty())
        .map_err(|error| Failure::Malformed(error.to_string()))
}

/// Whether a body is what the API server says of a request that failed.
fn is_status(body: &[u8]) -> bool {
    let value: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    value.is_some_and(|value| value.get("kind").and_then(serde_json::Value::as_str) == Some("Status"))
}

/// Reads the time of a header, `Wed, 25 Nov 2026 21:40:44 GMT` (RFC 9110, 5.6.7: the form that a server has to send).
pub(super) fn http_date(text: &str) -> Option<Timestamp> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let [_, day, month, year, time, "GMT"] = words[..] else {
        return None;
    };
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    parse_timestamp(format!("{year}-{month:02}-{day}T{time}Z").as_bytes(), None)
}

/// Reads the status of an answer that is an error.
fn refusal(status: StatusCode, body: &[u8]) -> Failure {
    let message = || {
        let status: Option<serde_json::Value> = match protobuf::is(body) {
            true => protobuf::read_object(body),
            false => serde_json::from_slice(body).ok(),
        };
        let said = status.as_ref().and_then(|status| status.get("message")?.as_str());
        let text = said.map_or_else(|| String::from_utf8_lossy(body).into_owned(), str::to_owned);
        let line = text.lines().next().unwrap_or_default().trim();
        line.chars().take(200).collect::<String>()
    };
    match status.as_u16() {
        401 => Failure::Unauthorized,
        403 => Failure::Forbidden,
        404 => Failure::NotFound,
        410 => Failure::Gone,
        429 | 500..=599 => Failure::Unable(status.as_u16(), message()),
        other => Failure::Refused(other, message()),
    }
}

/// Returns the failure of a request that got no answer.
pub(super) fn connection(error: &kube::Error) -> Failure {
    match error {
        kube::Error::Auth(error) => Failure::Connection(format!("no credentials: {}", last_cause(error))),
        error => Failure::Connection(last_cause(error)),
    }
}

/// Returns the innermost cause: the outer ones only say that there is one.
pub(super) fn last_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let text = cause.to_string();
    text.lines().next().unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_the_server_is_read() {
        let words = |text: &str| http_date(text).map(|time| time.to_string());
        assert_eq!(
            words("Wed, 25 Nov 2026 21:40:44 GMT").as_deref(),
            Some("2026-11-25T21:40:44.000Z")
        );
        for odd in [
            "",
            "now",
            "Wed, 25 Nov 2026 21:40:44 CET",
            "Wed, 99 Foo 2026 21:40:44 GMT",
        ] {
            assert_eq!(words(odd), None, "{odd}");
        }
    }
}
