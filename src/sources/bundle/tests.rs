//! Archives that nobody should make, and what is said of them: where, what, what next.

use super::*;
use crate::evidence::logs::LogScanner;
use crate::evidence::redact::Redactor;
use crate::sources::from_texts;
use flate2::{Compression, GzBuilder};
use tar::{EntryType, Header};

const CONFIG: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: otel, namespace: obs}\ndata:\n  relay: |\n    receivers: {otlp: {protocols: {grpc: {}}}}\n    exporters: {otlp: {endpoint: 'tempo:4317', headers: {authorization: Bearer abc123def}}}\n    service: {pipelines: {traces: {receivers: [otlp], exporters: [otlp]}}}\n";

fn bundle(key: u8) -> Vec<u8> {
    let texts = [("otel.yaml".to_owned(), CONFIG.to_owned())];
    let evidence = from_texts(&texts, &Options::default(), None);
    let mut bytes = Vec::new();
    write(&evidence, &Redactor::keyed([key; 32]), &mut bytes).unwrap();
    bytes
}

fn read(bytes: &[u8], limits: &ArchiveLimits) -> Result<Evidence, BundleError> {
    let scanner = LogScanner::new(&[]).unwrap();
    let archive = archive::read(bytes, "b.tar.gz", limits)?;
    of_archive(archive, &Options::default(), &LogSearch::patterns(&scanner))
}

fn entry(kind: EntryType, name: &str, size: u64) -> Header {
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    // The name as it is: the library would refuse what this is about.
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_size(size);
    header.set_mode(0o644);
    header.set_cksum();
    header
}

fn tar(entries: &[(EntryType, &str, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (kind, name, content) in entries {
        bytes.extend_from_slice(entry(*kind, name, content.len() as u64).as_bytes());
        bytes.extend_from_slice(content);
        bytes.extend(std::iter::repeat_n(0, (512 - content.len() % 512) % 512));
    }
    bytes.extend([0; 1024]);
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = GzBuilder::new().write(Vec::new(), Compression::default());
    std::io::Write::write_all(&mut out, bytes).unwrap();
    out.finish().unwrap()
}

/// Says where and what is wrong with an archive, packed and not; a next step is always named.
fn check(tar: &[u8], place: &str, message: &str) {
    for bytes in [tar.to_vec(), gzip(tar)] {
        let error = read(&bytes, &ArchiveLimits::default()).unwrap_err();
        assert_eq!(error.place, place, "{error:?}");
        assert!(error.message.contains(message), "{error:?}");
        assert!(error.hint.is_some(), "{error:?}");
    }
}

const FILE: EntryType = EntryType::Regular;

#[test]
fn there_and_back() {
    let evidence = read(&bundle(1), &ArchiveLimits::default()).unwrap();
    let resource = &evidence.resources[0];
    assert_eq!(resource.reference.name, "otel");
    let text = &resource.document.text.content;
    assert!(
        text.contains("authorization: Bearer redacted}") && !text.contains("abc123def"),
        "{text}"
    );
    assert_eq!(bundle(1), bundle(1));
    assert_ne!(bundle(1), bundle(2));
}

#[test]
fn names_that_lead_elsewhere() {
    check(
        &tar(&[(FILE, "../../etc/cron.d/x", b"x")]),
        "b.tar.gz:../../etc/cron.d/x",
        "leads out",
    );
    check(&tar(&[(FILE, "/etc/passwd", b"x")]), "b.tar.gz:/etc/passwd", "absolute");
    check(&tar(&[(FILE, "C:\\x", b"x")]), "b.tar.gz:C:\\x", "absolute");
    check(&tar(&[(FILE, "a", b"1"), (FILE, "./a", b"2")]), "b.tar.gz:./a", "twice");
    check(
        &tar(&[(EntryType::Fifo, "pipe", b"")]),
        "b.tar.gz:pipe",
        "neither a file nor a folder",
    );
    check(
        &tar(&[(EntryType::Char, "tty", b"")]),
        "b.tar.gz:tty",
        "neither a file nor a folder",
    );
    let name = b"../x\0";
    check(
        &tar(&[(EntryType::GNULongName, "././@LongLink", name), (FILE, "y", b"")]),
        "b.tar.gz:../x",
        "leads out",
    );
    let attributes = b"15 path=../xyz\n";
    check(
        &tar(&[(EntryType::XHeader, "h", attributes), (FILE, "y", b"")]),
        "b.tar.gz:../xyz",
        "leads out",
    );
}

#[test]
fn a_bundle_has_no_links() {
    let manifest = br#"{"tracedoctor_bundle": 1}"#;
    let bytes = tar(&[
        (FILE, "bundle.json", manifest),
        (EntryType::Symlink, "objects/x.yaml", b""),
    ]);
    let error = read(&bytes, &ArchiveLimits::default()).unwrap_err();
    assert_eq!(
        (error.place.as_str(), error.message.as_str()),
        ("b.tar.gz:objects/x.yaml", "a link: a bundle has none")
    );
}

#[test]
fn archives_that_are_larger_than_they_look() {
    let limits = ArchiveLimits {
        entries: 10,
        file_bytes: 1 << 20,
        unpacked_bytes: 4 << 20,
        kept_bytes: 2 << 20,
    };
    let said = |bytes: &[u8]| read(bytes, &limits).unwrap_err().message;
    let zeros = vec![0; 8 << 20];
    let bomb = gzip(&tar(&[(FILE, "bundle.json", &zeros)]));
    assert!(bomb.len() < 64 << 10);
    assert_eq!(said(&bomb), "more than 4 MiB unpacked: not read");
    let behind = [tar(&[]), zeros.clone()].concat();
    assert_eq!(said(&gzip(&behind)), "more than 4 MiB unpacked: not read");
    let part = vec![b'a'; 900 << 10];
    assert_eq!(
        said(&tar(&[(FILE, "a", &part), (FILE, "b", &part), (FILE, "c", &part)])),
        "more than 2 MiB in files: not read"
    );
    let names: Vec<String> = (0..20).map(|number| format!("f{number}")).collect();
    let many: Vec<_> = names.iter().map(|name| (FILE, name.as_str(), &b""[..])).collect();
    assert_eq!(said(&tar(&many)), "more than 10 entries: not read");
    let long = vec![b'a'; 1 << 20];
    assert!(said(&tar(&[(EntryType::GNULongName, "l", &long)])).contains("a header of"));
    // A size that is not there.
    let lying = [entry(FILE, "x", 1 << 40).as_bytes(), &[0; 1024][..]].concat();
    assert!(
        said(&lying).contains("neither a bundle") || said(&lying).contains("cut off"),
        "{}",
        said(&lying)
    );
}

#[test]
fn archives_that_are_cut_off_or_damaged() {
    let whole = bundle(1);
    for length in [0, 1, 10, 30, whole.len() / 2, whole.len() - 9, whole.len() - 1] {
        let error = read(&whole[..length], &ArchiveLimits::default()).unwrap_err();
        assert!(
            error.place.starts_with("b.tar.gz") && error.hint.is_some(),
            "{length}: {error:?}"
        );
    }
    let mut damaged = whole.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0xff;
    assert!(read(&damaged, &ArchiveLimits::default()).is_err());
    // Cut off between two entries: the manifest knows.
    let manifest = br#"{"tracedoctor_bundle": 1, "objects": [{"path": "objects/a.yaml", "name": "a"}]}"#;
    check(
        &tar(&[(FILE, "r/bundle.json", manifest)]),
        "b.tar.gz:objects/a.yaml",
        "is not there",
    );
}

#[test]
fn what_is_no_bundle_is_said_to_be_none() {
    check(
        &tar(&[(FILE, "readme.txt", b"hello")]),
        "b.tar.gz",
        "neither a bundle nor a known dump",
    );
    check(
        &tar(&[(FILE, "bundle.json", b"{}")]),
        "b.tar.gz:bundle.json",
        "not that of a bundle",
    );
    check(
        &tar(&[(FILE, "bundle.json", b"{")]),
        "b.tar.gz:bundle.json",
        "cannot be read",
    );
    let newer = br#"{"tracedoctor_bundle": 7, "tool": "3.1.0", "objects": "in another form"}"#;
    check(
        &tar(&[(FILE, "bundle.json", newer)]),
        "b.tar.gz:bundle.json",
        "layout 7, written by tracedoctor 3.1.0: this release reads layouts up to 1",
    );
    let short =
        br#"{"tracedoctor_bundle": 1, "files": [{"path": "f", "name": "f", "documents": [{"start": 9, "end": 99}]}]}"#;
    let error = read(
        &tar(&[(FILE, "bundle.json", short), (FILE, "f", b"a: 1")]),
        &ArchiveLimits::default(),
    )
    .unwrap_err();
    assert_eq!(error.place, "b.tar.gz:f");
}

/// Whatever form a file has, its documents come back at their places, and without what is no evidence and no business of anybody.
#[test]
fn documents_come_back_at_their_places() {
    let check = |text: &str| {
        let evidence = from_texts(&[("a.yaml".to_owned(), text.to_owned())], &Options::default(), None);
        let mut bytes = Vec::new();
        write(&evidence, &Redactor::keyed([3; 32]), &mut bytes).unwrap();
        let mut unpacked = String::new();
        flate2::read::GzDecoder::new(bytes.as_slice())
            .read_to_string(&mut unpacked)
            .unwrap();
        assert!(
            !unpacked.contains("hunter2") && !unpacked.contains("nobody"),
            "{unpacked}"
        );
        let again = read(&bytes, &ArchiveLimits::default()).unwrap();
        let places = |evidence: &Evidence| -> Vec<String> {
            let resources = evidence.resources.iter().map(|one| {
                let (line, column) = one.document.place(one.node, "").line_column();
                format!("{} {} {line}:{column}", one.reference, one.path)
            });
            resources.collect()
        };
        assert_eq!(places(&again), places(&evidence), "{text}");
        assert!(places(&again).iter().any(|place| place.starts_with("Secret")), "{text}");
        assert!(again.problems.is_empty(), "{:?}", again.problems);
    };
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: n}\nstringData: {k: hunter2}\n";
    let other = "apiVersion: v1\nkind: LimitRange\nmetadata: {name: nobody}\n";
    check(&format!("{other}---\r\n{CONFIG}---\n# token: hunter2\n{secret}"));
    check(
        r#"{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"LimitRange","metadata":{"name":"nobody"}},{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"é"},"data":{"otel":"ü"}}, {"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"},"data":{"k":"hunter2"}}]}"#,
    );
    let item = |text: &str| format!("- {}\n", text.trim_end().replace('\n', "\n  "));
    check(&format!(
        "apiVersion: v1\nitems:\n{}{}{}kind: List\n",
        item(other),
        item(CONFIG),
        item(secret)
    ));
    // An alias between two items: the list is one document.
    check(
        "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: a, labels: &l {x: otel}}\n  data: {otel: x}\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: s, labels: *l}\n  stringData: {k: hunter2}\n",
    );
    check("apiVersion: v1\nkind: SecretList\nitems:\n- metadata: {name: s}\n  data: {k: hunter2}\n");
}
