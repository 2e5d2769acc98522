//! Lists in pages, and single objects, as values without the parts that only bookkeeping needs.

use super::failure::Failure;
use super::protobuf;
use super::request::{Accept, Api};
pub(super) use crate::topology::store::encoded as encode;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::fmt;

/// Objects of one page.
const PAGE: usize = 500;
/// More pages than this are a loop of the server.
const MOST_PAGES: usize = 2_000;
/// The whole object, as `kubectl apply` last saw it: it repeats everything, secrets too.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// One kind, as the API serves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Served {
    /// `v1`, or group and version: `apps/v1`.
    pub(super) api_version: String,
    /// The plural of the path, for example `deployments`.
    pub(super) resource: String,
    /// For example `Deployment`.
    pub(super) kind: String,
}

impl Served {
    pub(super) fn new(api_version: &str, resource: &str, kind: &str) -> Served {
        Served {
            api_version: api_version.to_owned(),
            resource: resource.to_owned(),
            kind: kind.to_owned(),
        }
    }

    /// Returns the path of the list, in one namespace or in all.
    pub(super) fn path(&self, namespace: Option<&str>) -> String {
        let root = match self.api_version.contains('/') {
            true => format!("/apis/{}", self.api_version),
            false => format!("/api/{}", self.api_version),
        };
        match namespace {
            Some(namespace) => format!("{root}/namespaces/{}/{}", encode(namespace), self.resource),
            None => format!("{root}/{}", self.resource),
        }
    }
}

/// One object of the API without bookkeeping.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Object {
    pub(super) value: Value,
    /// Which data changed last, for a ConfigMap to keep.
    last_change: Option<Value>,
}

impl Object {
    /// Returns a value as an object of which nothing more is known.
    #[cfg(test)]
    pub(super) fn of(value: Value) -> Object {
        Object {
            value,
            last_change: None,
        }
    }

    /// Returns the text at a path of keys.
    pub(super) fn text(&self, keys: &[&str]) -> Option<&str> {
        text_at(&self.value, keys)
    }
}

/// What a list gave: all of it, or the pages before it failed.
#[derive(Debug)]
pub(super) struct List<T = Object> {
    pub(super) items: Vec<T>,
    /// How many items were no objects with a name.
    pub(super) odd: usize,
    pub(super) failure: Option<Failure>,
}

impl<T> Default for List<T> {
    fn default() -> List<T> {
        List {
            items: Vec::new(),
            odd: 0,
            failure: None,
        }
    }
}

/// What becomes of each object as it is read.
type Make<'m, T> = &'m (dyn Fn(Object) -> T + Sync);

/// One page. Each item is made into what is wanted of it before the next one is read, so that a page never stands in memory as values.
struct Page<'p, T> {
    served: &'p Served,
    make: Make<'p, T>,
    items: Vec<T>,
    odd: usize,
    next: Option<String>,
}

/// Reads a page into the one that it borrows.
struct PageSeed<'s, 'p, T>(&'s mut Page<'p, T>);

/// Reads the items of a page into the one that it borrows.
struct ItemsSeed<'s, 'p, T>(&'s mut Page<'p, T>);

impl<'de, T> DeserializeSeed<'de> for PageSeed<'_, '_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T> Visitor<'de> for PageSeed<'_, '_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a page of a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "metadata" => self.0.next = map.next_value::<PageMetadata>()?.next,
                "items" => map.next_value_seed(ItemsSeed(self.0))?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

impl<'de, T> DeserializeSeed<'de> for ItemsSeed<'_, '_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T> Visitor<'de> for ItemsSeed<'_, '_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of objects")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<(), A::Error> {
        let page = self.0;
        while let Some(item) = sequence.next_element::<Value>()? {
            page.take(item);
        }
        Ok(())
    }
}

impl<T> Page<'_, T> {
    fn take(&mut self, item: Value) {
        match tidy(item) {
            Some(object) => self.items.push((self.make)(of_kind(object, self.served))),
            None => self.odd += 1,
        }
    }
}

#[derive(Deserialize, Default)]
struct PageMetadata {
    #[serde(rename = "continue")]
    next: Option<String>,
}

/// Reads a list page by page; one that expires on the way (410) is begun anew, once.
pub(super) async fn list(
    api: &Api,
    served: &Served,
    namespace: Option<&str>,
    selector: Option<&str>,
    accept: Accept,
) -> List {
    list_as(api, served, namespace, selector, accept, &|object| object).await
}

/// Reads a list like [`list`], and makes of each object what is wanted of it as it is read.
pub(super) async fn list_as<T>(
    api: &Api,
    served: &Served,
    namespace: Option<&str>,
    selector: Option<&str>,
    accept: Accept,
    make: Make<'_, T>,
) -> List<T> {
    let query = selector.map(|selector| format!("&labelSelector={}", encode(selector)));
    let query = query.as_deref().unwrap_or_default();
    list_query(api, served, namespace, query, accept, make).await
}

/// Reads those objects of a list whose fields have certain values.
pub(super) async fn list_by_fields(api: &Api, served: &Served, namespace: &str, fields: &str) -> List {
    let query = format!("&fieldSelector={}", encode(fields));
    list_query(api, served, Some(namespace), &query, Accept::Json, &|object| object).await
}

async fn list_query<T>(
    api: &Api,
    served: &Served,
    namespace: Option<&str>,
    query: &str,
    accept: Accept,
    make: Make<'_, T>,
) -> List<T> {
    let first = pages(api, served, namespace, query, accept, make).await;
    match first.failure {
        Some(Failure::Gone) => pages(api, served, namespace, query, accept, make).await,
        _ => first,
    }
}

async fn pages<T>(
    api: &Api,
    served: &Served,
    namespace: Option<&str>,
    query: &str,
    accept: Accept,
    make: Make<'_, T>,
) -> List<T> {
    let mut list = List::default();
    let mut next: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let path = page_path(served, namespace, query, next.as_deref());
        let page = match api.get(&path, accept).await {
            Ok(bytes) => read_page(&bytes, served, make, &mut list),
            Err(failure) => Err(failure),
        };
        match page {
            Ok(None) => return list,
            Ok(more) => next = more,
            Err(failure) => {
                list.failure = Some(failure);
                return list;
            }
        }
    }
    list.failure = Some(Failure::Malformed("the list has no end".to_owned()));
    list
}

fn page_path(served: &Served, namespace: Option<&str>, query: &str, next: Option<&str>) -> String {
    let mut path = format!("{}?limit={PAGE}{query}", served.path(namespace));
    if let Some(next) = next {
        path.push_str(&format!("&continue={}", encode(next)));
    }
    path
}

/// Adds the items of a page and returns the token of the next one. An item that cannot be read is counted and stops nothing.
fn read_page<T>(
    bytes: &[u8],
    served: &Served,
    make: Make<'_, T>,
    list: &mut List<T>,
) -> Result<Option<String>, Failure> {
    let mut page = Page {
        served,
        make,
        items: Vec::new(),
        odd: 0,
        next: None,
    };
    if protobuf::is(bytes) {
        let read = protobuf::read_list(bytes, |item| page.take(item.unwrap_or_default()));
        page.next = read.map_err(|error| Failure::Malformed(error.to_owned()))?;
    } else {
        let mut deserializer = serde_json::Deserializer::from_slice(bytes);
        PageSeed(&mut page)
            .deserialize(&mut deserializer)
            .and_then(|()| deserializer.end())
            .map_err(|error| Failure::Malformed(error.to_string()))?;
    }
    list.odd += page.odd;
    list.items.extend(page.items);
    Ok(page.next.filter(|next| !next.is_empty()))
}

/// Gets one object.
pub(super) async fn get(api: &Api, served: &Served, namespace: Option<&str>, name: &str) -> Result<Object, Failure> {
    let path = format!("{}/{}", served.path(namespace), encode(name));
    let bytes = api.get(&path, Accept::Json).await?;
    let value = serde_json::from_slice(&bytes).map_err(|error| Failure::Malformed(error.to_string()))?;
    let named = tidy(value).ok_or_else(|| Failure::Malformed("an object without a name".to_owned()))?;
    Ok(of_kind(named, served))
}

/// Returns an object without bookkeeping; `None` when it has no name.
fn tidy(value: Value) -> Option<Object> {
    let Value::Object(mut fields) = value else {
        return None;
    };
    let metadata = fields.get_mut("metadata")?.as_object_mut()?;
    metadata.get("name")?.as_str().filter(|name| !name.is_empty())?;
    let managed = metadata.shift_remove("managedFields");
    let last_change = managed.as_ref().and_then(last_change);
    if let Some(Value::Object(annotations)) = metadata.get_mut("annotations") {
        annotations.shift_remove(LAST_APPLIED);
        if annotations.is_empty() {
            metadata.shift_remove("annotations");
        }
    }
    Some(Object {
        value: Value::Object(fields),
        last_change,
    })
}

/// Returns an object with its kind, which lists leave out, in front.
fn of_kind(object: Object, served: &Served) -> Object {
    let mut whole = serde_json::Map::new();
    whole.insert("apiVersion".to_owned(), served.api_version.clone().into());
    whole.insert("kind".to_owned(), served.kind.clone().into());
    if let Value::Object(mut fields) = object.value {
        fields.shift_remove("apiVersion");
        fields.shift_remove("kind");
        if served.kind == "ConfigMap"
            && let Some(change) = &object.last_change
            && let Some(Value::Object(metadata)) = fields.get_mut("metadata")
        {
            metadata.insert("lastChange".to_owned(), change.clone());
        }
        whole.extend(fields);
    }
    Object {
        value: Value::Object(whole),
        ..object
    }
}

/// Returns when the data of an object was changed last, and what the one who did so owns: what is left of the managed fields.
fn last_change(managed: &Value) -> Option<Value> {
    let entries = managed.as_array()?.iter().filter_map(|entry| {
        let fields = entry.get("fieldsV1")?.as_object()?;
        let data = fields.get("f:data")?.as_object()?;
        Some((text_at(entry, &["time"])?, fields, data))
    });
    // Times of the API have one form and sort as texts.
    let (time, fields, data) = entries.max_by_key(|(time, ..)| *time)?;
    let keys = data.keys().filter_map(|key| key.strip_prefix("f:"));
    let mut names: Vec<String> = keys.map(|key| format!("data.{key}")).collect();
    let metadata = fields.get("f:metadata").and_then(Value::as_object);
    let owns_more = metadata.into_iter().flatten().any(|(name, below)| match name.as_str() {
        "." => false,
        "f:annotations" => below
            .as_object()
            .into_iter()
            .flatten()
            .any(|(name, _)| name != "." && !name.contains(LAST_APPLIED)),
        _ => true,
    });
    if owns_more {
        names.push("metadata".to_owned());
    }
    Some(serde_json::json!({"time": time, "fields": names}))
}

/// Returns the text at a path of keys in a value.
pub(super) fn text_at<'v>(value: &'v Value, keys: &[&str]) -> Option<&'v str> {
    keys.iter().try_fold(value, |value, key| value.get(key))?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn bookkeeping_is_dropped_and_the_kind_added() {
        let served = Served::new("v1", "services", "Service");
        let item = json!({
            "metadata": {"name": "a", "managedFields": [1], "annotations": {LAST_APPLIED: "{}", "x": "y"}},
            "spec": {"managedFields": "stays"},
        });
        let expected = json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": {"name": "a", "annotations": {"x": "y"}},
            "spec": {"managedFields": "stays"},
        });
        let object = of_kind(tidy(item).unwrap(), &served);
        assert_eq!(object.value, expected);
        for odd in [
            json!(null),
            json!([]),
            json!({}),
            json!({"metadata": {"name": ""}}),
            json!({"metadata": {"name": 1}}),
        ] {
            assert_eq!(tidy(odd.clone()), None, "{odd}");
        }
    }

    #[test]
    fn of_the_managed_fields_the_last_change_of_the_data_stays() {
        let check = |fields: Value, expected: Value| {
            let managed = json!([
                {"time": "2026-01-04T08:00:00Z", "fieldsV1": {"f:data": {"f:old": {}}}},
                {"time": "2026-01-06T08:00:00Z", "fieldsV1": {"f:metadata": {"f:labels": {}}}},
                {"time": "2026-01-05T08:00:00Z", "fieldsV1": fields},
            ]);
            let item = json!({"metadata": {"name": "a", "managedFields": managed}});
            let served = Served::new("v1", "configmaps", "ConfigMap");
            let tidied = of_kind(tidy(item).unwrap(), &served).value;
            assert_eq!(tidied["metadata"]["lastChange"]["fields"], expected);
            assert_eq!(tidied["metadata"]["lastChange"]["time"], "2026-01-05T08:00:00Z");
        };
        let applied = format!("f:{LAST_APPLIED}");
        check(
            json!({"f:data": {".": {}, "f:relay.yaml": {}}, "f:metadata": {"f:annotations": {".": {}, applied: {}}}}),
            json!(["data.relay.yaml"]),
        );
        check(
            json!({"f:data": {"f:a": {}}, "f:metadata": {"f:labels": {"f:app": {}}}}),
            json!(["data.a", "metadata"]),
        );
        assert_eq!(
            last_change(&json!([{"time": "x"}, 7, {"fieldsV1": {"f:data": {}}}])),
            None
        );
    }

    #[test]
    fn an_odd_item_stops_nothing() {
        let mut list = List::default();
        let served = Served::new("v1", "services", "Service");
        let page = br#"{"items":[{"metadata":{"name":"a"}},7,{"metadata":{"name":"b"},"spec":{"type":{"Unknown":[]}}}],"metadata":{"continue":"x y"}}"#;
        assert_eq!(
            read_page(page, &served, &|object| object, &mut list),
            Ok(Some("x y".to_owned()))
        );
        assert_eq!((list.items.len(), list.odd), (2, 1));
        assert_eq!(
            page_path(&served, Some("n"), "&labelSelector=a%3Db%2Cc", Some("x y")),
            "/api/v1/namespaces/n/services?limit=500&labelSelector=a%3Db%2Cc&continue=x%20y"
        );
        assert_eq!(
            read_page(b"{\"items\":null}", &served, &|object| object, &mut list),
            Ok(None)
        );
        assert!(read_page(b"{\"items\":[", &served, &|object| object, &mut list).is_err());
    }
}
