//! The flags of a shell, as `set` and the command line take them, and what a container's argument list starts.

use std::ops::Range;

/// The flags that change what a failure does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ShellFlags {
    /// `-e`: a failing command ends the script.
    pub errexit: bool,
    /// `-u`: an unset variable ends the script.
    pub nounset: bool,
    /// `-o pipefail`: a pipe fails if any part of it fails.
    pub pipefail: bool,
    /// `-a`: each assignment is exported.
    pub allexport: bool,
}

impl ShellFlags {
    /// Joins two sets of flags.
    pub(super) fn or(self, other: ShellFlags) -> ShellFlags {
        ShellFlags {
            errexit: self.errexit || other.errexit,
            nounset: self.nounset || other.nounset,
            pipefail: self.pipefail || other.pipefail,
            allexport: self.allexport || other.allexport,
        }
    }

    /// Keeps what is set in both.
    pub(super) fn and(self, other: ShellFlags) -> ShellFlags {
        ShellFlags {
            errexit: self.errexit && other.errexit,
            nounset: self.nounset && other.nounset,
            pipefail: self.pipefail && other.pipefail,
            allexport: self.allexport && other.allexport,
        }
    }

    fn letter(&mut self, letter: char, on: bool) {
        match letter {
            'e' => self.errexit = on,
            'u' => self.nounset = on,
            'a' => self.allexport = on,
            _ => {}
        }
    }

    fn name(&mut self, name: &str, on: bool) {
        match name {
            "errexit" => self.errexit = on,
            "nounset" => self.nounset = on,
            "allexport" => self.allexport = on,
            "pipefail" => self.pipefail = on,
            _ => {}
        }
    }
}

/// What the arguments of a shell or of `set` say.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    pub(super) flags: ShellFlags,
    /// True if `-c` is among them.
    pub(super) command_string: bool,
    /// Where the operands start.
    pub(super) operands: usize,
    /// True if `--` was there, so that `set` replaces the positional parameters even by nothing.
    pub(super) separator: bool,
}

/// Reads the flags of a shell or of `set`; an unknown word (`None`) ends them.
pub(super) fn parse(words: &[Option<&str>], before: ShellFlags) -> Parsed {
    let mut parsed = Parsed {
        flags: before,
        ..Parsed::default()
    };
    let mut at = 0;
    while let Some(Some(word)) = words.get(at) {
        let on = word.starts_with('-');
        if *word == "--" || *word == "-" {
            parsed.separator = *word == "--";
            at += 1;
            break;
        }
        if word.starts_with("--") {
            // bash takes one of these with a value.
            at += if matches!(*word, "--rcfile" | "--init-file") {
                2
            } else {
                1
            };
            continue;
        }
        if word.len() < 2 || !(on || word.starts_with('+')) {
            break;
        }
        at += 1;
        for letter in word.chars().skip(1) {
            match letter {
                'c' if on => parsed.command_string = true,
                'o' | 'O' => {
                    if let (Some(Some(name)), 'o') = (words.get(at), letter) {
                        parsed.flags.name(name, on);
                    }
                    at += 1;
                }
                _ => parsed.flags.letter(letter, on),
            }
        }
    }
    parsed.operands = at.min(words.len());
    parsed
}

/// Returns a program's name without its directories.
pub(super) fn base_name(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

/// Tells whether a program (without directories) reads shell scripts.
pub(super) fn is_shell(name: &str) -> bool {
    matches!(name, "sh" | "bash" | "ash" | "dash" | "ksh" | "mksh" | "zsh" | "rbash")
}

/// Returns the flags of a `#!` line, or `None` if the interpreter is no shell.
pub(super) fn shebang_flags(line: &str) -> Option<ShellFlags> {
    let mut words: Vec<&str> = line.split_ascii_whitespace().collect();
    while let Some(first) = words.first() {
        let name = base_name(first);
        let skipped = name == "env" || name == "busybox" || first.contains('=') || *first == "-S";
        if !skipped {
            if !is_shell(name) {
                return None;
            }
            let rest: Vec<Option<&str>> = words.iter().skip(1).copied().map(Some).collect();
            return Some(parse(&rest, ShellFlags::default()).flags);
        }
        words.remove(0);
    }
    // `#!` alone: the kernel refuses it and the calling shell reads the file itself.
    Some(ShellFlags::default())
}

/// What a container's `command` and `args`, taken together, start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entrypoint {
    /// Nothing is given: the image decides.
    Empty,
    /// A program; `program` is its index, after wrappers such as `tini --` and `env A=b`.
    Program {
        /// The index of the program in the argument list.
        program: usize,
        /// The variables that `env` sets, in order.
        environment: Vec<(String, String)>,
    },
    /// A shell that runs the text of one argument.
    Script {
        /// The index of the shell.
        shell: usize,
        /// The flags of the shell, as in `-ec`.
        flags: ShellFlags,
        /// The index of the argument that holds the script.
        script: usize,
        /// The arguments that are `$1`, `$2` and so on (the first after the script is `$0`).
        arguments: Range<usize>,
        /// The variables that `env` sets, in order.
        environment: Vec<(String, String)>,
    },
    /// A shell that runs a file.
    File {
        /// The index of the shell.
        shell: usize,
        /// The flags of the shell.
        flags: ShellFlags,
        /// The index of the argument that names the file.
        file: usize,
        /// The variables that `env` sets, in order.
        environment: Vec<(String, String)>,
    },
    /// A shell with nothing to run: it reads its input, which is empty, and ends at once.
    Interactive {
        /// The index of the shell.
        shell: usize,
    },
}

/// Says what an argument list starts: a script in one of the arguments, a file, or a plain program.
pub fn entrypoint(argv: &[&str]) -> Entrypoint {
    let (program, environment) = skip_starters(argv);
    let Some(first) = argv.get(program) else {
        return Entrypoint::Empty;
    };
    let mut shell = program;
    if base_name(first) == "busybox" && argv.get(program + 1).is_some_and(|applet| is_shell(applet)) {
        shell += 1;
    }
    if !argv.get(shell).is_some_and(|name| is_shell(base_name(name))) {
        return Entrypoint::Program { program, environment };
    }
    let start = shell + 1;
    let rest: Vec<Option<&str>> = argv.iter().skip(start).copied().map(Some).collect();
    let parsed = parse(&rest, ShellFlags::default());
    let operand = start + parsed.operands;
    if operand >= argv.len() {
        return Entrypoint::Interactive { shell };
    }
    if !parsed.command_string {
        return Entrypoint::File {
            shell,
            flags: parsed.flags,
            file: operand,
            environment,
        };
    }
    Entrypoint::Script {
        shell,
        flags: parsed.flags,
        script: operand,
        arguments: (operand + 2).min(argv.len())..argv.len(),
        environment,
    }
}

/// Skips the small programs that only start another one, and collects what `env` sets.
fn skip_starters(argv: &[&str]) -> (usize, Vec<(String, String)>) {
    let mut at = 0;
    let mut environment = Vec::new();
    while let Some(word) = argv.get(at) {
        match base_name(word) {
            "tini" | "dumb-init" | "catatonit" | "tini-static" => {
                at += 1;
                while let Some(flag) = argv.get(at).filter(|next| next.starts_with('-')) {
                    at += 1;
                    if *flag == "--" {
                        break;
                    }
                    if matches!(*flag, "-p" | "-e" | "--rewrite" | "-r") {
                        at += 1;
                    }
                }
            }
            "env" => {
                at += 1;
                while let Some(next) = argv.get(at) {
                    if let Some((name, value)) = next.split_once('=').filter(|_| !next.starts_with('-')) {
                        environment.push((name.to_owned(), value.to_owned()));
                    } else if matches!(*next, "-u" | "-C" | "--unset" | "--chdir") {
                        at += 1;
                    } else if !next.starts_with('-') {
                        break;
                    }
                    at += 1;
                }
            }
            _ => break,
        }
    }
    (at.min(argv.len()), environment)
}
