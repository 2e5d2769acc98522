//! The largest message that a server of gRPC takes.

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
