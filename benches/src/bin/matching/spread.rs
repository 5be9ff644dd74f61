//! How real templates spread: their mean, how people differ from each other, and how pictures of one person do.
//!
//! data/README.md says how the file was made and what is in it.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use attendance_local::vision::{DIMENSIONS, DetectedFace, Vision};

use crate::covariance::Covariance;
use crate::random::Normal;

/// How many numbers a template has.
pub(crate) const DIMENSION: usize = DIMENSIONS;

/// Mean and spread of the cosines of the pictures that the file was made from: of different people, of one person.
#[cfg(test)]
pub(crate) const REAL_STRANGERS: (f32, f32) = (0.8352, 0.0346);
#[cfg(test)]
pub(crate) const REAL_PEOPLE: (f32, f32) = (0.9512, 0.0153);

static SHIPPED: &[u8] = include_bytes!("../../../data/embedder128.f32");

/// What a template is drawn from: mean + people x normal numbers of the person + pictures x normal numbers of her own.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Spread {
    mean: Vec<f32>,
    /// Square roots of two covariances, so that they are symmetric; row after row.
    people: Vec<f32>,
    pictures: Vec<f32>,
}

impl Spread {
    /// The one that comes with the benchmarks.
    pub(crate) fn shipped() -> Result<Self> {
        let numbers: Vec<f32> = SHIPPED.as_chunks().0.iter().map(|number| f32::from_le_bytes(*number)).collect();
        ensure!(numbers.len() == DIMENSION * (1 + 2 * DIMENSION), "data/embedder128.f32 is damaged");
        let (mean, factors) = numbers.split_at(DIMENSION);
        let (people, pictures) = factors.split_at(DIMENSION * DIMENSION);
        Ok(Self { mean: mean.to_vec(), people: people.to_vec(), pictures: pictures.to_vec() })
    }

    /// A template, not yet of unit length, of the normal numbers of a person and of a picture.
    pub(crate) fn template(&self, person: &[f32], picture: &[f32], template: &mut [f32]) {
        template.copy_from_slice(&self.mean);
        for (factor, numbers) in [(&self.people, person), (&self.pictures, picture)] {
            // A column is a row: the factors are symmetric.
            for (column, number) in factor.chunks_exact(DIMENSION).zip(numbers) {
                template.iter_mut().zip(column).for_each(|(sum, entry)| *sum += number * entry);
            }
        }
    }

    /// Of templates, each with the name of whom it shows.
    fn of(templates: &[(String, Vec<f32>)]) -> Result<Self> {
        let mut people = BTreeMap::<&str, Vec<&[f32]>>::new();
        for (name, template) in templates {
            people.entry(name).or_default().push(template);
        }
        let mean_of = |rows: &[Vec<f64>]| -> Vec<f64> {
            (0..DIMENSION).map(|at| rows.iter().map(|row| row[at]).sum::<f64>() / rows.len() as f64).collect()
        };
        let wide = |row: &[f32]| row.iter().map(|number| f64::from(*number)).collect::<Vec<_>>();
        let (mut within, mut freedom) = (Covariance::new(DIMENSION), 0);
        let mut first = Vec::new();
        for pictures in people.values() {
            let pictures: Vec<_> = pictures.iter().map(|row| wide(row)).collect();
            let mean = mean_of(&pictures);
            pictures.iter().for_each(|row| within.add(row, &mean));
            freedom += pictures.len() - 1;
            first.push(pictures[0].clone());
        }
        ensure!(freedom > 0 && first.len() > 1, "several pictures of some people are needed, and several people");
        let within = within.scaled(1.0 / freedom as f64);
        // One picture a person: they spread by both.
        let mean = mean_of(&first);
        let mut total = Covariance::new(DIMENSION);
        first.iter().for_each(|row| total.add(row, &mean));
        let people = total.scaled(1.0 / (first.len() - 1) as f64).less(&within);
        let narrow = |numbers: Vec<f64>| numbers.into_iter().map(|number| number as f32).collect();
        Ok(Self { mean: narrow(mean), people: narrow(people.root()), pictures: narrow(within.root()) })
    }

    /// Three templates each of some people, of unit length.
    fn drawn(&self, people: u64) -> Vec<(String, Vec<f32>)> {
        let template = |person: u64, number: u64| {
            let [mut own, mut picture, mut template] = [(); 3].map(|()| vec![0.0; DIMENSION]);
            Normal::stream(0, person, 0).fill(&mut own);
            Normal::stream(0, person, number).fill(&mut picture);
            self.template(&own, &picture, &mut template);
            let length = template.iter().map(|number| number * number).sum::<f32>().sqrt();
            (person.to_string(), template.into_iter().map(|number| number / length).collect())
        };
        (0..people)
            .flat_map(|person| (1..=3).map(move |number| (person, number)))
            .map(|(p, n)| template(p, n))
            .collect()
    }

    fn bytes(&self) -> Vec<u8> {
        let numbers = self.mean.iter().chain(&self.people).chain(&self.pictures);
        numbers.flat_map(|number| number.to_le_bytes()).collect()
    }
}

/// Embeds the pictures of a folder, writes their spread, and prints how they and what is drawn from it compare.
///
/// The pictures are named PERSON_NUMBER.jpg, with the person in the middle.
pub(crate) fn measure(folder: &Path, out: &Path) -> Result<()> {
    let templates = embedded(folder)?;
    let spread = Spread::of(&templates)?;
    std::fs::write(out, spread.bytes()).with_context(|| format!("{} can't be written", out.display()))?;
    println!("{} pictures", templates.len());
    print_cosines("real", &templates);
    print_cosines("drawn", &spread.drawn(600));
    Ok(())
}

fn print_cosines(what: &str, templates: &[(String, Vec<f32>)]) {
    for (same, whom) in [(false, "different people"), (true, "one person")] {
        let mut cosines = Vec::new();
        for (i, (name, template)) in templates.iter().enumerate() {
            let others = templates[..i].iter().filter(|(other, _)| (name == other) == same);
            cosines.extend(others.map(|(_, other)| template.iter().zip(other).map(|(a, b)| a * b).sum::<f32>()));
        }
        println!("{what}, {whom}: {}", described(&mut cosines));
    }
}

fn described(cosines: &mut [f32]) -> String {
    cosines.sort_by(f32::total_cmp);
    let count = cosines.len() as f32;
    let mean = cosines.iter().sum::<f32>() / count;
    let spread = (cosines.iter().map(|cosine| (cosine - mean).powi(2)).sum::<f32>() / count).sqrt();
    let at = |share: f64| cosines[(share * (cosines.len() - 1) as f64) as usize];
    let (low, middle, high, highest) = (at(0.01), at(0.5), at(0.99), at(0.9999));
    format!(
        "{count} pairs, mean {mean:.4}, spread {spread:.4}; 1 % {low:.3}, 50 % {middle:.3}, 99 % {high:.3}, 99.99 % {highest:.3}"
    )
}

/// The templates of the faces nearest to the middle, each with the name of whom it shows.
fn embedded(folder: &Path) -> Result<Vec<(String, Vec<f32>)>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("{} can't be read", folder.display()))?;
    let mut pictures: Vec<_> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    pictures.retain(|path| path.extension().is_some_and(|extension| extension == "jpg"));
    pictures.sort();
    let vision = Vision::load()?;
    let mut templates = Vec::new();
    for path in pictures {
        let picture = Vision::decode(&std::fs::read(&path)?)?;
        let faces = vision.all(&picture)?;
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let person = name.rsplit_once('_').map_or(name.as_str(), |(person, _)| person);
        match faces.iter().min_by(|a, b| from_middle(a).total_cmp(&from_middle(b))) {
            Some(face) => templates.push((person.to_owned(), vision.embed(&picture, face)?.as_slice().to_vec())),
            None => eprintln!("{} shows no face", path.display()),
        }
    }
    Ok(templates)
}

fn from_middle(face: &DetectedFace) -> f32 {
    let b = face.bounding_box;
    (b.left + b.width / 2.0 - 0.5).hypot(b.top + b.height / 2.0 - 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_from_a_spread_spreads_like_it() {
        let shipped = Spread::shipped().expect("it is there");
        let templates = shipped.drawn(400);
        let again = Spread::of(&templates).expect("many people");
        let trace = |factor: &[f32]| factor.iter().map(|entry| entry * entry).sum::<f32>();
        let pairs = [(&again.people, &shipped.people), (&again.pictures, &shipped.pictures)];
        for (again, shipped) in pairs.map(|(again, shipped)| (trace(again), trace(shipped))) {
            assert!((again / shipped - 1.0).abs() < 0.15, "{again} for {shipped}");
        }
        let off = again.mean.iter().zip(&shipped.mean).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt();
        assert!(off < 0.05, "{off}");
    }

    #[test]
    fn the_file_is_what_a_spread_writes() {
        assert_eq!(Spread::shipped().expect("it is there").bytes(), SHIPPED);
    }

    #[test]
    fn one_picture_of_everybody_says_nothing_of_a_person() {
        let one = |name: &str| (name.to_owned(), vec![1.0; DIMENSION]);
        assert!(Spread::of(&[one("a"), one("b")]).is_err());
        assert!(Spread::of(&[one("a"), one("a")]).is_err());
    }
}
