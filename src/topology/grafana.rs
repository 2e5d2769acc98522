//! Grafana: its instances and sidecars, the provisioning files that are meant for them, and the data sources and dashboards in those files.
//!
//! A file is recognised by its content, whoever picks it up; whether a Grafana does so is a separate question, with an answer for each of them.
//! Nothing here asks Grafana: what people made in its pages is not known.

mod dashboard;
mod datasource;
mod expand;
mod file;
mod instance;
mod operator;
mod pick_up;
mod range;

pub use expand::{DollarName, dollar_names};
pub use pick_up::{LabelState, PickUp, near_miss_label};

use super::workload::{Namespace, Workload};
use crate::evidence::{Cell, Evidence, ResourceReference, Text};
use std::sync::Arc;

/// Everything that is known of Grafana.
#[derive(Debug, Default)]
pub struct Grafanas {
    /// The instances.
    pub instances: Vec<Instance>,
    /// The provisioning files.
    pub files: Vec<ProvisioningFile>,
    /// The data sources.
    pub datasources: Vec<Datasource>,
    /// The dashboards.
    pub dashboards: Vec<Dashboard>,
}

/// One Grafana.
#[derive(Debug)]
pub struct Instance {
    /// The indexes of workload and container; `None` for one that the Grafana operator runs.
    pub container: Option<(usize, usize)>,
    /// The object: the workload, or the operator's resource.
    pub reference: Arc<ResourceReference>,
    /// Its namespace.
    pub namespace: Namespace,
    /// The labels of the object.
    pub labels: Cell,
    /// The object.
    pub object: Cell,
    /// The sidecars that copy files for it.
    pub sidecars: Vec<Sidecar>,
    /// Why it may read data sources that cannot be seen here, if so.
    pub other_datasources: Option<String>,
    /// The files that its container sees: (object, key, path).
    pub mounted: Vec<(Arc<ResourceReference>, String, String)>,
    /// The names of the ConfigMaps and Secrets that any volume of its pod is made of.
    pub volumes_of: Vec<String>,
    /// The folder of provisioning files.
    pub provisioning: String,
}

/// What a file or a sidecar is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Data sources, in YAML.
    Datasources,
    /// One dashboard, in JSON.
    Dashboard,
    /// Where Grafana finds dashboards, in YAML.
    DashboardProvider,
    /// Something else.
    Other,
}

impl Content {
    /// Returns the word that rows carry.
    pub fn word(self) -> &'static str {
        match self {
            Content::Datasources => "datasources",
            Content::Dashboard => "dashboard",
            Content::DashboardProvider => "dashboard_provider",
            Content::Other => "other",
        }
    }
}

/// A container that copies ConfigMaps and Secrets with a label into a folder of Grafana.
#[derive(Debug)]
pub struct Sidecar {
    /// The indexes of workload and container.
    pub container: (usize, usize),
    /// The container's name.
    pub name: String,
    /// What the files are about.
    pub content: Content,
    /// The label's name; unknown when it cannot be told.
    pub label: Cell,
    /// The label's value; null: any.
    pub label_value: Cell,
    /// Which namespaces are watched.
    pub watches: Watched,
    /// Whether ConfigMaps are copied, and whether Secrets are.
    pub kinds: (bool, bool),
    /// The folder as written.
    pub folder: Cell,
    /// `WATCH`, `SLEEP` or `LIST`.
    pub method: Cell,
    /// Whether it runs before Grafana only.
    pub init: bool,
    /// Whether two files of one name are kept apart; unknown when it cannot be told.
    pub unique_file_names: Cell,
}

/// The namespaces that a sidecar watches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Watched {
    /// That of its pod.
    Own,
    /// All.
    All,
    /// These.
    Some(Vec<String>),
    /// Cannot be told, with the reason.
    Unknown(String),
}

/// One file that Grafana could read.
#[derive(Debug)]
pub struct ProvisioningFile {
    /// The object that holds it; kind `File` for a plain file.
    pub reference: Arc<ResourceReference>,
    /// The namespace of the object.
    pub namespace: Namespace,
    /// The key, which becomes the name of the file; the name of a plain file.
    pub key: String,
    /// The labels of the object.
    pub labels: Cell,
    /// The `metadata` of the object.
    pub metadata: Cell,
    /// The entry of the object, with its place.
    pub entry: Cell,
    /// The text.
    pub text: Arc<Text>,
    /// What it is about.
    pub content: Content,
    /// The content; null when it cannot be parsed.
    pub root: Cell,
    /// What is wrong with its syntax, with the byte offset.
    pub syntax_error: Option<(usize, String)>,
    /// Whether and how a Grafana gets it.
    pub pick_up: PickUp,
}

impl ProvisioningFile {
    /// Returns whether the file is no key of an object.
    pub fn is_plain(&self) -> bool {
        self.reference.kind == "File"
    }
}

/// Where something is provisioned from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The index of a file.
    File(usize),
    /// The index of an operator's resource in the evidence.
    Resource(usize),
}

/// One data source.
#[derive(Debug)]
pub struct Datasource {
    /// Where it is written.
    pub origin: Origin,
    /// The object that holds it.
    pub reference: Arc<ResourceReference>,
    /// The index of the Grafana that has it, where that is known.
    pub instance: Option<usize>,
    /// Its fields as written.
    pub config: Cell,
    /// Its name.
    pub name: Cell,
    /// Its type, for example `tempo`.
    pub kind: Cell,
    /// Its uid; the one that Grafana derives from the name when none is written.
    pub uid: Cell,
    /// Whether a uid is written.
    pub uid_written: bool,
    /// Where it sends its requests.
    pub url: Cell,
    /// The organisation, 1 by default.
    pub org_id: i64,
    /// Whether it is the default one; unknown when it cannot be told.
    pub is_default: Cell,
    /// Whether Grafana replaces `$NAME` in it.
    pub expands: bool,
    /// How Grafana gets it, when an operator's resource says so.
    pub operator: Option<OperatorMatch>,
}

/// Whether an operator's resource finds a Grafana.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperatorMatch {
    /// It selects this one.
    Matches(usize),
    /// It selects one in another namespace, which needs `allowCrossNamespaceImport`.
    OtherNamespace(usize),
    /// It selects none of those at hand.
    None,
    /// Cannot be told, with the reason.
    Unknown(String),
}

/// One dashboard.
#[derive(Debug)]
pub struct Dashboard {
    /// Where it is written.
    pub origin: Origin,
    /// The object that holds it.
    pub reference: Arc<ResourceReference>,
    /// The index of the Grafana that has it, where that is known.
    pub instance: Option<usize>,
    /// The dashboard as written, an envelope around it taken away.
    pub root: Cell,
    /// Whether it is wrapped as the API takes it: `{"dashboard": …}`.
    pub envelope: bool,
    /// The names in `__inputs` that nothing fills in.
    pub inputs: Vec<Cell>,
    /// Names of its variables that stand for data sources.
    pub datasource_variables: Vec<String>,
    /// How many panels it has, those in rows included.
    pub panels: usize,
    /// What in it names a data source.
    pub uses: Vec<DatasourceUse>,
    /// Queries to Tempo.
    pub queries: Vec<PanelQuery>,
}

/// One place of a dashboard that names a data source.
#[derive(Debug, Clone)]
pub struct DatasourceUse {
    /// The uid, or the name in old dashboards, as written.
    pub uid: Cell,
    /// The type as written; null in old dashboards.
    pub kind: Cell,
    /// Whether it is a bare string: a name, in dashboards from before Grafana 8.3.
    pub is_name: bool,
    /// `panel`, `target`, `variable` or `annotation`.
    pub place: &'static str,
    /// The title of the panel, or the name of the variable or annotation.
    pub title: Cell,
    /// The type of the panel; null elsewhere.
    pub panel_type: Cell,
    /// Further places of the same panel that name the same.
    pub again: Vec<Cell>,
}

/// One target of a panel that goes to Tempo, or has no data source that is known.
#[derive(Debug, Clone)]
pub struct PanelQuery {
    /// The target as written.
    pub target: Cell,
    /// The title of the panel.
    pub title: Cell,
    /// The type of the panel.
    pub panel_type: Cell,
    /// The uid of the data source, the panel's when the target has none.
    pub datasource: Cell,
    /// The type of the data source, the panel's when the target has none.
    pub datasource_type: Cell,
    /// The seconds that the query covers when the dashboard is opened; null when that is no length of time.
    pub range_seconds: Cell,
}

/// Builds everything about Grafana.
pub fn grafanas(evidence: &Evidence, workloads: &[Workload]) -> Grafanas {
    let instances = instance::instances(evidence, workloads);
    let mut files = file::files(evidence);
    for file in &mut files {
        file.pick_up = pick_up::pick_up(&instances, file);
    }
    let mut found = Grafanas {
        instances,
        files,
        ..Grafanas::default()
    };
    datasource::from_files(workloads, &mut found);
    dashboard::from_files(&mut found);
    operator::add(evidence, &mut found);
    found
}
