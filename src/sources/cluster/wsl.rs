//! Linux on Windows: the kubeconfig is often the Windows user's. It is looked for and named, never used unasked.

use std::fs;
use std::path::{Path, PathBuf};

/// Where WSL shows the drives of Windows, unless `/etc/wsl.conf` says otherwise.
const DRIVES: &str = "/mnt";

/// Returns whether this is a Linux on Windows.
fn is_wsl() -> bool {
    // The variable is lost under sudo; the kernel's name is not.
    let release = || fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    std::env::var_os("WSL_DISTRO_NAME").is_some() || release().to_ascii_lowercase().contains("microsoft")
}

/// Returns what a user under WSL who has no usable kubeconfig should know.
pub(super) fn hint() -> Option<String> {
    let drives = is_wsl().then(|| PathBuf::from(DRIVES))?;
    let file = kubeconfig_of_windows(&drives)?;
    Some(format!("Windows has one: `--kubeconfig {}`", file.display()))
}

/// Returns the kubeconfig of a user of Windows below the folder of the drives.
fn kubeconfig_of_windows(drives: &Path) -> Option<PathBuf> {
    let users = fs::read_dir(drives.join("c").join("Users")).ok()?;
    let files = users.filter_map(|user| Some(user.ok()?.path().join(".kube").join("config")));
    files.filter(|file| file.is_file()).min()
}

/// Returns what WSL calls a path of Windows, which may have been taken for one relative to a folder here: `C:\Users\me` is `/mnt/c/Users/me`. `None` when
/// it is no path of Windows, or this is Windows.
pub(super) fn translated(path: &str) -> Option<String> {
    let bytes = path.as_bytes();
    let begins = |at: usize| at == 0 || bytes[at - 1] == b'/';
    let mut places = bytes.windows(3).enumerate();
    let (at, _) = places.find(|(at, three)| {
        begins(*at) && three[0].is_ascii_alphabetic() && three[1] == b':' && matches!(three[2], b'\\' | b'/')
    })?;
    let (drive, rest) = (path.get(at..at + 1)?, path.get(at + 3..)?);
    let rest = rest.replace('\\', "/");
    cfg!(unix).then(|| format!("{DRIVES}/{}/{rest}", drive.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_a_windows_user_is_found() {
        let drives = tempfile::tempdir().unwrap();
        assert_eq!(kubeconfig_of_windows(drives.path()), None);
        let users = drives.path().join("c/Users");
        fs::create_dir_all(users.join("Public")).unwrap();
        assert_eq!(kubeconfig_of_windows(drives.path()), None);
        let folder = users.join("jane doe/.kube");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("config"), "").unwrap();
        assert_eq!(kubeconfig_of_windows(drives.path()), Some(folder.join("config")));
    }

    #[cfg(unix)]
    #[test]
    fn a_path_of_windows_has_another_name_here() {
        let check = |path: &str, expected: Option<&str>| assert_eq!(translated(path).as_deref(), expected, "{path}");
        check(
            r"C:\Users\jane doe\.kube\config",
            Some("/mnt/c/Users/jane doe/.kube/config"),
        );
        check(r"/home/jane/.kube/C:\ca.crt", Some("/mnt/c/ca.crt"));
        check("d:/kube/config", Some("/mnt/d/kube/config"));
        check("/home/jane/.kube/config", None);
        check("https://127.0.0.1", None);
        check("", None);
    }
}
