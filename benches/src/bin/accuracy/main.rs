//! Measures the networks for `cargo xtask accuracy`: a job as one JSON document on its input, the figures as one on its
//! output (benches/README.md), and how far it is on stderr.

mod folds;
mod pairs;
mod pictures;
mod rates;
mod scores;
mod templates;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use attendance_local::vision::{Cut, Vision, calibration};
use serde_json::{Value, json};

use pairs::Pair;
use pictures::{Half, Picture};
use rates::{Interval, Rates};
use scores::{Compared, Scored, Scores};
use templates::{Embedded, Way};

/// Rates of false accepts at which true accepts are told.
const FALSE_ACCEPTS: [f64; 3] = [1e-4, 1e-3, 1e-2];

/// Rates of false accepts that the percentages of `vision::calibration` are anchored at: one in so many.
const ANCHORS: [u64; 6] = [100_000, 10_000, 1_000, 100, 10, 2];

/// How often people are drawn anew for the intervals.
const ROUNDS: u64 = 1_000;

/// Pictures without a face, and pairs at either end, that are named.
const NAMED: usize = 10;

fn main() -> Result<()> {
    let job = Job::read(&serde_json::from_reader(std::io::stdin().lock())?)?;
    let mut found = pictures::find(&job.images)?;
    found.retain(|picture| job.half.is_none_or(|half| Half::of(&picture.person) == half));
    found.retain(|picture| !job.left_out.contains(&picture.name));
    let (pictures, listed) = match &job.pairs {
        Some(file) => listed(file, &job, &found)?,
        None => (found, None),
    };
    if pictures.len() < 2 {
        bail!("there are no two pictures to compare in {}", job.images.display());
    }
    let vision = match &job.embedder {
        Some(onnx) => Vision::with_embedder(&std::fs::read(onnx).with_context(|| format!("{}", onnx.display()))?)?,
        None => Vision::load()?,
    };
    let embedded = templates::embed(&vision, &job.images, &pictures, &job.way)?;
    eprintln!("comparing ...");
    println!("{}", figures(&pictures, &embedded, listed.as_deref()));
    Ok(())
}

/// What is to be measured.
#[derive(Debug)]
struct Job {
    images: PathBuf,
    /// Every two pictures, if `None`.
    pairs: Option<PathBuf>,
    half: Option<Half>,
    left_out: Vec<String>,
    embedder: Option<PathBuf>,
    way: Way,
}

impl Job {
    fn read(job: &Value) -> Result<Self> {
        let path = |key: &str| job[key].as_str().map(PathBuf::from);
        let number = |key: &str, built_in: f32| job[key].as_f64().map_or(built_in, |number| number as f32);
        let adapted = |cut: &Cut| Cut { spread: number("spread", cut.spread), nose: number("nose", cut.nose), ..*cut };
        let single = [Cut::default()];
        let enrolled = if job["single"] == true { single.as_slice() } else { &Cut::OF_ENROLMENT };
        let way = Way {
            largest: job["largest"] == true,
            enrolled: enrolled.iter().map(adapted).collect(),
            checked_in: single.iter().map(adapted).collect(),
        };
        let left_out = job["left_out"].as_array().into_iter().flatten();
        Ok(Self {
            images: path("images").context("the job names no folder of pictures")?,
            pairs: path("pairs"),
            half: job["half"].as_str().map(Half::named).transpose()?,
            left_out: left_out.filter_map(|name| name.as_str().map(str::to_owned)).collect(),
            embedder: path("embedder"),
            way,
        })
    }
}

/// The pairs of a file, and the pictures that they name. With a half, only pairs of two people of it.
fn listed(file: &Path, job: &Job, found: &[Picture]) -> Result<(Vec<Picture>, Option<Vec<Pair>>)> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{} can't be read", file.display()))?;
    // A line may name anybody; it counts where both are wanted.
    let all = pictures::find(&job.images)?;
    let indices: HashMap<_, _> =
        all.iter().zip(0u32..).map(|(picture, index)| (picture.name.as_str(), index)).collect();
    let parsed = pairs::parse(&text, |name| indices.get(name).copied());
    let mut pairs = parsed.with_context(|| format!("{}", file.display()))?;
    let wanted: HashMap<_, _> =
        found.iter().zip(0u32..).map(|(picture, index)| (picture.name.as_str(), index)).collect();
    pairs.retain_mut(|pair| {
        let index = |of: u32| wanted.get(all[of as usize].name.as_str()).copied();
        let Some((a, b)) = index(pair.a).zip(index(pair.b)) else { return false };
        (pair.a, pair.b) = (a, b);
        true
    });
    // Only what a pair names is embedded.
    let mut place = vec![None; found.len()];
    let mut pictures = Vec::new();
    for pair in &mut pairs {
        for index in [&mut pair.a, &mut pair.b] {
            *index = *place[*index as usize].get_or_insert_with(|| {
                pictures.push(found[*index as usize].clone());
                pictures.len() as u32 - 1
            });
        }
    }
    Ok((pictures, Some(pairs)))
}

fn figures(pictures: &[Picture], embedded: &[Option<Embedded>], pairs: Option<&[Pair]>) -> Value {
    let mut people = BTreeMap::new();
    let person_of: Vec<u32> = pictures
        .iter()
        .map(|picture| {
            let next = people.len() as u32;
            *people.entry(picture.person.as_str()).or_insert(next)
        })
        .collect();
    let compared: Vec<_> = embedded
        .iter()
        .map(|embedded| Compared {
            enrolled: embedded.as_ref().map(|face| face.enrolled.as_slice().as_slice()),
            checked_in: embedded.as_ref().map(|face| face.checked_in.as_slice().as_slice()),
        })
        .collect();
    let scores = match pairs {
        Some(pairs) => Scores::of_pairs(&compared, person_of, pairs),
        None => Scores::of_all(&compared, person_of),
    };
    let folds = pairs.and_then(|pairs| {
        let cosines: Vec<_> = pairs.iter().map(|pair| (scores::cosine(&compared, pair.a, pair.b), pair.same)).collect();
        folds::accuracies(&cosines)
    });
    let without: Vec<_> = pictures.iter().zip(embedded).filter(|(_, embedded)| embedded.is_none()).collect();
    json!({
        "pictures": pictures.len(),
        "people": people.len(),
        "genuine": scores.genuine.len(),
        "impostor": scores.impostors_in_all,
        "without_face": without.len(),
        "without_face_named": without.iter().take(NAMED).map(|(picture, _)| &picture.name).collect::<Vec<_>>(),
        "folds": folds.map(|accuracies| {
            let (mean, deviation) = folds::mean_and_deviation(&accuracies);
            json!({ "mean": mean, "deviation": deviation, "accuracies": accuracies })
        }),
        "rates": rates(&scores),
        "anchors": anchors(&scores),
        "percents": percents(&scores),
        "curve": curve(&scores),
        "least_alike": named(pictures, scores.genuine.iter().rev()),
        "most_alike": named(pictures, scores.impostors.iter()),
    })
}

/// The equal error rate, and true accepts at each rate of false ones, with their intervals.
fn rates(scores: &Scores) -> Value {
    let rates = Rates::of(scores, &FALSE_ACCEPTS);
    let intervals = rates::intervals(scores, &FALSE_ACCEPTS, ROUNDS);
    let bounds = |interval: Option<Interval>| json!(interval.map(|interval| [interval.low, interval.high]));
    let accepts = FALSE_ACCEPTS.iter().zip(&rates.accepts).zip(&intervals[1..]).map(|((far, accepts), interval)| {
        json!({
            "false_accepts": far,
            "pairs": far * scores.impostors_in_all as f64,
            "true_accepts": accepts.map(|accepts| accepts.rate),
            "cosine": accepts.map(|accepts| accepts.cosine),
            "interval": bounds(*interval),
        })
    });
    json!({
        "equal_error": rates.equal_error,
        "equal_error_interval": bounds(intervals[0]),
        "accepts": accepts.rev().collect::<Vec<_>>(),
    })
}

/// Cosines at the rates of false accepts that percentages are anchored at, as far as there are pairs enough to know.
fn anchors(scores: &Scores) -> Value {
    let shares = ANCHORS.map(|one_in| 1.0 / one_in as f64);
    let accepts = Rates::of(scores, &shares).accepts;
    let row = |(one_in, accepts): (&u64, &Option<rates::Accepts>)| {
        let accepts = (*accepts).filter(|_| scores.impostors_in_all >= *one_in)?;
        Some(json!({ "one_in": one_in, "cosine": accepts.cosine, "true_accepts": accepts.rate }))
    };
    ANCHORS.iter().zip(&accepts).rev().filter_map(row).collect()
}

/// What the percentages of `vision::calibration` mean on these pairs.
fn percents(scores: &Scores) -> Value {
    let percents = [20.0, 50.0, 80.0, 90.0, calibration::THRESHOLD, calibration::DUPLICATE];
    let rows = percents.map(|percent| {
        let cosine = calibration::cosine(percent);
        let reached = |pairs: &[Scored]| pairs.partition_point(|pair| pair.cosine >= cosine);
        let falsely = reached(&scores.impostors);
        let known = falsely < scores.impostors.len() || falsely as u64 == scores.impostors_in_all;
        json!({
            "percent": percent,
            "cosine": cosine,
            "false_accepts": known.then_some(falsely),
            "true_accepts": reached(&scores.genuine),
        })
    });
    json!(rows)
}

/// Points of the curve, evenly on a logarithmic scale of false accepts: their rate, and that of true accepts.
fn curve(scores: &Scores) -> Value {
    let least = 1.0 / scores.impostors_in_all.max(1) as f64;
    let points: Vec<f64> = (0..=200).map(|i| least.powf(1.0 - f64::from(i) / 200.0)).collect();
    let accepts = Rates::of(scores, &points).accepts;
    points.iter().zip(accepts).filter_map(|(far, accepts)| Some(json!([far, accepts?.rate]))).collect()
}

fn named<'a>(pictures: &[Picture], pairs: impl Iterator<Item = &'a Scored>) -> Value {
    let name = |index: u32| &pictures[index as usize].name;
    pairs.take(NAMED).map(|pair| json!([name(pair.a), name(pair.b), pair.cosine])).collect()
}
