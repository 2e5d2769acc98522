//! Lists in protobuf as an API server writes them, and what is no such list.

use super::*;
use serde_json::json;

/// Writes a field of bytes.
fn piece(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    let mut length = bytes.len();
    while length >= 0x80 {
        out.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
    out.extend(bytes);
    out
}

/// Writes a field of a number below 128.
fn number(field: u8, value: u8) -> Vec<u8> {
    vec![field << 3, value]
}

/// Writes an answer of a kind.
fn answer(kind: &str, raw: &[u8]) -> Vec<u8> {
    let of_type = [piece(1, b"v1"), piece(2, kind.as_bytes())].concat();
    [
        MAGIC.to_vec(),
        piece(1, &of_type),
        piece(2, raw),
        piece(3, b""),
        piece(4, b""),
    ]
    .concat()
}

/// A page with one Service, and the token of the next.
fn services() -> Vec<u8> {
    let labels = [
        piece(11, &[piece(1, b"z"), piece(2, b"1")].concat()),
        piece(11, &[piece(1, b"app"), piece(2, b"")].concat()),
    ];
    let created = piece(8, &[vec![0x08, 0xc0, 0xac, 0xe9, 0xca, 0x06], number(2, 0)].concat());
    let metadata = [
        piece(1, b"tempo"),
        piece(2, b""),
        piece(3, b"tracing"),
        created,
        labels.concat(),
    ]
    .concat();
    let port = [
        piece(1, b"otlp"),
        vec![0x18, 0xdd, 0x21],
        piece(4, &[number(1, 1), number(2, 0), piece(3, b"grpc")].concat()),
    ];
    let numeric = [
        piece(1, b"http"),
        vec![0x18, 0xde, 0x21],
        piece(4, &[number(1, 0), vec![0x10, 0xde, 0x21], piece(3, b"")].concat()),
        number(15, 1),
    ];
    let spec = [
        piece(1, &port.concat()),
        piece(1, &numeric.concat()),
        piece(3, b"10.0.0.7"),
        number(13, 0),
    ];
    let item = [piece(1, &metadata), piece(2, &spec.concat()), piece(3, &piece(1, b""))].concat();
    let list = [piece(1, &piece(3, b"more")), piece(2, &item), piece(2, &[0x0a, 0x7f])].concat();
    answer("ServiceList", &list)
}

#[test]
fn a_list_is_what_json_would_have_said() {
    let mut items = Vec::new();
    assert_eq!(
        read_list(&services(), |item| items.push(item)),
        Ok(Some("more".to_owned()))
    );
    let expected = json!({
        "metadata": {"name": "tempo", "namespace": "tracing", "creationTimestamp": "2026-01-04T12:00:00Z", "labels": {"app": "", "z": "1"}},
        "spec": {
            "ports": [
                {"name": "otlp", "port": 4317, "targetPort": "grpc"},
                {"name": "http", "port": 4318, "targetPort": 4318},
            ],
            "clusterIP": "10.0.0.7",
        },
        "status": {"loadBalancer": {}},
    });
    assert_eq!(items.len(), 2, "an item that cannot be read is counted");
    assert_eq!(items[1], None);
    let read = items[0].clone().unwrap_or_default();
    assert_eq!(read, expected);
    assert_eq!(read.to_string(), expected.to_string(), "in the same order");
}

#[test]
fn what_is_sent_empty_and_what_is_not_sent_are_told_apart() {
    // replicas: 0 is a pointer; minReadySeconds: 0 and paused: false are no pointers.
    let spec = [number(1, 0), piece(3, b""), piece(4, b""), number(5, 0), number(7, 0)].concat();
    let list = piece(2, &piece(2, &spec));
    let mut items = Vec::new();
    assert_eq!(
        read_list(&answer("DeploymentList", &list), |item| items.extend(item)),
        Ok(None)
    );
    let expected = json!({
        "metadata": {},
        "spec": {"replicas": 0, "selector": null, "template": {"metadata": {}, "spec": {"containers": null}}, "strategy": {}},
        "status": {},
    });
    assert_eq!(items, [expected]);
}

#[test]
fn the_fields_of_an_inlined_message_stand_in_its_place() {
    let check = |message: &str, bytes: Vec<u8>, expected: Value| {
        let read = read(MESSAGES.by_name[message], &bytes, 0).map(Value::Object);
        assert_eq!(read, Ok(expected));
    };
    let config = piece(19, &[piece(1, &piece(1, b"relay")), number(3, 0)].concat());
    let mut volume = piece(1, b"config");
    // Field 19 needs two bytes.
    let config = [vec![0x9a, 0x01], config[1..].to_vec()].concat();
    volume.extend(piece(2, &config));
    check(
        "Volume",
        volume,
        json!({"name": "config", "configMap": {"name": "relay", "defaultMode": 0}}),
    );
    check("SecretKeySelector", piece(2, b"token"), json!({"key": "token"}));
    check(
        "SecurityContext",
        vec![0x20, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
        json!({"runAsUser": -1}),
    );
    check(
        "DeploymentCondition",
        piece(6, b""),
        json!({"type": "", "status": "", "lastUpdateTime": null, "lastTransitionTime": null}),
    );
}

#[test]
fn a_refusal_is_read() {
    let status = [
        piece(2, b"Failure"),
        piece(3, b"deployments.apps is forbidden"),
        piece(4, b"Forbidden"),
    ]
    .concat();
    let read = read_object(&answer("Status", &status)).unwrap_or_default();
    assert_eq!(read["message"], "deployments.apps is forbidden");
    assert_eq!(read_object(b"{}"), None);
}

#[test]
fn no_bytes_make_it_panic() {
    let whole = services();
    for end in 0..whole.len() {
        let _ = read_list(&whole[..end], |_| {});
        for byte in [0x00, 0x7f, 0x80, 0xff] {
            let mut changed = whole.clone();
            changed[end] = byte;
            let _ = read_list(&changed, |_| {});
        }
    }
    assert!(
        read_list(&answer("SecretList", b""), |_| {}).is_err(),
        "of a kind that is not read"
    );
    assert!(read_list(b"{}", |_| {}).is_err());
}

#[test]
fn the_table_names_each_field_once_and_no_message_holds_itself() {
    fn depth(message: usize, above: usize) -> usize {
        assert!(above < DEEPEST, "a message that holds itself");
        let below = MESSAGES.fields[message].iter().filter_map(|field| match field.kind {
            Kind::Message(below) => Some(depth(below, above + 1)),
            _ => None,
        });
        below.max().unwrap_or(above)
    }
    for (name, &message) in &MESSAGES.by_name {
        let mut numbers: Vec<u64> = MESSAGES.fields[message].iter().map(|field| field.number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), MESSAGES.fields[message].len(), "{name}");
        assert!(!numbers.contains(&0), "{name}");
        depth(message, 0);
    }
    assert!(TABLE.lines().all(|line| line.split('\t').count() == 5));
    assert!(has("Deployment") && has("Service") && !has("Secret") && !has("OpenTelemetryCollector"));
}
