//! Reads the time that a log line carries.
//!
//! Only shapes that programs on a tracing path write are known, and only at the places where they write them, so that a time in the
//! middle of a message is not taken for the line's own. There is no clock and no time zone database: a time without a zone is UTC,
//! which is what containers run in.

/// A point in time in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    /// Milliseconds since the epoch; negative before it.
    pub milliseconds: i64,
}

/// How far into a line a `key=value` pair is looked for.
const LOGFMT_REACH: usize = 512;

/// How far into a line a JSON key is looked for.
const JSON_REACH: usize = 4096;

const MILLISECONDS_PER_DAY: i64 = 86_400_000;

impl Timestamp {
    /// Returns the year in UTC, as the klog shape needs it.
    pub fn year(self) -> i64 {
        let days = self.milliseconds.div_euclid(MILLISECONDS_PER_DAY);
        civil_of_days(days).0
    }
}

impl std::fmt::Display for Timestamp {
    /// Writes RFC 3339 in UTC with milliseconds.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let days = self.milliseconds.div_euclid(MILLISECONDS_PER_DAY);
        let rest = self.milliseconds.rem_euclid(MILLISECONDS_PER_DAY);
        let (year, month, day) = civil_of_days(days);
        let (hour, minute) = (rest / 3_600_000, rest / 60_000 % 60);
        let (second, millisecond) = (rest / 1000 % 60, rest % 1000);
        write!(
            formatter,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millisecond:03}Z"
        )
    }
}

/// Returns the time of a line from which container prefixes and colour were taken away.
///
/// `year` completes klog's `E0102 15:04:05`, which has none; without it such a line has no time.
pub fn parse_timestamp(line: &[u8], year: Option<i64>) -> Option<Timestamp> {
    match line.first()? {
        b'{' => json(line),
        b'[' => {
            let inner = &line[1..];
            leading(inner).or_else(|| leading(after_first_word(inner)?))
        }
        b'0'..=b'9' => leading(line),
        b'I' | b'W' | b'E' | b'F' if line.get(1).is_some_and(u8::is_ascii_digit) => klog(line, year?),
        _ => None,
    }
    .or_else(|| logfmt(line))
}

/// Java's agent writes `[otel.javaagent 2024-01-01 00:00:00:000 +0000]`.
fn after_first_word(line: &[u8]) -> Option<&[u8]> {
    let space = line.iter().take(32).position(|byte| *byte == b' ')?;
    Some(&line[space + 1..])
}

/// A date and time, or zap's floating point seconds before a tab.
fn leading(line: &[u8]) -> Option<Timestamp> {
    if let Some((time, _)) = date_time(line) {
        return Some(time);
    }
    let end = line.iter().take(32).position(|byte| *byte == b'\t')?;
    epoch(&line[..end])
}

/// Reads `2024-01-01T00:00:00.000Z` and its relatives at the start of the text, and returns the bytes it took.
///
/// Accepted are `-` or `/` in the date, `T` or a space before the time, a fraction after `.` or `,` (or `:` and three digits), and as
/// zone `Z`, `+00:00`, `+0000`, the last two also after a space, or nothing.
pub(super) fn date_time(text: &[u8]) -> Option<(Timestamp, usize)> {
    let year = digits(text, 0, 4)?;
    let separator = *text.get(4)?;
    if !matches!(separator, b'-' | b'/') || text.get(7) != Some(&separator) {
        return None;
    }
    let (month, day) = (digits(text, 5, 2)?, digits(text, 8, 2)?);
    if !matches!(text.get(10)?, b'T' | b't' | b' ') {
        return None;
    }
    let time_of_day = clock(text, 11)?;
    let days = days_of_civil(year, month, day)?;
    let (fraction, mut end) = fraction(text, 19);
    let mut offset_minutes = 0;
    if text.get(end).is_some_and(|byte| matches!(byte, b'Z' | b'z')) {
        end += 1;
    } else if let Some((minutes, after)) = zone(text, end) {
        offset_minutes = minutes;
        end = after;
    }
    let milliseconds = days * MILLISECONDS_PER_DAY + time_of_day + fraction - offset_minutes * 60_000;
    Some((Timestamp { milliseconds }, end))
}

/// Returns `15:04:05` at an offset as milliseconds of the day.
fn clock(text: &[u8], at: usize) -> Option<i64> {
    let (hour, minute, second) = (digits(text, at, 2)?, digits(text, at + 3, 2)?, digits(text, at + 6, 2)?);
    let separated = text.get(at + 2) == Some(&b':') && text.get(at + 5) == Some(&b':');
    let valid = separated && hour < 24 && minute < 60 && second <= 60;
    valid.then_some((hour * 3600 + minute * 60 + second) * 1000)
}

/// Returns the milliseconds of a fraction and where it ends.
fn fraction(text: &[u8], at: usize) -> (i64, usize) {
    let count = text
        .get(at + 1..)
        .unwrap_or_default()
        .iter()
        .take(12)
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let introduced = match text.get(at) {
        Some(b'.' | b',') => count > 0,
        Some(b':') => count == 3,
        _ => false,
    };
    if !introduced {
        return (0, at);
    }
    let first_three = (1..=3).fold(0, |value, index| {
        let digit = text.get(at + index).filter(|_| index <= count);
        value * 10 + digit.map_or(0, |digit| i64::from(digit - b'0'))
    });
    (first_three, at + 1 + count)
}

/// Returns the offset in minutes of `+0100`, `+01:00` or either after one space, and where it ends.
fn zone(text: &[u8], at: usize) -> Option<(i64, usize)> {
    let at = if text.get(at) == Some(&b' ') { at + 1 } else { at };
    let sign = match text.get(at)? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let hours = digits(text, at + 1, 2)?;
    let minutes_at = if text.get(at + 3) == Some(&b':') {
        at + 4
    } else {
        at + 3
    };
    let minutes = digits(text, minutes_at, 2)?;
    (hours < 24 && minutes < 60).then_some((sign * (hours * 60 + minutes), minutes_at + 2))
}

/// `I0102 15:04:05.000000       1 reflector.go:539] text`
fn klog(line: &[u8], year: i64) -> Option<Timestamp> {
    let (month, day) = (digits(line, 1, 2)?, digits(line, 3, 2)?);
    if line.get(5) != Some(&b' ') {
        return None;
    }
    let milliseconds = days_of_civil(year, month, day)? * MILLISECONDS_PER_DAY + clock(line, 6)? + fraction(line, 14).0;
    Some(Timestamp { milliseconds })
}

/// `level=info ts=2024-01-01T00:00:00Z`, `time="…"`, `t=…`
fn logfmt(line: &[u8]) -> Option<Timestamp> {
    let reach = &line[..line.len().min(LOGFMT_REACH)];
    for equals in memchr::memchr_iter(b'=', reach) {
        let key = ["timestamp", "time", "ts", "t"].iter().any(|key| {
            reach[..equals]
                .strip_suffix(key.as_bytes())
                .is_some_and(|before| matches!(before.last(), None | Some(b' ' | b'\t')))
        });
        if !key {
            continue;
        }
        let value = &line[equals + 1..];
        let value = value.strip_prefix(b"\"").unwrap_or(value);
        if let Some(time) = value_time(value) {
            return Some(time);
        }
    }
    None
}

/// `{"level":"info","ts":1700000000.123,…}` and the other names of the key.
fn json(line: &[u8]) -> Option<Timestamp> {
    let reach = &line[..line.len().min(JSON_REACH)];
    for colon in memchr::memchr_iter(b':', reach) {
        let before = reach[..colon].trim_ascii_end();
        let key = [
            r#""ts""#,
            r#""time""#,
            r#""timestamp""#,
            r#""@timestamp""#,
            r#""t""#,
            r#""asctime""#,
        ]
        .iter()
        .any(|key| {
            before
                .strip_suffix(key.as_bytes())
                .is_some_and(|before| matches!(before.trim_ascii_end().last(), Some(b'{' | b',')))
        });
        if !key {
            continue;
        }
        let value = line[colon + 1..].trim_ascii_start();
        let value = value.strip_prefix(b"\"").unwrap_or(value);
        if let Some(time) = value_time(value) {
            return Some(time);
        }
    }
    None
}

/// A date and time, or a number since the epoch.
fn value_time(value: &[u8]) -> Option<Timestamp> {
    if let Some((time, _)) = date_time(value) {
        return Some(time);
    }
    let number = |byte: &&u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+');
    let length = value.iter().take(32).take_while(number).count();
    epoch(&value[..length])
}

/// Seconds, milliseconds, microseconds or nanoseconds, told apart by their size. Anything before 2001 is no time of a log.
fn epoch(number: &[u8]) -> Option<Timestamp> {
    let number: f64 = std::str::from_utf8(number).ok()?.parse().ok()?;
    let milliseconds = match number {
        1e9..1e11 => number * 1e3,
        1e12..1e14 => number,
        1e15..1e17 => number / 1e3,
        1e18..1e20 => number / 1e6,
        _ => return None,
    };
    // The ranges above keep the value far below 2^53.
    Some(Timestamp {
        milliseconds: milliseconds.round() as i64,
    })
}

fn digits(text: &[u8], at: usize, count: usize) -> Option<i64> {
    let part = text.get(at..at + count)?;
    part.iter().try_fold(0, |value, byte| {
        byte.is_ascii_digit().then(|| value * 10 + i64::from(byte - b'0'))
    })
}

/// Days since the epoch of a date of the Gregorian calendar, counted from 1 March so that the leap day is the last of its year.
fn days_of_civil(year: i64, month: i64, day: i64) -> Option<i64> {
    let last = match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=last).contains(&day) || !(1970..=9999).contains(&year) {
        return None;
    }
    let march_year = if month <= 2 { year - 1 } else { year };
    let march_month = (month + 9) % 12;
    let day_of_year = (153 * march_month + 2) / 5 + day - 1;
    Some(march_year * 365 + march_year / 4 - march_year / 100 + march_year / 400 + day_of_year - 719_468)
}

/// The inverse of [`days_of_civil`] for all days.
fn civil_of_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: Option<&str>) {
        let found = parse_timestamp(line.as_bytes(), Some(2026)).map(|time| time.to_string());
        assert_eq!(found.as_deref(), expected, "{line}");
    }

    #[test]
    fn collector_console_lines() {
        check(
            "2026-11-25T15:07:21.872Z\tinfo\tservice@v0.88.0/telemetry.go:84\tSetting up",
            Some("2026-11-25T15:07:21.872Z"),
        );
        check(
            "2026-11-25T15:07:21.872+0100\tinfo\tmsg",
            Some("2026-11-25T14:07:21.872Z"),
        );
        check("1.7000000001234e+09\tinfo\tmsg", Some("2023-11-14T22:13:20.123Z"));
        check(
            "2026/11/25 15:07:21 collector server run finished with error: x",
            Some("2026-11-25T15:07:21.000Z"),
        );
    }

    #[test]
    fn logfmt_lines() {
        check(
            "level=info ts=2026-11-22T11:14:25.961398443Z caller=main.go:118",
            Some("2026-11-22T11:14:25.961Z"),
        );
        check(
            "ts=2026-11-22T11:14:25Z level=info msg=x",
            Some("2026-11-22T11:14:25.000Z"),
        );
        check(
            r#"time="2026-11-22T11:14:25-02:30" level=info"#,
            Some("2026-11-22T13:44:25.000Z"),
        );
        check(
            "logger=sqlstore t=2026-11-22T11:14:25.1Z level=info",
            Some("2026-11-22T11:14:25.100Z"),
        );
        check("level=info attempts=3 t=5 msg=x", None);
    }

    #[test]
    fn json_lines() {
        check(
            r#"{"level":"info","ts":1700000000.123,"msg":"x"}"#,
            Some("2023-11-14T22:13:20.123Z"),
        );
        check(
            r#"{"level":30,"time":1700000000123,"msg":"x"}"#,
            Some("2023-11-14T22:13:20.123Z"),
        );
        check(
            r#"{ "timestamp" : "2026-11-22T11:14:25.5Z" }"#,
            Some("2026-11-22T11:14:25.500Z"),
        );
        check(
            r#"{"@timestamp":"2026-11-22 11:14:25,250"}"#,
            Some("2026-11-22T11:14:25.250Z"),
        );
        check(r#"{"msg":"no time","t":5}"#, None);
    }

    #[test]
    fn java_python_and_klog_lines() {
        check(
            "[otel.javaagent 2026-11-22 11:14:25:007 +0000] [main] INFO x",
            Some("2026-11-22T11:14:25.007Z"),
        );
        check(
            "2026-11-22 11:14:25,007 WARNING opentelemetry",
            Some("2026-11-22T11:14:25.007Z"),
        );
        check("[2026-11-22T11:14:25.007Z] x", Some("2026-11-22T11:14:25.007Z"));
        check(
            "E1122 11:14:25.007123       1 reflector.go:539] x",
            Some("2026-11-22T11:14:25.007Z"),
        );
        assert_eq!(parse_timestamp(b"E1122 11:14:25.007123 1 a.go:1] x", None), None);
    }

    #[test]
    fn impossible_dates_are_no_times() {
        check("2026-02-29T00:00:00Z x", None);
        check("2024-02-29T00:00:00Z x", Some("2024-02-29T00:00:00.000Z"));
        check("2026-13-01T00:00:00Z x", None);
        check("2026-01-01T24:00:00Z x", None);
        check("0000-00-00T00:00:00Z x", None);
        check("", None);
        check("2026", None);
        check("ts=", None);
        check("{\"ts\":", None);
        check("at 2026-01-01T00:00:00Z something", None);
    }

    #[test]
    fn every_day_of_four_centuries_survives_the_round_trip() {
        for days in 0..146_097 {
            let (year, month, day) = civil_of_days(days);
            assert_eq!(days_of_civil(year, month, day), Some(days));
        }
    }
}
