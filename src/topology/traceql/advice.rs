//! What people mean who leave out a scope, or give one to a field that has none.

/// Attributes of the thing that sends spans: `opentelemetry.io/docs/specs/semconv/resource/`.
const RESOURCE: [&str; 9] = [
    "service",
    "k8s",
    "host",
    "deployment",
    "telemetry",
    "cloud",
    "container",
    "process",
    "os",
];
/// Attributes of one span: `opentelemetry.io/docs/specs/semconv/`.
const SPAN: [&str; 10] = [
    "http",
    "db",
    "rpc",
    "messaging",
    "net",
    "network",
    "url",
    "peer",
    "server",
    "client",
];

/// Returns what to write in place of a name without scope.
pub fn suggestion(name: &str) -> String {
    let known = match name {
        "service" | "service_name" | "serviceName" => "resource.service.name",
        "operation" | "operationName" | "span_name" | "spanName" => "name",
        "traceID" | "traceId" | "trace_id" | "trace.id" => "trace:id",
        "spanID" | "spanId" | "span_id" => "span:id",
        "trace.duration" => "traceDuration",
        "root.name" | "trace.rootName" => "rootName",
        "root.service.name" | "rootService" | "trace.rootService" => "rootServiceName",
        "span_kind" | "spanKind" => "kind",
        "status_code" | "statusCode" => "status",
        "isRoot" => "nestedSetParent < 0",
        "http_status_code" => "span.http.status_code",
        _ => "",
    };
    if !known.is_empty() {
        return known.to_owned();
    }
    let group = name.split('.').next().unwrap_or_default();
    if RESOURCE.contains(&group) {
        format!("resource.{name}")
    } else if SPAN.contains(&group) && group != name {
        format!("span.{name}")
    } else {
        format!(".{name}")
    }
}

/// Returns the intrinsic field that somebody means who writes this name with the scope `span.` or `resource.`: an attribute of that name hardly exists.
pub fn intrinsic_of(name: &str) -> Option<&'static str> {
    Some(match name {
        "duration" => "duration",
        "name" => "name",
        "status" => "status",
        "kind" => "kind",
        "statusMessage" => "statusMessage",
        "rootName" => "rootName",
        "rootServiceName" => "rootServiceName",
        "traceDuration" => "traceDuration",
        _ => return None,
    })
}
