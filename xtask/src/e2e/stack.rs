//! `terraform/examples/complete`, applied to an emulator: the scenarios and the pages run on what Terraform made, and on
//! nothing that was set up by hand.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::browser::Browser;
use super::functions::{Deployment, Emulator};
use crate::backends::CREDENTIALS;
use crate::backends::certificate::Certificate;
use crate::terraform::Terraform;
use crate::workspace::Workspace;

/// What every name begins with.
const PREFIX: &str = "e2e";
/// One of the organizations that the example names, beside the home organization of the scenarios.
const ORGANIZATION: &str = "north";
/// Where `rekognition-local` looks for buckets.
const REGION: &str = "us-east-1";
/// The zone that the example gives its home organization.
const ZONE: &str = "Europe/Dublin";
const OPERATORS: &str = r#"["operators@example.org"]"#;
/// What `rekognition-local`'s percentages mean, which are not Rekognition's.
const THRESHOLD: &str = "95";

/// An example that was applied.
#[derive(Debug)]
pub(crate) struct Stack<'a> {
    emulator: &'a Emulator,
    terraform: Terraform,
    folder: PathBuf,
    /// Where its state and its certificate are.
    place: PathBuf,
    /// What the functions are told beside what the example says.
    environment: Value,
    /// What the example answers.
    outputs: Value,
}

impl<'a> Stack<'a> {
    /// Applies the example: once, and once more with the address where the emulator has the pool's keys, which no one
    /// knows before there is a pool.
    ///
    /// # Errors
    /// What Terraform, or the emulator, did not like.
    pub(crate) fn apply(
        emulator: &'a Emulator,
        terraform: Terraform,
        workspace: &Workspace,
        place: PathBuf,
    ) -> Result<Self> {
        std::fs::create_dir_all(&place)?;
        let places = [("AWS_ENDPOINT_URL", &emulator.aws), ("AWS_ENDPOINT_URL_REKOGNITION", &emulator.rekognition)];
        let environment = CREDENTIALS.into_iter().map(|(name, value)| (name, value.to_owned()));
        let environment = environment.chain(places.map(|(name, address)| (name, address.clone())));
        let mut stack = Self {
            emulator,
            terraform: terraform.with(environment.collect(), place.join("data")),
            folder: workspace.root.join("terraform/examples/complete"),
            place,
            environment: json!({ "ATTENDANCE_THRESHOLD": THRESHOLD }),
            outputs: Value::Null,
        };
        stack.terraform.init(&stack.folder)?;
        stack.apply_once()?;
        let pool = stack.output("/identity/pool_id")?;
        stack.environment["ATTENDANCE_TOKEN_KEYS_URL"] =
            json!(format!("{}/{pool}/.well-known/jwks.json", emulator.aws));
        stack.apply_once()?;
        Ok(stack)
    }

    fn apply_once(&mut self) -> Result<()> {
        let said = self.run("apply", &["-auto-approve"])?;
        println!("  {}", last(&said, "Apply complete").context("terraform did not say that it is complete")?);
        let outputs = self.terraform.run(&self.folder, &["output", &self.state(), "-json", "attendance"])?;
        self.outputs = serde_json::from_str(&outputs)?;
        Ok(())
    }

    /// Describes it for the scenarios.
    ///
    /// # Errors
    /// If the example does not answer what they need.
    pub(crate) fn deployment(&self) -> Result<Deployment<'a>> {
        let queue = |name: &str| self.output(&format!("/dead_letter_queues/{name}/url"));
        let functions = self.outputs["functions"].as_object().context("no functions in the outputs")?;
        let functions = functions.iter().map(|(name, function)| (name.clone(), function["name"].clone()));
        let description = json!({
            "name": PREFIX, "repository": "dynamodb", "notifier": "sns", "region": REGION, "zone": ZONE,
            "api": format!("{}{}", self.emulator.aws, self.api()?),
            "bucket": self.output("/images_bucket")?,
            "stream": self.output("/event_stream/name")?,
            "dead_letters": queue("ingest")?,
            "failures": [queue("relay")?, queue("notify")?, queue("analytics")?],
            "pool": self.output("/identity/pool_id")?,
            "client": self.output("/identity/client_id")?,
            "redirect": format!("{}/index.html", self.output("/pages_url")?),
            "sign_in": self.emulator.aws,
            "topics": self.outputs["topics"],
            "functions": functions.collect::<serde_json::Map<_, _>>(),
            "endpoint": self.emulator.aws,
            "rekognition": self.emulator.rekognition,
        });
        let file = self.place.join("deployment.json");
        std::fs::write(&file, serde_json::to_vec_pretty(&description)?)?;
        Ok(self.emulator.described(file))
    }

    /// Somebody signs in at the hosted pages, is enrolled, and checks in.
    ///
    /// # Errors
    /// If a step fails.
    pub(crate) fn visit(&self, browser: &Browser, deployment: &Deployment<'_>) -> Result<()> {
        let tls = Certificate::make(&self.place)?;
        let state = self.terraform.run(&self.folder, &["show", "-json", &self.state_file()])?;
        let state: Value = serde_json::from_str(&state)?;
        let resource = |kind: &str| {
            find(&state["values"]["root_module"], kind).with_context(|| format!("no {kind} in Terraform's state"))
        };
        browser.on_stack(
            "terraform",
            &json!({
                "endpoint": self.emulator.aws, "region": REGION, "tls": { "key": tls.key, "certificate": tls.certificate },
                "distribution": resource("aws_cloudfront_distribution")?,
                "headers_policy": resource("aws_cloudfront_response_headers_policy")?,
                "origin": self.output("/pages_url")?,
                "pages_bucket": self.output("/pages_bucket")?,
                "images_bucket": self.output("/images_bucket")?,
                "api": self.api()?,
                "sign_in": self.output("/identity/sign_in_domain")?,
                "people": deployment.people(ORGANIZATION)?,
            }),
        )
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
        self.emulator.has_nothing_of(PREFIX, REGION)
    }

    fn run(&self, verb: &str, more: &[&str]) -> Result<String> {
        let zips = self.emulator.zips.display();
        let mut arguments = vec![verb.to_owned(), "-input=false".to_owned(), self.state()];
        arguments.extend(more.iter().map(|argument| (*argument).to_owned()));
        arguments.extend([
            format!("-var=name_prefix={PREFIX}"),
            format!("-var=region={REGION}"),
            format!("-var=operators={OPERATORS}"),
            format!("-var=environment={}", self.environment),
            format!("-var=package_dir={zips}"),
            "-var=disposable=true".to_owned(),
        ]);
        self.terraform.run(&self.folder, &arguments)
    }

    fn state(&self) -> String {
        format!("-state={}", self.state_file())
    }

    fn state_file(&self) -> String {
        self.place.join("terraform.tfstate").display().to_string()
    }

    /// The API's path at the emulator.
    fn api(&self) -> Result<String> {
        Ok(format!("/_aws/execute-api/{}", self.output("/api_id")?))
    }

    fn output(&self, pointer: &str) -> Result<String> {
        let found = self.outputs.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        found.with_context(|| format!("the example's outputs have no {pointer}"))
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
