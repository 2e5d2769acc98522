//! The tables about connections: between stages, and inside Tempo.

mod links;
mod policies;

use super::{CONFIGURATION_AND_SERVICES, Column, Read, Table, Type};

const fn column(name: &'static str, kind: Type, about: &'static str) -> Column {
    Column { name, kind, about }
}

const HOPS: &[Column] = &[
    column(
        "sender",
        Type::Text,
        "`sdk`, `mesh` (Istio's proxies, Dapr's sidecars, Kong's plugin), `exporter`, `receiver` (of Kafka), `datasource`, `remote_write` (of Tempo, or of a Collector that makes metrics of spans), `ingest` (of Tempo, to Kafka) or `gateway` (an nginx that passes on, an Ingress, or a route).",
    ),
    column(
        "name",
        Type::Text,
        "The container, the component's id, the data source's name, the setting of Tempo, the location of nginx, or the Ingress.",
    ),
    column(
        "signal",
        Type::Text,
        "`traces`, `metrics`, `logs`, `queries` (of traces), `other_queries` (of a data source of Jaeger or Zipkin) or `other`; of an exporter the first that it has, traces before others.",
    ),
    column("app", Type::Row("apps"), "The application that sends."),
    column("component", Type::Row("components"), "The exporter that sends."),
    column("collector", Type::Row("collectors"), "The Collector that sends."),
    column("tempo", Type::Row("tempos"), "The Tempo that sends."),
    column("datasource", Type::Row("datasources"), "The data source that asks."),
    column(
        "referred_by",
        Type::Text,
        "For a data source of metrics or logs: which settings of a Tempo data source refer to it, in words; null for other senders.",
    ),
    column(
        "resolver",
        Type::Text,
        "How load balancing finds its ends: `dns`, `static`, `k8s` or `aws_cloud_map`; null for other senders.",
    ),
    column(
        "endpoint",
        Type::Text,
        "The endpoint as the sender uses it, with the place that decides it.",
    ),
    column(
        "protocol",
        Type::Text,
        "`grpc`, `http`, or another: `zipkin`, `kafka`, `remote_write`.",
    ),
    column("tls", Type::Bool, "Whether the sender wants TLS."),
    column("host", Type::Text, "The host."),
    column("port", Type::Int, "The port, the protocol's own when none is written."),
    column("path", Type::Text, "The path that is requested; empty for gRPC."),
    column(
        "sender_fault",
        Type::Bool,
        "Whether the endpoint says by itself that protocol and port do not go together (gRPC to 4318, HTTP to 4317), which other checks report.",
    ),
    column(
        "target",
        Type::Text,
        "What the host is: `own_pod`, `node`, `service`, `absent` (a Service that is not there), or `outside` (another host, an address, a name for one).",
    ),
    column(
        "service",
        Type::Text,
        "The Service in words, with its place when it is at hand; null for other targets.",
    ),
    column(
        "alias",
        Type::Text,
        "The Service of type ExternalName that the host names, in words, with the place of the name that it stands for; null for other hosts.",
    ),
    column(
        "through",
        Type::Text,
        "The Ingress, the route of the Gateway API or of OpenShift whose host it is, in words; what serves it is not judged, and the connection from there to the Service is a row of its own; null for other hosts.",
    ),
    column(
        "grpc_lost",
        Type::Text,
        "For the connection from an Ingress to its Service: the path whose requests of gRPC are passed on over HTTP/1.1, placed at the annotation or class that decides it; null else.",
    ),
    column("to_service", Type::Row("services"), "The Service, when it is at hand."),
    column(
        "near",
        Type::Text,
        "The object that was perhaps meant when the Service is absent, in words, or up to three of which one was; null when there is none.",
    ),
    column(
        "headless",
        Type::Bool,
        "Whether the Service is headless; null for other targets.",
    ),
    column("service_ports", Type::List(&Type::Int), "The TCP ports of the Service."),
    column(
        "udp_port",
        Type::Any,
        "The port of the Service as written, when it has that number for UDP only; null else.",
    ),
    column(
        "port_open",
        Type::Bool,
        "Whether the Service has the port, if only for UDP; null where there is none to have it.",
    ),
    column(
        "pod_port",
        Type::Int,
        "The port of the pods; null when the way ends before.",
    ),
    column(
        "listener",
        Type::Text,
        "What listens there: `otlp_grpc`, `otlp_http`, `zipkin`, `tempo_http`, `tempo_grpc`, `tempo_gossip`, `prometheus`, `mimir`, `loki` and so on, or `nothing`; of a gateway what the sender asks for, or `http1` when it takes no gRPC; null when the way ends before, outside, or at Kafka.",
    ),
    column(
        "to_stage",
        Type::Text,
        "The stage that listens: `collector` or `tempo`; null when nothing does.",
    ),
    column(
        "to",
        Type::Text,
        "The workload behind it in words, with the place of the listener, else of the workload.",
    ),
    column(
        "to_workloads",
        Type::List(&Type::Row("workloads")),
        "The workloads that the host stands for; where the Service is absent, those behind the one that was perhaps meant, if there is just one.",
    ),
    column("listener_tls", Type::Bool, "Whether the listener speaks TLS."),
    column(
        "largest_message",
        Type::Int,
        "The largest message that the listener takes, in bytes, with the place of the setting, else of the listener; null where it is none of OTLP over gRPC.",
    ),
    column(
        "ping_interval",
        Type::Text,
        "The shortest interval of pings that the listener bears, `5m` by default, with the place of the setting, else of the listener; null where it is none of OTLP over gRPC.",
    ),
    column(
        "listener_local",
        Type::Bool,
        "Whether only its own pod reaches the listener.",
    ),
    column(
        "listener_path",
        Type::Text,
        "The path that the listener takes spans on; null where not both ends speak OTLP over HTTP, and where the sender's settings say by themselves that theirs is wrong.",
    ),
    column(
        "spans_end_in",
        Type::Text,
        "Where spans end that the receiver takes: connectors that make something else of them, exporters that print them; null where an exporter sends them away or may do so, and where the Collector only prints spans.",
    ),
    column(
        "listener_signals",
        Type::List(&Type::Text),
        "The signals of the pipelines that the listener feeds; null when it is no receiver of a Collector.",
    ),
    column(
        "to_itself",
        Type::Bool,
        "Whether an exporter sends to a receiver of its own pods that feeds the pipeline which it ends.",
    ),
    column(
        "comes_back",
        Type::Text,
        "The stations on which spans come back to the exporter that sends them, in words; null when none do, unknown when something on the way may let none through.",
    ),
    column(
        "write_refusal",
        Type::Text,
        "Why the Prometheus that listens takes no remote write, as a clause; null when it does, or is none.",
    ),
    column(
        "receiver_said",
        Type::Bool,
        "Whether the running Prometheus that listens says itself that it takes remote write, with the place in its answer; null when it did not tell.",
    ),
    column(
        "write_path",
        Type::Text,
        "The path that the listener takes remote write on; null when it is not known to take any.",
    ),
    column(
        "written_elsewhere",
        Type::Text,
        "For a data source that the service graph is read from, and that leads to a Prometheus which takes no remote write: the other one that metrics of spans are written to, with the place of the setting; null where they may be there.",
    ),
    column(
        "operator_gateway",
        Type::Text,
        "The host of the gateway that the operator of Tempo makes for the same resource, where the way leads to another of its Services; null for others.",
    ),
    column(
        "held_seconds",
        Type::Int,
        "For an exporter to a Tempo that makes metrics of spans: how long tail sampling and grouping by trace hold each span at least, in seconds, with the setting of the longest; null for others.",
    ),
    column(
        "slack_seconds",
        Type::Int,
        "For the same: how old a span may be when it reaches the metrics-generator, in seconds; null for others, unknown where tenants have their own.",
    ),
    column(
        "takes_spans",
        Type::Bool,
        "Whether a process of Tempo behind the Service takes spans; null for others.",
    ),
    column(
        "targets",
        Type::Text,
        "What the process of Tempo does, as its target says; null for others.",
    ),
    column(
        "to_replicas",
        Type::Int,
        "How many pods the workloads behind the Service shall have; null without one at hand, unknown where something else decides.",
    ),
    column(
        "to_idle",
        Type::Bool,
        "Whether the workloads behind the Service are scaled to no pods; an autoscaler keeps one at least unless it is told otherwise. Null without one at hand.",
    ),
    column(
        "right_port",
        Type::Int,
        "The port that leads to a listener of the sender's protocol: of the Service, or of the pods where a headless one or a resolver leads to them; null when there is none, or more than one.",
    ),
    column(
        "egress_open",
        Type::Bool,
        "Whether NetworkPolicies let the sender out to it; null where none restricts the sender, or the way does not lead to pods at hand or outside.",
    ),
    column(
        "ingress_open",
        Type::Bool,
        "Whether NetworkPolicies let the sender in to the pods behind it; null where none restricts these, or none are at hand.",
    ),
    column(
        "names_open",
        Type::Bool,
        "Whether NetworkPolicies let the sender ask for the address of the host's name; null where none restricts the sender, or nothing is asked.",
    ),
    column(
        "policy",
        Type::Text,
        "The NetworkPolicy that restricts the end where it is closed, with its place; null where no end is.",
    ),
    column(
        "policy_near",
        Type::Text,
        "The rule of a NetworkPolicy that was perhaps meant to let it through, in words; null when there is none.",
    ),
    column(
        "tenant",
        Type::Text,
        "The tenant that the sender names to Tempo; null when it names none, or Tempo wants none.",
    ),
    column(
        "tenant_wanted",
        Type::Bool,
        "Whether the Tempo that listens wants a tenant, with the place of that setting; null when it is none.",
    ),
    column(
        "tenant_lost",
        Type::Text,
        "What loses the tenant that was received, where the sender would pass it on and so names none, in words and with its place; null else.",
    ),
    column(
        "tenants_known",
        Type::List(&Type::Text),
        "The tenants that the gateway which the operator of Tempo makes is told, with the place of the list; null where it is none, or they are not listed.",
    ),
    column(
        "tenants_written",
        Type::List(&Type::Text),
        "The tenants that senders at hand write to this Tempo, placed where the first is named; null when it wants none.",
    ),
    column(
        "tenants_read",
        Type::List(&Type::Text),
        "The tenants that data sources at hand read from this Tempo, placed where the first is named; null when it wants none.",
    ),
    column(
        "gathers",
        Type::Text,
        "The component behind the listener that needs all spans of a trace (tail_sampling, groupbytrace, servicegraph), with its place; null when there is none.",
    ),
    column(
        "to_several",
        Type::Bool,
        "Whether the way leads to more than one pod with that component; unknown where something else decides; null without one.",
    ),
    column(
        "several_senders",
        Type::Bool,
        "Whether more than one sender at hand, or one of several pods that sends on what others sent, leads to that component; null without one.",
    ),
    column(
        "listener_auth",
        Type::Text,
        "The authenticator that the receiver asks who sends, `auth_basic` of nginx, or the tenants of the operator's gateway; null when nobody is asked, or it is none of these.",
    ),
    column(
        "sender_auth",
        Type::Bool,
        "Whether the sender says who it is, by an authenticator or a header; null when it is not asked.",
    ),
    column(
        "port_name",
        Type::Text,
        "The name of the port of the Service; null when it has none, or there is no such port.",
    ),
    column(
        "app_protocol",
        Type::Text,
        "`appProtocol` of the port of the Service; null when it is not written, or there is no such port.",
    ),
    column(
        "gateway",
        Type::Text,
        "The nginx that listens there and passes on, in words; null when none does, or what it was told is not known.",
    ),
    column(
        "gateway_location",
        Type::Text,
        "The location of that nginx that takes the path, as written; null when none does.",
    ),
    column(
        "gateway_answer",
        Type::Int,
        "The status with which that nginx answers by itself; null when it passes on.",
    ),
    column(
        "passed_to",
        Type::Text,
        "The URL that the gateway passes what is sent on to, with its place in the configuration of the gateway; null when it does not.",
    ),
    column(
        "asked_path",
        Type::Text,
        "The path that the gateway, or what is behind it, is asked for; null without a gateway.",
    ),
    column(
        "path_served",
        Type::Bool,
        "Whether a gateway passes that path on, or what is behind it takes that path; null where that is not judged.",
    ),
    column(
        "path_wanted",
        Type::Text,
        "The path that what listens behind a gateway takes, or the gateway that the operator of Tempo makes; null for others.",
    ),
    column(
        "path_near",
        Type::Text,
        "The location of nginx that was perhaps meant, as written; null when there is none.",
    ),
    column(
        "stream_served",
        Type::Bool,
        "For a data source: whether what it asks streams answers over gRPC on that port, through a gateway too, with the setting of Tempo that decides it; null for others.",
    ),
    column(
        "lookup_fails",
        Type::Text,
        "Why nginx finds no address for a host: of one that a variable holds `no_resolver`, or `short_name` because its resolver adds no domain; `at_start` of one that it looks up when it starts, that is not there, and that nobody at hand sends to; null else.",
    ),
    column(
        "in_istio",
        Type::Bool,
        "Whether Istio's proxy surely stands beside the sender: by a container, a label of the pod, or one of a namespace at hand; null without a port of a Service.",
    ),
    column(
        "topics",
        Type::List(&Type::Text),
        "The topics of Kafka that spans are written to or read from, on the first of the rows of one component; null for others.",
    ),
    column(
        "topic_encoding",
        Type::Text,
        "How spans are encoded there: `otlp_proto`, `jaeger_proto` and so on; null without topics.",
    ),
    column(
        "topic_missed",
        Type::Text,
        "For a receiver that reads no topic which a Collector at hand writes to the same brokers: one that is written there in the same encoding and that nobody at hand reads; null else.",
    ),
    column(
        "encoding_missed",
        Type::Text,
        "For a receiver: the encoding in which a Collector at hand writes the topic that it reads, when that is another one; null else.",
    ),
    column(
        "topic_writer",
        Type::Text,
        "The exporter that writes that topic, in words; null without either.",
    ),
    column(
        "linkerd_open",
        Type::Bool,
        "Whether policies of Linkerd let the sender in to the pods behind it; null where none restricts these, or they are not surely in the mesh.",
    ),
    column(
        "linkerd_policy",
        Type::Text,
        "The Server of Linkerd, or the annotation, that keeps the sender out, with its place; null where it is let in.",
    ),
    column(
        "istio_speaks",
        Type::Bool,
        "Whether both ends agree on the TLS of Istio's proxies; null where no PeerAuthentication or DestinationRule at hand speaks against it.",
    ),
    column(
        "istio_policy",
        Type::Text,
        "The PeerAuthentication or DestinationRule that speaks against it, with its place; null where none does.",
    ),
    column(
        "istio_open",
        Type::Bool,
        "Whether AuthorizationPolicies of Istio let the sender in to the pods behind it; null where none restricts these, or they surely do.",
    ),
    column(
        "istio_authorization",
        Type::Text,
        "The AuthorizationPolicy of Istio that keeps the sender out, with its place; null where it is let in.",
    ),
    column(
        "plugin_open",
        Type::Bool,
        "Whether policies of Cilium let the connection through; unknown where one of Calico or of the cluster's administrator selects an end; null where none selects any, or they surely let it through.",
    ),
    column(
        "plugin_policy",
        Type::Text,
        "That policy in words, with its place; null where there is none.",
    ),
    column(
        "plugin_near",
        Type::Text,
        "What in that policy was perhaps meant to let it through, in words; null when there is nothing.",
    ),
    column(
        "client_authority",
        Type::Text,
        "The `client_ca_file` of what listens, which takes only senders with a certificate; null where a sender with TLS needs none.",
    ),
    column(
        "sender_certificate",
        Type::Bool,
        "Whether the sender has a certificate of its own; null where it needs none.",
    ),
    column(
        "certificate",
        Type::Text,
        "The Certificate of cert-manager that what listens shows, with the place of its names; null without one at hand, and for senders without TLS.",
    ),
    column(
        "certificate_names",
        Type::List(&Type::Text),
        "The names and addresses in that certificate; null without one.",
    ),
    column(
        "checked_name",
        Type::Text,
        "The name that the sender looks for in it; null without one.",
    ),
    column(
        "name_in_certificate",
        Type::Bool,
        "Whether the certificate has that name; null without one.",
    ),
    column(
        "target_name",
        Type::Text,
        "The `targetPort` of the Service, where it is a name that no port of its pods has; null else.",
    ),
    column(
        "port_names",
        Type::List(&Type::Text),
        "The names that the ports of these pods have; null where that name is found.",
    ),
    column(
        "missed_by",
        Type::Text,
        "A workload behind the Service of which surely nothing listens on that port, where others of it do, with the place of its labels; null else.",
    ),
    column(
        "node_differs",
        Type::Text,
        "For a connection to the sender's node: which label of nodes the sender wants, where each agent that opens the port wants another value of it; null else.",
    ),
    column(
        "policy_guess",
        Type::Bool,
        "Whether a connection counts as closed because a policy for that port lets in, or out to, nobody at hand, where further policies may exist.",
    ),
    column(
        "listener_pod_address",
        Type::Bool,
        "Whether what listens in the sender's own pod takes only what is sent to the address of the pod, with its endpoint; null for other ends.",
    ),
    column(
        "asks_node",
        Type::Bool,
        "True where the pods of the sender ask the resolver of their node for the name of a Service, with the setting that decides it; null else.",
    ),
    column(
        "proxy",
        Type::Text,
        "The variable (or option of the JVM) by which what is sent to a host of the cluster goes through a proxy, as this runtime reads it; null when it does not, unknown when the proxy is in the cluster or a value cannot be told.",
    ),
    column("proxy_host", Type::Text, "The host of that proxy; null without one."),
    column(
        "proxy_list",
        Type::Text,
        "The list of hosts that the proxy is not used for, such as NO_PROXY, as the runtime reads it; null when there is none.",
    ),
    column(
        "proxy_list_fixed",
        Type::Text,
        "That list with the host added; null where it is not written as one text, or another thing has to be done.",
    ),
    column(
        "proxy_by_address",
        Type::Bool,
        "Whether the sender compares addresses with that list, as load balancing does, so that names in it do not count; null without a proxy.",
    ),
];

/// Reads of connections: both ends, the Services between them, and what guards them.
const PATH: &[Read] = &[
    CONFIGURATION_AND_SERVICES[0],
    CONFIGURATION_AND_SERVICES[1],
    CONFIGURATION_AND_SERVICES[2],
    CONFIGURATION_AND_SERVICES[3],
    CONFIGURATION_AND_SERVICES[4],
    Read {
        verb: "list",
        resource: "networkpolicies",
    },
];

/// The tables.
pub const TABLES: &[Table] = &[
    Table {
        name: "hops",
        row: "One connection: a sender and the endpoint that it sends to.",
        columns: HOPS,
        reads: PATH,
    },
    Table {
        name: "tempo_links",
        row: "One connection inside Tempo, or from it to its object store or a cache. One process that holds all has none inside.",
        columns: links::LINKS,
        reads: PATH,
    },
    Table {
        name: "policies",
        row: "One NetworkPolicy that selects an end of a connection.",
        columns: policies::POLICIES,
        reads: PATH,
    },
];
