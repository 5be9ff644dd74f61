//! How well faces are recognised, on pictures of one's own: `cargo xtask accuracy`.

mod curve;
mod report;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::workspace::Workspace;

/// What to measure on, and how.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The folder of pictures (JPEG and PNG, also in folders below), named PERSON_NUMBER.jpg or PERSONNUMBER.jpg.
    #[arg(long, value_name = "DIR")]
    images: PathBuf,
    /// Compares the pairs of this file: lines of two paths below DIR and 1 (one person) or 0, with tabs between. The
    /// first of a line is enrolled, the second checks in.
    #[arg(long, value_name = "FILE", required_unless_present = "all_pairs", conflicts_with = "all_pairs")]
    pairs: Option<PathBuf>,
    /// Compares every two pictures; the first by name is enrolled.
    #[arg(long)]
    all_pairs: bool,
    /// Only one half of the people: to tune on, or to report on. Whose half somebody is in follows from the name.
    #[arg(long, value_name = "HALF")]
    half: Option<Half>,
    /// The largest face of a picture, as a check-in looks for it, instead of the one nearest to its middle.
    #[arg(long)]
    largest: bool,
    /// Enrols one chip of a face, as a check-in embeds it, instead of the mean of several.
    #[arg(long)]
    single: bool,
    /// How far from a chip's centre eyes, nose and mouth are put, in parts of where dlib puts them, instead of what is
    /// built in.
    #[arg(long, value_name = "PARTS")]
    spread: Option<f32>,
    /// What the tip of the nose counts for when a face is aligned, 0 to 1, instead of what is built in.
    #[arg(long, value_name = "WEIGHT")]
    nose: Option<f32>,
    /// A picture that is left out, by its path below DIR. Can be given several times.
    #[arg(long, value_name = "NAME")]
    leave_out: Vec<String>,
    /// Another embedder of the same form, in ONNX.
    #[arg(long, value_name = "FILE")]
    embedder: Option<PathBuf>,
    /// Writes the figures here too, as one JSON document.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Draws the curve of errors here, as SVG.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

/// A half of the people.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Half {
    Tune,
    Report,
}

/// Measures, prints the tables, and writes the files that were asked for.
///
/// # Errors
/// If the program can't be built, a picture can't be read, or a line of the pairs is none; it says which.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let program = workspace.build_release("attendance-benches", "accuracy", &[])?;
    let figures = measure(&program, &options.job())?;
    print!("{}", report::tables(&figures));
    let write = |file: &Path, text: &str| -> Result<()> {
        std::fs::write(file, text).with_context(|| format!("{} can't be written", file.display()))?;
        eprintln!("written to {}", file.display());
        Ok(())
    };
    if let Some(file) = &options.json {
        write(file, &format!("{figures:#}\n"))?;
    }
    if let Some(file) = &options.svg {
        write(file, &curve::svg(&figures)?)?;
    }
    Ok(())
}

impl Options {
    fn job(&self) -> Value {
        json!({
            "images": self.images,
            "pairs": self.pairs,
            "half": self.half.map(|half| match half { Half::Tune => "tune", Half::Report => "report" }),
            "largest": self.largest,
            "single": self.single,
            "spread": self.spread,
            "nose": self.nose,
            "left_out": self.leave_out,
            "embedder": self.embedder,
        })
    }
}

fn measure(program: &Path, job: &Value) -> Result<Value> {
    let mut running = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("{} did not start", program.display()))?;
    running.stdin.take().context("it has an input")?.write_all(job.to_string().as_bytes())?;
    let output = running.wait_with_output()?;
    if !output.status.success() {
        bail!("the measurement failed (see above)");
    }
    serde_json::from_slice(&output.stdout).context("the measurement's figures can't be read")
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        options: Options,
    }

    fn parse(line: &str) -> Result<Options, clap::Error> {
        Line::try_parse_from(["accuracy"].into_iter().chain(line.split(' '))).map(|line| line.options)
    }

    #[test]
    fn one_of_the_two_ways_to_name_pairs_is_asked_for_and_the_rest_goes_with_either() {
        assert!(parse("--images D --all-pairs --half report --nose 1 --json F").unwrap().all_pairs);
        assert_eq!(parse("--images D --pairs F --leave-out a --leave-out b").unwrap().leave_out, ["a", "b"]);
        assert!(parse("--images D").is_err());
        assert!(parse("--images D --pairs F --all-pairs").is_err());
    }
}
