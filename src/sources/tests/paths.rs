//! Files and folders as they are on a disk.

use super::*;
use flate2::{Compression, write::GzEncoder};
use std::fs;
use std::io::Write;
use std::path::Path;

fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = root.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    root
}

fn read(paths: &[&Path], options: &Options) -> Evidence {
    let input = Input {
        paths: paths.iter().map(|path| path.to_path_buf()).collect(),
        ..Input::default()
    };
    gather(&input, options, &LogSearch::patterns(&scanner()), &b""[..])
}

fn read_logs(root: &Path, logs_of: Option<(&str, &str, &str)>) -> Evidence {
    let input = Input {
        logs: vec![root.to_owned()],
        logs_of: logs_of.map(|(kind, namespace, name)| (kind.to_owned(), namespace.to_owned(), name.to_owned())),
        ..Input::default()
    };
    gather(&input, &Options::default(), &LogSearch::patterns(&scanner()), &b""[..])
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn files_of(evidence: &Evidence, root: &Path) -> Vec<String> {
    let prefix = format!("{}/", root.display());
    let resources = evidence
        .resources
        .iter()
        .map(|resource| resource.document.text.file().name.replace(&prefix, ""));
    resources
        .chain(
            evidence
                .files
                .iter()
                .map(|file| file.text.file().name.replace(&prefix, "")),
        )
        .collect()
}

#[test]
fn a_folder_is_read_in_the_order_of_names_and_its_hidden_parts_are_not() {
    let pod = DEPLOYMENT.as_bytes();
    let root = folder(&[
        ("b.yml", pod),
        ("a/z.yaml", pod),
        ("a/c.json", br#"{"apiVersion":"v1","kind":"Pod"}"#),
        (".git/x.yaml", pod),
        ("node_modules/x.yaml", pod),
        ("readme.txt", pod),
        ("package.json", b"{"),
        ("t.js", b"import '@opentelemetry/api'"),
        ("plain.js", b"x"),
        ("web.log", b"x"),
        ("broken.json", b"{ // a comment\n \"a\": 1 }"),
    ]);
    let evidence = read(&[root.path()], &Options::default());
    assert_eq!(
        files_of(&evidence, root.path()),
        ["a/c.json", "a/z.yaml", "b.yml", "t.js"]
    );
    assert_eq!(problems(&evidence), [""; 0]);
    assert_eq!(evidence.notes.len(), 1, "{:?}", evidence.notes);
    assert!(evidence.notes[0].message.contains("--logs"));
}

#[test]
fn a_file_given_by_name_is_read_whatever_it_is_called_and_once() {
    let root = folder(&[("manifest.txt", DEPLOYMENT.as_bytes()), ("web.log", b"x")]);
    let file = root.path().join("manifest.txt");
    let evidence = read(
        &[&file, root.path(), &file, &root.path().join("web.log")],
        &Options::default(),
    );
    assert_eq!(evidence.resources.len(), 1);
    assert_eq!(evidence.source.len(), 4);
    assert!(evidence.notes.iter().any(|note| note.file.ends_with("web.log")));
}

#[cfg(unix)]
#[test]
fn links_that_lead_back_or_nowhere_are_survived() {
    let root = folder(&[("a/x.yaml", DEPLOYMENT.as_bytes())]);
    std::os::unix::fs::symlink(root.path(), root.path().join("a/up")).unwrap();
    std::os::unix::fs::symlink("gone", root.path().join("a/nowhere.yaml")).unwrap();
    std::os::unix::fs::symlink("x.yaml", root.path().join("a/y.yaml")).unwrap();
    let evidence = read(&[root.path()], &Options::default());
    assert_eq!(
        evidence.resources.len(),
        1,
        "a link to a file that was read is no second file"
    );
    assert_eq!(problems(&evidence), [""; 0]);
}

#[test]
fn a_path_that_does_not_exist_names_its_neighbour() {
    let root = folder(&[("manifests/a.yaml", DEPLOYMENT.as_bytes())]);
    let evidence = read(&[&root.path().join("manifest")], &Options::default());
    let hint = evidence.problems[0].hint.as_deref().unwrap();
    assert!(hint.ends_with("manifests`?"), "{hint}");
    assert_eq!(evidence.problems[0].message, "no such file or folder");
    let far = read(&[&root.path().join("something-else")], &Options::default());
    assert_eq!(far.problems[0].hint, None);
}

#[cfg(unix)]
#[test]
fn an_unreadable_file_does_not_stop_the_others() {
    use std::os::unix::fs::PermissionsExt;
    let root = folder(&[("a.yaml", DEPLOYMENT.as_bytes()), ("b.yaml", DEPLOYMENT.as_bytes())]);
    let closed = root.path().join("a.yaml");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o0)).unwrap();
    // The super-user may read everything: then there is nothing to see.
    let readable = fs::File::open(&closed).is_ok();
    let evidence = read(&[root.path()], &Options::default());
    assert_eq!(evidence.resources.len(), if readable { 2 } else { 1 });
    assert_eq!(evidence.problems.len(), usize::from(!readable));
}

#[test]
fn empty_folders_and_empty_input_are_said() {
    let root = folder(&[]);
    let evidence = read(&[root.path()], &Options::default());
    assert!(evidence.notes[0].message.contains("without any"));
    let stdin = Input {
        stdin: true,
        ..Input::default()
    };
    let evidence = gather(&stdin, &Options::default(), &LogSearch::patterns(&scanner()), &b""[..]);
    assert_eq!(evidence.source, ["<stdin>"]);
    assert!(evidence.resources.is_empty() && evidence.problems.is_empty());
    let evidence = gather(
        &stdin,
        &Options::default(),
        &LogSearch::patterns(&scanner()),
        DEPLOYMENT.as_bytes(),
    );
    assert_eq!(shown(&evidence), ["Deployment shop/web @4:9"]);
}

#[test]
fn files_over_a_limit_and_files_that_are_no_text_are_said() {
    let root = folder(&[
        ("a.yaml", "#".repeat(2_000).as_bytes()),
        ("b.yaml", b"a: \xff\n"),
        ("c.yaml", b"\xff\xfea\0"),
        ("d.yaml", &gzip(DEPLOYMENT)),
        ("e.yaml", DEPLOYMENT.as_bytes()),
    ]);
    let limits = Limits {
        file_bytes: 1 << 10,
        ..Limits::default()
    };
    let options = Options {
        limits,
        ..Options::default()
    };
    let evidence = read(&[root.path()], &options);
    let said: Vec<&str> = evidence
        .problems
        .iter()
        .map(|problem| problem.message.as_str())
        .collect();
    assert_eq!(
        said,
        [
            "larger than 1 KiB, not read",
            "not valid UTF-8, the file is not read",
            "encoded as UTF-16",
            "compressed with gzip"
        ]
    );
    assert_eq!((evidence.problems[1].line, evidence.problems[1].column), (1, 4));
    assert_eq!(evidence.resources.len(), 1);
    let stdin = Input {
        stdin: true,
        ..Input::default()
    };
    let endless = gather(
        &stdin,
        &options,
        &LogSearch::patterns(&scanner()),
        std::io::repeat(b'#'),
    );
    assert_eq!(endless.problems.len(), 1);
}

#[test]
fn too_many_files_are_cut_and_said_once() {
    let root = folder(&[("a.yaml", b"a: 1"), ("b.yaml", b"a: 1"), ("c.yaml", b"a: 1")]);
    let limits = Limits {
        files: 1,
        ..Limits::default()
    };
    let options = Options {
        limits,
        ..Options::default()
    };
    let evidence = read(&[root.path()], &options);
    assert_eq!(evidence.problems.len(), 1);
    assert!(evidence.problems[0].file.ends_with("b.yaml"));
}

#[test]
fn logs_of_a_folder_compressed_or_not() {
    let root = folder(&[
        ("shop_web-1_web.log", b"connection refused\n"),
        ("shop_web-1_web.previous.log.gz", &gzip("x\nconnection refused\n")),
        ("anything.txt", b"y\n"),
        ("torn.log.gz", &gzip(&"connection refused\n".repeat(9_999))[..60]),
        ("a.yaml", DEPLOYMENT.as_bytes()),
        (".hidden.log", b"y\n"),
    ]);
    let evidence = read_logs(root.path(), None);
    let shown: Vec<_> = evidence
        .logs
        .iter()
        .map(|log| {
            (
                log.pod.as_deref(),
                log.previous,
                log.summary.groups.first().map(|group| group.first.line),
            )
        })
        .collect();
    assert_eq!(
        shown[..3],
        [
            (None, false, None),
            (Some("web-1"), false, Some(1)),
            (Some("web-1"), true, Some(2))
        ]
    );
    // What is torn is a log up to there, or a problem when nothing came out of it.
    assert_eq!(evidence.logs.len() + evidence.problems.len(), 4);
}

#[test]
fn logs_of_a_given_folder_are_read_where_names_tell_the_container() {
    let root = folder(&[
        ("manifests/a.yaml", DEPLOYMENT.as_bytes()),
        ("logs/shop_web-7d9_web.log", b"line\n"),
        ("logs/notes.log", b"line\n"),
    ]);
    let evidence = read(&[root.path()], &Options::default());
    let pods: Vec<_> = evidence.logs.iter().map(|log| log.pod.as_deref()).collect();
    assert_eq!(pods, [Some("web-7d9")]);
    assert!(evidence.notes[0].message.contains("--logs"), "{:?}", evidence.notes);
    let input = Input {
        paths: vec![root.path().to_owned()],
        logs: vec![root.path().join("logs")],
        ..Input::default()
    };
    let evidence = gather(&input, &Options::default(), &LogSearch::patterns(&scanner()), &b""[..]);
    assert_eq!(evidence.logs.len(), 2);
}

#[test]
fn manifests_beside_a_dump_are_read_with_it() {
    let root = folder(&[
        (
            "dump/nodes.json",
            br#"{"apiVersion":"v1","kind":"NodeList","items":[]}"#,
        ),
        (
            "dump/shop/pods.json",
            br#"{"apiVersion":"v1","kind":"PodList","items":[]}"#,
        ),
        ("own/a.yaml", DEPLOYMENT.as_bytes()),
        ("config.alloy", b"// otelcol.receiver.otlp\n"),
    ]);
    let evidence = read(&[root.path()], &Options::default());
    assert_eq!(files_of(&evidence, root.path()), ["own/a.yaml", "config.alloy"]);
    assert!(!evidence.gaps.is_empty());
}

#[test]
fn a_folder_of_other_files_says_which_they_are() {
    let root = folder(&[("grafana.ini", b"[server]\n"), ("dump.tar.gz", b"x")]);
    let evidence = read(&[root.path()], &Options::default());
    let notes: Vec<&str> = evidence.notes.iter().map(|note| note.message.as_str()).collect();
    assert!(notes[0].contains("an archive, not opened"), "{notes:?}");
    assert!(notes[1].contains("it has grafana.ini"), "{notes:?}");
    let unknown = folder(&[("x.yaml", b"otel: 1\n")]);
    let evidence = read(&[unknown.path()], &Options::default());
    assert!(
        evidence.notes[0].message.contains("nothing is recognised"),
        "{:?}",
        evidence.notes
    );
}

#[test]
fn a_single_log_belongs_to_the_workload_that_the_user_names() {
    let root = folder(&[("out.txt", b"connection refused\n")]);
    let evidence = read_logs(&root.path().join("out.txt"), Some(("Deployment", "shop", "web")));
    let workload = evidence.logs[0].workload.as_ref().unwrap();
    assert_eq!((workload.0.as_str(), workload.2.as_str()), ("Deployment", "web"));
    let missing = read_logs(&root.path().join("gone.log"), None);
    assert_eq!(missing.problems.len(), 1);
    let empty = folder(&[]);
    assert_eq!(read_logs(empty.path(), None).problems.len(), 1);
}

#[test]
fn a_log_that_unpacks_to_too_much_is_cut() {
    let root = folder(&[("bomb.log.gz", &gzip(&"x\n".repeat(1 << 20)))]);
    let options = Options {
        limits: Limits {
            log_bytes: 1 << 16,
            ..Limits::default()
        },
        ..Options::default()
    };
    let input = Input {
        logs: vec![root.path().to_owned()],
        ..Input::default()
    };
    let evidence = gather(&input, &options, &LogSearch::patterns(&scanner()), &b""[..]);
    assert!(evidence.logs[0].summary.truncated.is_some());
}

#[test]
fn a_log_beside_manifests_is_read_once_when_its_name_tells_the_container() {
    let root = folder(&[
        ("web.yaml", DEPLOYMENT.as_bytes()),
        ("a_web-0_app.log", b"one\n"),
        ("more/a_web-1_app.previous.log.gz", &gzip("two\n")),
        ("more/build.log", b"three\n"),
    ]);
    let evidence = read(&[root.path()], &Options::default());
    let pods: Vec<_> = evidence
        .logs
        .iter()
        .map(|log| (log.pod.as_deref(), log.previous))
        .collect();
    assert_eq!(pods, [(Some("web-0"), false), (Some("web-1"), true)]);
    assert_eq!(evidence.notes.len(), 1, "{:?}", evidence.notes);
    let input = Input {
        paths: vec![root.path().to_owned()],
        logs: vec![root.path().join("more")],
        ..Input::default()
    };
    let both = gather(&input, &Options::default(), &LogSearch::patterns(&scanner()), &b""[..]);
    assert_eq!(both.logs.len(), 3, "each once");
    let named = read(&[&root.path().join("a_web-0_app.log")], &Options::default());
    assert_eq!((named.logs.len(), named.notes.len()), (1, 0));
}

#[test]
fn logs_that_others_wrapped_are_those_of_their_containers() {
    let fluent = concat!(
        r#"{"date":1795680001.0,"log":"ready","kubernetes":{"pod_name":"gw-0","namespace_name":"o11y","container_name":"otc"}}"#,
        "\n",
        r#"{"date":1795680002.0,"log":"ready","kubernetes":{"pod_name":"web-1","namespace_name":"shop","container_name":"web"}}"#,
        "\n",
        r#"{"date":1795680003.0,"log":"connection refused","kubernetes":{"pod_name":"gw-0","namespace_name":"o11y","container_name":"otc"}}"#,
        "\n",
    );
    let loki = r#"{"status":"success","data":{"resultType":"streams","result":[{"stream":{"namespace":"o11y","pod":"gw-1","container":"otc"},"values":[["1795680002000000000","connection refused"]]}]}}"#;
    let utf16: Vec<u8> = "\u{feff}ready\r\nconnection refused\r\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let root = folder(&[
        ("export.jsonl", fluent.as_bytes()),
        ("loki.json", loki.as_bytes()),
        ("o11y_gw-2_otc.log", &utf16),
        (
            "o11y_gw-3_otc.log",
            b"{\"line\":\"connection refused\",\"timestamp\":\"2026-11-26T08:00:00Z\"}\n",
        ),
        ("matrix.log", b"{\"data\":{\"resultType\":\"matrix\",\"result\":[]}}\n"),
        ("packed.log", b"PK\x03\x04rest"),
        ("package.json", b"{\"name\":\"web\"}"),
    ]);
    let evidence = read_logs(root.path(), None);
    let shown: Vec<_> = evidence
        .logs
        .iter()
        .map(|log| {
            let pod = log.pod.as_deref().unwrap_or("-");
            (pod, log.summary.groups.first().map(|group| group.first.line))
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("gw-0", Some(3)),
            ("web-1", None),
            ("gw-1", Some(1)),
            ("gw-2", Some(2)),
            ("gw-3", Some(1)),
        ]
    );
    let problems = problems(&evidence);
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].contains("no known form of a log"), "{problems:?}");
    assert!(problems[1].contains("a zip archive"), "{problems:?}");
}
