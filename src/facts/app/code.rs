//! JavaScript that sets up tracing: which files a Node program loads first, and what the code in them decides instead of the environment.

mod files;
mod preload;
mod set_up;

pub use files::JsFile;
pub(super) use files::{files_of, has_script_name, loose_files, mentions_tracing, program};
pub use preload::Preload;
pub(super) use preload::{preloads, sub_place};
pub use set_up::{CodeExporter, CodeName};
pub(super) use set_up::{
    exporter, initialisation_message, node_sdks, sdk_option, service_name, starts_sdk, url_of, with_assignments,
};
