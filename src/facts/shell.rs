//! Reads one shell script (init container, entry point, file in a ConfigMap) and says which commands it runs, where, with what
//! environment, whether a failure would be seen, which files are written and which packages are installed.
//!
//! The analysis walks the syntax tree once, in the order in which a shell would run it, and keeps what is certain: constant
//! variables, the working directory, `set -e`. Whatever depends on the run is *unknown* (`None`), never guessed. It runs nothing,
//! reads no file, cannot fail, and must not judge: what is a fault is for the checks to say.
//!
//! All spans are byte ranges into the text that was given, also for commands inside `sh -c '...'`.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

mod builtin;
mod command;
mod effect;
mod expand;
mod option;
mod package;
mod source;
mod state;
mod status;
#[cfg(test)]
mod tests;
mod walk;
mod wrapper;

pub use option::{Entrypoint, ShellFlags, entrypoint};
pub use package::npm::cache_directory as npm_cache_directory;
pub use package::{
    Cache, CacheOrigin, InstallFlags, Manager, PackageInstall, PackageSource, PackageSpec, Pinned, listed_package,
};

/// A script longer than this (in bytes) is not read.
pub const MAXIMUM_SCRIPT_SIZE: usize = 1 << 20;

/// What is known of the place where the script runs, before its first line.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// The variables that the container sets; `None` is a variable whose value is not known.
    pub variables: BTreeMap<String, Option<String>>,
    /// True if `variables` holds all there are, those of the image too: only then is a missing name an unset variable.
    pub complete: bool,
    /// The working directory at the start, absolute.
    pub working_directory: Option<String>,
    /// The flags that the shell is started with, as in `sh -ec`.
    pub flags: ShellFlags,
    /// True if the kernel starts the script by its `#!` line, so that the flags written there count.
    pub executed_directly: bool,
    /// The positional parameters `$1`, `$2` and so on; `None` if they are not known.
    pub arguments: Option<Vec<String>>,
}

/// What one script does, as far as its text tells.
#[derive(Debug, Clone, Default)]
pub struct Script {
    /// Why nothing was read; the lists are empty then.
    pub skipped: Option<Skipped>,
    /// True if the analysis stopped early because the script does too much; the lists are incomplete then.
    pub truncated: bool,
    /// The places where the text is no valid shell syntax; what could be understood around them is in the lists.
    pub syntax_errors: Vec<SyntaxError>,
    /// The first line without `#!`, if it is one.
    pub shebang: Option<Word>,
    /// True if lines end in CR LF: `sh` takes the CR as part of the last word, so nearly every line fails.
    pub carriage_returns: bool,
    /// True if `set -e` is in effect when the first command runs that is neither `set` nor an assignment.
    pub errexit_at_start: bool,
    /// True if `pipefail` is in effect from the start or switched on anywhere.
    pub pipefail: bool,
    /// The `set -o pipefail` commands, by index in `commands`: dash refuses them with exit code 2.
    pub pipefail_commands: Vec<usize>,
    /// The commands in the order in which they run. A function or loop body is there once for each different outcome.
    pub commands: Vec<Command>,
    /// The variables that the script itself sets, in order.
    pub assignments: Vec<Assignment>,
    /// The packages that the script installs.
    pub installs: Vec<PackageInstall>,
    /// The paths that the script changes.
    pub writes: Vec<Write>,
    /// Which files end up where.
    pub copies: Vec<Copy>,
    /// The files whose text stands in the script as a heredoc.
    pub files: Vec<WrittenFile>,
}

/// Why a script was not read at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skipped {
    /// It is longer than [`MAXIMUM_SCRIPT_SIZE`].
    TooLarge,
    /// Its first line names an interpreter that is no Bourne-like shell.
    NotShell,
    /// It holds NUL bytes.
    Binary,
    /// The parser needed too many steps.
    TooComplex,
}

/// A place that is no valid shell syntax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where; empty where something is missing.
    pub span: Range<usize>,
    /// What is wrong, a clause without a full stop.
    pub message: String,
}

/// One word of a command, after expansion. A variable that holds several words gives several of these with one span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The whole word as the command receives it; `None` if a part of it is not known.
    pub text: Option<String>,
    /// The start of the word up to the first unknown part (all of it if `text` is known).
    pub known_prefix: String,
    /// The word as it is written, cut at 1 KiB.
    pub raw: String,
    /// Where it is written.
    pub span: Range<usize>,
    /// True if it holds unquoted wildcards, which `text` then still holds.
    pub glob: bool,
}

/// One variable that the script sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The name.
    pub name: String,
    /// The value.
    pub value: Word,
    /// True if commands that start later see it.
    pub exported: bool,
    /// From the name to the end of the value.
    pub span: Range<usize>,
}

/// One command with what is known of its surroundings. Wrappers (`exec`, `env`, `sudo`, `time` ...) are taken off.
#[derive(Debug, Clone)]
pub struct Command {
    /// Its place in [`Script::commands`].
    pub index: usize,
    /// The program's name without directories; `None` if it is not known.
    pub name: Option<String>,
    /// The program and its arguments.
    pub words: Vec<Word>,
    /// The whole command, with wrappers and prefix assignments.
    pub span: Range<usize>,
    /// The word that names the program.
    pub name_span: Range<usize>,
    /// The names of the wrappers that were taken off, outermost first.
    pub wrappers: Vec<String>,
    /// What the script adds to the container's environment for this command; `None` is an unknown value.
    pub environment: Arc<BTreeMap<String, Option<Arc<str>>>>,
    /// Where it runs, absolute.
    pub working_directory: Option<String>,
    /// True if `set -e` is on.
    pub errexit: bool,
    /// How a failure of this command stays unseen, so that the script ends as if it had worked.
    pub failure_hidden: Option<Hidden>,
    /// True if error output goes to `/dev/null`.
    pub errors_discarded: bool,
    /// True if it does not run in every run of the script (a branch, a loop, a handler, a function nobody calls).
    pub conditional: bool,
    /// True if it follows an `exit` or `exec`.
    pub unreachable: bool,
    /// The command whose `sh -c`, `su -c` or `eval` text holds this one.
    pub parent: Option<usize>,
    /// Its redirections to and from files.
    pub redirects: Vec<Redirect>,
}

/// One redirection to or from a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// The file as it is written.
    pub target: Word,
    /// Which way.
    pub direction: Direction,
    /// The descriptor: 1 is the output, 2 the errors; `&>` is 1.
    pub descriptor: u32,
}

/// Which way a redirection goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// `<`
    Read,
    /// `>`
    Write,
    /// `>>`
    Append,
}

/// How a failure stays unseen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hidden {
    /// `|| true` or `|| :`.
    OrTrue,
    /// `|| something` that goes on.
    OrElse,
    /// The left side of `&&`, for which `set -e` does not count, and other commands follow.
    AndList,
    /// No `set -e`, and other commands follow.
    NotLast,
    /// No `set -e`, and the script ends with `exit 0`.
    ExitsZero,
    /// The left side of a pipe without `pipefail`.
    Pipeline,
    /// The condition of `if` or `while`, whose failing branch goes on.
    Condition,
    /// `!` turns the status around.
    Negated,
    /// Runs in the background with `&`.
    Background,
    /// Inside `$(...)` or `<(...)`, whose status nobody looks at.
    Substitution,
    /// Runs from a `trap`.
    Trap,
}

/// One path that a command changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// The path, absolute if the working directory is known; `None` if it is not known.
    pub path: Option<String>,
    /// What happens to it.
    pub kind: WriteKind,
    /// Which command does it; `None` for the redirection of a whole block.
    pub command: Option<usize>,
    /// The word that names the path.
    pub span: Range<usize>,
}

/// What a command does to a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteKind {
    /// A file is made or overwritten.
    File,
    /// Text is added to a file.
    Append,
    /// A directory is made.
    Directory,
    /// Something is copied or moved to it, or linked at it.
    Copy,
    /// A download or an archive is put there.
    Download,
    /// Its owner or mode changes.
    Permissions,
    /// It is removed.
    Remove,
}

/// One file or directory that ends up at another path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// Where it comes from, absolute if that is known; may hold wildcards.
    pub from: Option<String>,
    /// The destination as given, absolute if that is known.
    pub to: Option<String>,
    /// True if `to` is surely a directory that the file is put into, false if it is surely the new name, `None` if it depends on
    /// what is there.
    pub into_directory: Option<bool>,
    /// How.
    pub kind: CopyKind,
    /// Which command does it.
    pub command: usize,
    /// The word that names the source.
    pub from_span: Range<usize>,
    /// The word that names the destination.
    pub to_span: Range<usize>,
}

/// How a file gets to another path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyKind {
    /// `cp`, `install`, `rsync`
    Copy,
    /// `mv`
    Move,
    /// `ln`
    Link,
}

/// A file whose text stands in the script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenFile {
    /// The path, absolute if the working directory is known.
    pub path: Option<String>,
    /// The text between the heredoc's delimiters.
    pub body: Range<usize>,
    /// True if the text is added to what is there.
    pub append: bool,
    /// True if the shell replaces `$` in the text (the delimiter is not quoted).
    pub expands: bool,
    /// Which command writes it.
    pub command: usize,
}

/// Reads a script.
///
/// Never fails: what cannot be read is in [`Script::skipped`] and [`Script::syntax_errors`]. Helm placeholders (`{{ ... }}`) count as
/// unknown values.
pub fn analyze(text: &str, environment: &Environment) -> Script {
    let mut script = Script::default();
    if text.len() > MAXIMUM_SCRIPT_SIZE {
        script.skipped = Some(Skipped::TooLarge);
        return script;
    }
    if memchr::memchr(0, text.as_bytes()).is_some() {
        script.skipped = Some(Skipped::Binary);
        return script;
    }
    script.carriage_returns = text.contains("\r\n");
    script.shebang = source::shebang(text);
    let interpreter = script.shebang.as_ref().map(|word| word.raw.as_str());
    let mut flags = environment.flags;
    if let Some(line) = interpreter {
        match option::shebang_flags(line) {
            None => {
                script.skipped = Some(Skipped::NotShell);
                return script;
            }
            Some(written) if environment.executed_directly => flags = flags.or(written),
            Some(_) => {}
        }
    }
    let Some(source) = source::Source::whole(text) else {
        script.skipped = Some(Skipped::TooComplex);
        return script;
    };
    script.syntax_errors = source.syntax_errors();
    script.pipefail = flags.pipefail;
    walk::run(source, environment, flags, script)
}
