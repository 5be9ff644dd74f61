//! The search for the most alike: ours with every kernel, and what others search vectors with, on the same data, in
//! turns.

mod agreement;
mod chart;
mod figures;
mod group;
mod report;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::Value;

use super::contender::Contender;
use super::{cores, peers};
use crate::workspace::Workspace;
use group::{Group, Lineup};

/// What is searched in: the names of populations of `benches/src/bin/matching`.
const DATA: [&str; 2] = ["random512", "embedder128"];

/// The same people in every run.
const SEED: &str = "1";

/// What to measure.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Writes the figures here too, as one JSON document.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Draws the figures here too.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Only contenders whose names begin so; read-once and plain-loop always take part.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    only: Vec<String>,
    /// Only this data: random512 or embedder128.
    #[arg(long, value_name = "NAME", value_delimiter = ',', default_values = DATA, value_parser = DATA)]
    data: Vec<String>,
    /// How many templates the galleries have.
    #[arg(long, value_delimiter = ',', default_values_t = [10_000, 100_000, 1_000_000], value_parser = clap::value_parser!(u32).range(100..))]
    sizes: Vec<u32>,
    /// How often every contender has its turn; a slow one has fewer.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Keeps the galleries (2 GB for a million of 512) for the next run.
    #[arg(long)]
    keep: bool,
}

impl Options {
    fn wants(&self, contender: &str) -> bool {
        let always = ["read-once", "plain-loop"].contains(&contender);
        always || self.only.is_empty() || self.only.iter().any(|start| contender.starts_with(start.as_str()))
    }

    /// Whether any of a program's contenders can be wanted: their names begin with its own.
    fn wants_program(&self, program: &str) -> bool {
        let related = |start: &String| start.starts_with(program) || program.starts_with(start.as_str());
        self.only.is_empty() || self.only.iter().any(related)
    }
}

/// A gallery as a file, and what goes with it.
#[derive(Debug)]
struct Data {
    gallery: PathBuf,
    /// Rows of a gallery that is its beginning, and the queries for it.
    sizes: Vec<(u64, PathBuf)>,
    dimension: u64,
    min_cosine: f64,
}

/// Measures, prints the table, and writes the document and the chart.
///
/// # Errors
/// If ours can't be built or run. A peer that can't be is named in the table, with the reason.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let program = workspace.build_release("attendance-benches", "matching", &[])?;
    let folder = workspace.target.join("xtask").join("bench-match");
    std::fs::create_dir_all(&folder)?;
    let serve = |what: &str| vec![program.clone(), "serve".into(), what.into()];
    let mut programs = vec![("plain", serve("plain"))];
    if options.wants_program("attendance-gallery") {
        programs.push(("attendance", serve("ours")));
    }
    let mut missing = Vec::new();
    for peer in peers::OF_MATCHING.iter().filter(|peer| options.wants_program(peer.name)) {
        match peer.set_up(workspace) {
            Ok(command) => programs.push((peer.name, command)),
            Err(error) => missing.push((peer.name.to_owned(), format!("{error:#}"))),
        }
    }
    let cores = cores::allowed();
    let mut sizes = options.sizes.clone();
    sizes.sort_unstable();
    sizes.dedup();
    let largest = sizes.last().copied().map(u64::from);
    let mut rows = Vec::new();
    for name in &options.data {
        let data = make(&program, name, &sizes, &folder)?;
        for (size, queries) in &data.sizes {
            for threads in [1, 2] {
                if threads == 2 && (Some(*size) != largest || cores.len() == 1) {
                    continue;
                }
                let group = Group { data: name, rows: *size, dimension: data.dimension, threads };
                let contenders = programs.iter().map(|(name, command)| Contender {
                    name,
                    command: command.clone(),
                    data: folder.clone(),
                    cores: cores.iter().copied().take(threads).collect(),
                    threads,
                });
                let load = group.load(&data, queries);
                let mut lineup = Lineup::start(contenders, &load, |name| options.wants(name), &mut missing)?;
                rows.extend(lineup.measure(&group, options.rounds, data.min_cosine, &mut missing)?);
            }
        }
        if !options.keep {
            std::fs::remove_file(&data.gallery)?;
        }
    }
    let run = report::Run { cores, rows, missing };
    print!("{}", run.table());
    let write = |file: &Path, text: String| -> Result<()> {
        std::fs::write(file, text).with_context(|| format!("{}", file.display()))?;
        eprintln!("written to {}", file.display());
        Ok(())
    };
    if let Some(file) = &options.json {
        write(file, format!("{:#}\n", run.json()))?;
    }
    if let Some(file) = &options.svg {
        write(file, chart::draw(&run.rows)?)?;
    }
    Ok(())
}

/// Makes the gallery, unless it was kept, and its queries.
fn make(program: &Path, name: &str, sizes: &[u32], folder: &Path) -> Result<Data> {
    eprintln!("{name}: making the gallery ...");
    let sizes = sizes.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
    let made = std::process::Command::new(program).args(["data", name, &sizes, SEED]).arg(folder).output()?;
    anyhow::ensure!(made.status.success(), "no data: {}", String::from_utf8_lossy(&made.stderr).trim());
    let made: Value = serde_json::from_slice(&made.stdout)?;
    let path = |value: &Value| value.as_str().map(PathBuf::from).context("data says where it is");
    let sizes = made["sizes"].as_array().context("data has sizes")?.iter();
    let sizes = sizes.map(|size| Ok((size["rows"].as_u64().context("a size has rows")?, path(&size["queries"])?)));
    Ok(Data {
        gallery: path(&made["gallery"])?,
        sizes: sizes.collect::<Result<_>>()?,
        dimension: made["dimension"].as_u64().context("data has a dimension")?,
        min_cosine: made["min_cosine"].as_f64().context("data has a min_cosine")?,
    })
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

    fn options(line: &[&str]) -> Options {
        Line::parse_from(std::iter::once(&"x").chain(line)).options
    }

    #[test]
    fn everything_is_measured_unless_told_otherwise() {
        let options = options(&[]);
        assert_eq!((options.sizes.len(), options.data.len()), (3, 2));
        assert!(options.wants("faiss-flat") && options.wants_program("faiss"));
    }

    #[test]
    fn only_some_contenders_take_part_and_what_they_are_held_against() {
        let options = options(&["--only", "attendance-gallery-avx2,faiss-flat", "--sizes", "1000,2000"]);
        let wanted = ["attendance-gallery-avx2", "faiss-flat", "plain-loop", "read-once"];
        assert!(wanted.iter().all(|name| options.wants(name)));
        assert!(["attendance-gallery-scalar", "faiss-range", "faer"].iter().all(|name| !options.wants(name)));
        let programs = ["attendance-gallery", "faiss", "numpy"].map(|program| options.wants_program(program));
        assert_eq!(programs, [true, true, false]);
    }
}
