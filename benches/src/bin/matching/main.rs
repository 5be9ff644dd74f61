//! The Rust side of `cargo xtask bench match`: makes the data, and serves the contenders that are written in Rust, told
//! what to do on its input, a line of JSON each (benches/README.md).
//!
//! ```text
//! matching serve ours | plain                          a program of contenders
//! matching data NAME ROWS[,ROWS...] SEED FOLDER        writes a gallery, and queries for each of its sizes
//! matching spread PICTURES FILE                        makes data/embedder128.f32 anew
//! ```

mod covariance;
mod files;
mod ours;
mod plain;
mod population;
mod product;
mod random;
mod shortlist;
mod spread;

use std::io::{BufRead as _, Write as _};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};

use plain::{PlainLoop, ReadOnce, Rows};
use population::Population;
use product::Product;
use shortlist::{Person, Shortlist};

/// How many queries a batch has.
const BATCH: usize = 64;

/// What is asked of a gallery.
#[derive(Debug, Clone, Copy)]
enum Question {
    /// The people who are most alike.
    Top { most: usize },
    /// Everybody who is at least so much alike.
    Threshold { min_cosine: f32 },
}

/// What was found for one query.
#[derive(Debug)]
struct Answer {
    /// The most alike first.
    people: Vec<Person>,
    /// How many rows were looked at a second time, where there is a second time.
    rescored: Option<usize>,
}

impl Answer {
    fn of(lists: impl IntoIterator<Item = Shortlist>, question: Question) -> Self {
        let mut all = Shortlist::new(question);
        lists.into_iter().for_each(|list| all.merge(list));
        Self { people: all.people(), rescored: None }
    }
}

/// A way to search.
trait Contender {
    fn name(&self) -> String;

    /// The questions that it answers, each with the number of queries at once.
    fn answers(&self) -> &'static [(&'static str, usize)] {
        &[("top", 1), ("threshold", 1), ("top", BATCH), ("threshold", BATCH)]
    }

    fn search(&self, queries: &[&[f32]], question: Question) -> Result<Vec<Answer>>;
}

/// A gallery that is to be searched.
#[derive(Debug)]
struct Load {
    gallery: PathBuf,
    queries: PathBuf,
    rows: usize,
    dimension: usize,
    threads: NonZeroUsize,
    most: usize,
    min_cosine: f32,
}

/// What was loaded: the queries, and those who answer them.
struct Loaded {
    load: Load,
    queries: Vec<f32>,
    contenders: Vec<Box<dyn Contender>>,
}

impl Load {
    fn parse(command: &Value) -> Result<Self> {
        let number = |name: &str| command[name].as_u64().with_context(|| format!("load wants {name}"));
        let path = |name: &str| command[name].as_str().map(PathBuf::from).with_context(|| format!("load wants {name}"));
        Ok(Self {
            gallery: path("gallery")?,
            queries: path("queries")?,
            rows: number("rows")? as usize,
            dimension: number("dimension")? as usize,
            threads: NonZeroUsize::new(number("threads")? as usize).context("load wants threads")?,
            most: number("most")? as usize,
            min_cosine: command["min_cosine"].as_f64().context("load wants min_cosine")? as f32,
        })
    }

    fn question(&self, name: &str) -> Question {
        match name {
            "threshold" => Question::Threshold { min_cosine: self.min_cosine },
            _ => Question::Top { most: self.most },
        }
    }
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        // A contender's data folder comes last; there is nothing to keep.
        ["serve", program, ..] => serve(program),
        ["data", name, sizes, seed, folder] => data(name, sizes, seed.parse()?, Path::new(folder)),
        ["spread", pictures, file] => spread::measure(Path::new(pictures), Path::new(file)),
        _ => bail!("usage: matching serve ours|plain | data NAME ROWS,... SEED FOLDER | spread PICTURES FILE"),
    }
}

/// Writes one gallery, of the largest size, and queries for every size; says what there is.
fn data(name: &str, sizes: &str, seed: u64, folder: &Path) -> Result<()> {
    let sizes = sizes.split(',').map(str::parse).collect::<Result<Vec<u64>, _>>()?;
    let rows = sizes.iter().copied().max().context("a size is needed")?;
    let population = Population::named(name, seed)?;
    let gallery = folder.join(format!("{name}-{rows}-{seed}.f32"));
    let whole = 4 * rows * population.dimension() as u64;
    if !std::fs::metadata(&gallery).is_ok_and(|file| file.len() == whole) {
        files::write_gallery(&gallery, &population, rows)?;
    }
    let mut queries = Vec::new();
    for rows in sizes {
        let path = folder.join(format!("{name}-{rows}-{seed}-queries.f32"));
        files::write_queries(&path, &population, rows)?;
        queries.push(json!({ "rows": rows, "queries": path }));
    }
    let (dimension, min_cosine) = (population.dimension(), population.min_cosine());
    say(&json!({ "gallery": gallery, "sizes": queries, "dimension": dimension, "min_cosine": min_cosine }))
}

fn serve(program: &str) -> Result<()> {
    say(&json!({ "ready": true }))?;
    let mut loaded: Option<Loaded> = None;
    for line in std::io::stdin().lock().lines() {
        let command: Value = serde_json::from_str(&line?)?;
        match (command["do"].as_str(), &loaded) {
            (Some("load"), _) => {
                let (load, start) = (Load::parse(&command)?, Instant::now());
                let queries = files::read(&load.queries, files::QUERIES as usize * load.dimension)?;
                let contenders = contenders(program, &load)?;
                let named = contenders.iter().map(
                    |contender| json!({ "name": contender.name(), "answers": contender.answers(), "exact": true }),
                );
                say(&json!({ "contenders": named.collect::<Vec<_>>(), "load_ms": milliseconds(start) }))?;
                loaded = Some(Loaded { load, queries, contenders });
            }
            (Some("search"), Some(Loaded { load, queries, contenders })) => {
                let contender = contenders.iter().find(|contender| command["contender"] == contender.name());
                say(&search(contender.context("no such contender")?.as_ref(), load, queries, &command)?)?;
            }
            (Some("search"), None) => bail!("load comes first"),
            _ => return say(&json!({})),
        }
    }
    Ok(())
}

fn contenders(program: &str, load: &Load) -> Result<Vec<Box<dyn Contender>>> {
    let numbers = files::read(&load.gallery, load.rows * load.dimension)?;
    match program {
        "ours" => ours::contenders(load, &numbers),
        "plain" => {
            let rows = Rows::new(load, numbers);
            Ok(vec![Box::new(ReadOnce(rows.clone())), Box::new(PlainLoop(rows.clone())), Box::new(Product(rows))])
        }
        _ => bail!("there is no program {program}: ours, plain"),
    }
}

/// Times the queries one by one, or all at once.
fn search(contender: &dyn Contender, load: &Load, queries: &[f32], command: &Value) -> Result<Value> {
    let wanted = command["queries"].as_array().context("search wants queries")?;
    let all: Vec<_> = queries.chunks_exact(load.dimension).collect();
    let wanted = wanted.iter().map(|at| at.as_u64().and_then(|at| all.get(at as usize)).copied());
    let wanted = wanted.collect::<Option<Vec<_>>>().context("there is no such query")?;
    let question = load.question(command["query"].as_str().context("search wants a query")?);
    let together = if command["batch"] == true { wanted.len() } else { 1 };
    ensure!(together > 0, "search wants queries");
    let (mut ms, mut answers) = (Vec::new(), Vec::new());
    for queries in wanted.chunks(together) {
        let start = Instant::now();
        let found = contender.search(queries, question)?;
        ms.push(milliseconds(start));
        answers.extend(found);
    }
    let rescored: Option<Vec<usize>> = answers.iter().map(|answer| answer.rescored).collect();
    let found: Vec<_> = answers.into_iter().map(|answer| answer.people).collect();
    Ok(json!({ "ms": ms, "found": found, "rescored": rescored }))
}

fn milliseconds(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e3
}

fn say(value: &Value) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{value}")?;
    Ok(out.flush()?)
}
