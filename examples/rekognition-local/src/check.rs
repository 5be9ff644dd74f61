//! Whether a request keeps to the service's model: what must be there, how long, of which characters, in which range.

use std::fmt::Display;

use uuid::Uuid;

use crate::fault::Fault;

/// What a text must be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text {
    min: usize,
    max: usize,
    pattern: &'static str,
    fits: fn(&str) -> bool,
}

/// A name of letters, digits and some other characters.
macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $min:literal..=$max:literal, $pattern:literal, $others:literal) => {
        $(#[$doc])*
        pub(crate) const $name: Text = Text {
            min: $min,
            max: $max,
            pattern: $pattern,
            fits: |text| text.chars().all(|c| c.is_ascii_alphanumeric() || $others.contains(c)),
        };
    };
}
text!(COLLECTION_ID, 1..=255, r"[a-zA-Z0-9_.\-]+", "_.-");
text!(EXTERNAL_IMAGE_ID, 1..=255, r"[a-zA-Z0-9_.\-:]+", "_.-:");
text!(USER_ID, 1..=128, r"[a-zA-Z0-9_.\-:]+", "_.-:");
text!(CLIENT_REQUEST_TOKEN, 1..=64, r"^[a-zA-Z0-9-_]+$", "-_");
text!(BUCKET, 3..=255, r"[0-9A-Za-z\.\-_]*", "._-");

/// An object's name, or its version.
pub(crate) const OBJECT: Text = Text { min: 1, max: 1024, pattern: "", fits: |_| true };
pub(crate) const PAGINATION_TOKEN: Text = Text { min: 0, max: 255, pattern: "", fits: |_| true };
const FACE_ID: Text = Text {
    min: 36,
    max: 36,
    pattern: "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    fits: |text| face_id(text).is_some(),
};

/// The id of a face or an image: a UUID in small letters.
pub(crate) fn face_id(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok().filter(|id| id.to_string() == text)
}

/// What of a wrong value is repeated to whoever sent it.
const REPEATED: usize = 300;

/// Collects what is wrong with a request.
#[derive(Debug, Default)]
pub(crate) struct Check {
    problems: Vec<String>,
}

impl Check {
    pub(crate) fn done(self) -> Result<(), Fault> {
        if self.problems.is_empty() { Ok(()) } else { Err(Fault::validation(&self.problems)) }
    }

    pub(crate) fn required<T>(&mut self, at: &str, value: Option<&T>) {
        if value.is_none() {
            let problem = format!("Value null at '{at}' failed to satisfy constraint: Member must not be null");
            self.problems.push(problem);
        }
    }

    pub(crate) fn text(&mut self, at: &str, value: Option<&String>, rule: &Text) {
        let Some(value) = value else { return };
        let length = value.chars().count();
        self.at_least(at, value, length < rule.min, "length", rule.min);
        self.at_most(at, value, length > rule.max, "length", rule.max);
        if length > 0 && !(rule.fits)(value) {
            self.fail(at, value, &format!("Member must satisfy regular expression pattern: {}", rule.pattern));
        }
    }

    /// A text that must be there.
    pub(crate) fn name(&mut self, at: &str, value: Option<&String>, rule: &Text) {
        self.required(at, value);
        self.text(at, value, rule);
    }

    pub(crate) fn face(&mut self, at: &str, value: Option<&String>) {
        self.text(at, value, &FACE_ID);
    }

    /// Between one and `most` ids of faces.
    pub(crate) fn faces(&mut self, at: &str, values: Option<&Vec<String>>, most: usize) {
        let Some(values) = values else { return };
        let shown = format!("[{}]", values.iter().take(8).map(String::as_str).collect::<Vec<_>>().join(", "));
        self.at_least(at, &shown, values.is_empty(), "length", 1);
        self.at_most(at, &shown, values.len() > most, "length", most);
        if values.iter().any(|value| face_id(value).is_none()) {
            let rule = format!(
                "Member must satisfy constraint: [Member must satisfy regular expression pattern: {}]",
                FACE_ID.pattern
            );
            self.fail(at, &shown, &rule);
        }
    }

    /// A number, or a length, from `min` to `max`.
    pub(crate) fn number<N: PartialOrd + Display>(&mut self, at: &str, value: Option<N>, min: N, max: N) {
        let Some(value) = value else { return };
        self.at_least(at, &value, value < min, "value", min);
        self.at_most(at, &value, value > max, "value", max);
    }

    pub(crate) fn blob(&mut self, at: &str, length: Option<usize>, max: usize) {
        let Some(length) = length else { return };
        let shown = format!("java.nio.HeapByteBuffer[pos=0 lim={length} cap={length}]");
        self.at_least(at, &shown, length < 1, "length", 1);
        self.at_most(at, &shown, length > max, "length", max);
    }

    pub(crate) fn choice(&mut self, at: &str, value: Option<&String>, choices: &[&str]) {
        if let Some(value) = value.filter(|value| !choices.contains(&value.as_str())) {
            self.fail(at, value, &format!("Member must satisfy enum value set: [{}]", choices.join(", ")));
        }
    }

    pub(crate) fn choices(&mut self, at: &str, values: Option<&Vec<String>>, choices: &[&str]) {
        for value in values.into_iter().flatten() {
            self.choice(at, Some(value), choices);
        }
    }

    fn at_least(&mut self, at: &str, value: impl Display, wrong: bool, what: &str, min: impl Display) {
        if wrong {
            self.fail(at, value, &format!("Member must have {what} greater than or equal to {min}"));
        }
    }

    fn at_most(&mut self, at: &str, value: impl Display, wrong: bool, what: &str, max: impl Display) {
        if wrong {
            self.fail(at, value, &format!("Member must have {what} less than or equal to {max}"));
        }
    }

    fn fail(&mut self, at: &str, value: impl Display, rule: &str) {
        let value: String = value.to_string().chars().take(REPEATED).collect();
        self.problems.push(format!("Value '{value}' at '{at}' failed to satisfy constraint: {rule}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(check: impl FnOnce(&mut Check)) -> usize {
        let mut checked = Check::default();
        check(&mut checked);
        checked.problems.len()
    }

    #[test]
    fn ids_are_bounded_as_the_model_says() {
        for (rule, longest) in
            [(COLLECTION_ID, 255), (EXTERNAL_IMAGE_ID, 255), (USER_ID, 128), (CLIENT_REQUEST_TOKEN, 64)]
        {
            let text = |text: String| problems(|check| check.name("x", Some(&text), &rule));
            assert_eq!([text("a-_Z09".into()), text("a".repeat(longest))], [0, 0]);
            assert_eq!([text(String::new()), text("a".repeat(longest + 1)), text("a b".into())], [1, 1, 1]);
            assert_eq!(text("ä".into()), 1);
        }
        assert_eq!(problems(|check| check.name("x", Some(&"a:b".into()), &COLLECTION_ID)), 1);
        assert_eq!(problems(|check| check.name("x", Some(&"a:b".into()), &USER_ID)), 0);
        assert_eq!(problems(|check| check.name("x", None, &USER_ID)), 1);
        assert_eq!(problems(|check| check.text("x", None, &USER_ID)), 0);
    }

    #[test]
    fn an_id_of_a_face_is_a_uuid_in_small_letters() {
        let faces = |ids: &[&str]| {
            let ids = ids.iter().map(ToString::to_string).collect();
            problems(|check| check.faces("faceIds", Some(&ids), 2))
        };
        let good = "0192f3a4-7c1e-7b3a-8c55-0123456789ab";
        assert_eq!([faces(&[good]), faces(&[]), faces(&[good; 3])], [0, 1, 1]);
        assert_eq!([faces(&[&good.to_uppercase()]), faces(&[good, "x"])], [1, 1]);
        assert_eq!(faces(&["0192f3a47c1e7b3a8c550123456789ab"]), 1);
    }

    #[test]
    fn numbers_and_blobs_have_bounds_that_belong_to_them() {
        let number = |n| problems(|check| check.number("maxFaces", Some(n), 1, 4096));
        assert_eq!([number(0), number(1), number(4096), number(4097)], [1, 0, 0, 1]);
        let percent = |n| problems(|check| check.number("t", Some(n), 0.0, 100.0));
        assert_eq!([percent(-0.1), percent(0.0), percent(100.0), percent(100.1)], [1, 0, 0, 1]);
        let blob = |n| problems(|check| check.blob("image.bytes", Some(n), 5_242_880));
        assert_eq!([blob(0), blob(1), blob(5_242_880), blob(5_242_881)], [1, 0, 0, 1]);
    }

    #[test]
    fn a_message_counts_the_problems_and_repeats_little_of_a_value() {
        let mut check = Check::default();
        check.required::<String>("collectionId", None);
        check.choice("qualityFilter", Some(&"x".repeat(5_000)), &["NONE", "AUTO"]);
        let message = check.done().unwrap_err().body(Uuid::nil())["Message"].as_str().unwrap().to_owned();
        assert!(message.starts_with("2 validation errors detected: Value null at 'collectionId' failed"), "{message}");
        assert!(message.ends_with("enum value set: [NONE, AUTO]") && message.len() < 600, "{message}");
    }
}
