//! AWS's adapters beside the SDK's bare calls, and check-ins on them all, against the parts that play AWS here.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::{Value, json};

use super::table;
use crate::backends::Backends;
use crate::workspace::Workspace;

/// How long it is measured.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Writes the figures here too, as one JSON document.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// How often each call is made.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// How many kiosks check in at once, each as fast as it is answered.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=256))]
    kiosks: u32,
    /// For how long they check in.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
}

/// Measures, prints the table, and writes the JSON document.
///
/// # Errors
/// If a part can't be set up, or a call fails.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let program = workspace.build_release("attendance-benches", "adapters", &["aws"])?;
    let backends = Backends::aws(workspace);
    if !backends.missing.is_empty() {
        bail!("{}", backends.missing.join("; "));
    }
    // Without it there is no row of RDS.
    let backends = backends.with_postgres(workspace);
    let mut command = Command::new(program);
    command.args([options.rounds, options.kiosks, options.seconds].map(|number| number.to_string()));
    backends.tell(&mut command);
    let output = command.stderr(Stdio::inherit()).output().context("the benchmark did not start")?;
    if !output.status.success() {
        bail!("the benchmark failed (see above)");
    }
    let measured: Value = serde_json::from_slice(&output.stdout).context("the benchmark's figures can't be read")?;
    print!("{}", tables(&measured));
    if let Some(file) = &options.json {
        let document = json!({ "rows": measured["rows"], "summary": measured["check_ins"] });
        std::fs::write(file, format!("{document:#}\n")).with_context(|| format!("{}", file.display()))?;
        eprintln!("written to {}", file.display());
    }
    Ok(())
}

fn tables(measured: &Value) -> String {
    let number = |value: &Value| value.as_f64().map_or("-".to_owned(), |number| format!("{number:.2}"));
    let mut rows = vec![["ms, median", "adapter", "bare call", "more"].map(str::to_owned).to_vec()];
    for row in measured["rows"].as_array().into_iter().flatten() {
        let name = row["operation"].as_str().unwrap_or_default().to_owned();
        rows.push(vec![name, number(&row["adapter_ms"]), number(&row["bare_ms"]), number(&row["overhead_ms"])]);
    }
    let check_ins = &measured["check_ins"];
    let mut below = vec![
        vec!["kiosks at once".to_owned(), check_ins["kiosks"].to_string()],
        vec!["check-ins".to_owned(), check_ins["check_ins"].to_string()],
        vec!["check-ins a second".to_owned(), number(&check_ins["check_ins_per_second"])],
        vec!["answer, ms: median".to_owned(), number(&check_ins["median_ms"])],
        vec!["answer, ms: 99th percentile".to_owned(), number(&check_ins["p99_ms"])],
    ];
    for (call, times) in check_ins["calls_per_check_in"].as_object().into_iter().flatten() {
        below.push(vec![format!("{call} a check-in"), number(times)]);
    }
    format!("\n{}\n{}\n", table::aligned(&rows), table::aligned(&below))
}
