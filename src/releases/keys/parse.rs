//! Reads the table of keys: lines beginning with `=` open a section, one space of indentation is one level.

use super::super::components::ComponentKind;
use super::super::table::{Row, TableError, parse_version};
use super::super::version::Version;
use super::{Earlier, Flags, KEYS, KeyNode, KeySection, Lifetime, Method, SectionKind, Since, Until, ValueKind};

const HEADING: &str = "# key\ttype\tflags\tdefault\tsince\tuntil\twas";

/// Returns the sections in the order of the table.
pub(super) fn sections(text: &str) -> Result<Vec<KeySection>, TableError> {
    let mut lines = text.lines().enumerate();
    if lines.next().is_none_or(|(_, line)| line.trim_end() != HEADING) {
        return Err(TableError::new(KEYS, 1, format!("the heading should be `{HEADING}`")));
    }
    let mut sections: Vec<KeySection> = Vec::new();
    // The open ancestors of the next key, the root first.
    let mut open: Vec<u32> = Vec::new();
    for (index, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        let number = index + 1;
        if let Some(head) = line.strip_prefix("= ") {
            sections.push(section_head(number, head)?);
            open = vec![0];
            continue;
        }
        let section = sections
            .last_mut()
            .ok_or_else(|| TableError::new(KEYS, number, "a key before the first section"))?;
        let depth = line.len() - line.trim_start_matches(' ').len();
        if depth >= open.len() {
            return Err(TableError::new(KEYS, number, "indented by more than one level"));
        }
        open.truncate(depth + 1);
        let node = key(&Row::split(KEYS, number, &line[depth..]), section.nodes.len() as u32)?;
        let end = node.end;
        open.push(section.nodes.len() as u32);
        section.nodes.push(node);
        for ancestor in &open[..=depth] {
            section.nodes[*ancestor as usize].end = end;
        }
    }
    let newest = sections
        .iter()
        .map(|section| section.last)
        .max()
        .unwrap_or(Version::ZERO);
    for section in sections
        .iter_mut()
        .filter(|section| section.kind == SectionKind::Config)
    {
        // The top level has not changed in any release looked at, and says so by having no columns of its own.
        section.last = newest;
    }
    Ok(sections)
}

fn section_head(number: usize, head: &str) -> Result<KeySection, TableError> {
    let row = Row::split(KEYS, number, head);
    let kind = match row.required(0)? {
        "config" => SectionKind::Config,
        "service" => SectionKind::Service,
        word => SectionKind::Component(word.parse::<ComponentKind>().map_err(|()| row.error("unknown kind"))?),
    };
    let root = KeyNode {
        name: "".into(),
        kind: ValueKind::Block,
        flags: Flags::default(),
        lifetimes: [Lifetime {
            since: Since::Start,
            until: Until::Still,
        }]
        .into(),
        earlier: None,
        default: None,
        older_defaults: Box::default(),
        line: number as u32,
        end: 1,
    };
    let mut section = KeySection {
        kind,
        names: Box::default(),
        first: Version::new(0, 88, 0),
        last: Version::ZERO,
        method: Method::Core,
        by_minor: false,
        line: number as u32,
        nodes: vec![root],
    };
    if kind != SectionKind::Config {
        section.names = row.required(1)?.split(',').map(|name| name.trim().into()).collect();
        section.by_minor = row.required(2)?.starts_with("contrib/");
        section.first = row.required_version(3)?;
        section.last = row.required_version(4)?;
        section.method = match row.required(5)? {
            "core" => Method::Core,
            "module+third" => Method::ModuleAndThird,
            "third" => Method::Third,
            other => return Err(row.error(format!("unknown method `{other}`"))),
        };
    }
    Ok(section)
}

fn key(row: &Row<'_>, index: u32) -> Result<KeyNode, TableError> {
    let kind = row.required(1)?;
    let mut flags = Flags::default();
    for flag in row.text(2).chars() {
        match flag {
            '?' => flags.optional = true,
            'o' => flags.open = true,
            'x' => flags.own_decoder = true,
            '3' => flags.third = true,
            other => return Err(row.error(format!("unknown flag `{other}`"))),
        }
    }
    let (default, older_defaults) = defaults(row)?;
    Ok(KeyNode {
        name: row.required(0)?.into(),
        kind: ValueKind::parse(kind).ok_or_else(|| row.error(format!("unknown type `{kind}`")))?,
        flags,
        lifetimes: lifetimes(row)?,
        earlier: earlier(row)?,
        default,
        older_defaults,
        line: row.line as u32,
        end: index + 1,
    })
}

/// The newest default, and older ones with the probe that saw each, newest probe first.
type Defaults = (Option<Box<str>>, Box<[(Version, Box<str>)]>);

/// Reads `30s (0.155: zero)`, where several older values are divided by `;` or `,`.
fn defaults(row: &Row<'_>) -> Result<Defaults, TableError> {
    let text = row.text(3);
    if text.is_empty() {
        return Ok((None, Box::default()));
    }
    let Some((newest, older)) = text.strip_suffix(')').and_then(|text| text.rsplit_once(" (")) else {
        return Ok((Some(text.into()), Box::default()));
    };
    let mut values = Vec::new();
    for part in older.split([';', ',']) {
        let pair = part.trim().split_once(": ");
        let parsed = pair.and_then(|(release, value)| Some((Version::parse(release)?, value.into())));
        values.push(parsed.ok_or_else(|| row.error(format!("`{part}` is no older default such as `0.155: zero`")))?);
    }
    values.sort_by_key(|(release, _)| std::cmp::Reverse(*release));
    Ok((Some(newest.into()), values.into()))
}

/// Reads the columns since and until, each of which may hold one text per range, divided by `;`.
fn lifetimes(row: &Row<'_>) -> Result<Box<[Lifetime]>, TableError> {
    let (since, until) = (row.text(4), row.text(5));
    let (first, last): (Vec<&str>, Vec<&str>) = (since.split(';').collect(), until.split(';').collect());
    (0..first.len().max(last.len()))
        .map(|index| {
            let text = |list: &[&str]| list.get(index).copied().unwrap_or("").to_owned();
            // `0.92.0;0.144.0` with `0.102.1` has one end, that of the first range.
            Ok(Lifetime {
                since: since_of(row, &text(&first))?,
                until: until_of(row, &text(&last))?,
            })
        })
        .collect()
}

fn since_of(row: &Row<'_>, text: &str) -> Result<Since, TableError> {
    Ok(match bound(row, text)? {
        Bound::Empty => Since::Start,
        Bound::At(release, inferred) => Since::At { release, inferred },
        Bound::Between(one, two) => Since::Between(one, two),
    })
}

fn until_of(row: &Row<'_>, text: &str) -> Result<Until, TableError> {
    Ok(match bound(row, text)? {
        Bound::Empty => Until::Still,
        Bound::At(release, inferred) => Until::At { release, inferred },
        Bound::Between(one, two) => Until::Between(one, two),
    })
}

enum Bound {
    Empty,
    At(Version, bool),
    Between(Version, Version),
}

fn bound(row: &Row<'_>, text: &str) -> Result<Bound, TableError> {
    let version = |text: &str| parse_version(row.file, row.line, text);
    if text.is_empty() {
        return Ok(Bound::Empty);
    }
    if let Some((one, two)) = text.split_once("..") {
        return Ok(Bound::Between(version(one)?, version(two)?));
    }
    Ok(match text.strip_suffix('~') {
        Some(text) => Bound::At(version(text)?, true),
        None => Bound::At(version(text)?, false),
    })
}

fn earlier(row: &Row<'_>) -> Result<Option<Earlier>, TableError> {
    let text = row.text(6);
    if text.is_empty() {
        return Ok(None);
    }
    let unknown = || row.error(format!("`{text}` is neither `closed before V` nor `type before V`"));
    let (what, release) = text.split_once(" before ").ok_or_else(unknown)?;
    let release = parse_version(row.file, row.line, release)?;
    if what == "closed" {
        return Ok(Some(Earlier::ClosedBefore(release)));
    }
    ValueKind::parse(what)
        .map(|kind| Some(Earlier::Was(kind, release)))
        .ok_or_else(unknown)
}
