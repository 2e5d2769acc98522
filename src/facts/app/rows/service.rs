//! The name of the service: by variables or by code, and the other name that does not hold.

use crate::evidence::Cell;
use crate::facts::app::AppParts;
use crate::facts::app::AppView;
use crate::facts::app::account::answer_cell;
use crate::topology::sdk::ServiceNameSource;

pub(super) fn service_name(parts: &AppParts<'_>, view: &AppView) -> Cell {
    let by_variables = &view.settings.service_name;
    if let Some((name, cell)) = decisive_code_name(parts, view) {
        return match name {
            Ok(name) => Cell::from(name).at(&cell),
            Err(reason) => Cell::unknown(reason).at(&cell),
        };
    }
    if view.hides_code && by_variables.from == ServiceNameSource::Default {
        return Cell::unknown("code that is not at hand may name the service");
    }
    let variable = match by_variables.from {
        ServiceNameSource::ServiceName => view.environment.cell("OTEL_SERVICE_NAME"),
        ServiceNameSource::ResourceAttributes => view.environment.cell("OTEL_RESOURCE_ATTRIBUTES"),
        ServiceNameSource::Default => Cell::default(),
    };
    answer_cell(&by_variables.value).at(&variable)
}

/// The name of code, when it wins: `serviceName` always, a resource only over the default.
fn decisive_code_name(parts: &AppParts<'_>, view: &AppView) -> Option<(Result<String, String>, Cell)> {
    let name = view.code_name.as_ref()?;
    let is_default = view.settings.service_name.from == ServiceNameSource::Default;
    if !name.wins && !is_default {
        return None;
    }
    let file = view.preloads.iter().find_map(|preload| preload.file)?;
    let cell = parts.understanding.files[file].cell_at(Cell::default(), name.span.clone());
    Some((name.value.clone(), cell))
}

pub(super) fn service_name_from(view: &AppView) -> Cell {
    let is_default = view.settings.service_name.from == ServiceNameSource::Default;
    if view.app.instrumentation == "rocket_chat" || view.code_name.as_ref().is_some_and(|name| name.wins || is_default)
    {
        return "code".into();
    }
    match view.settings.service_name.from {
        ServiceNameSource::ServiceName => Cell::from("service_name").at(&view.environment.cell("OTEL_SERVICE_NAME")),
        ServiceNameSource::ResourceAttributes => {
            Cell::from("resource_attributes").at(&view.environment.cell("OTEL_RESOURCE_ATTRIBUTES"))
        }
        // Of a library nothing shows what its code sets, nor of code whose set-up is not at hand.
        ServiceNameSource::Default if view.hides_code => Cell::unknown("code that is not at hand may name the service"),
        ServiceNameSource::Default => "default".into(),
    }
}

/// Another name that is set and does not hold.
pub(super) fn overwritten(parts: &AppParts<'_>, view: &AppView) -> Cell {
    if let Some(other) = &view.settings.service_name.overwritten {
        return Cell::from(other.as_str()).at(&view.environment.cell("OTEL_RESOURCE_ATTRIBUTES"));
    }
    let variables = &view.settings.service_name;
    let Some(name) = view.code_name.as_ref() else {
        return Cell::default();
    };
    match (name.wins, &name.value, variables.value.known()) {
        (true, Ok(code), Some(variable)) if variables.from != ServiceNameSource::Default && code != variable => {
            Cell::from(variable.as_str()).at(&view.environment.cell("OTEL_SERVICE_NAME"))
        }
        (false, Ok(code), Some(variable)) if variables.from != ServiceNameSource::Default && code != variable => {
            match view.preloads.iter().find_map(|preload| preload.file) {
                Some(file) => parts.understanding.files[file].cell_at(code.as_str(), name.span.clone()),
                None => code.as_str().into(),
            }
        }
        _ => Cell::default(),
    }
}
