//! What is replaced, what stays, and that columns stay where they were.

use super::*;

/// Says what becomes of a text; `#` stands for the mark.
fn check(text: &str, expected: &str) {
    let expected = expected.replace('#', REDACTED);
    let once = redact(text).into_owned();
    assert_eq!(once, expected);
    assert_eq!(redact(&once), once, "a second time changes nothing");
}

fn kept(text: &str) {
    assert!(
        matches!(redact(text), Cow::Borrowed(_)) || redact(text) == text,
        "{text} -> {}",
        redact(text)
    );
}

#[test]
fn headers() {
    check("authorization: Bearer abc.def-123", "authorization: Bearer #");
    check("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic #");
    check(
        r#""Authorization":["Bearer s3cr3tvalue"]"#,
        r##""Authorization":["Bearer #"]"##,
    );
    check(
        "OTEL_EXPORTER_OTLP_HEADERS=authorization=Basic%20abc==,x-tenant=one",
        "OTEL_EXPORTER_OTLP_HEADERS=authorization=Basic%20#,x-tenant=one",
    );
    check("authorization: hunter2", "authorization: #");
    check("x-api-key: 0123456789abcdef", "x-api-key: #");
    check(
        "x-honeycomb-team=abcdef,x-honeycomb-dataset=web",
        "x-honeycomb-team=#,x-honeycomb-dataset=web",
    );
    check("Cookie: a=b; session=XYZ", "Cookie: #");
    check("sent Bearer 9f8e7d6c5b4a", "sent Bearer #");
}

#[test]
fn assignments() {
    check("password: hunter2", "password: #");
    check("DB_PASSWORD=hunter2 node app.js", "DB_PASSWORD=# node app.js");
    check(r#"{"apiKey":"k-1","region":"eu"}"#, r##"{"apiKey":"#","region":"eu"}"##);
    check("basicAuthPassword: 'x y'", "basicAuthPassword: '#'");
    check("secret_key: AbC/dEf+123=", "secret_key: #");
    check("api_key=abc&page=2", "api_key=#&page=2");
    check("--password hunter2 --user bob", "--password # --user bob");
    check("token: 123e4567-e89b-12d3-a456-426614174000", "token: #");
    check("invalid token: a1b2c3d4e5f6", "invalid token: #");
    check(
        "- name: DB_PASSWORD\n  value: hunter2\n",
        "- name: DB_PASSWORD\n  value: #\n",
    );
    check(
        r#"{"name":"API_TOKEN","value":"t"}"#,
        r##"{"name":"API_TOKEN","value":"#"}"##,
    );
    check("password: |\n  hunter2\n", "password: |\n  #\n");
    check(r#"msg="{\"password\":\"hunter2\"}""#, r##"msg="{\"password\":\"#\"}""##);
}

#[test]
fn keys_that_only_their_place_declares() {
    check(
        "datadog: {api: {key: 0a1b2c, site: datadoghq.eu}}",
        "datadog: {api: {key: #, site: datadoghq.eu}}",
    );
    check(
        "api:\n  site: datadoghq.eu\n  key: 0a1b2c\n",
        "api:\n  site: datadoghq.eu\n  key: #\n",
    );
    check("instrumentation_key: 0a1b2c", "instrumentation_key: #");
    check("REDIS_PASS=hunter2", "REDIS_PASS=#");
    check("htpasswd: {inline: \"bob:hunter2\"}", "htpasswd: {inline: \"bob:#\"}");
    check("inline: |\n  bob:hunter2\n", "inline: |\n  bob:#\n");
    check(
        "sentry: {dsn: \"https://0a1b2c3d4e5f@sentry.io/1\"}",
        "sentry: {dsn: \"https://#@sentry.io/1\"}",
    );
    check("curl -sS -u admin:hunter2 https://x", "curl -sS -u admin:# https://x");
    check("mysql -h db -phunter2 shop", "mysql -h db -p# shop");
    check("sk_live_0123456789ab", "#");
    check("{key: api.key, value: hunter2}", "{key: api.key, value: #}");
    check(
        "\"a.password=hunter2\\njwt.secret: hunter3\"",
        "\"a.password=#\\njwt.secret: #\"",
    );
    kept("{key: http.method, value: GET}");
    kept("api: {endpoint: x}\nkey: http.method");
    kept("max_passes: 3, compass: north, REDIS_PASS: ${REDIS_PASS}");
    kept("inline: true");
    kept("inline: 'http://host:80'");
    kept("curl -s http://user:@host -o out:file");
    kept("ssh://git@host/x");
}

#[test]
fn addresses_and_known_shapes() {
    check(
        "https://user:pass@host:4318/v1/traces",
        "https://user:#@host:4318/v1/traces",
    );
    check("mongodb://u:p%40@db/x", "mongodb://u:#@db/x");
    check(
        "https://0123456789abcdef0123@o1.ingest.example/1",
        "https://#@o1.ingest.example/1",
    );
    check("key AKIAIOSFODNN7EXAMPLE used", "key # used");
    check("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "#");
    check("ghp_0123456789abcdefghij0123456789", "#");
    check("glsa_0123456789abcdefABCDEF_01234567", "#");
    check("glc_eyJvIjoiMSIsIm4iOiJ4In0=", "#");
    check("xoxb-123456789012-abc", "#");
    check(
        "https://hooks.slack.com/services/T0/B0/xyz",
        "https://hooks.slack.com/services/#",
    );
    check(
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nx",
        "-----BEGIN RSA PRIVATE KEY-----#-----END RSA PRIVATE KEY-----\nx",
    );
    check("-----BEGIN PRIVATE KEY-----\\nMIIE", "-----BEGIN PRIVATE KEY-----#");
}

#[test]
fn a_mask_moves_nothing() {
    let check = |text: &str, expected: &str| {
        assert_eq!(mask(text), expected);
        assert_eq!(text.len(), expected.len());
    };
    check("password: \"hünter\" # x", "password: \"*******\" # x");
    check("- name: TOKEN\n  value: abc\n", "- name: TOKEN\n  value: ***\n");
    check("[--api-token, abc, '--x']", "[--api-token, ***, '--x']");
    check("- --api-token\n- abc\n- --y", "- --api-token\n- ***\n- --y");
    check("https://u:pw@h", "https://u:**@h");
    check("password: \"abc", "password: \"***");
}

#[test]
fn near_misses_are_kept() {
    for text in [
        "trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=00f067aa0ba902b7",
        "token_endpoint: https://idp.example/oauth2/token",
        "token_url: https://idp.example/token",
        "passwordRef: db",
        "secretKeyRef: {name: db, key: password}",
        "secretName: tempo-s3",
        "password: ${env:PASSWORD}",
        "password: $PASSWORD",
        "bearer_token_file: /var/run/secrets/kubernetes.io/serviceaccount/token",
        "token: /var/run/secrets/kubernetes.io/serviceaccount/token",
        "automountServiceAccountToken: false",
        "expirationSeconds: 3600",
        "image: otel@sha256:4bf92f3577b34da6a3ce929d0e0e47364bf92f3577b34da6a3ce929d0e0e4736",
        "uid: 123e4567-e89b-12d3-a456-426614174000",
        "Basic authentication failed",
        "Bearer authentication",
        "authorization failed for user",
        "unexpected token: colon",
        "SyntaxError: Unexpected token 'export'",
        "secrets is forbidden: User \"system:serviceaccount:a:b\" cannot list",
        "extensions: [basicauth/grafana, bearertokenauth]",
        "endpoint: http://tempo.tracing.svc:4318",
        "git@github.com:owner/name.git",
        "imagePullSecrets: []",
        "max_tokens: 100",
        "password:",
        "",
    ] {
        kept(text);
    }
}

#[test]
fn long_and_odd_text_comes_to_an_end() {
    for unit in [
        "a",
        "password",
        "token:",
        "://a",
        "-----BEGIN A-----",
        "\"",
        "Bearer ",
        "é=",
        "a.b@",
    ] {
        let text = unit.repeat(200_000 / unit.len());
        let once = redact(&text).into_owned();
        assert!(
            once.starts_with(unit.chars().take(1).collect::<String>().as_str()) || once.starts_with(REDACTED),
            "{unit}"
        );
    }
}
