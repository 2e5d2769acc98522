//! Where an application sends its spans, and what decides it: variables, code, or the SDK's default.

use super::{answer_word, names};
use crate::evidence::{Cell, Value};
use crate::facts::app::AppParts;
use crate::facts::app::AppView;
use crate::facts::app::account::answer_cell;
use crate::facts::app::parts::{endpoint_cell, is_in_code};
use crate::facts::record;
use crate::topology::app::{Injection, InstrumentationState};
use crate::topology::sdk::{
    self, Answer, Language, ListedName, ProtocolAnswer, ProtocolRule, SdkInput, Signal, Source, Target,
    TransportSecurity, Url, Variable,
};
use crate::topology::workload::Container;

/// Whether an endpoint's host is the address of the node: `http://$(NODE_IP):4317`, with the variable from `status.hostIP`.
pub(super) fn is_node_address(container: &Container, injection: Option<&Injection>, from: &Source) -> bool {
    behind_node_address(container, injection, from).is_some()
}

/// An endpoint that begins with the address of the node: `http://$(HOST_IP):4317`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::facts) struct NodeEndpoint<'c> {
    /// The variable of OpenTelemetry that holds it.
    variable: &'c str,
    /// The variable that holds the address of the node.
    node: &'c str,
    /// The scheme, when one is written.
    pub(in crate::facts) scheme: Option<&'c str>,
    /// What follows the address: `:4317`.
    pub(in crate::facts) rest: &'c str,
}

/// An address that no node has (RFC 5737): it stands for that of the node while a URL is made.
const STAND_IN: &str = "192.0.2.1";

impl NodeEndpoint<'_> {
    /// Returns the URL that the SDK makes of it, with the name of the variable for the address, and its parts; `None` when its protocol is not known.
    pub(in crate::facts) fn built(&self, view: &AppView) -> Option<(String, Target)> {
        let ProtocolAnswer::Known(protocol) = view.settings.traces.protocol else {
            return None;
        };
        let scheme = self.scheme.map_or_else(String::new, |scheme| format!("{scheme}://"));
        let written = format!("{scheme}{STAND_IN}{}", self.rest);
        let variables = |name: &str| match name == self.variable {
            true => Variable::Set(&written),
            false => view.environment.get(name),
        };
        let input = SdkInput {
            language: view.app.language,
            generation: view.generation.known().copied(),
            variables: &variables,
        };
        let endpoint = sdk::signal_endpoint_with(&input, Signal::Traces, &ProtocolRule::Fixed(protocol));
        let (Url::Known(url), Some(target)) = (endpoint.url, endpoint.target) else {
            return None;
        };
        Some((url.replacen(STAND_IN, &format!("$({})", self.node), 1), target))
    }
}

/// Returns the endpoint in the variable that decides it; `None` when it begins with no address of the node.
pub(in crate::facts) fn behind_node_address<'c>(
    container: &'c Container,
    injection: Option<&'c Injection>,
    from: &'c Source,
) -> Option<NodeEndpoint<'c>> {
    let Source::Variable(name) = from else {
        return None;
    };
    let of_name = |name: &str| {
        let mut all = container.variables.iter().filter(|variable| !variable.hidden);
        all.find(|variable| variable.name == name)
    };
    let written = match of_name(name) {
        Some(variable) => variable.entry.text_at(&["value"])?,
        None => injection?.written(name)?,
    };
    let (scheme, host) = match written.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, written),
    };
    let (host, rest) = host.strip_prefix("$(").and_then(|rest| rest.split_once(')'))?;
    let field = match of_name(host) {
        Some(variable) => variable.entry.text_at(&["valueFrom", "fieldRef", "fieldPath"]),
        None => injection.and_then(|injection| injection.field_of(host)),
    };
    let is_node = field == Some("status.hostIP") && (rest.is_empty() || rest.starts_with([':', '/']));
    is_node.then_some(NodeEndpoint {
        variable: name,
        node: host,
        scheme,
        rest,
    })
}

pub(super) fn endpoint_set(view: &AppView) -> Cell {
    if view.app.own_exporter.is_some() || is_in_code(view) {
        return true.into();
    }
    match (&view.settings.traces.from, &view.settings.traces.url) {
        // Without a place the variable is not the container's own: it may be set, or not.
        (Source::Variable(_), Url::Unknown(reason)) if endpoint_cell(view).place.is_none() => {
            Cell::unknown(reason.as_str())
        }
        (Source::Variable(_), _) => Cell::from(true).at(&endpoint_cell(view)),
        (Source::Default, Url::Unknown(reason)) => {
            match view.environment.more.as_deref().or(hidden_reason(view, reason)) {
                Some(reason) => Cell::unknown(reason),
                None => false.into(),
            }
        }
        (Source::Default, _) => false.into(),
    }
}

/// An unknown protocol does not make it unknown that nothing sets an endpoint.
fn hidden_reason<'a>(view: &AppView, reason: &'a str) -> Option<&'a str> {
    let is_protocol = matches!(&view.settings.traces.protocol, ProtocolAnswer::Unknown(other) if other == reason);
    (!is_protocol).then_some(reason)
}

pub(super) fn traces_record(parts: &AppParts<'_>, view: &AppView) -> Cell {
    let traces = &view.settings.traces;
    let decided = match (&view.exporter, is_in_code(view)) {
        (Some(exporter), true) => exporter.url_span.clone().map_or_else(Cell::default, |span| {
            parts.understanding.files[exporter.file].cell_at(Cell::default(), span)
        }),
        _ => endpoint_cell(view),
    };
    let from_cell = |source: &Source| match source {
        Source::Variable(name) => Cell::from(name.as_str()).at(&view.environment.cell(name)),
        Source::Default => "default".into(),
    };
    let protocol_is_in_code = view.exporter.is_some() || view.app.instrumentation == "rocket_chat";
    let protocol = match &traces.protocol {
        ProtocolAnswer::Known(protocol) => Cell::from(protocol.name()),
        ProtocolAnswer::Unknown(reason) => Cell::unknown(reason.as_str()),
        ProtocolAnswer::Invalid { value } => Cell::unknown(format!("{value:?} is no protocol of OTLP")),
    };
    let (url, unknown) = match &traces.url {
        Url::Known(url) => (Cell::from(url.as_str()), None),
        Url::Unknown(reason) => (Cell::unknown(reason.as_str()), Some(reason.clone())),
        Url::Refused(reason) => (
            Cell::unknown(format!("the SDK cannot use what it is given: {reason}")),
            Some(reason.clone()),
        ),
    };
    let target = traces.target.as_ref();
    let or_unknown = |cell: Option<Cell>| match (cell, &unknown) {
        (Some(cell), _) => cell.at(&decided),
        (None, Some(reason)) => Cell::unknown(reason.as_str()).at(&decided),
        (None, None) => Cell::default(),
    };
    let scheme = match &traces.url {
        Url::Known(url) => url.split_once("://").map(|(scheme, _)| Cell::from(scheme)),
        _ => None,
    };
    let secure = target.map(|target| match target.security {
        TransportSecurity::Tls => true.into(),
        TransportSecurity::Plaintext => false.into(),
        TransportSecurity::Unknown => Cell::unknown("whether the connection is encrypted is not known"),
    });
    let exporters = match view.exporter {
        Some(_) => vec![Cell::from("otlp")].into(),
        None if is_left_alone(view) => Vec::new().into(),
        None => names(&one_name_for_otlp(view)),
    };
    let exporters_from = if view.exporter.is_some() {
        "code".into()
    } else {
        from_cell(&view.settings.exporters.from)
    };
    let sampler_from = from_cell(&view.settings.sampler.from);
    record([
        ("protocol", protocol.at(&protocol_variable(view))),
        (
            "protocol_from",
            if protocol_is_in_code {
                "code".into()
            } else {
                from_cell(&traces.protocol_from)
            },
        ),
        ("url", url.at(&decided)),
        (
            "url_from",
            if is_in_code(view) {
                Cell::from("code").at(&decided)
            } else {
                from_cell(&traces.from)
            },
        ),
        (
            "host",
            or_unknown(target.map(|target| Cell::from(target.host.as_str()))),
        ),
        (
            "port",
            or_unknown(
                target
                    .and_then(|target| target.port)
                    .map(|port| Cell::from(i64::from(port))),
            ),
        ),
        (
            "path",
            or_unknown(target.map(|target| Cell::from(target.path.as_str()))),
        ),
        ("scheme", or_unknown(scheme)),
        ("tls", or_unknown(secure)),
        ("exporters", exporters),
        ("exporters_from", exporters_from),
        (
            "disabled",
            answer_cell(&view.settings.disabled.disabled).at(&view.environment.cell("OTEL_SDK_DISABLED")),
        ),
        ("sampler", answer_word(&view.settings.sampler.kind).at(&sampler_from)),
        (
            "sampler_ratio",
            Cell::from(view.settings.sampler.ratio.map(|ratio| Cell::from(Value::Float(ratio)))).at(&sampler_from),
        ),
    ])
}

/// Whether only an annotation asks for an SDK, and the operator injects none.
fn is_left_alone(view: &AppView) -> bool {
    let refused = view
        .app
        .injection
        .as_ref()
        .is_some_and(|injection| matches!(injection.state, InstrumentationState::Refused(_)));
    let of_sdk = |name: &str| name.starts_with("OTEL_");
    refused
        && view.app.instrumentation == "operator_annotation"
        && !view.environment.iter().any(|(name, _)| of_sdk(name))
}

fn protocol_variable(view: &AppView) -> Cell {
    match &view.settings.traces.protocol_from {
        Source::Variable(name) => view.environment.cell(name),
        Source::Default => Cell::default(),
    }
}

/// The names of the exporters in force; Python has three for the one of OTLP.
fn one_name_for_otlp(view: &AppView) -> Answer<Vec<ListedName>> {
    let Answer::Known(names) = &view.settings.exporters.names else {
        return view.settings.exporters.names.clone();
    };
    let renamed = names.iter().map(|one| match one.name.as_str() {
        "otlp_proto_http" | "otlp_proto_grpc" if view.app.language == Language::Python => ListedName {
            name: "otlp".to_owned(),
            range: one.range.clone(),
        },
        _ => one.clone(),
    });
    Answer::Known(renamed.collect())
}
