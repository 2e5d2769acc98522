//! What is known of the npm packages of OpenTelemetry: which generation of the SDK a version belongs to, and which packages are gone.
//!
//! Generation 1 is 1.x with 0.<200, generation 2 is 2.x with 0.200 to 0.299, generation 3 is 3.x with 0.300 and later
//! (`open-telemetry/opentelemetry-js@v2.0.0:doc/upgrade-to-2.x.md`). Names that are no longer right come from a table that is given as text.

use crate::releases::Version;
use std::collections::BTreeMap;

/// The packages that must not be used any more, by name.
#[derive(Debug, Clone, Default)]
pub struct NpmTable {
    packages: BTreeMap<String, Retired>,
}

/// What is known of a package that must not be used any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retired {
    /// The last release; empty for one that never existed.
    pub last: String,
    /// What to use instead; empty when there is nothing.
    pub replaced_by: String,
    /// `renamed`, `split`, `merged`, `unsupported` or `never_existed`.
    pub reason: String,
}

impl NpmTable {
    /// Reads the table: a heading, then package, last release, replacement and reason, parted by tabulators; `#` begins a comment line. A line
    /// with fewer columns is left out.
    pub fn from_text(text: &str) -> NpmTable {
        let lines = text.lines().filter(|line| !line.starts_with('#')).skip(1);
        let packages = lines.filter_map(|line| {
            let mut columns = line.split('\t');
            let name = columns.next().filter(|name| !name.is_empty())?;
            let mut column = || {
                columns
                    .next()
                    .map(|text| if text == "-" { "" } else { text }.to_owned())
            };
            let retired = Retired {
                last: column()?,
                replaced_by: column()?,
                reason: column()?,
            };
            Some((name.to_owned(), retired))
        });
        NpmTable {
            packages: packages.collect(),
        }
    }

    /// Returns what is known of a package that must not be used any more.
    pub fn retired(&self, package: &str) -> Option<&Retired> {
        self.packages.get(package)
    }
}

/// Which packages are released together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// The API, which all generations share.
    Api,
    /// The stable packages: 1.x, 2.x, 3.x.
    Sdk,
    /// The experimental packages: 0.57, 0.200, 0.300.
    Experimental,
    /// `auto-instrumentations-node`.
    AutoInstrumentations,
    /// One library's instrumentation.
    Instrumentation,
    /// Anything else.
    Other,
}

impl Family {
    /// Returns the word of the fact tables.
    pub fn name(self) -> &'static str {
        match self {
            Family::Api => "api",
            Family::Sdk => "sdk",
            Family::Experimental => "experimental",
            Family::AutoInstrumentations => "contrib",
            Family::Instrumentation => "instrumentation",
            Family::Other => "other",
        }
    }
}

const SDK: [&str; 15] = [
    "core",
    "resources",
    "sdk-trace",
    "sdk-trace-base",
    "sdk-trace-node",
    "sdk-trace-web",
    "sdk-metrics",
    "context-async-hooks",
    "context-zone",
    "propagator-b3",
    "propagator-jaeger",
    "exporter-zipkin",
    "exporter-jaeger",
    "shim-opentracing",
    "context-zone-peer-dep",
];

const EXPERIMENTAL: [&str; 12] = [
    "sdk-node",
    "sdk-logs",
    "api-logs",
    "instrumentation",
    "instrumentation-http",
    "instrumentation-grpc",
    "instrumentation-fetch",
    "instrumentation-xml-http-request",
    "exporter-prometheus",
    "sampler-jaeger-remote",
    "shim-opencensus",
    "configuration",
];

/// Returns the family of a package.
pub fn family(package: &str) -> Family {
    let Some(name) = package.strip_prefix("@opentelemetry/") else {
        return Family::Other;
    };
    let is_otlp = name.starts_with("otlp-")
        || ["exporter-trace-otlp-", "exporter-metrics-otlp-", "exporter-logs-otlp-"]
            .iter()
            .any(|prefix| name.starts_with(prefix));
    match name {
        "api" => Family::Api,
        "auto-instrumentations-node" => Family::AutoInstrumentations,
        _ if SDK.contains(&name) => Family::Sdk,
        _ if is_otlp || EXPERIMENTAL.contains(&name) => Family::Experimental,
        _ if name.starts_with("instrumentation-") => Family::Instrumentation,
        _ => Family::Other,
    }
}

/// Returns the generation of the SDK that a version of a package belongs to; `None` where the package belongs to none or the version does not
/// tell. Ranges of npm that stay within a generation (`^2.0.0`, `~0.57.2`, `2.x`) tell too.
pub fn generation(package: &str, version: &str) -> Option<i64> {
    let text = version.trim().trim_start_matches(['^', '~', '=', 'v']);
    if text.contains([' ', '>', '<', '|', '*']) {
        return None;
    }
    let text = text.trim_end_matches(".x").trim_end_matches(".x");
    let (version, _) = Version::parse_with_precision(text)?;
    match family(package) {
        Family::Sdk => Some(i64::from(version.major.max(1))),
        Family::Experimental if version.major == 0 => Some(match version.minor {
            0..200 => 1,
            200..300 => 2,
            _ => 3,
        }),
        // 0.57.0 was the first with the second generation; 0.82.0 was seen with the third, 0.81.2 with the second.
        Family::AutoInstrumentations if version.major == 0 => Some(match version.minor {
            0..57 => 1,
            57..82 => 2,
            _ => 3,
        }),
        _ => None,
    }
}

/// Whether installing a package brings another one along, so that both can be loaded from the same place.
pub fn brings(package: &str, other: &str) -> bool {
    if package == other {
        return true;
    }
    let Some(name) = other.strip_prefix("@opentelemetry/") else {
        return false;
    };
    match package {
        "@opentelemetry/sdk-node" => {
            !matches!(
                family(other),
                Family::Instrumentation | Family::AutoInstrumentations | Family::Other
            ) && !matches!(
                name,
                "sdk-trace-web" | "context-zone" | "shim-opentracing" | "exporter-jaeger"
            ) || name == "semantic-conventions"
        }
        "@opentelemetry/auto-instrumentations-node" => {
            matches!(family(other), Family::Instrumentation)
                || name.starts_with("resource-detector-")
                || brings("@opentelemetry/sdk-node", other)
        }
        _ => {
            package.starts_with("@opentelemetry/")
                && matches!(
                    name,
                    "core" | "api" | "resources" | "semantic-conventions" | "sdk-trace-base"
                )
        }
    }
}

/// Returns the package and the path within it that a module specifier names: what follows the last `node_modules/`, in any notation.
pub fn package_of(specifier: &str) -> (&str, &str) {
    let tail = specifier
        .rsplit_once("node_modules/")
        .map_or(specifier, |(_, tail)| tail);
    let slashes = if tail.starts_with('@') { 2 } else { 1 };
    let end = tail
        .match_indices('/')
        .nth(slashes - 1)
        .map_or(tail.len(), |(at, _)| at);
    (&tail[..end], tail[end..].trim_start_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(package: &str, version: &str, expected: Option<i64>) {
        assert_eq!(
            generation(&format!("@opentelemetry/{package}"), version),
            expected,
            "{package}@{version}"
        );
    }

    #[test]
    fn a_version_tells_the_generation() {
        check("sdk-node", "0.57.2", Some(1));
        check("sdk-node", "^0.200.0", Some(2));
        check("sdk-node", "0.301.0", Some(3));
        check("resources", "1.30.1", Some(1));
        check("resources", "2", Some(2));
        check("resources", "2.x", Some(2));
        check("auto-instrumentations-node", "0.56.1", Some(1));
        check("auto-instrumentations-node", "0.81.2", Some(2));
        check("auto-instrumentations-node", "0.82.0", Some(3));
        check("api", "1.9.0", None);
        check("resources", "latest", None);
        check("resources", ">=1.0.0 <3", None);
        check("instrumentation-express", "0.50.0", None);
    }

    #[test]
    fn a_specifier_is_a_package_and_a_path() {
        assert_eq!(
            package_of("/otel/node_modules/@opentelemetry/resources"),
            ("@opentelemetry/resources", "")
        );
        assert_eq!(
            package_of("@opentelemetry/resources/build/src/Resource"),
            ("@opentelemetry/resources", "build/src/Resource")
        );
        assert_eq!(package_of("express/lib/x"), ("express", "lib/x"));
        assert_eq!(package_of("fs"), ("fs", ""));
    }
}
