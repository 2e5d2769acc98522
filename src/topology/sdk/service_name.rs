//! Under which `service.name` an SDK reports.
//!
//! `OTEL_SERVICE_NAME` wins over the attribute in `OTEL_RESOURCE_ATTRIBUTES` (seen with Node 1.x to 3.x; so in
//! `open-telemetry/opentelemetry-specification:specification/resource/sdk.md`). What code sets is not seen here: NodeSDK's
//! `serviceName` option beats both, a `resource` object loses to both.

use super::attributes::{Loss, ResourceAttributes, resource_attributes};
use super::expand::{Unexpanded, unexpanded};
use super::{Answer, Language, Reading, SdkInput, read};

/// The name of the service.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceName {
    /// The name that is reported.
    pub value: Answer<String>,
    /// What it comes from.
    pub from: ServiceNameSource,
    /// Another, different name in `OTEL_RESOURCE_ATTRIBUTES` that `OTEL_SERVICE_NAME` overrules.
    pub overwritten: Option<String>,
    /// References that stand in the name as they are.
    pub unexpanded: Vec<Unexpanded>,
}

/// What a service's name comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceNameSource {
    /// `OTEL_SERVICE_NAME`.
    ServiceName,
    /// `service.name` in `OTEL_RESOURCE_ATTRIBUTES`.
    ResourceAttributes,
    /// No variable: the SDK's own `unknown_service…`.
    Default,
}

/// Returns the name that the variables make.
pub fn service_name(input: &SdkInput<'_>) -> ServiceName {
    let attribute = attribute(input);
    match read(input, "OTEL_SERVICE_NAME") {
        Reading::Text(name) => ServiceName {
            value: Answer::Known(name.to_owned()),
            from: ServiceNameSource::ServiceName,
            overwritten: match attribute {
                Attribute::Named(other) if other != name => Some(other),
                _ => None,
            },
            unexpanded: unexpanded(name),
        },
        Reading::Unknown(reason) => ServiceName {
            value: Answer::Unknown(reason.to_owned()),
            from: ServiceNameSource::ServiceName,
            overwritten: None,
            unexpanded: Vec::new(),
        },
        Reading::Nothing => from_attribute(input, attribute),
    }
}

enum Attribute {
    Absent,
    Named(String),
    Unknown(String),
}

fn from_attribute(input: &SdkInput<'_>, attribute: Attribute) -> ServiceName {
    let (value, from, unexpanded) = match attribute {
        Attribute::Named(name) => {
            let found = unexpanded(&name);
            (Answer::Known(name), ServiceNameSource::ResourceAttributes, found)
        }
        Attribute::Unknown(reason) => (
            Answer::Unknown(reason),
            ServiceNameSource::ResourceAttributes,
            Vec::new(),
        ),
        Attribute::Absent => (default_name(input.language), ServiceNameSource::Default, Vec::new()),
    };
    ServiceName {
        value,
        from,
        overwritten: None,
        unexpanded,
    }
}

fn attribute(input: &SdkInput<'_>) -> Attribute {
    let value = match read(input, "OTEL_RESOURCE_ATTRIBUTES") {
        Reading::Text(value) => value,
        Reading::Nothing => return Attribute::Absent,
        Reading::Unknown(reason) => return Attribute::Unknown(reason.to_owned()),
    };
    let read = resource_attributes(value, input.language, input.generation);
    let name = read.get("service.name").map(|pair| pair.value.clone());
    match (read.loss(), name) {
        (Loss::All | Loss::NotStarted, _) => Attribute::Absent,
        (Loss::AtLeastPair | Loss::Unknown, Some(_)) if !is_only_an_empty_entry(&read) => {
            let reason = "OTEL_RESOURCE_ATTRIBUTES is malformed, and releases differ in what they keep";
            Attribute::Unknown(reason.to_owned())
        }
        // Node 1.x drops a pair with a second `=`; what other SDKs read is what the pair says.
        (Loss::Pair, Some(_)) if lost_by_node(input, &read) => Attribute::Absent,
        (_, Some(name)) if name.is_empty() => Attribute::Unknown("service.name is empty: SDKs differ".to_owned()),
        (_, Some(name)) => Attribute::Named(name),
        (_, None) => Attribute::Absent,
    }
}

/// An empty entry is lost by one minor release of one SDK, too little to doubt the name.
fn is_only_an_empty_entry(read: &ResourceAttributes) -> bool {
    use super::attributes::AttributeProblemKind::EmptyEntry;
    read.problems.iter().all(|problem| problem.kind == EmptyEntry)
}

fn lost_by_node(input: &SdkInput<'_>, read: &ResourceAttributes) -> bool {
    use super::attributes::AttributeProblemKind::{Semicolon, UnencodedEquals};
    let Some(pair) = read.get("service.name") else {
        return false;
    };
    input.language == Language::NodeJs
        && read.problems.iter().any(|problem| {
            matches!(problem.kind, Semicolon | UnencodedEquals)
                && pair.range.start <= problem.range.start
                && problem.range.end <= pair.range.end
        })
}

fn default_name(language: Language) -> Answer<String> {
    let known = |name: &str| Answer::Known(name.to_owned());
    match language {
        Language::NodeJs => known("unknown_service:node"),
        Language::Java => known("unknown_service:java"),
        Language::Python => known("unknown_service:python"),
        _ => Answer::Unknown("unknown_service, with what this SDK puts behind it".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Environment;
    use super::*;

    fn check(
        language: Language,
        generation: Option<u32>,
        variables: &[(&'static str, &'static str)],
        expected: (Option<&str>, ServiceNameSource, Option<&str>),
    ) {
        let environment = Environment::new(variables);
        let name = environment.with(language, generation, service_name);
        let found = (
            name.value.known().map(String::as_str),
            name.from,
            name.overwritten.as_deref(),
        );
        assert_eq!(found, expected, "{variables:?}");
    }

    #[test]
    fn the_name_comes_from_the_first_that_has_one() {
        use ServiceNameSource::*;
        let node = Language::NodeJs;
        check(node, None, &[], (Some("unknown_service:node"), Default, None));
        check(
            node,
            None,
            &[("OTEL_SERVICE_NAME", "")],
            (Some("unknown_service:node"), Default, None),
        );
        check(
            node,
            None,
            &[("OTEL_SERVICE_NAME", "a")],
            (Some("a"), ServiceName, None),
        );
        let both = [
            ("OTEL_SERVICE_NAME", "a"),
            ("OTEL_RESOURCE_ATTRIBUTES", "service.name=b"),
        ];
        check(node, None, &both, (Some("a"), ServiceName, Some("b")));
        let same = [
            ("OTEL_SERVICE_NAME", "a"),
            ("OTEL_RESOURCE_ATTRIBUTES", "service.name=a"),
        ];
        check(node, None, &same, (Some("a"), ServiceName, None));
        let attribute = [("OTEL_RESOURCE_ATTRIBUTES", "service.name=b,x=y")];
        check(node, None, &attribute, (Some("b"), ResourceAttributes, None));
        check(Language::Rust, None, &[], (None, Default, None));
    }

    #[test]
    fn a_malformed_list_takes_the_name_along_where_the_sdk_drops_all() {
        use ServiceNameSource::*;
        let bad = [("OTEL_RESOURCE_ATTRIBUTES", "service.name=b,team")];
        check(Language::NodeJs, Some(1), &bad, (Some("b"), ResourceAttributes, None));
        check(Language::NodeJs, Some(2), &bad, (None, ResourceAttributes, None));
        check(
            Language::NodeJs,
            Some(3),
            &bad,
            (Some("unknown_service:node"), Default, None),
        );
        check(Language::Python, None, &bad, (Some("b"), ResourceAttributes, None));
        let semicolon = [("OTEL_RESOURCE_ATTRIBUTES", "service.name=b;team=x")];
        check(
            Language::NodeJs,
            Some(1),
            &semicolon,
            (Some("unknown_service:node"), Default, None),
        );
        check(
            Language::Python,
            None,
            &semicolon,
            (Some("b;team=x"), ResourceAttributes, None),
        );
    }

    #[test]
    fn unknown_values_and_references_are_told() {
        let environment = Environment::new(&[("OTEL_SERVICE_NAME", "$(POD_NAME)")]);
        let name = environment.with(Language::NodeJs, None, service_name);
        assert_eq!(name.unexpanded[0].name, "POD_NAME");
        let environment = Environment::new(&[("OTEL_SERVICE_NAME", "?")]);
        let name = environment.with(Language::NodeJs, None, service_name);
        assert!(name.value.known().is_none());
    }
}
