//! `terraform/examples/complete` in use: the scenarios and the pages run on what Terraform made, and on nothing that was
//! set up by hand.

use anyhow::{Context as _, Result};
use serde_json::{Map, json};

use super::browser::Browser;
use super::functions::{Deployment, Emulator};
use super::stack::{REGION, Stack};
use crate::backends::certificate::Certificate;
use crate::terraform::Terraform;
use crate::workspace::Workspace;

/// One of the organizations that the example names, beside the home organization of the scenarios.
const ORGANIZATION: &str = "north";
/// The zone that the example gives its home organization.
const ZONE: &str = "Europe/Dublin";
const OPERATORS: &str = r#"["operators@example.org"]"#;
/// What `rekognition-local`'s percentages mean, which are not Rekognition's.
const THRESHOLD: &str = "95";

/// The example, applied.
#[derive(Debug)]
pub(crate) struct Complete<'a>(Stack<'a>);

impl<'a> Complete<'a> {
    /// Applies it: once, and once more with the address where the emulator has the pool's keys, which no one knows before
    /// there is a pool.
    ///
    /// # Errors
    /// What Terraform, or the emulator, did not like.
    pub(crate) fn apply(emulator: &'a Emulator, terraform: &Terraform, workspace: &Workspace) -> Result<Self> {
        let mut environment = json!({ "ATTENDANCE_THRESHOLD": THRESHOLD });
        let mut stack = Stack::new(emulator, terraform, workspace, "complete", &[("operators", OPERATORS)])?;
        stack.set("environment", environment.to_string());
        stack.apply()?;
        let pool = stack.output("/identity/pool_id")?;
        environment["ATTENDANCE_TOKEN_KEYS_URL"] = json!(format!("{}/{pool}/.well-known/jwks.json", emulator.aws));
        stack.set("environment", environment.to_string());
        stack.apply()?;
        Ok(Self(stack))
    }

    /// Describes it for the scenarios.
    ///
    /// # Errors
    /// If the example does not answer what they need.
    pub(crate) fn deployment(&self) -> Result<Deployment<'a>> {
        let Self(stack) = self;
        let queue = |name: &str| stack.output(&format!("/dead_letter_queues/{name}/url"));
        let functions = stack.outputs["functions"].as_object().context("no functions in the outputs")?;
        let functions = functions.iter().map(|(name, function)| (name.clone(), function["name"].clone()));
        let description = json!({
            "name": stack.prefix, "repository": "dynamodb", "notifier": "sns", "region": REGION, "zone": ZONE,
            "api": format!("{}{}", stack.emulator.aws, self.api()?),
            "bucket": stack.output("/images_bucket")?,
            "stream": stack.output("/event_stream/name")?,
            "dead_letters": queue("ingest")?,
            "failures": [queue("relay")?, queue("notify")?, queue("analytics")?],
            "pool": stack.output("/identity/pool_id")?,
            "client": stack.output("/identity/client_id")?,
            "redirect": format!("{}/index.html", stack.output("/pages_url")?),
            "sign_in": stack.emulator.aws,
            "topics": stack.outputs["topics"],
            "functions": functions.collect::<Map<_, _>>(),
            "endpoint": stack.emulator.aws,
            "rekognition": stack.emulator.rekognition,
        });
        let file = stack.place.join("deployment.json");
        std::fs::write(&file, serde_json::to_vec_pretty(&description)?)?;
        Ok(stack.emulator.described(file))
    }

    /// Somebody signs in at the hosted pages, is enrolled, and checks in.
    ///
    /// # Errors
    /// If a step fails.
    pub(crate) fn visit(&self, browser: &Browser, deployment: &Deployment<'_>) -> Result<()> {
        let Self(stack) = self;
        let tls = Certificate::make(&stack.place)?;
        browser.on_stack(
            "terraform",
            &json!({
                "endpoint": stack.emulator.aws, "region": REGION,
                "tls": { "key": tls.key, "certificate": tls.certificate },
                "distribution": stack.resource("aws_cloudfront_distribution")?,
                "headers_policy": stack.resource("aws_cloudfront_response_headers_policy")?,
                "origin": stack.output("/pages_url")?,
                "pages_bucket": stack.output("/pages_bucket")?,
                "images_bucket": stack.output("/images_bucket")?,
                "api": self.api()?,
                "sign_in": stack.output("/identity/sign_in_domain")?,
                "people": deployment.people(ORGANIZATION)?,
            }),
        )
    }

    /// What was applied, to plan and to destroy it.
    pub(crate) fn into_stack(self) -> Stack<'a> {
        self.0
    }

    /// The API's path at the emulator.
    fn api(&self) -> Result<String> {
        Ok(format!("/_aws/execute-api/{}", self.0.output("/api_id")?))
    }
}
