//! Measures the matcher on a folder of faces and prints what `vision::calibration` documents.
//!
//!     cargo run --release -p attendance-local --example calibrate -- FOLDER [EMBEDDER.onnx]
//!
//! FOLDER holds pictures named PERSON_NUMBER.jpg, with the person in the middle, as Labeled Faces in the Wild has them,
//! and may hold `pairs.tsv`: two file names and 1 (one person) or 0, separated by tabs.

use std::collections::HashMap;
use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use attendance_local::vision::{DetectedFace, Template, Vision, calibration};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("usage: calibrate FOLDER [EMBEDDER.onnx]")?;
    let folder = Path::new(&folder);
    let start = Instant::now();
    let vision = match arguments.next() {
        Some(onnx) => Vision::with_embedder(&std::fs::read(onnx)?)?,
        None => Vision::load()?,
    };
    println!("networks loaded in {:.1} ms", start.elapsed().as_secs_f64() * 1e3);

    let templates = templates(&vision, folder)?;
    if let Ok(pairs) = std::fs::read_to_string(folder.join("pairs.tsv")) {
        let (genuine, impostor) = listed_pairs(&templates, &pairs);
        let (rate, accuracy) = equal_error(&genuine, &impostor);
        println!("listed pairs: {} + {}", genuine.len(), impostor.len());
        println!("equal error rate {:.2} %, best accuracy {:.2} %", rate * 100.0, accuracy * 100.0);
    }
    let (mut genuine, mut impostor) = (Vec::new(), Vec::new());
    for (i, (name, template)) in templates.iter().enumerate() {
        for (other, other_template) in &templates[i + 1..] {
            let same = person(name) == person(other);
            if same { &mut genuine } else { &mut impostor }.push(template.cosine(other_template));
        }
    }
    genuine.sort_by(f32::total_cmp);
    impostor.sort_by(f32::total_cmp);
    println!("cross pairs: {} of one person, {} of different people", genuine.len(), impostor.len());
    let reach = |cosines: &[f32], least: f32| cosines.iter().filter(|c| **c >= least).count();
    println!("false accepts   cosine  true accepts");
    for one_in in [2, 10, 100, 1_000, 10_000, 100_000] {
        if let Some(cosine) = impostor.iter().rev().nth(impostor.len() / one_in) {
            let share = reach(&genuine, *cosine) as f64 / genuine.len() as f64;
            println!("1 in {one_in:<10} {cosine:.4}  {:.2} %", share * 100.0);
        }
    }
    println!("percent  cosine  false accepts  true accepts");
    for percent in [20.0, 50.0, 80.0, 90.0, calibration::THRESHOLD, calibration::DUPLICATE] {
        let cosine = calibration::cosine(percent);
        let (false_accepts, true_accepts) = (reach(&impostor, cosine), reach(&genuine, cosine));
        println!("{percent:7}  {cosine:.4}  {false_accepts:13}  {true_accepts:12}");
    }
    Ok(())
}

/// The template of the face nearest to the middle of every picture.
fn templates(vision: &Vision, folder: &Path) -> Result<Vec<(String, Template)>, Box<dyn Error>> {
    let mut names: Vec<_> = std::fs::read_dir(folder)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".jpg") || name.ends_with(".png"))
        .collect();
    names.sort();
    let mut times = [Duration::ZERO; 4];
    let (mut found, mut missed) = (Vec::new(), 0);
    for name in names {
        let bytes = std::fs::read(folder.join(&name))?;
        let picture = timed(&mut times[0], || Vision::decode(&bytes))?;
        timed(&mut times[1], || vision.largest(&picture))?;
        let faces = timed(&mut times[2], || vision.all(&picture))?;
        let middle = faces.iter().min_by(|a, b| from_middle(a).total_cmp(&from_middle(b)));
        match middle {
            Some(face) => found.push((name, timed(&mut times[3], || vision.embed(&picture, face))?)),
            None => missed += 1,
        }
    }
    println!("{} pictures with a face, {missed} without", found.len());
    let [decode, largest, all, embed] = times.map(|time| time.as_secs_f64() * 1e3 / found.len().max(1) as f64);
    println!("ms a picture: decode {decode:.2}, largest {largest:.2}, all {all:.2}, embed {embed:.2}");
    Ok(found)
}

fn timed<R>(total: &mut Duration, work: impl FnOnce() -> R) -> R {
    let start = Instant::now();
    let result = work();
    *total += start.elapsed();
    result
}

fn from_middle(face: &DetectedFace) -> f32 {
    let b = face.bounding_box;
    (b.left + b.width / 2.0 - 0.5).hypot(b.top + b.height / 2.0 - 0.5)
}

fn person(name: &str) -> &str {
    name.rsplit_once('_').map_or(name, |(person, _)| person)
}

fn listed_pairs(templates: &[(String, Template)], pairs: &str) -> (Vec<f32>, Vec<f32>) {
    let by_name: HashMap<_, _> = templates.iter().map(|(name, template)| (name.as_str(), template)).collect();
    let (mut genuine, mut impostor) = (Vec::new(), Vec::new());
    for line in pairs.lines() {
        let [a, b, same] = line.split('\t').collect::<Vec<_>>()[..] else { continue };
        if let (Some(a), Some(b)) = (by_name.get(a), by_name.get(b)) {
            if same == "1" { &mut genuine } else { &mut impostor }.push(a.cosine(b));
        }
    }
    (genuine, impostor)
}

/// Where false accepts and false rejects are nearest to each other, their mean; and the best share of right answers.
fn equal_error(genuine: &[f32], impostor: &[f32]) -> (f64, f64) {
    let (mut nearest, mut rate, mut accuracy) = (f64::MAX, 0.0, 0.0f64);
    for &least in genuine.iter().chain(impostor) {
        let accepted = impostor.iter().filter(|c| **c >= least).count() as f64 / impostor.len() as f64;
        let rejected = genuine.iter().filter(|c| **c < least).count() as f64 / genuine.len() as f64;
        if (accepted - rejected).abs() < nearest {
            (nearest, rate) = ((accepted - rejected).abs(), (accepted + rejected) / 2.0);
        }
        accuracy = accuracy.max(1.0 - (accepted + rejected) / 2.0);
    }
    (rate, accuracy)
}
