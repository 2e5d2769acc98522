//! Which paths a command changes, and which files end up where.

use super::state::resolve_path;
use super::{Command, Copy, CopyKind, Direction, Redirect, Script, Word, Write, WriteKind};

/// A command's arguments with the flags sorted out.
struct Arguments<'c> {
    operands: Vec<&'c Word>,
    /// Flags with their values, if they take one.
    flags: Vec<(&'c str, Option<Value<'c>>)>,
}

/// The value of a flag: its own word, or the rest of the word after `=`.
#[derive(Clone, Copy)]
struct Value<'c> {
    text: Option<&'c str>,
    word: &'c Word,
}

impl<'c> Arguments<'c> {
    /// Sorts arguments; `valued` are the flags with a value, short ones as `-t`, long ones as `--target`.
    fn of(command: &'c Command, valued: &[&str]) -> Arguments<'c> {
        let mut arguments = Arguments {
            operands: Vec::new(),
            flags: Vec::new(),
        };
        let mut words = command.words.iter().skip(1);
        let mut only_operands = false;
        while let Some(word) = words.next() {
            let prefix = word.known_prefix.as_str();
            if only_operands || !prefix.starts_with('-') || prefix == "-" {
                arguments.operands.push(word);
            } else if prefix == "--" {
                only_operands = true;
            } else if prefix.starts_with("--") {
                arguments.long(word, valued, &mut words);
            } else {
                arguments.short(word, valued, &mut words);
            }
        }
        arguments
    }

    fn long(&mut self, word: &'c Word, valued: &[&str], words: &mut impl Iterator<Item = &'c Word>) {
        let prefix = word.known_prefix.as_str();
        match prefix.split_once('=') {
            Some((flag, value)) => {
                let text = word.text.is_some().then_some(value);
                self.flags.push((flag, Some(Value { text, word })));
            }
            None if valued.contains(&prefix) => self.flags.push((prefix, words.next().map(whole))),
            None => self.flags.push((prefix, None)),
        }
    }

    /// `-rf`, `-o file`, `-ofile`, `-sLo file`.
    fn short(&mut self, word: &'c Word, valued: &[&str], words: &mut impl Iterator<Item = &'c Word>) {
        let prefix = word.known_prefix.as_str();
        for (index, letter) in prefix.char_indices().skip(1) {
            let after = index + letter.len_utf8();
            let Some(flag) = valued
                .iter()
                .find(|flag| flag.len() == after - index + 1 && flag.ends_with(letter))
            else {
                self.flags.push((prefix.get(index..after).unwrap_or_default(), None));
                continue;
            };
            let rest = prefix.get(after..).unwrap_or_default();
            let value = if rest.is_empty() && word.text.is_some() {
                words.next().map(whole)
            } else {
                Some(Value {
                    text: word.text.is_some().then_some(rest),
                    word,
                })
            };
            let name = if flag.starts_with("--") {
                ""
            } else {
                prefix.get(index..after).unwrap_or_default()
            };
            self.flags.push((name, value));
            return;
        }
    }

    fn has(&self, names: &[&str]) -> bool {
        self.flags.iter().any(|(flag, _)| names.contains(flag))
    }

    fn value(&self, names: &[&str]) -> Option<Value<'c>> {
        self.flags
            .iter()
            .rev()
            .find(|(flag, _)| names.contains(flag))
            .and_then(|(_, value)| *value)
    }
}

fn whole(word: &Word) -> Value<'_> {
    Value {
        text: word.text.as_deref(),
        word,
    }
}

/// Returns a path as later stages compare it: absolute if possible, else as written.
pub(super) fn path(text: Option<&str>, directory: Option<&str>) -> Option<String> {
    let text = text.filter(|text| !text.is_empty())?;
    Some(resolve_path(directory, text).unwrap_or_else(|| text.to_owned()))
}

/// Adds what a redirection writes.
pub(super) fn redirect(redirect: &Redirect, command: Option<usize>, directory: Option<&str>, script: &mut Script) {
    let kind = match redirect.direction {
        Direction::Read => return,
        Direction::Write => WriteKind::File,
        Direction::Append => WriteKind::Append,
    };
    let text = redirect.target.text.as_deref();
    if text.is_some_and(is_device) {
        return;
    }
    script.writes.push(Write {
        path: path(text, directory),
        kind,
        command,
        span: redirect.target.span.clone(),
    });
}

fn is_device(path: &str) -> bool {
    path.starts_with("/dev/") || path.starts_with("/proc/self/fd/") || path.starts_with("/proc/1/fd/")
}

/// Adds what a command writes and copies.
pub(super) fn collect(command: &Command, script: &mut Script) {
    let directory = command.working_directory.as_deref();
    for each in &command.redirects {
        redirect(each, Some(command.index), directory, script);
    }
    let Some(name) = command.name.as_deref() else {
        return;
    };
    let mut effects = Effects { command, script };
    match name {
        "cp" => effects.copies(CopyKind::Copy, &["-t", "--target-directory", "-S", "--suffix"]),
        "mv" => effects.copies(CopyKind::Move, &["-t", "--target-directory", "-S", "--suffix"]),
        "ln" => effects.copies(CopyKind::Link, &["-t", "--target-directory", "-S", "--suffix"]),
        "rsync" => effects.copies(CopyKind::Copy, &["-e", "--rsh", "--exclude", "--include", "-f"]),
        "install" => effects.install(),
        "mkdir" => effects.operands(WriteKind::Directory, &["-m", "--mode"], 0),
        "touch" => effects.operands(WriteKind::File, &["-d", "-t", "-r", "--date", "--reference"], 0),
        "truncate" => effects.operands(WriteKind::File, &["-s", "-r", "--size"], 0),
        "tee" => effects.tee(),
        "rm" | "rmdir" | "unlink" => effects.operands(WriteKind::Remove, &[], 0),
        "chmod" | "chown" | "chgrp" => effects.permissions(),
        "sed" => effects.sed(),
        "curl" => effects.curl(),
        "wget" => effects.wget(),
        "tar" => effects.tar(),
        "unzip" => effects.directory_flag(&["-d"], &["-d", "-x", "-P"]),
        "git" => effects.git_clone(),
        "dd" => effects.dd(),
        _ => {}
    }
}

struct Effects<'c, 's> {
    command: &'c Command,
    script: &'s mut Script,
}

impl<'c> Effects<'c, '_> {
    fn path(&self, text: Option<&str>) -> Option<String> {
        path(text, self.command.working_directory.as_deref())
    }

    fn write(&mut self, value: Value<'_>, kind: WriteKind) {
        if value.text.is_some_and(is_device) || value.text == Some("-") {
            return;
        }
        let write = Write {
            path: self.path(value.text),
            kind,
            command: Some(self.command.index),
            span: value.word.span.clone(),
        };
        self.script.writes.push(write);
    }

    fn write_here(&mut self, name: &str, word: &Word, kind: WriteKind) {
        self.write(Value { text: Some(name), word }, kind);
    }

    fn operands(&mut self, kind: WriteKind, valued: &[&str], skip: usize) {
        for word in Arguments::of(self.command, valued).operands.into_iter().skip(skip) {
            self.write(whole(word), kind);
        }
    }

    fn permissions(&mut self) {
        let arguments = Arguments::of(self.command, &["--reference"]);
        // `chmod -x file` reads as a flag: then the first operand is a file already.
        let mode_is_flag = self.command.name.as_deref() == Some("chmod")
            && self
                .command
                .words
                .get(1)
                .is_some_and(|word| matches!(word.raw.as_str(), "-x" | "-w" | "-r"));
        let skip = usize::from(!mode_is_flag && !arguments.has(&["--reference"]));
        for word in arguments.operands.into_iter().skip(skip) {
            self.write(whole(word), WriteKind::Permissions);
        }
    }

    fn tee(&mut self) {
        let arguments = Arguments::of(self.command, &[]);
        let append = arguments.has(&["a", "--append"]);
        let kind = if append { WriteKind::Append } else { WriteKind::File };
        for word in arguments.operands {
            self.write(whole(word), kind);
        }
    }

    fn copies(&mut self, kind: CopyKind, valued: &[&str]) {
        let arguments = Arguments::of(self.command, valued);
        let mut sources = arguments.operands.clone();
        let target = arguments.value(&["t", "--target-directory"]);
        let Some(target) = target.or_else(|| {
            if sources.len() > 1 {
                sources.pop().map(whole)
            } else {
                None
            }
        }) else {
            // `ln -s /a/b` makes `b` here.
            if let (CopyKind::Link, Some(word)) = (kind, sources.first()) {
                let name = word.text.as_deref().and_then(|text| text.rsplit('/').next());
                self.write(Value { text: name, word }, WriteKind::Copy);
            }
            return;
        };
        let given = arguments.has(&["t", "--target-directory"]);
        let slash = target
            .text
            .is_some_and(|text| text.ends_with('/') || text.ends_with("/.") || text == "." || text == "..");
        let many = sources.len() > 1 || sources.iter().any(|word| word.glob);
        let into_directory = if arguments.has(&["T", "--no-target-directory"]) {
            Some(false)
        } else if given || slash || many {
            Some(true)
        } else {
            None
        };
        for word in sources {
            // The path in a symbolic link is kept as it is written.
            let from = if kind == CopyKind::Link {
                word.text.clone()
            } else {
                self.path(word.text.as_deref())
            };
            self.script.copies.push(Copy {
                from,
                to: self.path(target.text),
                into_directory,
                kind,
                command: self.command.index,
                from_span: word.span.clone(),
                to_span: target.word.span.clone(),
            });
            if kind == CopyKind::Move {
                self.write(whole(word), WriteKind::Remove);
            }
        }
        self.write(target, WriteKind::Copy);
    }

    fn install(&mut self) {
        let valued = &[
            "-m",
            "-o",
            "-g",
            "-t",
            "-S",
            "--mode",
            "--owner",
            "--group",
            "--target-directory",
        ];
        if Arguments::of(self.command, valued).has(&["d", "--directory"]) {
            self.operands(WriteKind::Directory, valued, 0);
        } else {
            self.copies(CopyKind::Copy, valued);
        }
    }

    fn sed(&mut self) {
        let arguments = Arguments::of(self.command, &["-e", "-f", "--expression", "--file", "-l"]);
        // `sed -i.bak`: the letters after `-i` are a suffix.
        if !self
            .command
            .words
            .iter()
            .any(|word| word.raw.starts_with("-i") || word.raw.starts_with("--in-place"))
        {
            return;
        }
        let has_script = arguments.has(&["e", "f", "--expression", "--file"]);
        for word in arguments.operands.into_iter().skip(usize::from(!has_script)) {
            self.write(whole(word), WriteKind::File);
        }
    }

    fn curl(&mut self) {
        let valued = &[
            "-o",
            "--output",
            "--output-dir",
            "-H",
            "--header",
            "-d",
            "--data",
            "-X",
            "--request",
            "-u",
            "--user",
            "-A",
            "-b",
            "-c",
            "-e",
            "-F",
            "-m",
            "--max-time",
            "--connect-timeout",
            "--retry",
            "--retry-delay",
            "-x",
            "--proxy",
            "--cacert",
            "-E",
            "--cert",
            "--key",
            "-w",
            "--write-out",
            "-T",
            "--data-binary",
            "--data-raw",
            "--resolve",
            "-r",
        ];
        let arguments = Arguments::of(self.command, valued);
        let folder = arguments.value(&["--output-dir"]);
        for (flag, value) in &arguments.flags {
            match (*flag, value) {
                ("o" | "--output", Some(value)) => self.download(*value, folder),
                ("O" | "--remote-name", _) => {
                    for word in &arguments.operands {
                        self.download(remote_name(word), folder);
                    }
                }
                _ => {}
            }
        }
    }

    fn wget(&mut self) {
        let valued = &[
            "-O",
            "--output-document",
            "-P",
            "--directory-prefix",
            "-o",
            "--output-file",
            "-t",
            "--tries",
            "-T",
            "--timeout",
            "--header",
            "-U",
            "--user-agent",
            "-w",
            "--wait",
            "-Y",
        ];
        let arguments = Arguments::of(self.command, valued);
        if arguments.has(&["--spider"]) {
            return;
        }
        if let Some(value) = arguments.value(&["O", "--output-document"]) {
            return self.download(value, None);
        }
        let folder = arguments.value(&["P", "--directory-prefix"]);
        for word in &arguments.operands {
            self.download(remote_name(word), folder);
        }
    }

    fn download(&mut self, file: Value<'c>, folder: Option<Value<'c>>) {
        match (folder, folder.and_then(|folder| folder.text), file.text) {
            (None, _, _) => self.write(file, WriteKind::Download),
            (Some(_), Some(folder), Some(name)) => {
                self.write_here(&format!("{folder}/{name}"), file.word, WriteKind::Download);
            }
            (Some(_), _, _) => self.write(
                Value {
                    text: None,
                    word: file.word,
                },
                WriteKind::Download,
            ),
        }
    }

    fn tar(&mut self) {
        let words = &self.command.words;
        let mode = words.get(1).map(|word| word.known_prefix.as_str()).unwrap_or_default();
        let extracts = mode.trim_start_matches('-').contains('x') && !mode.starts_with("--")
            || words.iter().any(|word| word.raw == "-x" || word.raw == "--extract");
        if extracts {
            self.directory_flag(&["C", "--directory"], &["-C", "-f", "--directory", "--file"]);
        }
    }

    /// An archive program: it writes to the directory of a flag, or where it runs.
    fn directory_flag(&mut self, names: &[&str], valued: &[&str]) {
        let names: Vec<&str> = names
            .iter()
            .map(|name| {
                if name.starts_with("--") {
                    name
                } else {
                    name.trim_start_matches('-')
                }
            })
            .collect();
        let target = Arguments::of(self.command, valued).value(&names);
        match (target, self.command.words.first()) {
            (Some(target), _) => self.write(target, WriteKind::Download),
            (None, Some(word)) => self.write_here(".", word, WriteKind::Download),
            (None, None) => {}
        }
    }

    fn git_clone(&mut self) {
        let arguments = Arguments::of(self.command, &["-b", "--branch", "--depth", "-C", "-c", "-o"]);
        let is_clone = arguments
            .operands
            .first()
            .is_some_and(|word| word.text.as_deref() == Some("clone"));
        match (is_clone, arguments.operands.get(1), arguments.operands.get(2)) {
            (true, _, Some(directory)) => self.write(whole(directory), WriteKind::Download),
            (true, Some(address), None) => {
                let name = remote_name(address);
                let text = name.text.map(|name| name.trim_end_matches(".git"));
                self.write(Value { text, ..name }, WriteKind::Download);
            }
            _ => {}
        }
    }

    fn dd(&mut self) {
        for word in &self.command.words {
            if let Some(file) = word.known_prefix.strip_prefix("of=") {
                let text = word.text.is_some().then_some(file);
                self.write(Value { text, word }, WriteKind::File);
            }
        }
    }
}

/// The last part of an address.
fn remote_name(word: &Word) -> Value<'_> {
    let text = word.text.as_deref().map(|text| {
        let path = text.split(['?', '#']).next().unwrap_or(text);
        path.trim_end_matches('/').rsplit('/').next().unwrap_or(path)
    });
    Value { text, word }
}
