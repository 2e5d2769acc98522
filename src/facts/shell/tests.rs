//! Scripts as users write them, and what must be understood of them.

use super::*;

fn environment() -> Environment {
    let mut environment = Environment {
        working_directory: Some("/".to_owned()),
        ..Environment::default()
    };
    environment.variables.insert("HOME".to_owned(), Some("/".to_owned()));
    environment.variables.insert("SECRET".to_owned(), None);
    environment
}

fn read(text: &str) -> Script {
    let script = analyze(text, &environment());
    for command in &script.commands {
        assert!(text.get(command.span.clone()).is_some(), "{text:?} {:?}", command.span);
        for word in &command.words {
            assert!(text.get(word.span.clone()).is_some(), "{text:?} {:?}", word.span);
        }
    }
    for span in script
        .writes
        .iter()
        .map(|w| &w.span)
        .chain(script.installs.iter().map(|i| &i.span))
    {
        assert!(text.get(span.clone()).is_some(), "{text:?} {span:?}");
    }
    for error in &script.syntax_errors {
        assert!(text.get(error.span.clone()).is_some(), "{text:?} {error:?}");
    }
    script
}

/// Shows the commands: words, `@directory` where it is not `/`, `!why` where a failure is hidden, `?` if conditional.
fn check(text: &str, expected: &[&str]) {
    let script = read(text);
    let shown: Vec<String> = script.commands.iter().map(show).collect();
    assert_eq!(shown, expected, "{text}");
}

fn show(command: &Command) -> String {
    let mut shown: Vec<String> = command
        .words
        .iter()
        .map(|word| word.text.clone().unwrap_or_else(|| "<unknown>".to_owned()))
        .collect();
    match command.working_directory.as_deref() {
        Some("/") => {}
        Some(directory) => shown.push(format!("@{directory}")),
        None => shown.push("@<unknown>".to_owned()),
    }
    if let Some(hidden) = command.failure_hidden {
        shown.push(format!("!{hidden:?}"));
    }
    if command.conditional {
        shown.push("?".to_owned());
    }
    shown.join(" ")
}

fn packages(text: &str) -> Vec<String> {
    let script = read(text);
    let specs = script.installs.iter().flat_map(|install| &install.packages);
    specs
        .map(|spec| {
            assert!(!text[spec.span.clone()].is_empty());
            format!(
                "{} {} {:?}",
                spec.name,
                spec.version.as_deref().unwrap_or("-"),
                spec.pinned
            )
        })
        .collect()
}

fn cache(text: &str) -> Option<String> {
    read(text).installs[0].cache.clone().and_then(|cache| cache.directory)
}

fn hidden(text: &str, name: &str) -> Option<Hidden> {
    let script = read(text);
    let found = script
        .commands
        .iter()
        .find(|command| command.name.as_deref() == Some(name));
    found.unwrap_or_else(|| panic!("{name} not in {text}")).failure_hidden
}

const SEED: &str = "cd /otel-temp\nnpm init -y\nnpm install --save @opentelemetry/sdk-node @opentelemetry/resources\n\
    echo 'installed successfully'\ncp /otel-config-source/tracing.js /otel-temp/tracing.js 2>/dev/null || true\nls -la /otel-temp\n";

#[test]
fn install_script_without_errexit() {
    check(
        SEED,
        &[
            "cd /otel-temp !NotLast",
            "npm init -y @/otel-temp !NotLast",
            "npm install --save @opentelemetry/sdk-node @opentelemetry/resources @/otel-temp !NotLast",
            "echo installed successfully @/otel-temp !NotLast",
            "cp /otel-config-source/tracing.js /otel-temp/tracing.js @/otel-temp !OrTrue",
            "true @/otel-temp !NotLast ?",
            "ls -la /otel-temp @/otel-temp",
        ],
    );
    let script = read(SEED);
    assert!(!script.errexit_at_start);
    assert!(script.commands[4].errors_discarded);
    assert_eq!(script.copies[0].from.as_deref(), Some("/otel-config-source/tracing.js"));
    assert_eq!(script.copies[0].to.as_deref(), Some("/otel-temp/tracing.js"));
    let install = &script.installs[0];
    assert_eq!(install.directory.as_deref(), Some("/otel-temp"));
    assert_eq!(install.cache.as_ref().unwrap().directory.as_deref(), Some("/.npm"));
    assert_eq!(install.cache.as_ref().unwrap().origin, CacheOrigin::Home);
    assert_eq!(
        packages(SEED),
        ["@opentelemetry/sdk-node - None", "@opentelemetry/resources - None"]
    );
}

#[test]
fn errexit_in_all_spellings() {
    for start in [
        "set -e",
        "set -eux",
        "set -o errexit",
        "set -euo pipefail",
        "export A=1\nset -ex",
    ] {
        let text = format!("{start}\nnpm ci\necho done\n");
        assert!(read(&text).errexit_at_start, "{start}");
        assert_eq!(hidden(&text, "npm"), None, "{start}");
    }
    assert_eq!(hidden("set -e\nset +e\nnpm ci\necho", "npm"), Some(Hidden::NotLast));
    assert_eq!(hidden("set -x\nnpm ci\necho", "npm"), Some(Hidden::NotLast));
    let mut flagged = environment();
    flagged.flags.errexit = true;
    assert!(analyze("npm ci\necho", &flagged).errexit_at_start);
    flagged.flags.errexit = false;
    assert!(!analyze("#!/bin/sh -e\nnpm ci\necho", &flagged).errexit_at_start);
    flagged.executed_directly = true;
    assert!(analyze("#!/bin/sh -e\nnpm ci\necho", &flagged).errexit_at_start);
}

#[test]
fn failures_that_stay_unseen() {
    let cases = [
        ("npm ci || true; echo", Some(Hidden::OrTrue)),
        ("npm ci 2>/dev/null || :", Some(Hidden::OrTrue)),
        ("set -e; npm ci || echo failed; ls", Some(Hidden::OrElse)),
        ("set -e; npm ci || exit 1; ls", None),
        ("npm ci || exit 0; ls", Some(Hidden::OrTrue)),
        ("npm ci || { echo failed; exit 1; }\nls", None),
        ("npm ci && echo ok", None),
        ("set -e; npm ci && echo ok; ls", Some(Hidden::AndList)),
        ("npm ci && ls || exit 1; ls", None),
        ("npm ci\nexit 0", Some(Hidden::ExitsZero)),
        ("npm ci\nexit $?", None),
        ("npm ci\nif [ $? -ne 0 ]; then exit 1; fi\nls", None),
        ("npm ci\nrc=$?\necho $rc\nexit $rc", None),
        ("npm ci\nrc=$?\necho npm exit code $rc; ls", Some(Hidden::NotLast)),
        ("npm ci\necho code: $?\nls", Some(Hidden::NotLast)),
        ("set -e; npm ci | tee log", Some(Hidden::Pipeline)),
        ("set -eo pipefail; npm ci | tee log", None),
        ("if npm ci; then echo ok; fi", Some(Hidden::Condition)),
        ("if ! npm ci; then echo bad; exit 1; fi; ls", None),
        ("if npm ci; then echo ok; else exit 1; fi; ls", None),
        ("set -e; npm ci & wait", Some(Hidden::Background)),
        ("until npm ci; do sleep 1; done; ls", None),
        ("set -e; (cd /x; npm ci); ls", None),
        ("set -e; (npm ci) || true", Some(Hidden::OrTrue)),
        ("set -e; ! npm ci; ls", Some(Hidden::Negated)),
        ("set -e; X=$(npm ci); ls", None),
        ("set -e; echo $(npm ci); ls", Some(Hidden::Substitution)),
        ("f() { npm ci || exit 1; }\nf\nls", None),
        ("f() { npm ci || return 1; }\nf\nls", Some(Hidden::NotLast)),
        ("set -e; f() { npm ci; }; f || true", Some(Hidden::OrTrue)),
        ("set -e; sh -c 'npm ci; ls'", Some(Hidden::NotLast)),
        ("set -e; sh -ec 'npm ci; ls'", None),
        ("sh -ec 'npm ci; ls'; ls", Some(Hidden::NotLast)),
        ("exec npm ci\nls", None),
        ("trap 'npm ci' EXIT; ls", Some(Hidden::Trap)),
        ("npm ci", None),
    ];
    for (text, expected) in cases {
        assert_eq!(hidden(text, "npm"), expected, "{text}");
    }
}

#[test]
fn directories_are_followed() {
    check(
        "cd /a && npm ci || true\ncd b; (cd /c; ls)\ncd ..\nmkdir -p /d && cd $_\nls\ncd -\ncd \"$SECRET\"\nls\n",
        &[
            "cd /a !OrTrue",
            "npm ci @/a !OrTrue",
            "true @/a !NotLast ?",
            "cd b @/a !NotLast",
            "cd /c @/a/b !NotLast",
            "ls @/c !NotLast",
            "cd .. @/a/b !NotLast",
            "mkdir -p /d @/a !AndList",
            "cd /d @/a !NotLast",
            "ls @/d !NotLast",
            "cd - @/d !NotLast",
            "cd <unknown> @/a !NotLast",
            "ls @<unknown>",
        ],
    );
    check(
        "[ -d /x ] && cd /x\nls",
        &["[ -d /x ] !AndList", "cd /x !NotLast ?", "ls @<unknown>"],
    );
    check("cd /x || exit 1\nls", &["cd /x", "exit 1 !NotLast ?", "ls @/x"]);
    check("cd\nls", &["cd !NotLast", "ls"]);
    check(
        "ls $PWD\n cd /x; ls $(pwd)",
        &["ls / !NotLast", "cd /x !NotLast", "pwd @/x !Substitution", "ls /x @/x"],
    );
}

#[test]
fn variables_that_are_constant() {
    check(
        "A=/x\necho \"$A\"/${B:-d} '$A' \"a\\\"b\" $SECRET",
        &["echo <unknown> $A a\"b <unknown>"],
    );
    let complete = Environment {
        complete: true,
        ..Environment::default()
    };
    assert_eq!(
        show(&analyze("echo ${B:-d} x$B", &complete).commands[0]),
        "echo d x @<unknown>"
    );
    check(
        "B=\nA=\"${B:-d}\"; echo $A ~/f \"${A:+set}\" $'a\\tb'",
        &["echo d //f set a\tb"],
    );
    check("P='a b'\nnpm i $P \"$P\"", &["npm i a b a b"]);
    check(
        "for p in a b; do npm i $p; done",
        &["npm i a !NotLast", "npm i b !NotLast"],
    );
    check("for p in $SECRET; do npm i $p; done", &["npm i <unknown> !NotLast ?"]);
    check(
        "if [ x ]; then A=1; else A=2; fi; echo $A",
        &["[ x ] !Condition", "echo <unknown>"],
    );
    check(
        "f() { npm i \"$1\"; }; f a; f b",
        &["f a !NotLast", "npm i a !NotLast", "f b", "npm i b"],
    );
    check(
        "case $SECRET in a) echo 1;; *) echo 2;; esac",
        &["echo 1 ?", "echo 2 ?"],
    );
    check(
        "read A; echo $A; unset A; echo x$A",
        &["read A !NotLast", "echo <unknown> !NotLast", "echo x"],
    );
    check("A=a; A+=b; echo $A", &["echo ab"]);
}

#[test]
fn wrappers_and_nested_scripts() {
    check("exec node main.js", &["node main.js"]);
    check("env A=1 nohup /usr/bin/npm ci", &["/usr/bin/npm ci"]);
    check("timeout 30 npm ci", &["npm ci"]);
    check("command -v npm", &["command -v npm"]);
    let text = "cd /x; bash -c \"echo \\\"hi\\\"; npm install a@1.0.0\"";
    check(
        text,
        &[
            "cd /x !NotLast",
            "bash -c echo \"hi\"; npm install a@1.0.0 @/x",
            "echo hi @/x !NotLast",
            "npm install a@1.0.0 @/x",
        ],
    );
    let script = read(text);
    assert_eq!(&text[script.commands[3].span.clone()], "npm install a@1.0.0");
    assert_eq!(script.commands[3].parent, Some(1));
    let text = "su node -c 'npm ci'";
    assert_eq!(&text[read(text).commands[1].span.clone()], "npm ci");
    assert_eq!(read(text).installs[0].home, None);
    check("S='npm ci'; sh -c \"$S\"", &["sh -c npm ci", "npm ci"]);
    check("eval 'cd /x'; ls", &["eval cd /x !NotLast", "cd /x !NotLast", "ls @/x"]);
    check("unused() { npm ci; }", &["npm ci @<unknown> ?"]);
    assert!(read("exec a\nb").commands[1].unreachable);
}

#[test]
fn heredocs_are_files_and_no_commands() {
    let text = "cat > /app/tracing.js <<'EOF'\nnpm install x\nEOF\ncat <<E >>f && ls\n$A\nE\ncat <<E | tee g\nx\nE\n";
    let script = read(text);
    assert!(script.installs.is_empty());
    assert_eq!(script.files[0].path.as_deref(), Some("/app/tracing.js"));
    assert_eq!(&text[script.files[0].body.clone()], "npm install x\n");
    assert!(!script.files[0].expands);
    assert_eq!(script.files[1].path.as_deref(), Some("/f"));
    assert!(script.files[1].append && script.files[1].expands);
    let names: Vec<_> = script
        .commands
        .iter()
        .filter_map(|command| command.name.as_deref())
        .collect();
    assert_eq!(names, ["cat", "cat", "ls", "cat", "tee"]);
}

#[test]
fn npm_cache_and_home() {
    let some = |path: &str| Some(path.to_owned());
    assert_eq!(cache("npm ci"), some("/.npm"));
    assert_eq!(cache("cd /t; npm ci --cache .npm"), some("/t/.npm"));
    assert_eq!(cache("npm ci --cache=/c"), some("/c"));
    assert_eq!(cache("export npm_config_cache=/t/.npm; npm ci"), some("/t/.npm"));
    assert_eq!(cache("NPM_CONFIG_CACHE=/t npm ci"), some("/t"));
    assert_eq!(cache("npm_config_cache=/t; npm ci"), some("/.npm"));
    assert_eq!(cache("npm ci; export npm_config_cache=/t"), some("/.npm"));
    assert_eq!(cache("npm config set cache /t; npm ci"), some("/t"));
    assert_eq!(cache("HOME=/t npm ci"), some("/t/.npm"));
    assert_eq!(cache("export HOME=$SECRET; npm ci"), None);
    assert_eq!(cache("sh -c 'export npm_config_cache=/t'; npm ci"), some("/.npm"));
    assert_eq!(cache("HOME=/h; yarn add a"), some("/h/.cache/yarn"));
    assert_eq!(cache("pip install a"), some("/.cache/pip"));
    let mut set = environment();
    set.variables
        .insert("Npm_Config_Cache".to_owned(), Some("/c".to_owned()));
    let script = analyze("npm ci", &set);
    let by_container = CacheOrigin::Variable {
        name: "Npm_Config_Cache".to_owned(),
        by_script: false,
    };
    assert_eq!(script.installs[0].cache.as_ref().unwrap().origin, by_container);
    assert_eq!(
        npm_cache_directory(None, None, None, Some("/root"), None).as_deref(),
        Some("/root/.npm")
    );
    assert_eq!(
        npm_cache_directory(Some(None), Some(Some("/x")), None, Some("/"), None),
        None
    );
}

#[test]
fn package_versions() {
    let specs =
        packages("V=$SECRET\nnpm i a@1.2.3 b@^1 c@latest @s/d@1.2 e @s/f@$V g@npm:h@2.0.0 i@1.0.0-rc.1 j@'>=1 <2'");
    assert_eq!(
        specs,
        [
            "a 1.2.3 Exact",
            "b ^1 Range",
            "c latest Tag",
            "@s/d 1.2 Range",
            "e - None",
            "@s/f - Unknown",
            "h 2.0.0 Exact",
            "i 1.0.0-rc.1 Exact",
            "j >=1 <2 Range",
        ]
    );
    let script = read("npm i ./x.tgz user/repo git+https://h/r.git https://h/a.tgz");
    let sources: Vec<_> = script.installs[0].packages.iter().map(|spec| spec.source).collect();
    assert_eq!(
        sources,
        [
            PackageSource::File,
            PackageSource::Git,
            PackageSource::Git,
            PackageSource::Url
        ]
    );
    assert_eq!(
        packages("pip3 install -U a==1.2 'b>=1' c[x] -t /d"),
        ["a ==1.2 Exact", "b >=1 Range", "c - None"]
    );
    assert_eq!(packages("python3 -m pip install a"), ["a - None"]);
    assert_eq!(
        packages("apk add --no-cache curl=8.0-r0 jq"),
        ["curl 8.0-r0 Exact", "jq - None"]
    );
    assert_eq!(
        packages("apt-get install -y curl=1:7 jq"),
        ["curl 1:7 Exact", "jq - None"]
    );
    assert_eq!(
        packages("go install example.org/x/y@latest"),
        ["example.org/x/y latest Tag"]
    );
    assert_eq!(packages("npx -y a@1.0.0 run b"), ["a 1.0.0 Exact"]);
    assert_eq!(
        packages("npm install \\\n  a@1.0.0 \\\n  b"),
        ["a 1.0.0 Exact", "b - None"]
    );
}

#[test]
fn install_flags_and_directories() {
    let install = |text: &str| read(text).installs[0].clone();
    assert!(install("npm ci").from_manifest);
    assert!(install("npm install").from_manifest);
    assert!(!install("npm install $SECRET").from_manifest && install("npm install $SECRET").incomplete);
    assert!(install("yarn").from_manifest);
    assert!(install("pip install -r requirements.txt").from_manifest);
    assert!(install("npm i -g a").global);
    assert_eq!(install("npm --prefix /p i a").directory.as_deref(), Some("/p"));
    let flags = install("npm i --no-save --legacy-peer-deps --ignore-scripts --registry http://r a").flags;
    assert!(flags.no_save && flags.legacy_peer_deps && flags.ignore_scripts && !flags.offline);
    assert_eq!(flags.registry.as_deref(), Some("http://r"));
    assert_eq!(install("pip install --target=/t a").directory.as_deref(), Some("/t"));
    assert!(
        read("npm run build; npm ls; npm --version; echo npm install")
            .installs
            .is_empty()
    );
}

#[test]
fn written_paths() {
    let paths = |text: &str| -> Vec<String> {
        let writes = read(text).writes;
        writes
            .into_iter()
            .map(|write| format!("{:?} {}", write.kind, write.path.unwrap_or_default()))
            .collect()
    };
    assert_eq!(
        paths("cd /d; echo x > a 2>/dev/null; echo y >> /b"),
        ["File /d/a", "Append /b"]
    );
    assert_eq!(paths("mkdir -p -m 755 /a /b"), ["Directory /a", "Directory /b"]);
    assert_eq!(paths("ls | tee -a /a"), ["Append /a"]);
    assert_eq!(
        paths("curl -sLo /a/x.jar http://h/y; curl -O http://h/z.jar"),
        ["Download /a/x.jar", "Download /z.jar"]
    );
    assert_eq!(
        paths("wget -q -O /a http://h/b; wget -P /d http://h/c.jar?x=1"),
        ["Download /a", "Download /d/c.jar"]
    );
    assert_eq!(paths("ln -s /a /b; mv /c /d"), ["Copy /b", "Remove /c", "Copy /d"]);
    assert_eq!(
        paths("chmod -R 755 /a; chown 1:1 /b; sed -i s/a/b/ /c"),
        ["Permissions /a", "Permissions /b", "File /c"]
    );
    assert_eq!(
        paths("tar -xzf a.tgz -C /t; unzip a.zip -d /u"),
        ["Download /t", "Download /u"]
    );
    assert_eq!(paths("{ a; b; } > /o; > /p"), ["File /o", "File /p"]);
    let copies = read("cp -r /a/. /b/ ; cp /a /b /c; cp -t /d /e; cp /x /y").copies;
    let into: Vec<_> = copies.iter().map(|copy| copy.into_directory).collect();
    assert_eq!(into, [Some(true), Some(true), Some(true), Some(true), None]);
}

#[test]
fn entry_points() {
    let script = |argv: &[&str]| match entrypoint(argv) {
        Entrypoint::Script { script, flags, .. } => (script, flags.errexit, flags.pipefail),
        other => panic!("{other:?}"),
    };
    assert_eq!(script(&["sh", "-c", "x"]), (2, false, false));
    assert_eq!(script(&["/bin/sh", "-ec", "x"]), (2, true, false));
    assert_eq!(
        script(&["/bin/bash", "-euo", "pipefail", "-c", "x", "name", "1"]),
        (4, true, true)
    );
    assert_eq!(
        script(&["tini", "--", "env", "A=b", "busybox", "sh", "-lc", "x"]),
        (7, false, false)
    );
    assert!(matches!(
        entrypoint(&["node", "main.js"]),
        Entrypoint::Program { program: 0, .. }
    ));
    assert!(matches!(
        entrypoint(&["sh", "-e", "/s.sh"]),
        Entrypoint::File { file: 2, .. }
    ));
    assert!(matches!(entrypoint(&["sh", "-c"]), Entrypoint::Interactive { .. }));
    assert_eq!(entrypoint(&[]), Entrypoint::Empty);
    assert_eq!(entrypoint(&["env"]), Entrypoint::Empty);
}

#[test]
fn texts_that_are_no_plain_script() {
    let crlf = read("set -e\r\ncd /x\r\nnpm ci\r\n");
    assert!(crlf.carriage_returns && crlf.errexit_at_start);
    assert_eq!(crlf.installs[0].directory.as_deref(), Some("/x"));
    assert_eq!(read("#!/usr/bin/env node\nx").skipped, Some(Skipped::NotShell));
    assert_eq!(read("a\0b").skipped, Some(Skipped::Binary));
    assert_eq!(read(&"a\n".repeat(600_000)).skipped, Some(Skipped::TooLarge));
    assert!(!read("if a; then\nnpm ci\n").syntax_errors.is_empty());
    assert!(!read("echo \"abc\nnpm i\n").syntax_errors.is_empty());
    assert_eq!(read("npm ci; fi; npm i a").installs.len(), 2);
    let helm = read("npm i a@{{ .Values.version }} {{ .Values.list }}\necho '{{.x}}'");
    assert_eq!(helm.syntax_errors, []);
    assert_eq!(helm.installs[0].packages[0].pinned, Pinned::Unknown);
    assert!(helm.installs[0].incomplete);
    assert_eq!(helm.commands[1].words[1].text.as_deref(), Some("{{.x}}"));
    assert_eq!(read("set -o pipefail; a").pipefail_commands, [0]);
    assert_eq!(
        read(
            "until nc -z h 1; do sleep 1; done\nwhile ! curl -sf http://h; do sleep 2; done\n[[ -f x ]] && y=$(( 1+2 ))"
        )
        .syntax_errors,
        []
    );
}

#[track_caller]
fn check_error(text: &str, expected: Option<(&str, &str)>) {
    let script = read(text);
    let found = script
        .syntax_errors
        .first()
        .map(|error| (&text[error.span.clone()], error.message.as_str()));
    assert_eq!(found, expected, "{text:?}");
}

#[test]
fn words_that_close_nothing() {
    check_error("npm ci\nfi\n", Some(("fi", "unexpected `fi`")));
    check_error(
        "for p in a b; do npm i $p; done\ndone\n",
        Some(("done", "unexpected `done`")),
    );
    check_error("if a; then b; fi && $(done)", Some(("done", "unexpected `done`")));
    check_error("echo fi done; X=1 fi; 'done'; case $1 in done) a;; esac\n", None);
    check_error("cat <<EOF\nfi\nEOF\n", None);
}

#[test]
fn an_error_at_the_end_is_on_the_last_line() {
    let text = "if a; then\n  npm ci\n\n";
    let script = read(text);
    let error = &script.syntax_errors[0];
    assert_eq!(text[..error.span.start].matches('\n').count(), 1, "{error:?}");
}

#[test]
fn hostile_texts_end() {
    for text in [
        "(".repeat(20_000),
        "$(".repeat(5_000),
        "a && ".repeat(400) + "b",
        "a && ".repeat(20_000),
        "a|".repeat(20_000),
        "a|".repeat(900),
        "a&&\n".repeat(450),
        "if a; then ".repeat(3_000),
        "X=aa; ".to_owned() + &"X=$X$X;".repeat(200) + "echo $X",
        "f() { f; f; }; f".to_owned(),
        "a(){ b;b;};b(){ c;c;};c(){ d;d;};d(){ e;e;};e(){ g;g;};a;a;a;a".to_owned(),
        "for i in 1 2 3 4 5 6 7 8 9; do ".repeat(12) + "x $i;" + &"done;".repeat(12),
        "export A=1; B=2 c\n".repeat(5_000),
        "sh -c \"".repeat(200),
        "\"${a:-".repeat(3_000),
        "eval 'eval \"eval ls\"'".to_owned(),
        "x <<A <<B\n".repeat(500),
        "A=(a b) B[1]=2 ; declare -A c; ((x++)); for ((i=0;i<3;i++)); do l; done; select x in a; do b; done".to_owned(),
    ] {
        let script = read(&text);
        assert!(script.commands.len() <= 4_000);
    }
}

#[test]
fn cut_and_changed_texts_do_not_panic() {
    let text = "#!/bin/sh -e\nset -euo pipefail\nexport A=\"${B:-é}\" C=$'x\\n'\ncat > /f <<'E' || exit 1\nbody é\nE\n\
        for p in a b; do sh -c \"npm i \\\"$p\\\"@1 {{ .V }}\" || true; done\nf() { cp -r \"$1\" ~/x/ >/dev/null 2>&1; }\nf a & wait\n\
        case $A in x|y) cd /z && pip install -r r 'q==1' ;; esac\nif ! npm ci --cache=/c; then exit 1; fi\necho $(pwd) `ls`\n";
    for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
        read(&text[..end]);
        read(&text[end..]);
    }
    let insertions = ["'", "\"", "\\", "$", "(", "}", "`", "\n", "<<", "|", "\r\n", "{{", "é"];
    for (index, at) in (0..text.len()).filter(|at| text.is_char_boundary(*at)).enumerate() {
        let insertion = insertions[index % insertions.len()];
        read(&format!("{}{insertion}{}", &text[..at], &text[at..]));
    }
}

#[test]
fn which_packages_of_a_file_are_installed() {
    let check = |text: &str, locked: bool, omits_dev: bool| {
        let script = analyze(text, &Environment::default());
        let flags = &script.installs[0].flags;
        assert_eq!((flags.locked, flags.omit_dev), (locked, omits_dev), "{text}");
    };
    check("npm install", false, false);
    check("npm ci", true, false);
    check("npm ci --omit=dev", true, true);
    check("npm install --omit optional --omit dev", false, true);
    check("npm i --production", false, true);
    check("npm i --only=prod", false, true);
    check("NODE_ENV=production npm install", false, true);
    check("NODE_ENV=$MODE npm install", false, true);
    check("NODE_ENV=test npm install", false, false);
    check("NODE_ENV=production npm install --include=dev", false, false);
    check("pnpm install --prod --frozen-lockfile", true, true);
    check("yarn install --immutable", true, false);
}
