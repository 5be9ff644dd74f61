//! Covariances and their square roots.

/// A symmetric matrix, row after row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Covariance {
    size: usize,
    entries: Vec<f64>,
}

impl Covariance {
    /// All zero.
    pub(crate) fn new(size: usize) -> Self {
        Self { size, entries: vec![0.0; size * size] }
    }

    /// Adds how one row lies to the mean.
    pub(crate) fn add(&mut self, row: &[f64], mean: &[f64]) {
        let off: Vec<f64> = row.iter().zip(mean).map(|(number, mean)| number - mean).collect();
        for (entries, i) in self.entries.chunks_exact_mut(self.size).zip(&off) {
            entries.iter_mut().zip(&off).for_each(|(entry, j)| *entry += i * j);
        }
    }

    pub(crate) fn scaled(mut self, factor: f64) -> Self {
        self.entries.iter_mut().for_each(|entry| *entry *= factor);
        self
    }

    pub(crate) fn less(mut self, other: &Self) -> Self {
        self.entries.iter_mut().zip(&other.entries).for_each(|(entry, other)| *entry -= other);
        self
    }

    /// The symmetric square root, row after row. Eigenvalues that few samples made negative count as zero.
    pub(crate) fn root(&self) -> Vec<f64> {
        let n = self.size;
        let (values, vectors) = self.eigen();
        let mut root = vec![0.0; n * n];
        for (k, value) in values.iter().enumerate() {
            let scale = value.max(0.0).sqrt();
            for i in 0..n {
                for j in 0..n {
                    root[i * n + j] += scale * vectors[i * n + k] * vectors[j * n + k];
                }
            }
        }
        root
    }

    /// By Jacobi: eigenvalues, and eigenvectors as columns.
    fn eigen(&self) -> (Vec<f64>, Vec<f64>) {
        let n = self.size;
        let mut a = self.entries.clone();
        let mut vectors: Vec<f64> = (0..n * n).map(|at| f64::from(u8::from(at / n == at % n))).collect();
        let whole: f64 = a.iter().map(|entry| entry * entry).sum();
        loop {
            let beside: f64 = (0..n * n).filter(|at| at / n != at % n).map(|at| a[at] * a[at]).sum();
            if beside <= whole * 1e-28 {
                return ((0..n).map(|i| a[i * n + i]).collect(), vectors);
            }
            for p in 0..n {
                for q in p + 1..n {
                    let entry = a[p * n + q];
                    if entry == 0.0 {
                        continue;
                    }
                    let theta = (a[q * n + q] - a[p * n + p]) / (2.0 * entry);
                    let tangent = theta.signum() / (theta.abs() + theta.hypot(1.0));
                    let cosine = 1.0 / tangent.hypot(1.0);
                    let turn = (cosine, cosine * tangent);
                    for i in 0..n {
                        rotate(&mut a, i * n + p, i * n + q, turn);
                        rotate(&mut vectors, i * n + p, i * n + q, turn);
                    }
                    for i in 0..n {
                        rotate(&mut a, p * n + i, q * n + i, turn);
                    }
                }
            }
        }
    }
}

fn rotate(entries: &mut [f64], p: usize, q: usize, (cosine, sine): (f64, f64)) {
    let (at_p, at_q) = (entries[p], entries[q]);
    entries[p] = cosine * at_p - sine * at_q;
    entries[q] = sine * at_p + cosine * at_q;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(root: &[f64], n: usize) -> Vec<f64> {
        (0..n * n).map(|at| (0..n).map(|k| root[at / n * n + k] * root[k * n + at % n]).sum()).collect()
    }

    #[test]
    fn the_root_times_itself_is_the_covariance() {
        let rows: Vec<Vec<f64>> =
            (0..40).map(|i| (0..6).map(|j| f64::from((i * 37 + j * j * 11) % 29)).collect()).collect();
        let mut covariance = Covariance::new(6);
        rows.iter().for_each(|row| covariance.add(row, &[14.0; 6]));
        let again = square(&covariance.root(), 6);
        let off = again.iter().zip(&covariance.entries).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(off < 1e-6, "{off}");
    }

    #[test]
    fn what_is_negative_counts_as_zero() {
        let mut covariance = Covariance::new(2);
        covariance.add(&[3.0, 0.0], &[0.0, 0.0]);
        let mut other = Covariance::new(2);
        other.add(&[0.0, 2.0], &[0.0, 0.0]);
        assert_eq!(covariance.less(&other).root(), [3.0, 0.0, 0.0, 0.0]);
        assert_eq!(Covariance::new(3).root(), [0.0; 9]);
    }
}
