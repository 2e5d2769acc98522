//! What a server of gRPC lets its clients do: the largest message that it takes, and how often it may be pinged.

use crate::evidence::{Cell, Value};

/// What `grpc/grpc-go@v1.83.1:server.go` takes where nothing else is said.
const DEFAULT: i64 = 4 << 20;

/// Returns the limit in bytes, by the settings of a server (`open-telemetry/opentelemetry-collector@v0.128.0:config/configgrpc/configgrpc.go`).
pub fn largest_message(server: &Cell) -> Cell {
    let Some(written) = server.get("max_recv_msg_size_mib").filter(|cell| !cell.is_null()) else {
        return Cell::from(DEFAULT).at(server);
    };
    match written.value {
        Value::Int(mebibytes) if mebibytes > 0 => Cell::from(mebibytes.saturating_mul(1 << 20)).at(written),
        Value::Int(_) => Cell::from(DEFAULT).at(written),
        Value::Unknown(_) => written.clone(),
        _ => Cell::unknown("max_recv_msg_size_mib is no number").at(written),
    }
}

/// The shortest interval of pings where nothing else is said: five minutes (`grpc/grpc-go@v1.83.1:internal/transport/defaults.go`).
const PING_INTERVAL: &str = "5m";

/// Returns the shortest interval of pings that a server of gRPC bears, by its settings. What is not set, or 0, is the default.
pub fn ping_interval(server: &Cell) -> Cell {
    let policy = server.path(&["keepalive", "enforcement_policy"]);
    let written = policy.and_then(|policy| policy.get("min_time"));
    match written.map(|cell| (&cell.value, cell)) {
        None | Some((Value::Null, _)) => Cell::from(PING_INTERVAL).at(server),
        Some((Value::Text(text), cell)) if is_zero(text) => Cell::from(PING_INTERVAL).at(cell),
        Some((Value::Text(_) | Value::Unknown(_), cell)) => cell.clone(),
        Some((_, cell)) => Cell::unknown("min_time is no length of time").at(cell),
    }
}

fn is_zero(text: &str) -> bool {
    let number = text.trim().trim_end_matches(char::is_alphabetic);
    !number.is_empty() && number.chars().all(|letter| letter == '0' || letter == '.')
}

#[cfg(test)]
mod tests {
    use super::is_zero;

    #[test]
    fn nothing_in_any_unit() {
        assert!(["0", "0s", "0.0m", " 0ms "].into_iter().all(is_zero));
        assert!(!["10s", "", "s", "0.5s", "1m0s"].into_iter().any(is_zero));
    }
}
