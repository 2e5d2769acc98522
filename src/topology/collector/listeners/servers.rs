//! The servers that components are, with the keys of their addresses and their default ports.

use crate::releases::ComponentKind;

/// What is known of a kind of server without a configuration.
pub(super) struct Server {
    pub(super) kind: ComponentKind,
    pub(super) types: &'static [&'static str],
    /// The keys from the component to the block with `endpoint`.
    pub(super) block: &'static [&'static str],
    pub(super) protocol: &'static str,
    pub(super) transport: &'static str,
    pub(super) port: Option<u16>,
    /// Its default address never was open to others.
    pub(super) always_local: bool,
}

const fn server(
    kind: ComponentKind,
    types: &'static [&'static str],
    block: &'static [&'static str],
    protocol: &'static str,
    port: u16,
) -> Server {
    Server {
        kind,
        types,
        block,
        protocol,
        transport: "TCP",
        port: Some(port),
        always_local: false,
    }
}

const fn udp(server: Server) -> Server {
    Server {
        transport: "UDP",
        ..server
    }
}

const fn local(server: Server) -> Server {
    Server {
        always_local: true,
        ..server
    }
}

const fn required(server: Server) -> Server {
    Server { port: None, ..server }
}

use ComponentKind::{Exporter, Extension, Receiver};

/// The servers whose address is `endpoint` in a block, with their default ports.
pub(super) const SERVERS: [Server; 27] = [
    server(Receiver, &["otlp"], &["protocols", "grpc"], "otlp_grpc", 4317),
    server(Receiver, &["otlp"], &["protocols", "http"], "otlp_http", 4318),
    server(
        Receiver,
        &["otelarrow", "otel_arrow"],
        &["protocols", "grpc"],
        "otlp_grpc",
        4317,
    ),
    server(Receiver, &["jaeger"], &["protocols", "grpc"], "jaeger_grpc", 14250),
    server(
        Receiver,
        &["jaeger"],
        &["protocols", "thrift_http"],
        "jaeger_thrift_http",
        14268,
    ),
    udp(server(
        Receiver,
        &["jaeger"],
        &["protocols", "thrift_compact"],
        "jaeger_thrift_compact",
        6831,
    )),
    udp(server(
        Receiver,
        &["jaeger"],
        &["protocols", "thrift_binary"],
        "jaeger_thrift_binary",
        6832,
    )),
    server(Receiver, &["zipkin"], &[], "zipkin", 9411),
    server(Receiver, &["opencensus"], &[], "opencensus", 55678),
    server(
        Receiver,
        &["skywalking"],
        &["protocols", "grpc"],
        "skywalking_grpc",
        11800,
    ),
    server(
        Receiver,
        &["skywalking"],
        &["protocols", "http"],
        "skywalking_http",
        12800,
    ),
    server(Receiver, &["datadog"], &[], "datadog", 8126),
    server(Receiver, &["sapm"], &[], "sapm", 7276),
    server(Receiver, &["signalfx"], &[], "signalfx", 9943),
    server(Receiver, &["splunk_hec", "splunkhec"], &[], "splunk_hec", 8088),
    server(Receiver, &["loki"], &["protocols", "http"], "loki_http", 3500),
    server(Receiver, &["loki"], &["protocols", "grpc"], "loki_grpc", 3600),
    server(Receiver, &["influxdb"], &[], "influxdb", 8086),
    udp(server(Receiver, &["statsd"], &[], "statsd", 8125)),
    udp(server(Receiver, &["awsxray"], &[], "xray", 2000)),
    required(server(
        Receiver,
        &["fluent_forward", "fluentforward"],
        &[],
        "fluent_forward",
        0,
    )),
    server(Extension, &["health_check"], &[], "health", 13133),
    server(Extension, &["healthcheckv2"], &["http"], "health", 13133),
    server(Extension, &["healthcheckv2"], &["grpc"], "health_grpc", 13132),
    local(server(Extension, &["pprof"], &[], "pprof", 1777)),
    local(server(Extension, &["zpages"], &[], "zpages", 55679)),
    required(server(Exporter, &["prometheus"], &[], "prometheus", 0)),
];
