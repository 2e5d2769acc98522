//! Logs inside the JSON of what shipped, stored or fetched them: lines of Fluent Bit and of `logcli`, answers of Loki, and their like.
//!
//! One file may hold the logs of many containers, the newest line first. Here it becomes one log for each container, the oldest line
//! first, in the form that a container runtime writes; where each line stood in the file is kept. Docker's own form, one container in a file, needs
//! none of this: the scanner reads it line by line.

mod entry;

use crate::evidence::logs::{LineReference, LogSummary, Timestamp, is_wrapped};
use entry::{Entry, entry, is_own_line, of_labels, value_time};
use memchr::memmem;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt::Write as _;

pub(super) use entry::Owner;

/// Bytes of such a file that are read: it is held in memory.
pub(super) const MOST_BYTES: u64 = 128 << 20;

/// Bytes of a file's beginning that tell what it is.
pub(super) const HEAD: u64 = 64 << 10;

/// Lines at the beginning that may be anything, such as what `logcli` says of its request.
const LINES_BEFORE: usize = 20;

/// What a file holds that begins like JSON.
#[derive(Debug)]
pub(super) enum Content {
    /// A program's own lines.
    Plain,
    /// Logs of containers.
    Logs(Vec<Unwrapped>),
    /// JSON in which no known form of a log is.
    Unknown,
}

/// The log of one container.
#[derive(Debug)]
pub(super) struct Unwrapped {
    pub(super) owner: Owner,
    pub(super) text: String,
    /// Of each line, its line in the file, and the byte at which it begins.
    places: Vec<(u64, u64)>,
}

impl Unwrapped {
    /// Places what a scan of the text found in the file. An answer that is written on one line has no places to tell its entries apart:
    /// they are counted, the oldest first.
    pub(super) fn place(&self, summary: &mut LogSummary) {
        let Some(first) = self.places.first() else {
            return;
        };
        let is_one_line = self.places.iter().all(|place| place.0 == first.0);
        if is_one_line && self.places.iter().any(|place| place.1 != first.1) {
            return;
        }
        let place = |line: &mut LineReference| {
            let at = usize::try_from(line.line).unwrap_or(usize::MAX).saturating_sub(1);
            if let Some((number, offset)) = self.places.get(at) {
                (line.line, line.byte_offset) = (*number, *offset);
            }
        };
        summary.first_line.iter_mut().for_each(place);
        summary.last_line.iter_mut().for_each(place);
        for group in &mut summary.groups {
            place(&mut group.first);
            place(&mut group.last);
        }
    }
}

/// Whether a file that begins so may be other than a log of plain lines, so that it is worth reading as a whole.
pub(super) fn may_be_wrapped(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let mut lines = head.split(|byte| *byte == b'\n');
    match head.first() {
        Some(b'[') => opens_list(head),
        Some(b'{') => match lines.next().and_then(object_of) {
            Some(object) => !is_of_docker(head, &object) && (entry(&object).is_some() || !is_own_line(&object)),
            None => true,
        },
        _ => lines
            .take(LINES_BEFORE)
            .filter_map(object_of)
            .any(|object| entry(&object).is_some()),
    }
}

fn object_of(line: &[u8]) -> Option<Map<String, Value>> {
    line.starts_with(b"{").then_some(())?;
    serde_json::from_slice(line).ok()
}

fn is_of_docker(head: &[u8], object: &Map<String, Value>) -> bool {
    let names_stream = object
        .get("stream")
        .and_then(Value::as_str)
        .is_some_and(|name| name.starts_with("std"));
    head.starts_with(b"{\"log\":") && names_stream && !object.contains_key("kubernetes")
}

/// A list of objects; a program's line may begin with a bracket too.
fn opens_list(text: &[u8]) -> bool {
    text.first() == Some(&b'[') && text[1..].trim_ascii_start().first() == Some(&b'{')
}

/// Takes a file apart: objects one after another, or in a list.
pub(super) fn unwrap(text: &str) -> Content {
    let bytes = text.as_bytes();
    let mut found = Found {
        bytes,
        ..Found::default()
    };
    let mut at = if text.starts_with('\u{feff}') { 3 } else { 0 };
    while let Some(byte) = bytes.get(at) {
        match byte {
            b',' | b']' => at += 1,
            blank if blank.is_ascii_whitespace() => at += 1,
            b'[' if opens_list(&bytes[at..]) => at += 1,
            b'{' => match object_at(&bytes[at..]) {
                Some((object, length)) => {
                    found.add(&object, at);
                    at += length;
                }
                None => at = found.pass_over(at),
            },
            _ => at = found.pass_over(at),
        }
    }
    found.content()
}

/// Reads the object that begins here, which may take several lines.
fn object_at(bytes: &[u8]) -> Option<(Map<String, Value>, usize)> {
    let mut values = serde_json::Deserializer::from_slice(bytes).into_iter();
    let object = values.next()?.ok()?;
    Some((object, values.byte_offset()))
}

/// What a program wrote, and where it stands.
#[derive(Debug)]
struct Piece {
    time: Option<Timestamp>,
    text: String,
    place: (u64, u64),
}

/// What was found so far.
#[derive(Default)]
struct Found<'b> {
    bytes: &'b [u8],
    logs: BTreeMap<Owner, Vec<Piece>>,
    /// Objects that are no entry and no program's own line.
    foreign: usize,
    /// Objects that are a program's own line, and lines that are no JSON.
    own: usize,
    /// Line feeds before an offset.
    lines: (u64, usize),
}

impl Found<'_> {
    fn add(&mut self, object: &Map<String, Value>, at: usize) {
        if let Some(entry) = entry(object) {
            self.push(entry, at);
        } else if let Some(streams) = streams_of_loki(object) {
            self.add_streams(streams, at);
        } else if let Some(hits) = hits_of_search(object) {
            for entry in hits.iter().filter_map(|hit| entry(hit.as_object()?)) {
                self.push(entry, at);
            }
        } else if is_own_line(object) {
            self.own += 1;
        } else {
            self.foreign += 1;
        }
    }

    /// Adds the entries of an answer of Loki; each is found in the file by its time, which is written as it is.
    fn add_streams(&mut self, streams: &[Value], at: usize) {
        let mut cursor = Some(at);
        for stream in streams {
            let owner = stream
                .get("stream")
                .and_then(Value::as_object)
                .map(of_labels)
                .unwrap_or_default();
            let values = stream.get("values").and_then(Value::as_array);
            for value in values.into_iter().flatten() {
                let (Some(nanoseconds), Some(line)) = (value.get(0).and_then(Value::as_str), value.get(1)) else {
                    continue;
                };
                let quoted = format!("\"{nanoseconds}\"");
                cursor = cursor.and_then(|from| Some(from + memmem::find(&self.bytes[from..], quoted.as_bytes())?));
                let place = cursor.unwrap_or(at);
                cursor = cursor.map(|from| from + quoted.len());
                let entry = Entry {
                    owner: owner.clone(),
                    time: value.get(0).and_then(value_time),
                    text: line.as_str().unwrap_or_default().to_owned(),
                };
                self.push(entry, place);
            }
        }
    }

    fn push(&mut self, entry: Entry, at: usize) {
        let (feeds, counted_to) = self.lines;
        let new = memchr::memchr_iter(b'\n', self.bytes.get(counted_to..at).unwrap_or_default()).count() as u64;
        self.lines = (feeds + new, counted_to.max(at));
        self.logs.entry(entry.owner).or_default().push(Piece {
            time: entry.time,
            text: entry.text,
            place: (self.lines.0 + 1, at as u64),
        });
    }

    /// Returns where the next line begins.
    fn pass_over(&mut self, at: usize) -> usize {
        self.own += 1;
        memchr::memchr(b'\n', &self.bytes[at..]).map_or(self.bytes.len(), |feed| at + feed + 1)
    }

    fn content(self) -> Content {
        if self.logs.is_empty() {
            return match self.foreign > 0 && self.own == 0 {
                true => Content::Unknown,
                false => Content::Plain,
            };
        }
        Content::Logs(
            self.logs
                .into_iter()
                .map(|(owner, pieces)| written(owner, pieces))
                .collect(),
        )
    }
}

/// `{"status":"success","data":{"resultType":"streams","result":[{"stream":{…},"values":[["TIME","LINE"],…]}]}}`, also without what is
/// around `data`.
fn streams_of_loki(object: &Map<String, Value>) -> Option<&Vec<Value>> {
    let data = match object.get("data") {
        Some(data) => data.as_object()?,
        None => object,
    };
    let result = data.get("result").or_else(|| data.get("streams"))?.as_array()?;
    result
        .iter()
        .any(|stream| stream.get("stream").is_some() && stream.get("values").is_some())
        .then_some(result)
}

/// The answer of a search of Elasticsearch or OpenSearch.
fn hits_of_search(object: &Map<String, Value>) -> Option<&Vec<Value>> {
    let hits = object.get("hits")?.get("hits")?.as_array()?;
    hits.iter()
        .any(|hit| hit.as_object().and_then(entry).is_some())
        .then_some(hits)
}

/// Writes the log of a container as its runtime would have, the oldest line first.
fn written(owner: Owner, mut pieces: Vec<Piece>) -> Unwrapped {
    if pieces.iter().all(|piece| piece.time.is_some()) {
        let newest_first = pieces.first().map(|piece| piece.time) > pieces.last().map(|piece| piece.time);
        if newest_first {
            // Lines of the same moment stand the wrong way round as well.
            pieces.reverse();
        }
        pieces.sort_by_key(|piece| piece.time);
    }
    let mut log = Unwrapped {
        owner,
        text: String::new(),
        places: Vec::new(),
    };
    for piece in pieces {
        let text = piece.text.strip_suffix('\n').unwrap_or(&piece.text);
        for line in text.split('\n') {
            if let Some(time) = piece.time.filter(|_| !is_wrapped(line.as_bytes())) {
                // Writing to a string cannot fail.
                let _ = write!(log.text, "{time} stderr F ");
            }
            log.text.push_str(line);
            log.text.push('\n');
            log.places.push(piece.place);
        }
    }
    log
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, &str, &[u64])]) {
        assert!(may_be_wrapped(text.as_bytes()), "{text}");
        let Content::Logs(logs) = unwrap(text) else {
            panic!("no logs in {text}");
        };
        let found: Vec<_> = logs
            .iter()
            .map(|log| {
                let lines: Vec<u64> = log.places.iter().map(|place| place.0).collect();
                (log.owner.pod.as_deref().unwrap_or("-"), log.text.as_str(), lines)
            })
            .collect();
        let found: Vec<_> = found
            .iter()
            .map(|(pod, text, lines)| (*pod, *text, lines.as_slice()))
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn interleaved_lines_of_two_pods() {
        check(
            concat!(
                r#"{"date":1795680001.0,"log":"one","kubernetes":{"pod_name":"a"}}"#,
                "\n",
                r#"{"date":1795680002.0,"log":"two\n\tat x","kubernetes":{"pod_name":"b"}}"#,
                "\n{\"torn\n",
                r#"{"date":1795680003.5,"log":"three","kubernetes":{"pod_name":"a"}}"#,
            ),
            &[
                (
                    "a",
                    "2026-11-26T08:00:01.000Z stderr F one\n2026-11-26T08:00:03.500Z stderr F three\n",
                    &[1, 4],
                ),
                (
                    "b",
                    "2026-11-26T08:00:02.000Z stderr F two\n2026-11-26T08:00:02.000Z stderr F \tat x\n",
                    &[2, 2],
                ),
            ],
        );
    }

    #[test]
    fn an_answer_of_loki_is_turned_round() {
        let answer = concat!(
            r#"{"status":"success","data":{"resultType":"streams","result":["#,
            "\n",
            r#"{"stream":{"pod":"a"},"values":[["1795680003000000000","new"],"#,
            "\n",
            r#"["1795680001000000000","second"],["1795680001000000000","first"]]}]}}"#,
        );
        check(
            answer,
            &[(
                "a",
                "2026-11-26T08:00:01.000Z stderr F first\n2026-11-26T08:00:01.000Z stderr F second\n2026-11-26T08:00:03.000Z stderr F new\n",
                &[3, 3, 2],
            )],
        );
    }

    #[test]
    fn words_before_the_lines_and_lists_over_several_lines() {
        check(
            concat!(
                "2026/11/26 08:00:00 http://localhost:3100/loki/api/v1/query_range?x\n",
                r#"{"line":"2026-11-26T08:00:00.1Z stdout F x","timestamp":"2026-11-26T08:00:00.2Z"}"#,
            ),
            &[("-", "2026-11-26T08:00:00.1Z stdout F x\n", &[2])],
        );
        check(
            "[\n  {\n    \"message\": \"x\",\n \"namespace\": \"n\",\n \"podName\": \"p\",\n \"containerName\": \"c\"\n  },\n {\"message\":\"y\",\"namespace\":\"n\",\"podName\":\"p\",\"containerName\":\"c\"}\n]\n",
            &[("p", "x\ny\n", &[2, 8])],
        );
        check(
            r#"{"took":3,"hits":{"total":1,"hits":[{"_source":{"message":"x","kubernetes":{"pod_name":"p"}}}]}}"#,
            &[("p", "x\n", &[1])],
        );
    }

    #[test]
    fn lines_of_programs_and_of_docker_stay_what_they_are() {
        for own in [
            "{\"level\":\"info\",\"msg\":\"x\"}\n{\"line\":\"x\",\"timestamp\":\"2026-11-26T08:00:00Z\"}\n",
            "{\"log\":\"x\\n\",\"stream\":\"stderr\",\"time\":\"2026-11-26T08:00:00Z\"}\n",
            "[otel.javaagent 2026-11-26 08:00:00:000 +0000] [main] INFO x\n",
            "plain\n{\"level\":30,\"msg\":\"x\"}\n",
            "",
        ] {
            assert!(!may_be_wrapped(own.as_bytes()), "{own}");
        }
        for own in [
            "{\n  code: 'ECONNREFUSED'\n}\nplain\n",
            "{\"a\":1}\nplain\n",
            "{\"a\":1}\n{\"msg\":\"x\"}\n",
        ] {
            assert!(matches!(unwrap(own), Content::Plain), "{own}");
        }
    }

    #[test]
    fn json_that_is_no_log_is_unknown() {
        for other in [
            r#"{"status":"success","data":{"resultType":"streams","result":[]}}"#,
            r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[]}]}}"#,
            "[\n{\"content\":{\"x\":1}}\n]\n",
        ] {
            assert!(may_be_wrapped(other.as_bytes()), "{other}");
            assert!(matches!(unwrap(other), Content::Unknown), "{other}");
        }
    }
}
