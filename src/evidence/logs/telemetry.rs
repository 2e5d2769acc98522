//! Tells which lines print what users sent or asked, so that its words are not taken for those of the program.
//!
//! Tempo prints spans with `log_received_spans` and `log_discarded_spans` (grafana/tempo:modules/distributor/distributor.go) and the
//! queries that it gets; the Collector's debug exporter prints whole records (opentelemetry-collector:exporter/debugexporter).

use std::borrow::Cow;

use memchr::memmem;

/// What begins the lines of the debug exporter that hold text of users.
const RECORD: [&[u8]; 4] = [b"-> ", b"Status message : ", b"Body: ", b"Name           : "];

/// What Tempo writes of a span.
const SPAN: [&[u8]; 2] = [b" msg=received ", b" msg=discarded "];

/// What stands before a query in logfmt.
const QUERY: &[u8] = b" query=\"";

/// Returns whether a line prints telemetry.
pub(super) fn is_printed(text: &[u8]) -> bool {
    let start = text.trim_ascii_start();
    RECORD.iter().any(|record| start.starts_with(record))
        || (memmem::find(text, b" spanid=").is_some() && SPAN.iter().any(|words| memmem::find(text, words).is_some()))
}

/// Returns a line without the text of a query that it names.
pub(super) fn without_query(text: &[u8]) -> Cow<'_, [u8]> {
    let Some(begin) = memmem::find(text, QUERY).map(|at| at + QUERY.len()) else {
        return Cow::Borrowed(text);
    };
    let mut end = begin;
    while let Some(byte) = text.get(end) {
        match byte {
            b'"' => break,
            b'\\' => end += 2,
            _ => end += 1,
        }
    }
    let mut own = text[..begin].to_vec();
    own.extend_from_slice("…".as_bytes());
    own.extend_from_slice(text.get(end..).unwrap_or_default());
    Cow::Owned(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, printed: bool, own: &str) {
        assert_eq!(is_printed(line.as_bytes()), printed, "{line}");
        assert_eq!(String::from_utf8_lossy(&without_query(line.as_bytes())), own, "{line}");
    }

    fn same(line: &str, printed: bool) {
        check(line, printed, line);
    }

    #[test]
    fn spans_that_tempo_prints() {
        same(
            "level=info ts=2026-01-05T10:00:00.000Z caller=distributor.go:971 msg=received span_error=\"no space left on device\" spanid=01 traceid=02",
            true,
        );
        same(
            "level=info ts=2026-01-05T10:00:00.000Z caller=distributor.go:971 msg=discarded tenant=a span_name=\"GET /\" spanid=01 traceid=02",
            true,
        );
        same(
            "level=error ts=2026-01-05T10:00:00.000Z caller=flush.go:165 msg=\"failed to cut traces\" err=\"no space left on device\"",
            false,
        );
        same("msg=\"received a block\" spanid=7", false);
    }

    #[test]
    fn records_of_the_debug_exporter() {
        same("     -> exception.message: Str(Exporting failed. Dropping data.)", true);
        same("    Status message : code = Unauthenticated", true);
        same(
            " ---> System.Net.Sockets.SocketException (111): Connection refused",
            false,
        );
        same("Name of the exporter: otlp", false);
    }

    #[test]
    fn the_text_of_a_query_is_left_out() {
        check(
            r#"level=info msg="search request" query="{ span.error = \"no org id\" }" range_seconds=60 err="empty ring""#,
            false,
            r#"level=info msg="search request" query="…" range_seconds=60 err="empty ring""#,
        );
        check(r#"level=info query="cut \"#, false, r#"level=info query="…"#);
        check(r#"level=info query="cut"#, false, r#"level=info query="…"#);
    }
}
