//! The objects of a run, with an index by kind and name.
//!
//! Nearly every question to the evidence is "the ConfigMap of this name" or "every Service": a cluster has thousands of objects, so a
//! question may not read them all.

use super::Resource;
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::ops::Deref;
use std::sync::OnceLock;

/// Objects in the order of the evidence; reads as a slice.
#[derive(Debug, Default)]
pub struct Resources {
    all: Vec<Resource>,
    index: OnceLock<HashMap<String, OfKind, RandomState>>,
}

/// The positions of the objects of one kind.
#[derive(Debug, Default)]
struct OfKind {
    all: Vec<usize>,
    by_name: HashMap<String, Vec<usize>, RandomState>,
}

impl Resources {
    /// Adds an object.
    pub fn push(&mut self, resource: Resource) {
        self.index.take();
        self.all.push(resource);
    }

    fn index(&self) -> &HashMap<String, OfKind, RandomState> {
        self.index.get_or_init(|| {
            let mut index: HashMap<String, OfKind, RandomState> = HashMap::default();
            for (position, resource) in self.all.iter().enumerate() {
                let of_kind = match index.get_mut(resource.kind()) {
                    Some(of_kind) => of_kind,
                    None => index.entry(resource.kind().to_owned()).or_default(),
                };
                of_kind.all.push(position);
                let name = resource.reference.name.clone();
                of_kind.by_name.entry(name).or_default().push(position);
            }
            index
        })
    }

    /// Returns the objects of a kind, of whatever API group, in order.
    pub fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Resource> + Clone {
        let positions = self.index().get(kind).map_or(&[][..], |of_kind| &of_kind.all);
        positions.iter().map(|&position| &self.all[position])
    }

    /// Returns the objects of a kind and name in all namespaces, in order.
    pub fn named(&self, kind: &str, name: &str) -> impl Iterator<Item = &Resource> + Clone {
        let of_kind = self.index().get(kind);
        let positions = of_kind.and_then(|of_kind| of_kind.by_name.get(name));
        positions.into_iter().flatten().map(|&position| &self.all[position])
    }
}

impl Deref for Resources {
    type Target = [Resource];

    fn deref(&self) -> &[Resource] {
        &self.all
    }
}

impl Extend<Resource> for Resources {
    fn extend<T: IntoIterator<Item = Resource>>(&mut self, resources: T) {
        self.index.take();
        self.all.extend(resources);
    }
}

impl<'r> IntoIterator for &'r Resources {
    type Item = &'r Resource;
    type IntoIter = std::slice::Iter<'r, Resource>;

    fn into_iter(self) -> Self::IntoIter {
        self.all.iter()
    }
}
