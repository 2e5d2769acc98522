//! The only place that joins stages: arguments in, output and exit code out.

mod breaks;
pub mod capture;
pub mod checks;
pub mod cluster;
mod counted;
pub mod embedded;
pub mod error;
pub mod examples;
pub mod explain;
mod hide;
mod input;
pub mod inspect;
pub mod map;
pub mod output;
mod overlay;
mod progress;
pub mod rbac;
pub mod reference;
pub mod run;
pub mod trace;
pub mod why;

use crate::cli::{Cli, Color, Command};
use error::CommandError;
use std::io::Write;

/// Runs a command and returns the exit code.
pub fn main(cli: Cli) -> u8 {
    install_panic_message();
    choose_colour(cli.color);
    let result = match cli.command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Why(arguments) => why::why(*arguments),
        Command::Map(arguments) => map::map(&arguments),
        Command::Capture(arguments) => capture::capture(&arguments),
        Command::Rbac(arguments) => rbac::rbac(&arguments),
        Command::Explain(arguments) => explain::explain(&arguments),
        Command::Checks(command) => checks::checks(command),
        Command::Schema => output::print(&crate::report::json_schema()).map(|()| 0),
    };
    match result {
        Ok(code) => code,
        // A closed pipe (`| head`) is how a reader says that it has seen enough.
        Err(error) if error.is_closed_pipe() => 0,
        Err(error) => {
            let _ = write!(anstream::stderr().lock(), "{error}");
            error.exit_code()
        }
    }
}

fn choose_colour(color: Color) {
    let forced = std::env::var_os("FORCE_COLOR").is_some_and(|value| !value.is_empty() && value != "0");
    let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let choice = match color {
        Color::Always => anstream::ColorChoice::Always,
        Color::Never => anstream::ColorChoice::Never,
        Color::Auto if no_colour => anstream::ColorChoice::Never,
        Color::Auto if forced => anstream::ColorChoice::Always,
        Color::Auto => anstream::ColorChoice::Auto,
    };
    choice.write_global();
}

/// A user sees one sentence and what to do, never a backtrace.
fn install_panic_message() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map_or_else(String::new, |at| format!(" at {}:{}", at.file(), at.line()));
        let _ = writeln!(
            std::io::stderr().lock(),
            "tracedoctor: internal error{place}: please report this with the input that caused it"
        );
    }));
}

/// Turns a failed write of output into a command error.
pub(crate) fn written(result: std::io::Result<()>) -> Result<(), CommandError> {
    result.map_err(CommandError::output)
}
