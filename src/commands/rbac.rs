//! `tracedoctor rbac`: the least rights that a run needs, for `kubectl apply`.

use super::embedded;
use super::error::CommandError;
use super::output;
use crate::checks::{Catalog, Reading};
use crate::cli::{RbacArguments, RoleKind};
use crate::facts::schema;
use crate::sources::cluster::{Right, rights};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// The name of all that is printed.
const NAME: &str = "tracedoctor";

/// Runs the command.
///
/// # Errors
/// Wrong arguments, or output that cannot be written.
pub fn rbac(arguments: &RbacArguments) -> Result<u8, CommandError> {
    let catalog = embedded::selected(&arguments.selection, Reading::Proven)?;
    let kind = arguments.kind.unwrap_or(match arguments.namespace.is_empty() {
        true => RoleKind::Clusterrole,
        false => RoleKind::Role,
    });
    if kind == RoleKind::Role && arguments.namespace.is_empty() {
        return Err(CommandError::usage("a Role is of a namespace").hint("name it: `-n NAMESPACE`, repeatable"));
    }
    let (account_namespace, account) = account(arguments)?;
    let mut needs = needs(&catalog);
    // A command runs only with `--exec`, so its right is not asked for unasked.
    needs.retain(|need| match *need {
        "pods/exec" => arguments.exec,
        "pods/proxy" => !arguments.no_endpoints,
        _ => true,
    });
    let rules = rules(&rights(&needs));
    let subject = format!("subjects:\n- {{kind: ServiceAccount, name: {account}, namespace: {account_namespace}}}\n");
    let header = "apiVersion: rbac.authorization.k8s.io/v1\n";
    let mut documents = Vec::new();
    match kind {
        RoleKind::Clusterrole => {
            documents.push(format!(
                "{header}kind: ClusterRole\nmetadata: {{name: {NAME}}}\n{rules}"
            ));
            let bound = format!("roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {NAME}}}\n");
            match arguments.namespace.as_slice() {
                [] => documents.push(format!(
                    "{header}kind: ClusterRoleBinding\nmetadata: {{name: {NAME}}}\n{bound}{subject}"
                )),
                named => documents.extend(named.iter().map(|namespace| {
                    format!("{header}kind: RoleBinding\nmetadata: {{name: {NAME}, namespace: {namespace}}}\n{bound}{subject}")
                })),
            }
        }
        RoleKind::Role => {
            for namespace in &arguments.namespace {
                let metadata = format!("metadata: {{name: {NAME}, namespace: {namespace}}}\n");
                documents.push(format!("{header}kind: Role\n{metadata}{rules}"));
                documents.push(format!(
                    "{header}kind: RoleBinding\n{metadata}roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: {NAME}}}\n{subject}"
                ));
            }
        }
    }
    let mut text = format!(
        "# What tracedoctor reads for {} checks: nothing else, no Secret, and it changes nothing.\n",
        catalog.len()
    );
    text.push_str(&documents.join("---\n"));
    output::print(&text)?;
    Ok(0)
}

/// Returns the account that gets the rights: its namespace and its name.
fn account(arguments: &RbacArguments) -> Result<(String, String), CommandError> {
    let namespace = || {
        arguments
            .namespace
            .first()
            .cloned()
            .unwrap_or_else(|| "default".to_owned())
    };
    for name in &arguments.namespace {
        named(name)?;
    }
    match arguments.account.as_deref() {
        None => Ok((namespace(), NAME.to_owned())),
        Some(text) => match text.split_once('/') {
            Some((namespace, name)) => Ok((named(namespace)?.to_owned(), named(name)?.to_owned())),
            None => Ok((namespace(), named(text)?.to_owned())),
        },
    }
}

/// What goes into YAML as it is has to be a name of Kubernetes.
fn named(text: &str) -> Result<&str, CommandError> {
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    match !text.is_empty() && text.len() <= 253 && text.bytes().all(is_name) {
        true => Ok(text),
        false => Err(CommandError::usage(format!("`{text}` is no name of Kubernetes"))
            .hint("names have small letters, digits and `-`")),
    }
}

/// Returns the resources that the tables of the checks are made of.
fn needs(catalog: &Catalog) -> Vec<&'static str> {
    let mut found: BTreeSet<&'static str> = BTreeSet::new();
    for check in catalog.iter() {
        let reads = schema::table(check.each).map_or(&[][..], |table| table.reads);
        found.extend(reads.iter().map(|read| read.resource));
        if !check.logs.is_empty() {
            found.insert("pods/log");
        }
    }
    found.into_iter().collect()
}

fn rules(rights: &[Right]) -> String {
    let mut out = "rules:\n".to_owned();
    for right in rights {
        let group = if right.group.is_empty() { "\"\"" } else { &right.group };
        let _ = writeln!(
            out,
            "- {{apiGroups: [{group}], resources: [{}], verbs: [{}]}}",
            right.resources.join(", "),
            right.verbs.join(", ")
        );
    }
    out
}
