//! Variables that a container's own command gives the application: assignments in `sh -c` texts, and files that it reads them from.
//!
//! The text is not run: an assignment counts wherever it stands, and a value that the shell makes is unknown.

use crate::evidence::Cell;

/// What a command says of variables.
#[derive(Debug, Default)]
pub(super) struct Assigned {
    /// The variables of OpenTelemetry that it sets, by name.
    pub(super) variables: Vec<(String, Cell)>,
    /// Why it may set further ones, as a clause.
    pub(super) more: Option<String>,
}

/// Shells, and what stands before one.
const SHELLS: [&str; 6] = ["sh", "bash", "ash", "dash", "zsh", "busybox"];

/// Reads the words of a command.
pub(super) fn of_command(words: &[Cell]) -> Assigned {
    let mut assigned = Assigned::default();
    let name_of = |cell: &Cell| {
        cell.text()
            .map(|text| text.rsplit('/').next().unwrap_or(text).to_owned())
    };
    let shell = words
        .iter()
        .take(3)
        .position(|cell| name_of(cell).is_some_and(|name| SHELLS.contains(&name.as_str())));
    let script = match shell {
        Some(shell) => words[shell + 1..]
            .iter()
            .find(|cell| cell.text().is_some_and(|text| !text.starts_with('-'))),
        None => words.first(),
    };
    let Some((script, text)) = script.and_then(|cell| Some((cell, cell.text()?))) else {
        return assigned;
    };
    let is_text = shell.is_some() && (text.contains(char::is_whitespace) || text.contains('='));
    if !is_text {
        let is_script = text.ends_with(".sh") || text.ends_with(".bash") || (shell.is_some() && text.contains('/'));
        assigned.more = is_script.then(|| format!("the script {text} may set it"));
        return assigned;
    }
    // `VALUE` of what a quote opens may hold spaces.
    for (at, _) in text.match_indices("OTEL_") {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|letter| !letter.is_whitespace() && !";&|(\"'".contains(letter)) {
            continue;
        }
        let rest = &text[at..];
        let end = rest
            .find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
            .unwrap_or(rest.len());
        if let Some(value) = rest[end..].strip_prefix('=') {
            assigned
                .variables
                .push((rest[..end].to_owned(), value_of(value, script)));
        }
    }
    let commands = text.split(['\n', ';', '&', '|', '(', '{']);
    let mut commands = commands.map(|command| command.split_whitespace());
    let sourced = commands.find_map(|mut words| match words.next()? {
        "." | "source" => words.next(),
        _ => None,
    });
    let made = ["env $(", "export $(", "set -a", "eval ", "xargs"]
        .iter()
        .find(|form| text.contains(**form));
    assigned.more = match (sourced, made) {
        (Some(file), _) => Some(format!("the command reads variables from {file}")),
        (None, Some(_)) => Some("the command makes variables".to_owned()),
        (None, None) => None,
    };
    assigned
}

fn value_of(text: &str, at: &Cell) -> Cell {
    let (value, is_literal) = match text.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let inner = &text[1..];
            let value = &inner[..inner.find(quote).unwrap_or(inner.len())];
            (value, quote == '\'' || !value.contains(['$', '`']))
        }
        _ => {
            let end = text.find(|letter: char| letter.is_whitespace() || ";&|)".contains(letter));
            let value = &text[..end.unwrap_or(text.len())];
            (value, !value.contains(['$', '`', '"', '\'', '\\']))
        }
    };
    match is_literal {
        true => Cell::from(value).at(at),
        false => Cell::unknown("the container's command makes the value").at(at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(words: &[&str], expected: &[(&str, Option<&str>)], more: Option<&str>) {
        let words: Vec<Cell> = words.iter().map(|word| Cell::from(*word)).collect();
        let assigned = of_command(&words);
        let found: Vec<_> = assigned
            .variables
            .iter()
            .map(|(name, cell)| (name.as_str(), cell.text()))
            .collect();
        assert_eq!(found, expected, "{words:?}");
        assert_eq!(assigned.more.as_deref(), more, "{words:?}");
    }

    #[test]
    fn assignments_in_a_shell_text_are_the_applications() {
        let endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
        check(
            &[
                "/bin/sh",
                "-c",
                "export OTEL_EXPORTER_OTLP_ENDPOINT=http://otel:4318; exec node app.js",
            ],
            &[(endpoint, Some("http://otel:4318"))],
            None,
        );
        check(
            &[
                "bash",
                "-ec",
                "OTEL_EXPORTER_OTLP_ENDPOINT=\"http://$HOST_IP:4318\" OTEL_SERVICE_NAME='a b' node app.js",
            ],
            &[(endpoint, None), ("OTEL_SERVICE_NAME", Some("a b"))],
            None,
        );
        check(&["sh", "-c", "MY_OTEL_NAME=x node --otel OTEL_"], &[], None);
        check(&["node", "OTEL_SERVICE_NAME=x"], &[], None);
    }

    #[test]
    fn what_a_script_or_a_file_may_set_is_not_known() {
        check(
            &["bash", "-c", ". /etc/otel/otel.env; exec python main.py"],
            &[],
            Some("the command reads variables from /etc/otel/otel.env"),
        );
        check(
            &["tini", "--", "sh", "-c", "cd /app && source ./env && ./run"],
            &[],
            Some("the command reads variables from ./env"),
        );
        check(
            &["sh", "-c", "env $(cat /vault/secrets/otel) ./run"],
            &[],
            Some("the command makes variables"),
        );
        check(&["/boot/start.sh"], &[], Some("the script /boot/start.sh may set it"));
        check(&["sh", "/boot/start"], &[], Some("the script /boot/start may set it"));
        check(&["java", "-jar", "app.jar"], &[], None);
        check(&["sh", "-c", "java -jar a.jar"], &[], None);
        check(&["sh"], &[], None);
        check(&[], &[], None);
    }
}
