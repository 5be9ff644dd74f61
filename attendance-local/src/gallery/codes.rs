//! Templates as 8-bit codes, and how far an inner product of codes can be from that of the templates.
//!
//! A row `x` is kept as `x = m + s c + e`: a centre `m` that all rows of a block share, integer codes `c` from -127 to
//! 127 with one scale `s`, and what is left over, of which the length `|e|` is kept. A query is kept as `q = t d + f`,
//! with integers `d` of up to 16 bits. By Cauchy's and Schwarz's inequality
//!
//! ```text
//! <x, q>  =  <m, q> + s t <c, d> + <s c, f> + <e, q>
//!        <=  <m, q> + s t <c, d> + |s c| |f| + |e| |q|
//! ```
//!
//! `<c, d>` is a sum of integers and has no error. What is left is rounding: the score of a row is not the true inner
//! product but what [`dot`](super::dot) makes of it in 32-bit floating point, and the right-hand side is computed in it
//! too. [`Query::slack`] bounds both, so that no row whose score reaches a floor is ever passed over.

//!
//! How many bits? Of 100,000 rows as many had to be read as they are, for a stranger's query, in percent (the data of
//! `cargo xtask bench match`; in front of the slash all that reach the default threshold were wanted, behind it the best 5):
//!
//! | codes | random512 | embedder128 |
//! | --- | --- | --- |
//! | 4 bits | 0.00 / 8.91 | 52.96 / 62.90 |
//! | 4 bits, centred | 0.00 / 8.69 | 2.02 / 4.01 |
//! | 8 bits | 0.00 / 0.01 | 0.01 / 0.03 |
//! | 8 bits, centred | 0.00 / 0.01 | 0.00 / 0.01 |
//!
//! Eight bits leave next to nothing on both, so that one step is enough, and the centre makes it sure.

use super::kernel::LANES;

/// The largest code.
const MOST: f64 = 127.0;

/// Relative error of one operation on `f32`, half of what separates 1 from the next number.
const UNIT: f64 = f32::EPSILON as f64 / 2.0;

/// How many codes a row of `dimension` numbers has, with zeros at its end.
pub(super) const fn width(dimension: usize) -> usize {
    dimension.next_multiple_of(LANES)
}

/// What is kept of a row beside its codes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Row {
    /// `s`: what a code of 1 stands for.
    pub(super) scale: f32,
    /// At least `|e|`.
    pub(super) error: f32,
    /// At least `|s c|`.
    pub(super) length: f32,
}

impl Row {
    /// Writes the codes of `template` seen from `centre`; `codes` has [`width`] numbers, zeros at its end.
    pub(super) fn encode(template: &[f32], centre: &[f32], codes: &mut [i8]) -> Self {
        // In 64 bits a difference of two numbers of 32 bits is as good as exact.
        let seen = || template.iter().zip(centre).map(|(&x, &m)| f64::from(x) - f64::from(m));
        let farthest = seen().fold(0.0, |farthest: f64, y| farthest.max(y.abs()));
        let scale = (farthest / MOST) as f32;
        let inverse = if scale > 0.0 { 1.0 / f64::from(scale) } else { 0.0 };
        let (mut error, mut length) = (0.0, 0.0);
        for (y, code) in seen().zip(codes.iter_mut()) {
            let nearest = rounded(y * inverse).clamp(-MOST, MOST);
            *code = nearest as i8;
            let kept = f64::from(scale) * nearest;
            error += (y - kept) * (y - kept);
            length += kept * kept;
        }
        Self { scale, error: above(error.sqrt()), length: above(length.sqrt()) }
    }
}

/// What is known of a query beside its numbers.
#[derive(Debug)]
pub(super) struct Query {
    /// `t`: what a number of 1 stands for.
    pub(super) scale: f32,
    /// At least `|q|`.
    pub(super) length: f32,
    /// At least `|f|`.
    error: f32,
    /// How many numbers the query has.
    dimension: usize,
}

impl Query {
    /// Appends `d`, with zeros at its end up to [`width`], of as many bits as the kernels can add up in 32 for rows of
    /// this width: all 16 up to 512 numbers.
    pub(super) fn encode(query: &[f32], numbers: &mut Vec<i16>) -> Self {
        let width = width(query.len());
        let most = f64::from(i32::MAX) / (MOST * width as f64);
        let most = most.floor().min(f64::from(i16::MAX));
        let farthest = query.iter().fold(0.0, |farthest: f32, q| farthest.max(q.abs()));
        let scale = (f64::from(farthest) / most) as f32;
        let inverse = if scale > 0.0 { 1.0 / f64::from(scale) } else { 0.0 };
        let end = numbers.len() + width;
        let (mut error, mut length) = (0.0, 0.0);
        for &q in query {
            let q = f64::from(q);
            let nearest = rounded(q * inverse).clamp(-most, most);
            numbers.push(nearest as i16);
            let left = q - f64::from(scale) * nearest;
            error += left * left;
            length += q * q;
        }
        numbers.resize(end, 0);
        let (length, error) = (above(length.sqrt()), above(error.sqrt()));
        Self { scale, length, error, dimension: query.len() }
    }

    /// By how much the score of a row can exceed the bound that [`Bound`] computes for it, beside the row's own error:
    /// `|s c| |f|`, and the rounding of both. `longest` is at least `|x|`, `reach` at least `|s c|` and `centre` at
    /// least `|m|` of every row.
    ///
    /// Scores, and the centre's part: a sum of `n` products in 32 bits, in whatever order, is off by at most
    /// `n u / (1 - n u)` of the sum of their sizes (Higham, Accuracy and Stability of Numerical Algorithms, section
    /// 3.1), which is at most `|x| |q|` and `|m| |q|`.
    ///
    /// The bound's own operations: of `P = s t <c, d>`, `C = <m, q>` and `E = |e| |q|` the integer, its scale and their
    /// product are rounded by `u` of `P` each, the product `E` by `u` of it, the first addition by `u` of `C + P`, the
    /// second by `u` of `C + P + E`: together `u (5 P + 2 C + 2 E)`. `P` is at most `|s c| (|q| + |f|)`, and `|e|` at
    /// most `|x| + |m| + |s c|`, so that `8 u` times the sizes below is more than that.
    pub(super) fn slack(&self, longest: f32, reach: f32, centre: f32) -> f32 {
        let (length, error) = (f64::from(self.length), f64::from(self.error));
        let (longest, reach, centre) = (f64::from(longest), f64::from(reach), f64::from(centre));
        let roundings = self.dimension as f64 * UNIT;
        let sums = roundings / (1.0 - roundings) * (longest + centre) * length;
        let sizes = (longest + centre + reach) * (length + error);
        above(reach * error + sums + 8.0 * UNIT * sizes)
    }
}

/// The nearest integer of a number far below 2^51: the sum's last bit stands for 1. `round_ties_even` says the same, but
/// is a call of a function on machines that are not known to have an instruction for it.
fn rounded(number: f64) -> f64 {
    const SHIFT: f64 = 1.5 * (1_u64 << 52) as f64;
    (number + SHIFT) - SHIFT
}

/// The next number of 32 bits that is surely not smaller, also than what a sum of a million terms in 64 bits should be.
pub(super) fn above(length: f64) -> f32 {
    ((length * (1.0 + 1e-9)) as f32).next_up()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(codes: &[i8], scale: f32, centre: &[f32]) -> Vec<f64> {
        centre.iter().zip(codes).map(|(&m, &c)| f64::from(m) + f64::from(c) * f64::from(scale)).collect()
    }

    fn encoded(template: &[f32], centre: &[f32]) -> (Vec<i8>, Row) {
        let mut codes = vec![0; width(template.len())];
        let row = Row::encode(template, centre, &mut codes);
        (codes, row)
    }

    #[test]
    fn a_rows_error_is_the_distance_to_what_its_codes_say() {
        let mut random = fastrand::Rng::with_seed(1);
        for dimension in [1, 31, 128, 512] {
            let centre: Vec<f32> = (0..dimension).map(|_| random.f32() - 0.5).collect();
            let template: Vec<f32> = (0..dimension).map(|_| random.f32() - 0.5).collect();
            let (codes, row) = encoded(&template, &centre);
            let told = decode(&codes, row.scale, &centre);
            let distance: f64 = template.iter().zip(&told).map(|(&x, y)| (f64::from(x) - y).powi(2)).sum();
            let error = f64::from(row.error);
            assert!(distance.sqrt() <= error && error < distance.sqrt() * 1.000_001 + 1e-12, "{dimension}");
            // Half a step for each number.
            assert!(error <= 0.51 * f64::from(row.scale) * f64::from(dimension as u32).sqrt(), "{dimension}");
            assert!(codes[dimension..].iter().all(|&code| code == 0));
        }
    }

    #[test]
    fn rounding_is_to_the_nearest_integer() {
        for (number, expected) in
            [(0.0, 0.0), (0.4, 0.0), (0.6, 1.0), (-126.7, -127.0), (2.5, 2.0), (-32_766.9, -32_767.0)]
        {
            assert_eq!(rounded(number), expected);
        }
    }

    #[test]
    fn a_row_that_is_its_centre_has_no_codes_and_no_error() {
        let template = [0.6, 0.0, 0.8];
        let (codes, row) = encoded(&template, &template);
        assert!(codes.iter().all(|&code| code == 0));
        assert_eq!(row.scale, 0.0);
        assert!(row.error < 1e-30, "{row:?}");
    }

    #[test]
    fn a_query_of_any_width_fits_into_32_bits_with_every_row() {
        for dimension in [1, 32, 512, 513, 4_096, 65_536] {
            let mut numbers = Vec::new();
            Query::encode(&vec![0.5; dimension], &mut numbers);
            assert_eq!(numbers.len(), width(dimension));
            let most: i64 = numbers.iter().map(|&number| i64::from(number) * 127).sum();
            assert!(most <= i64::from(i32::MAX), "{dimension}: {most}");
            assert!(numbers[0] >= if dimension > 512 { 258 } else { i16::MAX }, "{dimension}");
        }
    }
}
