//! From rows that were found to the people they show.

use crate::Question;
use crate::population::TEMPLATES;

/// A person of the gallery and the cosine of her best template.
pub(crate) type Person = (usize, f32);

/// The rows that can still matter to one query.
#[derive(Debug)]
pub(crate) struct Shortlist {
    question: Question,
    /// Reached by every row that is still of interest.
    least: f32,
    rows: Vec<(f32, usize)>,
}

impl Shortlist {
    pub(crate) fn new(question: Question) -> Self {
        let least = match question {
            Question::Top { .. } => f32::NEG_INFINITY,
            Question::Threshold { min_cosine } => min_cosine,
        };
        Self { question, least, rows: Vec::new() }
    }

    pub(crate) fn add(&mut self, row: usize, cosine: f32) {
        if cosine < self.least {
            return;
        }
        self.rows.push((cosine, row));
        if let Question::Top { most } = self.question
            // No more rows than this belong to that many people.
            && self.rows.len() >= 4 * most * TEMPLATES
        {
            self.shorten(most * TEMPLATES);
        }
    }

    fn shorten(&mut self, most: usize) {
        self.rows.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        self.rows.truncate(most);
        if let Some(last) = self.rows.get(most - 1) {
            self.least = last.0;
        }
    }

    /// Adds what another thread found.
    pub(crate) fn merge(&mut self, other: Self) {
        other.rows.into_iter().for_each(|(cosine, row)| self.add(row, cosine));
    }

    /// Everybody once, the most alike first.
    pub(crate) fn people(mut self) -> Vec<Person> {
        self.rows.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut people: Vec<Person> = Vec::new();
        let mut known = std::collections::HashSet::new();
        for (cosine, row) in self.rows {
            if known.insert(row / TEMPLATES) {
                people.push((row / TEMPLATES, cosine));
            }
        }
        if let Question::Top { most } = self.question {
            people.truncate(most);
        }
        people
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(question: Question, cosines: &[f32]) -> Vec<Person> {
        let (mut list, mut rest) = (Shortlist::new(question), Shortlist::new(question));
        for (row, cosine) in cosines.iter().enumerate() {
            if row % 2 == 0 { &mut list } else { &mut rest }.add(row, *cosine);
        }
        list.merge(rest);
        list.people()
    }

    #[test]
    fn a_person_counts_once_by_her_best_template() {
        let people = found(Question::Top { most: 2 }, &[0.1, 0.5, 0.2, 0.4, 0.3, 0.3, 0.2, 0.2, 0.2]);
        assert_eq!(people, [(0, 0.5), (1, 0.4)]);
    }

    #[test]
    fn a_threshold_is_reached_by_what_equals_it() {
        let people = found(Question::Threshold { min_cosine: 0.4 }, &[0.1, 0.5, 0.2, 0.4, 0.3, 0.3, 0.399, 0.2]);
        assert_eq!(people, [(0, 0.5), (1, 0.4)]);
    }

    #[test]
    fn a_long_gallery_keeps_only_the_best() {
        let cosines: Vec<f32> = (0..3_000).map(|row| ((row * 7_919) % 3_000) as f32 / 3_000.0).collect();
        let mut best: Vec<_> = cosines.chunks(TEMPLATES).map(|own| own.iter().copied().fold(0.0, f32::max)).collect();
        best.sort_by(|a, b| b.total_cmp(a));
        let people = found(Question::Top { most: 5 }, &cosines);
        assert_eq!(people.iter().map(|person| person.1).collect::<Vec<_>>(), best[..5]);
    }
}
