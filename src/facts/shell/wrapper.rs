//! Takes the programs off that only start another one (`env`, `sudo`, `exec` ...), and finds the script in `sh -c`.

use super::ShellFlags;
use super::expand::Field;
use super::option::{self, base_name};
use super::state::{State, Value, resolve_path};

/// More wrappers around one command than this are not taken off.
const MAXIMUM_WRAPPERS: usize = 16;

/// What really runs.
#[derive(Debug, Clone, Default)]
pub(super) struct Effective {
    /// The program and its arguments.
    pub(super) fields: Vec<Field>,
    /// What is set for this command only.
    pub(super) environment: Vec<(String, Value)>,
    pub(super) wrappers: Vec<String>,
    /// True if the shell itself runs it, so that `cd` and functions count.
    pub(super) in_shell: bool,
    /// True if it runs as another user, with another `HOME`.
    pub(super) other_user: bool,
    /// The directory of `env -C`.
    pub(super) chdir: Option<Option<String>>,
    /// The script in `sh -c`.
    pub(super) nested: Option<Nested>,
}

/// A script that is an argument.
#[derive(Debug, Clone)]
pub(super) struct Nested {
    pub(super) script: Field,
    pub(super) flags: ShellFlags,
    pub(super) arguments: Option<Vec<String>>,
}

impl Effective {
    /// A command that is no wrapper and no shell.
    pub(super) fn plain(fields: Vec<Field>) -> Effective {
        Effective {
            fields,
            in_shell: true,
            ..Effective::default()
        }
    }

    /// Returns the program as it is called.
    pub(super) fn name(&self) -> Option<&str> {
        self.fields.first()?.text()
    }

    /// Returns the directory that it runs in.
    pub(super) fn directory(&self, state: &State<'_>) -> Option<String> {
        match &self.chdir {
            None => state.working_directory.clone(),
            Some(path) => resolve_path(state.working_directory.as_deref(), path.as_deref()?),
        }
    }

    fn text(&self, index: usize) -> Option<&str> {
        self.fields.get(index)?.text()
    }

    fn starts_with(&self, index: usize, prefix: &str) -> bool {
        self.fields
            .get(index)
            .is_some_and(|field| field.word.known_prefix.starts_with(prefix))
    }

    /// Skips flags from `index` on; `valued` are those whose value is the next word.
    fn skip_flags(&self, mut index: usize, valued: &[&str]) -> usize {
        while self.starts_with(index, "-") {
            match self.text(index) {
                Some("--") => return index + 1,
                Some(flag) if valued.contains(&flag) => index += 2,
                _ => index += 1,
            }
        }
        index
    }

    fn drop_front(&mut self, count: usize, name: &str) {
        self.fields.drain(..count.min(self.fields.len()));
        self.wrappers.push(name.to_owned());
    }
}

/// Finds what a command line really runs.
pub(super) fn unwrap(fields: Vec<Field>, environment: Vec<(String, Value)>) -> Effective {
    let mut effective = Effective {
        environment,
        ..Effective::plain(fields)
    };
    while effective.wrappers.len() < MAXIMUM_WRAPPERS {
        let Some(name) = effective.name().map(|name| base_name(name).to_owned()) else {
            break;
        };
        if !unwrap_one(&mut effective, &name) {
            break;
        }
    }
    effective.nested = effective.nested.take().or_else(|| shell_script(&effective));
    effective
}

/// Takes one wrapper off; false if there is none.
fn unwrap_one(effective: &mut Effective, name: &str) -> bool {
    let mut skip = match name {
        "exec" => effective.skip_flags(1, &["-a"]),
        "command" | "builtin" => {
            // `command -v x` asks, it does not run.
            if effective.starts_with(1, "-v") || effective.starts_with(1, "-V") {
                return false;
            }
            effective.skip_flags(1, &[])
        }
        "time" => effective.skip_flags(1, &["-f", "-o"]),
        "nohup" | "setsid" | "chronic" | "unbuffer" => effective.skip_flags(1, &[]),
        "nice" => effective.skip_flags(1, &["-n", "--adjustment"]),
        "ionice" => effective.skip_flags(1, &["-c", "-n", "-p"]),
        "stdbuf" => effective.skip_flags(1, &["-i", "-o", "-e"]),
        "timeout" => {
            // busybox of old has `timeout -t SECONDS command`.
            let old = effective.text(1) == Some("-t");
            effective.skip_flags(1, &["-s", "--signal", "-k", "--kill-after", "-t"]) + usize::from(!old)
        }
        "sudo" | "doas" => effective.skip_flags(1, &["-u", "-g", "-h", "-p", "-C", "-T", "-D", "--user", "--group"]),
        "gosu" | "su-exec" => effective.skip_flags(1, &[]) + 1,
        "chroot" => effective.skip_flags(1, &[]) + 1,
        "tini" | "dumb-init" | "catatonit" => effective.skip_flags(1, &["-p", "-e"]),
        "xargs" => effective.skip_flags(1, &["-n", "-P", "-I", "-L", "-d", "-a", "-s", "-E"]),
        "env" => return unwrap_env(effective),
        "su" | "runuser" => return unwrap_su(effective, name),
        "busybox" if effective.fields.len() > 1 && !effective.starts_with(1, "-") => 1,
        _ => return false,
    };
    if name == "sudo" {
        while let Some((variable, value)) = effective
            .text(skip)
            .filter(|text| !text.starts_with('-'))
            .and_then(|text| text.split_once('='))
        {
            effective
                .environment
                .push((variable.to_owned(), Value::of(Some(value))));
            skip += 1;
        }
    }
    if skip >= effective.fields.len() {
        return false;
    }
    effective.in_shell &= matches!(name, "command" | "builtin" | "time");
    effective.other_user |= matches!(name, "sudo" | "doas" | "gosu" | "su-exec");
    effective.drop_front(skip, name);
    true
}

fn unwrap_env(effective: &mut Effective) -> bool {
    let mut at = 1;
    let mut environment = Vec::new();
    let mut chdir = None;
    while let Some(field) = effective.fields.get(at) {
        let prefix = field.word.known_prefix.as_str();
        if prefix.starts_with('-') {
            match prefix {
                "-u" | "--unset" => {
                    if let Some(name) = effective.text(at + 1) {
                        environment.push((name.to_owned(), Value::Unset));
                    }
                    at += 1;
                }
                "-C" | "--chdir" => {
                    chdir = Some(effective.text(at + 1).map(str::to_owned));
                    at += 1;
                }
                "-S" | "--split-string" => return false,
                _ => {}
            }
        } else if let Some((name, value)) = prefix.split_once('=') {
            let value = if field.text().is_some() {
                Value::of(Some(value))
            } else {
                Value::Unknown
            };
            environment.push((name.to_owned(), value));
        } else {
            break;
        }
        at += 1;
    }
    if at >= effective.fields.len() {
        return false;
    }
    effective.environment.extend(environment);
    effective.chdir = chdir.or(effective.chdir.take());
    effective.in_shell = false;
    effective.drop_front(at, "env");
    true
}

/// `su user -c 'script'`: the script is kept as the text of a shell.
fn unwrap_su(effective: &mut Effective, name: &str) -> bool {
    let flag = effective
        .fields
        .iter()
        .position(|field| matches!(field.text(), Some("-c" | "--command")));
    if let Some(flag) = flag {
        if let Some(script) = effective.fields.get(flag + 1).cloned() {
            effective.nested = Some(Nested {
                script,
                flags: ShellFlags::default(),
                arguments: Some(Vec::new()),
            });
            effective.other_user = true;
            effective.in_shell = false;
        }
        return false;
    }
    if name == "runuser" && effective.text(1) == Some("-u") && effective.fields.len() > 3 {
        let skip = effective.skip_flags(3, &[]);
        if skip < effective.fields.len() {
            effective.other_user = true;
            effective.in_shell = false;
            effective.drop_front(skip, name);
            return true;
        }
    }
    false
}

fn shell_script(effective: &Effective) -> Option<Nested> {
    if !option::is_shell(base_name(effective.name()?)) {
        return None;
    }
    let words: Vec<Option<&str>> = effective.fields.iter().skip(1).map(Field::text).collect();
    let parsed = option::parse(&words, ShellFlags::default());
    if !parsed.command_string {
        return None;
    }
    let script = effective.fields.get(1 + parsed.operands)?.clone();
    let arguments = words
        .iter()
        .skip(parsed.operands + 2)
        .map(|word| word.map(str::to_owned))
        .collect();
    Some(Nested {
        script,
        flags: parsed.flags,
        arguments,
    })
}
