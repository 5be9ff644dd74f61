//! All contenders on one gallery: loaded once, then asked in turns.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::super::contender::{Contender, Running};
use super::Data;
use super::figures::{Place, Question, READ, Row, compare};

/// How many of the most alike are asked for.
const MOST: usize = 5;
/// Templates a person, side by side in the gallery.
const TEMPLATES: usize = 3;
/// Queries that there are, half of them of people in the gallery.
const QUERIES: usize = 64;
/// Queries of a round, if they are asked one by one.
const SINGLES: usize = 8;
/// Who has taken this long on one question has no further turn.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where a group of rows is measured.
#[derive(Debug)]
pub(super) struct Group<'a> {
    pub(super) data: &'a str,
    pub(super) rows: u64,
    pub(super) dimension: u64,
    pub(super) threads: usize,
}

impl Group<'_> {
    /// What every program is told to load.
    pub(super) fn load(&self, data: &Data, queries: &Path) -> Value {
        json!({
            "do": "load", "gallery": data.gallery, "queries": queries, "rows": self.rows, "dimension": self.dimension,
            "threads": self.threads, "templates": TEMPLATES, "most": MOST, "min_cosine": data.min_cosine,
        })
    }
}

/// The programs that run, and who they answer for.
#[derive(Debug)]
pub(super) struct Lineup {
    programs: Vec<(&'static str, Running)>,
    entrants: Vec<Entrant>,
}

#[derive(Debug)]
struct Entrant {
    program: usize,
    name: String,
    exact: bool,
    answers: Vec<Question>,
}

impl Lineup {
    /// Starts programs and has them load a gallery. Who fails is missing, unless it is what all are compared with.
    pub(super) fn start(
        contenders: impl Iterator<Item = Contender>,
        load: &Value,
        wanted: impl Fn(&str) -> bool,
        missing: &mut Vec<(String, String)>,
    ) -> Result<Self> {
        let (mut programs, mut entrants) = (Vec::new(), Vec::new());
        for contender in contenders {
            eprint!("\r{:78}\r{}: loading {} rows ... ", "", contender.name, load["rows"]);
            let started = contender.start().and_then(|mut program| {
                let answer = program.ask(load)?;
                let described = entrants_of(programs.len(), &answer).with_context(|| format!("{answer}"))?;
                Ok((program, described))
            });
            match started {
                Ok((program, described)) => {
                    programs.push((contender.name, program));
                    entrants.extend(described.into_iter().filter(|entrant| wanted(&entrant.name)));
                }
                Err(error) if ["plain", "attendance"].contains(&contender.name) => return Err(error),
                Err(error) => note(missing, contender.name, &error),
            }
        }
        Ok(Self { programs, entrants })
    }

    /// Asks every question in rounds, and ends the programs.
    pub(super) fn measure(
        &mut self,
        group: &Group<'_>,
        rounds: u32,
        min_cosine: f64,
        missing: &mut Vec<(String, String)>,
    ) -> Result<Vec<Row>> {
        let place =
            Place { data: group.data.to_owned(), rows: group.rows, dimension: group.dimension, threads: group.threads };
        let reading = Question { query: "read".to_owned(), batch: 1 };
        let mut read = Row::new(&place, &reading, READ, true);
        let mut rows = Vec::new();
        for (query, batch) in [("top", 1), ("threshold", 1), ("top", QUERIES), ("threshold", QUERIES)] {
            let question = Question { query: query.to_owned(), batch };
            let answering = |(_, entrant): &(usize, &Entrant)| entrant.answers.contains(&question);
            let mut turns: Vec<_> = self
                .entrants
                .iter()
                .enumerate()
                .filter(answering)
                .map(|(at, entrant)| (at, Duration::ZERO, Row::new(&place, &question, &entrant.name, entrant.exact)))
                .collect();
            // What is made at the first use, and what has to come into the cache.
            turns.retain_mut(|(at, _, row)| match self.ask(*at, row, &[0], &mut Duration::default()) {
                Ok(()) => {
                    *row = Row::new(&place, &question, &row.contender, row.exact);
                    true
                }
                Err(error) => {
                    note(missing, &row.contender, &error);
                    false
                }
            });
            for round in 0..rounds {
                let Group { data, rows, threads, .. } = group;
                eprint!(
                    "\r{:78}\r{data}, {rows} rows, {threads} thread(s), {query}, {batch} at once: round {} of {rounds} ... ",
                    "",
                    round + 1
                );
                let reader = self.entrants.iter().position(|entrant| entrant.name == READ);
                self.ask(reader.context("read-once takes part")?, &mut read, &[0], &mut Duration::default())?;
                let first = round as usize * SINGLES;
                let queries: Vec<usize> = match batch {
                    1 => (first..first + SINGLES).map(|query| query % QUERIES).collect(),
                    _ => (0..QUERIES).collect(),
                };
                for (at, spent, row) in turns.iter_mut().filter(|(_, spent, _)| *spent < PATIENCE) {
                    self.ask(*at, row, &queries, spent).with_context(|| row.contender.clone())?;
                }
            }
            rows.extend(turns.into_iter().map(|(_, _, row)| row));
        }
        eprint!("\r{:78}\r", "");
        rows.insert(0, read);
        compare(&mut rows, min_cosine);
        for (_, program) in std::mem::take(&mut self.programs) {
            program.leave()?;
        }
        Ok(rows)
    }

    /// One turn of one entrant, added to its row.
    fn ask(&mut self, at: usize, row: &mut Row, queries: &[usize], spent: &mut Duration) -> Result<()> {
        let entrant = &self.entrants[at];
        let start = Instant::now();
        let answer = self.programs[entrant.program].1.ask(&json!({
            "do": "search", "contender": entrant.name, "query": row.question.query, "queries": queries,
            "batch": row.question.batch > 1,
        }))?;
        *spent += start.elapsed();
        row.rounds += 1;
        row.ms.extend(serde_json::from_value::<Vec<f64>>(answer["ms"].clone())?);
        if row.contender != READ {
            row.found.extend(queries.iter().copied().zip(serde_json::from_value::<Vec<_>>(answer["found"].clone())?));
        }
        if let Some(rescored) = serde_json::from_value::<Option<Vec<u64>>>(answer["rescored"].clone())? {
            row.rescored.extend(queries.iter().copied().zip(rescored));
        }
        Ok(())
    }
}

fn entrants_of(program: usize, answer: &Value) -> Option<Vec<Entrant>> {
    let entrant = |described: &Value| {
        let answers = serde_json::from_value::<Vec<(String, usize)>>(described["answers"].clone()).ok()?;
        Some(Entrant {
            program,
            name: described["name"].as_str()?.to_owned(),
            exact: described["exact"].as_bool()?,
            answers: answers.into_iter().map(|(query, batch)| Question { query, batch }).collect(),
        })
    };
    answer["contenders"].as_array()?.iter().map(entrant).collect()
}

/// Once for every contender, however many galleries it is missing on.
fn note(missing: &mut Vec<(String, String)>, name: &str, error: &anyhow::Error) {
    if missing.iter().all(|(known, _)| known != name) {
        missing.push((name.to_owned(), format!("{error:#}")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_says_whom_it_answers_for() {
        let answer = json!({ "contenders": [{ "name": "plain-loop", "answers": [["top", 64]], "exact": true }] });
        let entrants = entrants_of(3, &answer).expect("it is as described");
        assert_eq!((entrants[0].program, entrants[0].name.as_str()), (3, "plain-loop"));
        assert_eq!(entrants[0].answers, [Question { query: "top".to_owned(), batch: 64 }]);
        assert!(entrants_of(0, &json!({ "contenders": [{ "name": "plain-loop" }] })).is_none());
    }
}
