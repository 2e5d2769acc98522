//! How long a time range is that Grafana opens with: of a dashboard, or of a panel with its own.

use crate::evidence::Cell;

/// What a dashboard without a range opens with (`grafana/grafana@v12.3.1:public/app/features/dashboard/state/DashboardModel.ts`).
const DEFAULT: i64 = 6 * 3600;

/// Returns the seconds that a panel asks for when its dashboard is opened; null when that is no length: fixed times, parts of a day.
pub(super) fn seconds(dashboard: &Cell, panel: &Cell) -> Cell {
    // A panel's own range is written as `1h`, or with the words of the dashboard's.
    if let Some(own) = panel
        .get("timeFrom")
        .filter(|own| !own.is_null() && own.text() != Some(""))
    {
        return match own
            .text()
            .and_then(|text| length(text.strip_prefix("now-").unwrap_or(text)))
        {
            Some(seconds) => Cell::from(seconds).at(own),
            None => Cell::default(),
        };
    }
    let Some(time) = dashboard.get("time").filter(|time| !time.is_null()) else {
        return Cell::from(DEFAULT).at(dashboard);
    };
    let from = time.get("from").cloned().unwrap_or_default();
    let is_open = matches!(time.text_at(&["to"]), Some("now"));
    match from.text().and_then(|text| text.strip_prefix("now-")).and_then(length) {
        Some(seconds) if is_open => Cell::from(seconds).at(&from),
        _ => Cell::default(),
    }
}

/// Reads `7d`, `90m`, and `7d/d`, which begins where a day does and so is no shorter.
fn length(text: &str) -> Option<i64> {
    let text = text.split_once('/').map_or(text, |(length, _)| length);
    let unit = text.chars().next_back()?;
    let number: i64 = text[..text.len() - unit.len_utf8()].trim().parse().ok()?;
    let unit = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86400,
        'w' => 7 * 86400,
        // The shortest month and year.
        'M' => 28 * 86400,
        'y' => 365 * 86400,
        _ => return None,
    };
    number.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Fields;

    fn map(fields: &[(&str, Cell)]) -> Cell {
        let fields: Fields = fields
            .iter()
            .map(|(key, value)| ((*key).into(), value.clone()))
            .collect();
        fields.into()
    }

    #[track_caller]
    fn check(time: Option<(&str, &str)>, own: &str, expected: Option<i64>) {
        let dashboard = match time {
            Some((from, to)) => map(&[("time", map(&[("from", from.into()), ("to", to.into())]))]),
            None => map(&[]),
        };
        let panel = match own {
            "" => map(&[]),
            own => map(&[("timeFrom", own.into())]),
        };
        let found = seconds(&dashboard, &panel);
        let found = match found.value {
            crate::evidence::Value::Int(seconds) => Some(seconds),
            _ => None,
        };
        assert_eq!(found, expected, "{time:?} {own}");
    }

    #[test]
    fn lengths_of_ranges() {
        check(None, "", Some(21600));
        check(Some(("now-7d", "now")), "", Some(604_800));
        check(Some(("now-7d/d", "now")), "", Some(604_800));
        check(Some(("now-90m", "now")), "", Some(5400));
        check(Some(("now-1M", "now")), "", Some(2_419_200));
        check(Some(("now/d", "now")), "", None);
        check(Some(("now-2d", "now-1d")), "", None);
        check(Some(("now-7d", "now/d")), "", None);
        check(Some(("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z")), "", None);
        check(Some(("now-7d", "now")), "1h", Some(3600));
        check(Some(("now-1h", "now")), "now-30d", Some(2_592_000));
        check(Some(("now-1h", "now")), "${range}", None);
        check(Some(("now-99999999999999999d", "now")), "", None);
    }
}
