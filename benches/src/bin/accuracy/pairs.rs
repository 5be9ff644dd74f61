//! The pairs to compare: a file of them, as a test protocol publishes it.

use anyhow::{Result, bail};

/// Two pictures and whether they show one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pair {
    /// Index of the first picture, which is enrolled.
    pub(crate) a: u32,
    /// Index of the second one, which is compared with it.
    pub(crate) b: u32,
    pub(crate) same: bool,
}

/// Reads lines of `a<TAB>b<TAB>0|1`; `find` knows the index of a picture's name.
///
/// # Errors
/// The first line that is no pair, or that names a picture which is not there; and a file without any line.
pub(crate) fn parse(text: &str, find: impl Fn(&str) -> Option<u32>) -> Result<Vec<Pair>> {
    let mut pairs = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let at = number + 1;
        let [a, b, same] = line.split('\t').collect::<Vec<_>>()[..] else {
            bail!("line {at} is not two pictures and 0 or 1 with tabs between: {line:?}");
        };
        let same = match same {
            "1" => true,
            "0" => false,
            other => bail!("line {at} must end with 1 (one person) or 0, not {other:?}"),
        };
        let index = |name: &str| match find(name) {
            Some(index) => Ok(index),
            None => bail!("line {at} names {name:?}, which is no JPEG or PNG file below the folder"),
        };
        pairs.push(Pair { a: index(a)?, b: index(b)?, same });
    }
    if pairs.is_empty() { bail!("there is no pair in it") } else { Ok(pairs) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Pair>, String> {
        parse(text, |name| ["x.jpg", "y.jpg"].iter().position(|known| *known == name).map(|at| at as u32))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_line_is_two_pictures_and_whether_they_show_one_person() {
        let pairs = read("x.jpg\ty.jpg\t1\r\ny.jpg\tx.jpg\t0\n").unwrap();
        assert_eq!(pairs, [Pair { a: 0, b: 1, same: true }, Pair { a: 1, b: 0, same: false }]);
    }

    #[test]
    fn a_bad_line_is_named() {
        for (text, says) in [
            ("x.jpg\ty.jpg\t1\nx.jpg y.jpg 1\n", "line 2 is not two pictures"),
            ("x.jpg\ty.jpg\t2", "line 1 must end with 1"),
            ("x.jpg\ty.jpg\t1\n\n", "line 2 is not"),
            ("x.jpg\tz.jpg\t0", "line 1 names \"z.jpg\""),
            ("", "no pair"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
    }
}
