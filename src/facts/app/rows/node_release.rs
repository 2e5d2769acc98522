//! Whether the Node of an image is older than the SDK wants that it loads.
//!
//! SDK 2 wants `^18.19.0 || >=20.6.0` (`open-telemetry/opentelemetry-js@v2.0.0:packages/opentelemetry-core/package.json`), SDK 3 `>=22.15.0` by its
//! packages in the registry. Only images whose tag is the release of Node tell it, and those of Rocket.Chat, which had Node 14 or an older one up to 6.2
//! (`RocketChat/Rocket.Chat#29271`).

use crate::evidence::Cell;
use crate::facts::app::AppView;
use crate::releases::{Language, Precision, Program, Release, Version};
use crate::topology::sdk::Answer;
use crate::topology::workload::Container;

/// Node of an image: the release as far as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Node {
    version: Version,
    precision: Precision,
}

/// Returns the image where its Node is older than the SDK wants; null where it is not, or one of both is not known.
pub(super) fn too_old(container: &Container, view: &AppView) -> Cell {
    let generation = match &view.generation {
        Answer::Known(generation) => Some(*generation),
        Answer::Unknown(_) => view.at_least,
    };
    match (node_of(container), generation) {
        (Some(node), Some(generation)) if node.is_below(generation) => container.image.clone(),
        _ => Cell::default(),
    }
}

/// Returns the first number of the release of Node in the image.
pub(super) fn major(container: &Container) -> Option<i64> {
    node_of(container).map(|node| i64::from(node.version.major))
}

fn node_of(container: &Container) -> Option<Node> {
    if let Some(node) = of_rocket_chat(container) {
        return Some(node);
    }
    let known = container.program.as_ref().filter(|known| known.is_listed)?;
    let (version, precision) = match known.release {
        Release::Exact(version) => (version, Precision::Patch),
        Release::Within(version, precision) => (version, precision),
        _ => return None,
    };
    (known.program == Program::Runtime(Language::NodeJs)).then_some(Node { version, precision })
}

fn of_rocket_chat(container: &Container) -> Option<Node> {
    let image = container.image_reference.as_ref()?;
    let is_own = ["rocketchat/rocket.chat", "library/rocket.chat", "rocket.chat"]
        .iter()
        .any(|name| image.repository == *name || image.repository.ends_with(&format!("/{name}")));
    let release = Version::parse(image.tag.as_deref()?).filter(|_| is_own)?;
    (release.major >= 4 && release < Version::new(6, 3, 0)).then_some(Node {
        version: Version::new(14, 0, 0),
        precision: Precision::Major,
    })
}

impl Node {
    /// Whether even the newest release that is possible is too old.
    fn is_below(self, generation: u32) -> bool {
        let most = u32::MAX;
        let newest = match self.precision {
            Precision::Major => Version::new(self.version.major, most, most),
            Precision::Minor => Version::new(self.version.major, self.version.minor, most),
            Precision::Patch => self.version,
        };
        match generation {
            2 => newest < Version::new(18, 19, 0) || (newest.major >= 19 && newest < Version::new(20, 6, 0)),
            3 => newest < Version::new(22, 15, 0),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(tag: &str, generation: u32, expected: bool) {
        let (version, precision) = Version::parse_with_precision(tag).expect("it is a release");
        assert_eq!(
            Node { version, precision }.is_below(generation),
            expected,
            "{tag} {generation}"
        );
    }

    #[test]
    fn what_each_generation_wants() {
        for (tag, of_two, of_three) in [
            ("14.21.3", true, true),
            ("16-alpine", true, true),
            ("18.18.2", true, true),
            ("18", false, true),
            ("18.20-alpine", false, true),
            ("19", true, true),
            ("20", false, true),
            ("20.5.1", true, true),
            ("22.14.0", false, true),
            ("22", false, false),
            ("22.15.0-slim", false, false),
            ("24.1", false, false),
        ] {
            check(tag, 1, false);
            check(tag, 2, of_two);
            check(tag, 3, of_three);
        }
    }
}
