//! Python's parts: an emulator of AWS, and boto3 as a client that others wrote.

use std::path::Path;
use std::process::Command;

use anyhow::Result;
use tempfile::TempDir;

use super::process::{Process, free_port};
use crate::install::Python;
use crate::workspace::Workspace;

/// Installs ministack and boto3, unless that was done.
///
/// # Errors
/// Why that can't be, and the command that helps.
pub(super) fn python(workspace: &Workspace, home: &Path) -> Result<Python> {
    let list = workspace.root.join("xtask/backends/python.txt");
    Python::set_up(home.join("python"), &list, "ministack and boto3", &[])
}

/// Starts ministack: S3, DynamoDB, SNS, SES, SQS, Kinesis, Secrets Manager and more, on this machine only. What it keeps
/// lies in the folder, which must outlive it.
///
/// # Errors
/// If it does not start; the end of its log is in the error.
pub(super) fn start(python: &Python, home: &Path, rekognition: &str) -> Result<(String, Process, TempDir)> {
    let port = free_port()?;
    let folder = tempfile::Builder::new().prefix("ministack-data-").tempdir_in(home)?;
    let mut command = Command::new(python.program("ministack"));
    // It would listen on every interface, and keep a broker beside it.
    command.env("BIND_HOST", "127.0.0.1").env("GATEWAY_PORT", port.to_string()).env("IOT_MTLS_ENABLED", "0");
    // What it runs as functions finds Rekognition there, and everything else at the emulator.
    command
        .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}"))
        .env("AWS_ENDPOINT_URL_REKOGNITION", rekognition);
    // Copies of functions that a burst left would wait for five minutes.
    command.env("LAMBDA_WARM_TTL_SECONDS", "15");
    // It leaves there the keys of user pools and the programs of functions.
    command.env("TMPDIR", folder.path()).env("STATE_DIR", folder.path().join("state"));
    let process = Process::start("ministack", command, &home.join("ministack.log"), port)?;
    Ok((format!("http://127.0.0.1:{port}"), process, folder))
}
