//! Which release of the Java agent a command downloads, by the address that it downloads it from.

use crate::releases::Version;

/// Returns the major version of each agent of OpenTelemetry that the text of a command downloads; `None` for an address that does not tell.
///
/// Read are the addresses of releases (`…/opentelemetry-java-instrumentation/releases/download/v2.9.0/opentelemetry-javaagent.jar`) and those of Maven
/// repositories (`…/opentelemetry-javaagent/2.9.0/opentelemetry-javaagent-2.9.0.jar`). `variable` gives what the command's environment holds.
pub fn java_agent_downloads(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Vec<Option<u32>> {
    let separates =
        |letter: char| letter.is_whitespace() || matches!(letter, '"' | '\'' | '`' | ';' | '|' | '(' | ')' | '<' | '>');
    let words = text.split(separates).filter(|word| word.contains("://"));
    let addresses = words.map(|word| with_variables(word, text, variable));
    let agents = addresses.filter(|address| {
        address.contains("opentelemetry-javaagent") || address.contains("opentelemetry-java-instrumentation/releases")
    });
    agents.map(|address| major(&address)).collect()
}

fn major(address: &str) -> Option<u32> {
    let mut parts = address.split('/');
    let of_part = |part: &str| Version::parse(part.strip_prefix('v').unwrap_or(part)).map(|version| version.major);
    match parts.clone().any(|part| part == "latest") {
        // Whatever it is by now, it is none before the second.
        true => Some(2),
        false => parts.find_map(|part| {
            part.starts_with(|first: char| first == 'v' || first.is_ascii_digit())
                .then(|| of_part(part))
                .flatten()
        }),
    }
}

/// Puts values in the place of `$NAME` and `${NAME}`: of the environment, or of an assignment in the command itself.
fn with_variables(word: &str, text: &str, variable: &dyn Fn(&str) -> Option<String>) -> String {
    let mut result = String::new();
    let mut rest = word;
    while let Some(at) = rest.find('$') {
        result.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let (name, next) = match after.strip_prefix('{') {
            Some(inner) => match inner.find('}') {
                Some(end) => (&inner[..end], &inner[end + 1..]),
                None => break,
            },
            None => {
                let end = after.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
                after.split_at(end.unwrap_or(after.len()))
            }
        };
        let (name, fallback) = name
            .split_once(":-")
            .map_or((name, None), |(name, value)| (name, Some(value)));
        let value = assigned(text, name)
            .or_else(|| variable(name))
            .or_else(|| fallback.map(str::to_owned));
        result.push_str(&value.unwrap_or_default());
        rest = next;
    }
    result.push_str(rest);
    result
}

fn assigned(text: &str, name: &str) -> Option<String> {
    let words = text.split(|letter: char| letter.is_whitespace() || letter == ';');
    let mut values = words.filter_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    let value = values.next()?.trim_matches(['"', '\'']);
    (!value.contains('$')).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_is_read_from_the_address() {
        let check = |text: &str, expected: &[Option<u32>]| {
            let variable = |name: &str| (name == "AGENT").then(|| "1.32.1".to_owned());
            assert_eq!(java_agent_downloads(text, &variable), expected, "{text}");
        };
        let github = "https://github.com/open-telemetry/opentelemetry-java-instrumentation/releases";
        check(
            &format!("curl -Lo /a.jar {github}/download/v2.9.0/opentelemetry-javaagent.jar"),
            &[Some(2)],
        );
        check(
            &format!(
                "wget '{github}/download/v${{AGENT}}/opentelemetry-javaagent.jar' -O /otel/opentelemetry-javaagent.jar"
            ),
            &[Some(1)],
        );
        check(
            &format!("V=2.1.0; wget {github}/download/v$V/opentelemetry-javaagent.jar"),
            &[Some(2)],
        );
        check(
            &format!("wget {github}/download/v${{V:-1.33.0}}/opentelemetry-javaagent.jar"),
            &[Some(1)],
        );
        check(
            &format!("wget {github}/latest/download/opentelemetry-javaagent.jar"),
            &[Some(2)],
        );
        let maven = "https://repo.example.com/maven2/io/opentelemetry/javaagent/opentelemetry-javaagent";
        check(
            &format!("curl {maven}/1.32.0/opentelemetry-javaagent-1.32.0.jar"),
            &[Some(1)],
        );
        check(
            &format!("curl {maven}/$UNKNOWN/opentelemetry-javaagent-$UNKNOWN.jar"),
            &[None],
        );
        check("cp /opentelemetry-javaagent.jar /otel/opentelemetry-javaagent.jar", &[]);
        check("curl https://example.com/v3/other.jar ${", &[]);
        check("curl https://example.com/opentelemetry-javaagent.jar${", &[None]);
    }
}
