//! An example of `terraform/examples`, applied to an emulator.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::functions::Emulator;
use crate::backends::CREDENTIALS;
use crate::terraform::Terraform;
use crate::workspace::Workspace;

/// Where `rekognition-local` looks for buckets.
pub(super) const REGION: &str = "us-east-1";

/// An example, and its state.
#[derive(Debug)]
pub(crate) struct Stack<'a> {
    pub(super) emulator: &'a Emulator,
    terraform: Terraform,
    folder: PathBuf,
    /// Where its state and all that belongs to it are.
    pub(super) place: PathBuf,
    /// What every name begins with.
    pub(super) prefix: String,
    variables: Vec<(&'static str, String)>,
    /// What the example answered when it was applied last.
    pub(super) outputs: Value,
}

impl<'a> Stack<'a> {
    /// An example that is still to be applied, with what it is told beside its defaults.
    ///
    /// # Errors
    /// If Terraform can't find what the example calls.
    pub(crate) fn new(
        emulator: &'a Emulator,
        terraform: &Terraform,
        workspace: &Workspace,
        example: &str,
        variables: &[(&'static str, &str)],
    ) -> Result<Self> {
        let place = emulator.place.join(format!("terraform-{example}"));
        std::fs::create_dir_all(&place)?;
        let prefix = format!("e2e-{example}");
        let places = [("AWS_ENDPOINT_URL", &emulator.aws), ("AWS_ENDPOINT_URL_REKOGNITION", &emulator.rekognition)];
        let environment = CREDENTIALS.into_iter().map(|(name, value)| (name, value.to_owned()));
        let environment = environment.chain(places.map(|(name, address)| (name, address.clone())));
        let everywhere = [
            ("name_prefix", prefix.clone()),
            ("region", REGION.to_owned()),
            ("package_dir", emulator.zips.display().to_string()),
            ("disposable", "true".to_owned()),
        ];
        let stack = Self {
            emulator,
            terraform: terraform.with(environment.collect(), place.join("data")),
            folder: workspace.root.join("terraform/examples").join(example),
            place,
            prefix,
            variables: everywhere.into_iter().chain(variables.iter().map(|(name, it)| (*name, (*it).into()))).collect(),
            outputs: Value::Null,
        };
        stack.terraform.init(&stack.folder)?;
        Ok(stack)
    }

    /// Tells it something more, or something else.
    pub(super) fn set(&mut self, variable: &'static str, value: String) {
        self.variables.retain(|(name, _)| *name != variable);
        self.variables.push((variable, value));
    }

    /// Makes it, or changes what is there.
    ///
    /// # Errors
    /// What Terraform, or the emulator, did not like.
    pub(crate) fn apply(&mut self) -> Result<()> {
        let said = self.run("apply", &["-auto-approve"])?;
        println!("  {}", last(&said, "Apply complete").context("terraform did not say that it is complete")?);
        let outputs = self.terraform.run(&self.folder, &["output", &self.state(), "-json", "attendance"])?;
        self.outputs = serde_json::from_str(&outputs)?;
        Ok(())
    }

    /// Plans once more.
    ///
    /// # Errors
    /// If anything would change.
    pub(crate) fn is_unchanged(&self) -> Result<()> {
        let said = self.run("plan", &["-detailed-exitcode"])?;
        println!("  {}", last(&said, "No changes").context("a second plan is not empty")?);
        Ok(())
    }

    /// Destroys it.
    ///
    /// # Errors
    /// If anything is left of it in the emulator.
    pub(crate) fn destroy(self) -> Result<()> {
        let said = self.run("destroy", &["-auto-approve"])?;
        println!("  {}", last(&said, "Destroy complete").context("terraform did not say that it is complete")?);
        self.emulator.has_nothing_of(&self.prefix, REGION)
    }

    /// What the state says of the first resource of a type.
    ///
    /// # Errors
    /// If there is none.
    pub(super) fn resource(&self, kind: &str) -> Result<Value> {
        let state = self.terraform.run(&self.folder, &["show", "-json", &self.state_file()])?;
        let state: Value = serde_json::from_str(&state)?;
        let found = find(&state["values"]["root_module"], kind);
        found.cloned().with_context(|| format!("no {kind} in Terraform's state"))
    }

    /// A text among what the example answered.
    ///
    /// # Errors
    /// If there is none.
    pub(super) fn output(&self, pointer: &str) -> Result<String> {
        let found = self.outputs.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        found.with_context(|| format!("the example's outputs have no {pointer}"))
    }

    fn run(&self, verb: &str, more: &[&str]) -> Result<String> {
        let mut arguments = vec![verb.to_owned(), "-input=false".to_owned(), self.state()];
        arguments.extend(more.iter().map(|argument| (*argument).to_owned()));
        arguments.extend(self.variables.iter().map(|(name, value)| format!("-var={name}={value}")));
        self.terraform.run(&self.folder, &arguments)
    }

    fn state(&self) -> String {
        format!("-state={}", self.state_file())
    }

    fn state_file(&self) -> String {
        self.place.join("terraform.tfstate").display().to_string()
    }
}

/// The last line that begins so.
fn last<'a>(said: &'a str, beginning: &str) -> Option<&'a str> {
    said.lines().rev().find(|line| line.starts_with(beginning))
}

/// What the state says of the first resource of a type, in whichever module.
fn find<'a>(module: &'a Value, kind: &str) -> Option<&'a Value> {
    let mut resources = module["resources"].as_array().into_iter().flatten();
    let here = resources.find(|resource| resource["type"] == kind).map(|resource| &resource["values"]);
    here.or_else(|| module["child_modules"].as_array().into_iter().flatten().find_map(|child| find(child, kind)))
}
