//! What only looks like a credential: names that say where one is, values that are placeholders, paths, flags.

use super::WORD;

/// Returns whether a name only looks like that of a credential: it names where one is, or says something about it.
pub(super) fn is_harmless_name(name: &str) -> bool {
    const ENDS: [&str; 40] = [
        "ref",
        "refs",
        "selector",
        "name",
        "names",
        "file",
        "files",
        "path",
        "paths",
        "dir",
        "endpoint",
        "endpoints",
        "url",
        "urls",
        "uri",
        "host",
        "type",
        "policy",
        "format",
        "header",
        "headers",
        "issuer",
        "audience",
        "ttl",
        "expiration",
        "expirationseconds",
        "expires",
        "expiry",
        "lifetime",
        "limit",
        "length",
        "count",
        "size",
        "version",
        "enabled",
        "required",
        "mount",
        "mode",
        "authenticator",
        "store",
    ];
    let lower = name.to_ascii_lowercase();
    let lower = lower.trim_end_matches(['-', '_', '.']);
    let plural = [
        "tokens",
        "secrets",
        "automountserviceaccounttoken",
        "max_token",
        "accesskeyid",
        "access_key_id",
    ];
    // A receiver, an exporter or an extension such as `bearertokenauth` is no value.
    ENDS.iter().any(|end| lower.ends_with(end))
        || plural.iter().any(|word| lower.ends_with(word))
        || lower.ends_with("auth")
}

/// Returns whether a value cannot be a credential: nothing, a placeholder, a path, an address, a plain flag.
pub(super) fn is_harmless(value: &str) -> bool {
    let value = value.trim_matches(['"', '\'', '\\']);
    let placeholder = value.starts_with("${")
        || value.starts_with("$(")
        || value.starts_with("{{")
        || value.starts_with('<')
        || value.starts_with("%!")
        || (value.starts_with('$')
            && value[1..]
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
    let masked = !value.is_empty() && value.chars().all(|c| matches!(c, '*' | 'x' | 'X' | '.' | '•'));
    let word = matches!(
        value.to_ascii_lowercase().as_str(),
        "" | "true"
            | "false"
            | "null"
            | "nil"
            | "none"
            | "~"
            | "|"
            | ">"
            | "|-"
            | ">-"
            | "["
            | "{"
            | "[redacted]"
            | "redacted"
            | "undefined"
    );
    let address = ["http://", "https://", "grpc://", "unix://"]
        .iter()
        .any(|scheme| value.starts_with(scheme));
    // What was replaced before, in quotes or as a part.
    let done = value.starts_with(WORD) || value.starts_with("%3Credacted");
    placeholder || masked || word || address || done || value.starts_with(['{', '[', '&', '*', '!']) || is_path(value)
}

/// Returns whether a value is an absolute path; base64 may begin with a slash too, but has capitals.
fn is_path(value: &str) -> bool {
    let Some(rest) = value.strip_prefix('/') else {
        return false;
    };
    let plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'/' | b'.' | b'-' | b'_');
    rest.contains('/') && rest.bytes().all(plain)
}

/// Returns whether a word is mixed of characters as words of a language are not.
pub(super) fn is_mixed(word: &str) -> bool {
    let word = word.trim_matches(['"', '\'']);
    let digit = word.bytes().any(|byte| byte.is_ascii_digit());
    let lower = word.bytes().any(|byte| byte.is_ascii_lowercase());
    let inner_capital = word.bytes().skip(1).any(|byte| byte.is_ascii_uppercase());
    word.len() >= 8 && (digit || (lower && inner_capital) || word.contains(['=', '+']))
}
