//! Ctrl-C: the first one ends the reading, so that what is known is still said; the second one ends the program.

use std::sync::LazyLock;
use tokio::sync::watch;

/// What a shell expects of a program that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// Becomes true with the first Ctrl-C. The thread that listens lives as long as the program: once a signal is listened to, nothing else ends a program
/// that judges or writes for too long.
static STOPPED: LazyLock<watch::Receiver<bool>> = LazyLock::new(|| {
    let (stop, stopped) = watch::channel(false);
    // Without the thread Ctrl-C ends the program at once, as it does by default.
    let _ = std::thread::Builder::new()
        .name("interrupt".to_owned())
        .spawn(move || listen(&stop));
    stopped
});

/// Returns what becomes true when the user wants no more to be read.
pub(super) fn stopped() -> watch::Receiver<bool> {
    STOPPED.clone()
}

#[allow(clippy::exit, reason = "whoever presses Ctrl-C twice wants no orderly end")]
fn listen(stop: &watch::Sender<bool>) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_io().build() else {
        return;
    };
    runtime.block_on(async {
        while tokio::signal::ctrl_c().await.is_ok() {
            if stop.send_replace(true) {
                std::process::exit(INTERRUPTED);
            }
        }
        // Dropping the sender would look like an end of the run.
        std::future::pending::<()>().await;
    });
}
