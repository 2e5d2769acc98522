//! The map as a picture: senders on the left, each connection a curve to what it leads to, broken ones red.
//!
//! Stations stand in columns by how many connections lead to them, and in a column near those that send to them.

use super::{Hop, Map, State, label, target, verdict};
use crate::report::escape;
use crate::report::lines::columns;
use std::collections::HashMap;
use std::fmt::Write as _;

/// Pixels of one character of the font.
const CHARACTER: usize = 7;
/// Pixels of a station's height.
const HEIGHT: usize = 32;
/// Pixels between two stations of a column.
const GAP: usize = 28;
/// Pixels around everything.
const MARGIN: usize = 16;
/// Characters of a name or label that are shown; all of it is in the title.
const LONGEST: usize = 48;

/// A station as drawn.
#[derive(Debug, Clone, Default)]
struct Station {
    name: String,
    column: usize,
    x: usize,
    y: usize,
    width: usize,
}

impl Station {
    fn middle(&self) -> usize {
        self.y + HEIGHT / 2
    }
}

/// Returns the map as an SVG document.
pub fn svg(map: &Map) -> String {
    let (mut stations, ends) = stations(map);
    let labels = widest_labels(map, &stations, &ends);
    place(&mut stations, &ends, &labels);
    let width = stations.iter().map(|one| one.x + one.width).max().unwrap_or(0) + MARGIN;
    let height = stations.iter().map(|one| one.y + HEIGHT).max().unwrap_or(0) + MARGIN;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"monospace\" font-size=\"11\">\n\
         <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto-start-reverse\">\
         <path d=\"M0,0 L8,4 L0,8 z\" fill=\"context-stroke\"/></marker></defs>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    let mut between: HashMap<(usize, usize), usize> = HashMap::new();
    for (hop, &(from, to)) in map.hops.iter().zip(&ends) {
        let nth = between.entry((from, to)).or_default();
        connection(&mut out, hop, (&stations[from], &stations[to]), *nth);
        *nth += 1;
    }
    for station in &stations {
        let (x, y) = (station.x, station.y);
        let (title, stroke) = match map.fault(&station.name) {
            Some(fault) => (format!("{}: {}", station.name, fault.line()), "#cc0000"),
            None => (station.name.clone(), "#445566"),
        };
        let _ = writeln!(
            out,
            "<g><title>{}</title><rect x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{HEIGHT}\" rx=\"4\" fill=\"#f4f6f8\" stroke=\"{stroke}\"/>\
             <text x=\"{}\" y=\"{}\" text-anchor=\"middle\" fill=\"#112233\">{}</text></g>",
            xml(&title),
            station.width,
            x + station.width / 2,
            station.middle() + 4,
            xml(&short(&station.name))
        );
    }
    out.push_str("</svg>\n");
    out
}

/// Returns the stations, and the two ends of each connection.
fn stations(map: &Map) -> (Vec<Station>, Vec<(usize, usize)>) {
    let mut stations: Vec<Station> = Vec::new();
    let mut index: HashMap<String, usize> = HashMap::new();
    let mut number = |name: String| {
        *index.entry(name).or_insert_with_key(|name| {
            stations.push(Station {
                width: columns(&short(name)) * CHARACTER + 2 * MARGIN,
                name: name.clone(),
                ..Station::default()
            });
            stations.len() - 1
        })
    };
    let ends: Vec<(usize, usize)> = map
        .hops
        .iter()
        .map(|hop| (number(hop.from.clone()), number(target(hop))))
        .collect();
    // As many rounds as there are columns; a circle ends after the bound.
    const MOST_COLUMNS: usize = 12;
    for _ in 0..MOST_COLUMNS {
        let mut moved = false;
        for &(from, to) in &ends {
            let wanted = stations[from].column + 1;
            if from != to && stations[to].column < wanted && wanted < MOST_COLUMNS {
                stations[to].column = wanted;
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    (stations, ends)
}

/// Returns the pixels that the labels between a column and the next want.
fn widest_labels(map: &Map, stations: &[Station], ends: &[(usize, usize)]) -> Vec<usize> {
    let last = stations.iter().map(|one| one.column).max().unwrap_or(0);
    let mut widest = vec![0; last + 1];
    for (hop, &(from, _)) in map.hops.iter().zip(ends) {
        let column = stations[from].column;
        widest[column] = widest[column].max(columns(&short(&label(hop))) * CHARACTER);
    }
    widest
}

/// Gives each station its place.
fn place(stations: &mut [Station], ends: &[(usize, usize)], labels: &[usize]) {
    let mut x = MARGIN;
    for (column, labels) in labels.iter().enumerate() {
        let mut members: Vec<usize> = (0..stations.len())
            .filter(|&one| stations[one].column == column)
            .collect();
        if column > 0 {
            let heights = mean_heights(stations, ends);
            members.sort_by_key(|&one| (heights[one], one));
        }
        let width = members.iter().map(|&one| stations[one].width).max().unwrap_or(0);
        for (row, &one) in members.iter().enumerate() {
            stations[one].x = x;
            stations[one].y = MARGIN + row * (HEIGHT + GAP);
        }
        x += width + labels + 4 * MARGIN;
    }
}

/// Returns for each station the mean height of those that send to it and are placed.
fn mean_heights(stations: &[Station], ends: &[(usize, usize)]) -> Vec<usize> {
    let mut sums = vec![(0, 0); stations.len()];
    for &(from, to) in ends {
        let (sum, count) = sums[to];
        sums[to] = (sum + stations[from].y, count + 1);
    }
    sums.into_iter()
        .map(|(sum, count): (usize, usize)| sum / count.max(1))
        .collect()
}

fn connection(out: &mut String, hop: &Hop, (from, to): (&Station, &Station), nth: usize) {
    let (colour, dashes) = match hop.state {
        State::Broken => ("#cc0000", ""),
        State::Unknown => ("#778899", " stroke-dasharray=\"5 4\""),
        State::Outside => ("#778899", ""),
        State::Proven => ("#1a7f37", ""),
        State::Configured => ("#445566", ""),
    };
    let (x1, y1) = (from.x + from.width, from.middle());
    let (x2, y2) = (to.x, to.middle());
    // Two connections between the same stations would lie on each other.
    let bow = nth.min(20) * 14;
    let reach = x1.abs_diff(x2) / 2 + MARGIN;
    let (c1, c2) = (x1 + reach, x2.saturating_sub(reach));
    let _ = writeln!(
        out,
        "<g><title>{}</title><path d=\"M{x1},{y1} C{c1},{} {c2},{} {x2},{y2}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"{dashes} marker-end=\"url(#tip)\"/>\
         <text x=\"{}\" y=\"{}\" text-anchor=\"middle\" fill=\"{colour}\">{}</text></g>",
        xml(&verdict(hop)),
        y1 + bow,
        y2 + bow,
        usize::midpoint(x1, x2),
        usize::midpoint(y1, y2) + bow * 3 / 4 - 4,
        xml(&short(&label(hop)))
    );
}

fn short(text: &str) -> String {
    let text = escape::line(text);
    match text.chars().count() > LONGEST {
        true => text.chars().take(LONGEST - 1).chain(['…']).collect(),
        false => text.into_owned(),
    }
}

fn xml(text: &str) -> String {
    let text = escape::line(text);
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // What XML 1.0 does not allow at all.
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::tests::hop;
    use super::*;

    #[test]
    fn each_station_stands_once_and_each_connection_has_its_colour() {
        let mut next = hop(State::Unknown, Some("the file is not at hand"), &[]);
        next.from = target(&next);
        next.service = Some("Service obs/tempo".to_owned());
        let mut back = hop(State::Configured, None, &[]);
        back.from = "Service obs/tempo".to_owned();
        back.service = Some("Deployment shop/cart".to_owned());
        let map = Map {
            hops: vec![
                hop(State::Broken, Some("a < b & \"c\""), &["endpoint-service-absent"]),
                next,
                back,
            ],
            broken: Vec::new(),
        };
        let picture = svg(&map);
        assert_eq!(picture.matches("<rect x=").count(), 3);
        assert_eq!(picture.matches("<path d=\"M").count(), 3 + 1);
        assert!(picture.contains("stroke=\"#cc0000\"") && picture.contains("stroke-dasharray"));
        assert!(picture.contains("a &lt; b &amp; &quot;c&quot;"));
        assert_eq!(picture, svg(&map));
        assert!(svg(&Map::default()).ends_with("</svg>\n"));
    }

    #[test]
    fn hostile_text_stays_text() {
        let mut one = hop(State::Broken, Some("</title><script>\u{1b}[31m"), &[]);
        one.from = "\"><script>\u{0}\u{ffff}".to_owned();
        let picture = svg(&Map {
            hops: vec![one],
            broken: Vec::new(),
        });
        assert!(!picture.contains("<script>") && !picture.contains('\u{1b}') && !picture.contains('\u{0}'));
        let many = (0..2_000).map(|index| {
            let mut one = hop(State::Configured, None, &[]);
            one.from = format!("Deployment shop/app-{index}");
            one
        });
        assert!(
            svg(&Map {
                hops: many.collect(),
                broken: Vec::new()
            })
            .len()
                < 4_000_000
        );
    }
}
