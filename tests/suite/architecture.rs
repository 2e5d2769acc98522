//! Data flows one way: the table of levels as data, held against `src/`.

use std::path::{Path, PathBuf};

/// Module and level. A module may use modules of lower levels only.
const LEVELS: &[(&str, u8)] = &[
    ("evidence", 1),
    ("releases", 1),
    ("finding", 2),
    ("topology", 2),
    ("facts", 3),
    ("checks", 4),
    ("report", 5),
    ("fix", 5),
    ("sources", 5),
    ("cli", 5),
    ("commands", 6),
    ("main", 7),
    ("lib", 7),
];

/// Edges that the levels would allow and the design does not: a check sees fact rows, not stages.
const FORBIDDEN: &[(&str, &str)] = &[
    ("checks", "topology"),
    ("sources", "checks"),
    ("report", "checks"),
    ("fix", "checks"),
    ("report", "facts"),
    ("fix", "facts"),
];

/// What levels 1 to 4 must not name.
const IO: &[&str] = &[
    "std::fs",
    "std::env",
    "TcpStream",
    "UdpSocket",
    "TcpListener",
    "SystemTime",
    "Instant::now",
    "tokio::",
    "kube::",
    "include_dir",
];

fn level(module: &str) -> u8 {
    let found = LEVELS.iter().find(|(name, _)| *name == module);
    found
        .unwrap_or_else(|| panic!("module {module} has no level: add it to the table in src/lib.rs and here"))
        .1
}

fn source_files() -> Vec<(String, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(&root).sort_by_file_name() {
        let path = entry.unwrap().into_path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            let relative = path.strip_prefix(&root).unwrap();
            let first = relative.components().next().unwrap().as_os_str().to_string_lossy();
            files.push((first.trim_end_matches(".rs").to_owned(), path));
        }
    }
    files
}

/// Returns the lines of a file without comments.
fn code(path: &Path) -> Vec<(usize, String)> {
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim_start().starts_with("//"));
    lines.map(|(number, line)| (number + 1, line.to_owned())).collect()
}

#[test]
fn a_module_uses_lower_levels_only() {
    let mut wrong = Vec::new();
    for (module, path) in source_files() {
        let own = level(&module);
        for (number, line) in code(&path) {
            for (used, _) in LEVELS {
                let named = line.contains(&format!("crate::{used}::"))
                    || line.contains(&format!("crate::{used};"))
                    || line.contains(&format!("crate::{used} "));
                let allowed = *used == module || (level(used) < own && !FORBIDDEN.contains(&(module.as_str(), used)));
                if named && !allowed {
                    wrong.push(format!(
                        "{}:{number}: {module} (level {own}) uses {used} (level {})",
                        path.display(),
                        level(used)
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn levels_one_to_four_do_no_input_or_output() {
    let mut wrong = Vec::new();
    for (module, path) in source_files().into_iter().filter(|(module, _)| level(module) <= 4) {
        let mut in_tests = false;
        for (number, line) in code(&path) {
            in_tests |= line.contains("#[cfg(test)]") || path.to_string_lossy().contains("test");
            if let Some(found) = IO.iter().find(|name| line.contains(**name) && !in_tests) {
                wrong.push(format!("{}:{number}: {module} names {found}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_one_module_knows_the_expression_parser() {
    let mut users = Vec::new();
    for (_, path) in source_files() {
        if code(&path).iter().any(|(_, line)| line.contains("cel::")) {
            users.push(path.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
    assert_eq!(users, ["compile.rs"]);
}

#[test]
fn only_the_cluster_source_knows_the_client_library() {
    const LIBRARIES: [&str; 5] = ["kube::", "k8s_openapi::", "tokio::", "futures::", "rustls::"];
    let mut wrong = Vec::new();
    for (_, path) in source_files() {
        let shown = path.display().to_string().replace('\\', "/");
        if shown.contains("/sources/cluster/") || shown.ends_with("/sources/cluster.rs") {
            continue;
        }
        for (number, line) in code(&path) {
            let used = LIBRARIES.iter().find(|name| {
                let at = line.find(**name);
                at.is_some_and(|at| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'))
            });
            if let Some(used) = used {
                wrong.push(format!("{shown}:{number}: {used}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_module_says_what_it_is_for() {
    let silent: Vec<_> = source_files()
        .into_iter()
        .filter(|(_, path)| !std::fs::read_to_string(path).unwrap().starts_with("//!"))
        .map(|(_, path)| path.display().to_string())
        .collect();
    assert!(silent.is_empty(), "no //! at the head of {}", silent.join(", "));
}
