//! The Services that the operator of Tempo makes of its resources: no manifest shows them, and senders name them.
//!
//! Names, ports and what listens are those of `grafana/tempo-operator@v0.22.0:internal/manifests` (`naming/naming.go`,
//! `manifestutils/constants.go`, `distributor/distributor.go`, `queryfrontend/query_frontend.go`, `gateway/gateway.go`, `monolithic/services.go`)
//! and alike since 0.11; where a release before or after has less, the port is not known without the release.

mod meant;

use super::release;
use crate::evidence::{Cell, Resource, Value};
use crate::releases::{Basis, Precision, ReleaseSpan, Version};

/// What a finding takes for granted that needs the operator's own settings.
pub const DEFAULT_GATES: &str = "the operator of Tempo runs with its default feature gates";

/// All Services of one resource.
#[derive(Debug, Clone)]
pub struct Made {
    /// The Services.
    pub services: Vec<MadeService>,
    /// Whether Tempo wants a tenant.
    pub multitenancy: Cell,
    /// The names of the tenants that its gateway knows; null where they are not listed.
    pub tenants: Cell,
}

/// One Service that is made.
#[derive(Debug, Clone)]
pub struct MadeService {
    /// Its name.
    pub name: String,
    /// The part of Tempo behind it: `distributor`, `query-frontend`, `gateway`, or `all`.
    pub part: &'static str,
    /// Whether its name gives the addresses of the pods.
    pub headless: bool,
    /// The TCP ports that are known.
    pub ports: Vec<MadePort>,
    /// Whether it has no other ports.
    pub is_whole: bool,
}

/// One port of such a Service.
#[derive(Debug, Clone)]
pub struct MadePort {
    /// Its number.
    pub number: u16,
    /// The port of the pods.
    pub pod_port: u16,
    /// For what it listens: `otlp_grpc`, `otlp_http`, `tempo_http` and so on.
    pub protocol: &'static str,
    /// Whether it speaks TLS, with the setting that decides it; unknown where the operator's own settings do.
    pub tls: Cell,
    /// Whether TLS is told by the defaults of the operator.
    pub by_gates: bool,
    /// Whether this release has it; unknown by release.
    pub open: Cell,
}

impl Made {
    /// Returns a Service by its name, with its index.
    pub fn service(&self, name: &str) -> Option<(usize, &MadeService)> {
        self.services
            .iter()
            .enumerate()
            .find(|(_, service)| service.name == name)
    }
}

impl MadeService {
    /// Returns a port by its number, with its index.
    pub fn port(&self, number: u16) -> Option<(usize, &MadePort)> {
        self.ports.iter().enumerate().find(|(_, port)| port.number == number)
    }
}

/// Returns what the operator makes of a resource.
pub(super) fn made(resource: &Resource) -> Made {
    let object = resource.cell();
    let spec = object.get("spec").cloned().unwrap_or_default();
    let maker = Maker {
        name: &resource.reference.name,
        span: operator_release(&object),
        // Where nothing is written, the key of the block is where it would be.
        block: Cell {
            place: spec.key.clone().or_else(|| spec.place.clone()),
            ..Cell::default()
        },
        spec,
    };
    match resource.kind() {
        "TempoStack" => maker.stack(),
        _ => maker.monolithic(),
    }
}

/// The operator writes its release into the status of what it made.
fn operator_release(object: &Cell) -> ReleaseSpan {
    let written = object.text_at(&["status", "operatorVersion"]).unwrap_or_default();
    match Version::parse_with_precision(written.trim_start_matches('v')) {
        Some((version, Precision::Patch)) => ReleaseSpan::exactly(version, Basis::ImageTag(written.to_owned())),
        _ => ReleaseSpan::unknown("which release of the operator of Tempo runs is not known"),
    }
}

struct Maker<'a> {
    name: &'a str,
    span: ReleaseSpan,
    block: Cell,
    spec: Cell,
}

impl Maker<'_> {
    fn at(&self, keys: &[&str]) -> Cell {
        let found = self.spec.path(keys).filter(|cell| !cell.is_null());
        found.cloned().unwrap_or_default()
    }

    /// Whether a switch is on, with its place; off where it is not written.
    fn is_on(&self, keys: &[&str]) -> Cell {
        let written = self.at(keys);
        match written.value {
            Value::Bool(on) => Cell::from(on).at(&written),
            Value::Unknown(_) => written,
            _ => Cell::from(false).at(&self.block),
        }
    }

    fn named(&self, part: &str) -> String {
        // `DNSName` of `naming/sanitize.go`: dots of the resource's name are no part of a Service's.
        let name = match part {
            "" => format!("tempo-{}", self.name),
            part => format!("tempo-{}-{part}", self.name),
        };
        name.replace('.', "-")
    }

    /// Since a release of the operator; one that is not known may be older.
    fn since(&self, since: Version) -> Cell {
        let answer = release::since(&self.span, &[(Version::ZERO, false), (since, true)]);
        answer.map_or_else(
            || Cell::unknown("the release of the operator of Tempo decides whether the Service has the port"),
            Cell::from,
        )
    }

    /// Whether `extraConfig` of the resource may change what listens.
    fn is_changed(&self) -> bool {
        let extra = self.at(&["extraConfig", "tempo"]);
        extra.unknown_reason().is_some()
            || ["server", "distributor"]
                .into_iter()
                .any(|key| extra.get(key).is_some())
    }

    /// What `extraConfig` may change is not known.
    fn tls(&self, decided: &Cell) -> Cell {
        match self.is_changed() {
            true => Cell::unknown("spec.extraConfig may change what Tempo listens with"),
            false => decided.clone(),
        }
    }

    fn multitenancy(&self, decided: Cell) -> Cell {
        let extra = self.at(&["extraConfig", "tempo", "multitenancy_enabled"]);
        match extra.value {
            Value::Null => decided,
            _ => extra,
        }
    }

    /// Returns the names of the tenants that the gateway is told; it knows no others
    /// (`grafana/tempo-operator@v0.19.0:internal/manifests/gateway/gateway-tenants.yaml`).
    fn tenants(&self, keys: &[&str]) -> Cell {
        let listed = self.at(keys);
        let names = listed.items().iter().map(|one| {
            let name = one.get("tenantName").filter(|name| name.text().is_some());
            name.cloned()
        });
        match names.collect::<Option<Vec<Cell>>>() {
            Some(names) if !names.is_empty() => Cell::from(names).at(&listed),
            _ => Cell::default(),
        }
    }

    fn stack(&self) -> Made {
        let gateway = self.is_on(&["template", "gateway", "enabled"]);
        let tenants = self.at(&["tenants"]);
        let wants = match tenants.is_null() {
            true => Cell::from(false).at(&self.block),
            false => Cell::from(true).at(&tenants),
        };
        let mut services = vec![self.distributor(&gateway)];
        let queries = [
            port(3200, "tempo_http", self.behind_gateway(&gateway)),
            port(9095, "tempo_grpc", self.behind_gateway(&gateway)),
        ];
        let jaeger = is_true(&self.is_on(&["template", "queryFrontend", "jaegerQuery", "enabled"]));
        for (part, headless) in [("query-frontend", false), ("query-frontend-discovery", true)] {
            let mut ports = queries.to_vec();
            if jaeger {
                ports.extend(JAEGER.map(|(number, protocol)| port(number, protocol, (Cell::default(), false))));
            }
            services.push(MadeService {
                name: self.named(part),
                part: "query-frontend",
                headless,
                ports,
                // The port of the balancer of gRPC, and those of the UI in older releases.
                is_whole: false,
            });
        }
        if !matches!(gateway.value, Value::Bool(false)) {
            let tls = match self.at(&["tenants", "mode"]).text() {
                Some("static") => (Cell::from(false).at(&self.at(&["tenants", "mode"])), false),
                // The default of the resource (`api/tempo/v1alpha1/auth.go`).
                None if !tenants.is_null() && self.at(&["tenants", "mode"]).is_null() => {
                    (Cell::from(false).at(&tenants), false)
                }
                Some("openshift") => (Cell::from(true).at(&self.at(&["tenants", "mode"])), true),
                _ => (Cell::unknown("spec.tenants.mode is not known"), false),
            };
            services.push(MadeService {
                name: self.named("gateway"),
                part: "gateway",
                headless: false,
                ports: vec![
                    port(8080, "gateway_http", tls.clone()),
                    port(8081, "gateway_internal", (Cell::default(), false)),
                    port(8090, "otlp_grpc", tls),
                ],
                is_whole: true,
            });
        }
        services.extend(self.others());
        Made {
            services,
            multitenancy: self.multitenancy(wants),
            tenants: self.tenants(&["tenants", "authentication"]),
        }
    }

    fn distributor(&self, gateway: &Cell) -> MadeService {
        let inner = self.behind_gateway(gateway);
        let receiver = match &gateway.value {
            Value::Bool(true) => inner.clone(),
            Value::Bool(false) => {
                let written = self.is_on(&["template", "distributor", "tls", "enabled"]);
                (self.tls(&written), false)
            }
            _ => (gateway.clone(), false),
        };
        let mut ports = vec![
            port(4317, "otlp_grpc", receiver.clone()),
            MadePort {
                // Before 0.11 only without the gateway, before 0.5 never.
                open: match is_true(gateway) {
                    true => self.since(Version::new(0, 11, 0)),
                    false => true.into(),
                },
                ..port(4318, "otlp_http", receiver.clone())
            },
            port(3200, "tempo_http", inner),
        ];
        if !is_true(gateway) {
            let jaeger = [(14268, "jaeger_thrift_http"), (14250, "jaeger_grpc"), (9411, "zipkin")];
            ports.extend(jaeger.map(|(number, protocol)| port(number, protocol, receiver.clone())));
        }
        MadeService {
            name: self.named("distributor"),
            part: "distributor",
            headless: false,
            ports,
            is_whole: true,
        }
    }

    /// Behind the gateway the parts speak TLS with each other (`grpcEncryption`, `httpEncryption`, on by default since 0.5).
    fn behind_gateway(&self, gateway: &Cell) -> (Cell, bool) {
        match gateway.value {
            Value::Bool(false) => (self.tls(gateway), false),
            Value::Bool(true) => (self.tls(gateway), true),
            _ => (gateway.clone(), false),
        }
    }

    /// The Services that nobody sends to or asks: what they have is not told.
    fn others(&self) -> Vec<MadeService> {
        let parts = [
            "querier",
            "ingester",
            "compactor",
            "metrics-generator",
            "gossip-ring",
            "query-frontend-oauth-proxy",
        ];
        let other = |part: &'static str| MadeService {
            name: self.named(part),
            part,
            headless: false,
            ports: Vec::new(),
            is_whole: false,
        };
        parts.map(other).into()
    }

    fn monolithic(&self) -> Made {
        let enabled = self.is_on(&["multitenancy", "enabled"]);
        let has_gateway = is_true(&enabled) && !self.at(&["multitenancy", "authentication"]).items().is_empty();
        let services = match has_gateway {
            true => vec![self.monolithic_gateway()],
            false => self.without_gateway(),
        };
        Made {
            services,
            multitenancy: self.multitenancy(enabled),
            tenants: self.tenants(&["multitenancy", "authentication"]),
        }
    }

    /// Both protocols are on where nothing switches them off: the defaults of the resource say so where a block is written, and those of the operator
    /// where none is (`api/tempo/v1alpha1/tempomonolithic_types.go`, `tempomonolithic_defaults.go`).
    fn receivers(&self) -> impl Iterator<Item = (&'static str, u16, &'static str)> {
        let receivers = [("grpc", 4317, "otlp_grpc"), ("http", 4318, "otlp_http")];
        let is_on = |key: &str| {
            !matches!(
                self.at(&["ingestion", "otlp", key, "enabled"]).value,
                Value::Bool(false)
            )
        };
        receivers.into_iter().filter(move |(key, ..)| is_on(key))
    }

    fn without_gateway(&self) -> Vec<MadeService> {
        let mut ports = vec![port(3200, "tempo_http", (self.tls(&Cell::from(false)), false))];
        for (key, number, protocol) in self.receivers() {
            let written = self.is_on(&["ingestion", "otlp", key, "tls", "enabled"]);
            ports.push(port(number, protocol, (self.tls(&written), false)));
        }
        let mut services = vec![MadeService {
            name: self.named(""),
            part: "all",
            headless: false,
            ports,
            is_whole: true,
        }];
        if is_true(&self.is_on(&["jaegerui", "enabled"])) {
            services.push(MadeService {
                name: self.named("jaegerui"),
                part: "jaegerui",
                headless: false,
                ports: JAEGER
                    .map(|(number, protocol)| port(number, protocol, (Cell::default(), false)))
                    .into(),
                is_whole: true,
            });
        }
        services
    }

    fn monolithic_gateway(&self) -> MadeService {
        let mode = self.at(&["multitenancy", "mode"]);
        let tls = match mode.text() {
            Some("openshift") => (Cell::from(true).at(&mode), true),
            _ => (
                Cell::unknown("the flag servingCertsService of the operator decides whether its gateway speaks TLS"),
                false,
            ),
        };
        let mut ports = vec![
            port(8080, "gateway_http", tls.clone()),
            port(8081, "gateway_internal", (Cell::default(), false)),
            MadePort {
                open: self.since(Version::new(0, 19, 0)),
                ..port(3200, "tempo_http", (Cell::from(true).at(&mode), true))
            },
        ];
        if self.receivers().any(|(key, ..)| key == "grpc") {
            ports.push(MadePort {
                pod_port: 8090,
                ..port(4317, "otlp_grpc", tls)
            });
        }
        MadeService {
            name: self.named("gateway"),
            part: "gateway",
            headless: false,
            ports,
            is_whole: true,
        }
    }
}

/// The ports of Jaeger's UI.
const JAEGER: [(u16, &str); 3] = [(16685, "jaeger_query"), (16686, "jaeger_ui"), (16687, "jaeger_metrics")];

fn port(number: u16, protocol: &'static str, (tls, by_gates): (Cell, bool)) -> MadePort {
    MadePort {
        number,
        pod_port: number,
        protocol,
        tls,
        by_gates,
        open: true.into(),
    }
}

fn is_true(cell: &Cell) -> bool {
    matches!(cell.value, Value::Bool(true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::workload::tests::evidence_of;

    pub(super) fn services(text: &str) -> Made {
        let evidence = evidence_of(&[("a.yaml", text)]);
        let resource = evidence.resources.iter().next().unwrap();
        made(resource)
    }

    #[test]
    fn names_and_ports() {
        let check = |kind: &str, spec: &str, expected: &[(&str, &[u16])]| {
            let text = format!(
                "apiVersion: tempo.grafana.com/v1alpha1\nkind: {kind}\nmetadata: {{name: shop, namespace: tracing}}\nspec: {spec}\n"
            );
            let made = services(&text);
            let whole = made.services.iter().filter(|one| one.is_whole);
            let found: Vec<(String, Vec<u16>)> = whole
                .map(|one| (one.name.clone(), one.ports.iter().map(|port| port.number).collect()))
                .collect();
            let expected: Vec<(String, Vec<u16>)> = expected
                .iter()
                .map(|(name, ports)| ((*name).to_owned(), ports.to_vec()))
                .collect();
            assert_eq!(found, expected, "{kind} {spec}");
        };
        check("TempoMonolithic", "{}", &[("tempo-shop", &[3200, 4317, 4318])]);
        check(
            "TempoMonolithic",
            "{ingestion: {otlp: {http: {enabled: false}}}, jaegerui: {enabled: true}}",
            &[
                ("tempo-shop", &[3200, 4317]),
                ("tempo-shop-jaegerui", &[16685, 16686, 16687]),
            ],
        );
        // A block without `enabled` switches nothing off.
        check(
            "TempoMonolithic",
            "{ingestion: {otlp: {grpc: {tls: {enabled: true}}, http: {}}}}",
            &[("tempo-shop", &[3200, 4317, 4318])],
        );
        // Without tenants there is no gateway.
        check(
            "TempoMonolithic",
            "{multitenancy: {enabled: true, mode: static}}",
            &[("tempo-shop", &[3200, 4317, 4318])],
        );
        check(
            "TempoMonolithic",
            "{multitenancy: {enabled: true, mode: openshift, authentication: [{tenantName: dev, tenantId: a}]}}",
            &[("tempo-shop-gateway", &[8080, 8081, 3200, 4317])],
        );
        check(
            "TempoStack",
            "{}",
            &[("tempo-shop-distributor", &[4317, 4318, 3200, 14268, 14250, 9411])],
        );
        check(
            "TempoStack",
            "{tenants: {mode: static}, template: {gateway: {enabled: true}}}",
            &[
                ("tempo-shop-distributor", &[4317, 4318, 3200]),
                ("tempo-shop-gateway", &[8080, 8081, 8090]),
            ],
        );
    }
}
