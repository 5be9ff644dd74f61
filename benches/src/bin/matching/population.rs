//! The people of a made-up gallery: `random512` and `embedder128`.

use anyhow::{Result, bail};
use attendance_local::vision::calibration;

use crate::random::Normal;
use crate::spread::{self, Spread};

/// How many templates each person of a gallery has.
pub(crate) const TEMPLATES: usize = 3;

/// The length of a noise beside a unit vector that leaves two templates of one person a cosine of 0.95, about as alike
/// as two pictures of one person: 1 / (1 + noise^2) = 0.95.
const NOISE: f32 = 0.229_416;

/// Whom the numbers of strangers begin with: nobody has as many people in a gallery.
const STRANGERS: u64 = 1 << 40;

/// People, each a stream of random numbers.
#[derive(Debug)]
pub(crate) struct Population {
    kind: Kind,
    seed: u64,
}

#[derive(Debug)]
enum Kind {
    /// A person is a random unit vector, a template of hers that vector plus a random one of length [`NOISE`].
    Random512,
    /// Templates as the project's embedder makes them, drawn from their mean and their spread.
    Embedder128(Box<Spread>),
}

impl Population {
    /// By the name that the table has for it.
    pub(crate) fn named(name: &str, seed: u64) -> Result<Self> {
        let kind = match name {
            "random512" => Kind::Random512,
            "embedder128" => Kind::Embedder128(Box::new(Spread::shipped()?)),
            _ => bail!("there is no population {name}: random512, embedder128"),
        };
        Ok(Self { kind, seed })
    }

    /// How many numbers a template has.
    pub(crate) fn dimension(&self) -> usize {
        match self.kind {
            Kind::Random512 => 512,
            Kind::Embedder128(_) => spread::DIMENSION,
        }
    }

    /// The cosine that a search by threshold goes down to: the default policy's.
    pub(crate) fn min_cosine(&self) -> f32 {
        calibration::cosine(calibration::THRESHOLD)
    }

    /// The row of a gallery: people follow each other, the templates of one side by side.
    pub(crate) fn row(&self, row: u64, template: &mut [f32]) {
        let per_person = TEMPLATES as u64;
        self.template(row / per_person, 1 + row % per_person, template);
    }

    /// The query `number` for a gallery of `rows` rows: even ones show a person of the gallery as no template does, odd
    /// ones show a stranger.
    pub(crate) fn query(&self, number: u64, rows: u64, template: &mut [f32]) {
        if number.is_multiple_of(2) {
            let people = rows.div_ceil(TEMPLATES as u64);
            // All over the gallery, whatever its size.
            let person = ((number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) * people) >> 32;
            self.template(person, 1 + TEMPLATES as u64 + number, template);
        } else {
            self.template(STRANGERS + number, 1, template);
        }
    }

    fn template(&self, person: u64, number: u64, template: &mut [f32]) {
        let mut own = vec![0.0; template.len()];
        Normal::stream(self.seed, person, 0).fill(template);
        Normal::stream(self.seed, person, number).fill(&mut own);
        match &self.kind {
            Kind::Random512 => {
                lengthen(template, 1.0);
                lengthen(&mut own, NOISE);
                template.iter_mut().zip(&own).for_each(|(number, noise)| *number += noise);
            }
            Kind::Embedder128(spread) => {
                let person = template.to_vec();
                spread.template(&person, &own, template);
            }
        }
        lengthen(template, 1.0);
    }
}

fn lengthen(vector: &mut [f32], length: f32) {
    let factor = length / vector.iter().map(|number| number * number).sum::<f32>().sqrt();
    vector.iter_mut().for_each(|number| *number *= factor);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(population: &Population, rows: u64) -> Vec<Vec<f32>> {
        let row = |row| {
            let mut template = vec![0.0; population.dimension()];
            population.row(row, &mut template);
            template
        };
        (0..rows).map(row).collect()
    }

    fn cosines(rows: &[Vec<f32>], same: bool) -> Vec<f32> {
        let pairs = (0..rows.len()).flat_map(|a| (0..a).map(move |b| (a, b)));
        let wanted = pairs.filter(|(a, b)| (a / TEMPLATES == b / TEMPLATES) == same);
        let mut cosines: Vec<f32> =
            wanted.map(|(a, b)| rows[a].iter().zip(&rows[b]).map(|(a, b)| a * b).sum()).collect();
        cosines.sort_by(f32::total_cmp);
        cosines
    }

    fn mean_and_spread(cosines: &[f32]) -> (f32, f32) {
        let mean = cosines.iter().sum::<f32>() / cosines.len() as f32;
        let square = cosines.iter().map(|cosine| (cosine - mean).powi(2)).sum::<f32>();
        (mean, (square / cosines.len() as f32).sqrt())
    }

    #[test]
    fn random512_has_strangers_at_right_angles_and_people_who_are_like_themselves() {
        let rows = rows(&Population::named("random512", 1).expect("it exists"), 300);
        let (strangers, people) = (cosines(&rows, false), cosines(&rows, true));
        let (mean, spread) = mean_and_spread(&strangers);
        assert!(mean.abs() < 0.005 && (spread - 1.0 / 512f32.sqrt()).abs() < 0.005, "{mean} {spread}");
        let (mean, spread) = mean_and_spread(&people);
        assert!((mean - 0.95).abs() < 0.001 && spread < 0.005, "{mean} {spread}");
    }

    #[test]
    fn embedder128_has_the_cosines_of_the_pictures_that_it_was_taken_from() {
        let rows = rows(&Population::named("embedder128", 1).expect("it exists"), 1_500);
        let (strangers, people) = (cosines(&rows, false), cosines(&rows, true));
        // As `matching spread` prints them: data/README.md.
        let near = |found: (f32, f32), real: (f32, f32)| {
            assert!((found.0 - real.0).abs() < 0.01 && (found.1 - real.1).abs() < 0.01, "{found:?} for {real:?}");
        };
        near(mean_and_spread(&strangers), spread::REAL_STRANGERS);
        near(mean_and_spread(&people), spread::REAL_PEOPLE);
    }

    #[test]
    fn every_other_query_shows_somebody_of_the_gallery() {
        for name in ["random512", "embedder128"] {
            let population = Population::named(name, 3).expect("it exists");
            let gallery = rows(&population, 100);
            let mut best = [0.0; 2];
            for number in 0..16 {
                let mut query = vec![0.0; population.dimension()];
                population.query(number, 100, &mut query);
                let cosine = |row: &Vec<f32>| row.iter().zip(&query).map(|(a, b)| a * b).sum::<f32>();
                best[number as usize % 2] += gallery.iter().map(cosine).fold(-1.0, f32::max) / 8.0;
            }
            // A stranger may come near one of so many by chance; on average none does.
            let [somebody, stranger] = best;
            assert!(somebody > 0.94 && stranger < 0.93, "{name}: {somebody} and {stranger}");
        }
    }
}
