//! The plans whose statements are looked at: the examples, and what none of them switches on.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::command::Terraform;
use super::home;
use super::policies::{self, Policies};
use crate::package::FUNCTIONS;
use crate::workspace::Workspace;

/// A deployment to plan.
struct Shape {
    name: &'static str,
    /// Below `terraform/`.
    folder: &'static str,
    variables: &'static [(&'static str, &'static str)],
}

const SHAPES: [Shape; 4] = [
    Shape { name: "complete", folder: "examples/complete", variables: &[] },
    Shape { name: "no-database", folder: "examples/no-database", variables: &[] },
    Shape { name: "postgres", folder: "examples/postgres", variables: &[("mail_from", "office@school.example")] },
    Shape {
        name: "private",
        folder: "",
        variables: &[
            ("network", "endpoints"),
            ("identity", r#"{ token_keys = "{\"keys\":[]}" }"#),
            ("notifications", r#"{ notifier = "sns", sms = { enabled = true } }"#),
            ("kms_key_arn", "arn:aws:kms:eu-west-1:123456789012:key/own"),
        ],
    },
];

/// One for all, so that a statement that several have is one row.
const NAME_PREFIX: &str = "attendance";
const REGION: &str = "eu-west-1";
/// That of `kms_key_arn` above.
const ACCOUNT: &str = "123456789012";

/// How AWS's provider says that it has no credentials.
const WITHOUT_CREDENTIALS: [&str; 2] = ["No valid credential sources", "validating provider credentials"];

/// A file that is a zip, with nothing in it: a plan only asks for its hash.
const EMPTY_ZIP: &[u8] = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

/// What each deployment's policies say, by its name; nothing without credentials.
pub(super) fn all(terraform: &Terraform, workspace: &Workspace) -> Result<Option<Vec<(&'static str, Policies)>>> {
    let packages = tempfile::tempdir()?;
    for function in FUNCTIONS {
        std::fs::write(packages.path().join(format!("{}.zip", function.name)), EMPTY_ZIP)?;
    }
    let mut found = Vec::new();
    for shape in SHAPES {
        match plan(terraform, workspace, &shape, packages.path()) {
            Ok(plan) => found.push((shape.name, policies::read(&plan)?)),
            Err(error) if without_credentials(&format!("{error:#}")) => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    Ok(Some(found))
}

fn plan(terraform: &Terraform, workspace: &Workspace, shape: &Shape, packages: &Path) -> Result<Value> {
    let folder = if shape.folder.is_empty() { home(workspace) } else { home(workspace).join(shape.folder) };
    terraform.init(&folder)?;
    let file = terraform.data.join(format!("{}.tfplan", shape.name)).display().to_string();
    // Of a state that is not there, whatever lies beside the configuration.
    let state = terraform.data.join("no.tfstate");
    let mut arguments = vec!["plan".to_owned(), "-input=false".to_owned(), "-lock=false".to_owned()];
    arguments.extend([format!("-state={}", state.display()), format!("-out={file}")]);
    let packages = packages.display().to_string();
    let everywhere = [("name_prefix", NAME_PREFIX), ("package_dir", packages.as_str())];
    arguments.extend(everywhere.iter().chain(shape.variables).map(|(name, value)| format!("-var={name}={value}")));
    terraform.run(&folder, &arguments)?;
    let shown = terraform.run(&folder, &["show", "-json", &file])?;
    let plan = serde_json::from_str(&shown).context("the plan is no JSON")?;
    let account = of_data(&plan, "aws_caller_identity", "account_id");
    let region = of_data(&plan, "aws_region", "region");
    let neutral =
        [(account, "{account}"), (Some(ACCOUNT), "{account}"), (region, "{region}"), (Some(REGION), "{region}")]
            .iter()
            .filter_map(|(of, placeholder)| Some(((*of)?, placeholder)))
            .fold(shown.clone(), |text, (of, placeholder)| text.replace(of, placeholder));
    Ok(serde_json::from_str(&neutral)?)
}

fn without_credentials(said: &str) -> bool {
    WITHOUT_CREDENTIALS.iter().any(|phrase| said.contains(phrase))
}

/// What the first data source of a type answered.
fn of_data<'a>(plan: &'a Value, kind: &str, attribute: &str) -> Option<&'a str> {
    fn find<'a>(module: &'a Value, kind: &str, attribute: &str) -> Option<&'a str> {
        let resources = module["resources"].as_array().into_iter().flatten();
        let here =
            resources.filter(|resource| resource["type"] == kind).find_map(|it| it["values"][attribute].as_str());
        let mut children = module["child_modules"].as_array().into_iter().flatten();
        here.or_else(|| children.find_map(|child| find(child, kind, attribute)))
    }
    find(&plan["prior_state"]["values"]["root_module"], kind, attribute)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_account_is_found_in_whichever_module_asked() {
        let state = json!({ "child_modules": [
            { "resources": [{ "type": "aws_region", "values": { "region": "eu-west-1" } }] },
            { "child_modules": [{ "resources": [{ "type": "aws_caller_identity", "values": { "account_id": "1" } }] }] },
        ] });
        let plan = json!({ "prior_state": { "values": { "root_module": state } } });
        assert_eq!(of_data(&plan, "aws_caller_identity", "account_id"), Some("1"));
        assert_eq!(of_data(&plan, "aws_partition", "partition"), None);
    }

    #[test]
    fn a_provider_without_credentials_is_no_failure() {
        assert!(without_credentials("Error: No valid credential sources found"));
        assert!(!without_credentials("Error: Invalid value for variable"));
    }
}
