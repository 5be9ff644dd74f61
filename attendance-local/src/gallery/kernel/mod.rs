//! Inner products of codes: one arithmetic, on the instructions that the machine has.
//!
//! Every kernel gives the same integers, so that what is found never depends on the machine.

// Vector instructions are the one thing in this crate that needs `unsafe`.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod avx2;
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod avx512;
mod scalar;

/// Codes of a row are padded to a multiple of this: what the widest kernel reads at once.
pub(super) const LANES: usize = 32;

/// The instructions that compare a query with the codes of a gallery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kernel {
    /// Those that every machine has.
    Scalar,
    /// AVX2: 16 products at once.
    Avx2,
    /// AVX-512 with VNNI: 32 products at once, added in the same instruction.
    Avx512Vnni,
}

impl Kernel {
    /// The kernels that this machine has, the fastest last.
    #[must_use]
    pub fn available() -> Vec<Self> {
        [Self::Scalar, Self::Avx2, Self::Avx512Vnni].into_iter().filter(|kernel| kernel.is_available()).collect()
    }

    /// The fastest that this machine has.
    #[must_use]
    pub fn best() -> Self {
        [Self::Avx512Vnni, Self::Avx2].into_iter().find(|kernel| kernel.is_available()).unwrap_or(Self::Scalar)
    }

    /// What it is called: `scalar`, `avx2`, `avx512-vnni`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Avx2 => "avx2",
            Self::Avx512Vnni => "avx512-vnni",
        }
    }

    /// Whether this machine has it.
    #[must_use]
    pub fn is_available(self) -> bool {
        match self {
            Self::Scalar => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => avx2::is_available(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vnni => avx512::is_available(),
            #[cfg(not(target_arch = "x86_64"))]
            _ => false,
        }
    }

    /// The inner product of every query with every row: `products[query * rows + row]`. Rows and queries are `width`
    /// numbers each, one after the other; `width` is a multiple of [`LANES`]. No sum may exceed an `i32`. A kernel that
    /// the machine does not have is replaced by [`Kernel::Scalar`].
    pub(super) fn products(self, width: usize, rows: &[i8], queries: &[i16], products: &mut [i32]) {
        assert!(width > 0 && width.is_multiple_of(LANES), "rows are padded");
        assert!(rows.len().is_multiple_of(width) && queries.len().is_multiple_of(width), "rows and queries are whole");
        assert_eq!(products.len(), rows.len() / width * (queries.len() / width), "one product a row and query");
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 if avx2::is_available() => avx2::products(width, rows, queries, products),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vnni if avx512::is_available() => avx512::products(width, rows, queries, products),
            _ => scalar::products(width, rows, queries, products),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_kernel_is_the_last_of_those_that_are_there() {
        let available = Kernel::available();
        assert_eq!(available[0], Kernel::Scalar);
        assert_eq!(available.last(), Some(&Kernel::best()));
        let names: Vec<_> = available.iter().map(|kernel| kernel.name()).collect();
        println!("kernels of this machine: {}", names.join(", "));
    }

    #[test]
    fn every_kernel_of_the_machine_gives_what_64_bits_give() {
        let mut random = fastrand::Rng::with_seed(7);
        for (width, rows, queries) in [
            (32, 1, 1),
            (32, 5, 1),
            (64, 4, 3),
            (96, 7, 5),
            (128, 9, 8),
            (512, 6, 4),
            (544, 3, 9),
            (32, 0, 3),
            (32, 3, 0),
        ] {
            let most = (i64::from(i32::MAX) / (128 * width as i64)).min(32_767) as i16;
            let codes: Vec<i8> = (0..rows * width).map(|_| random.i8(..)).collect();
            let numbers: Vec<i16> = (0..queries * width).map(|_| random.i16(-most..=most)).collect();
            check(width, &codes, &numbers);
            // As far as it goes, in both directions.
            check(width, &vec![-128; rows * width], &vec![most; queries * width]);
            check(width, &vec![-128; rows * width], &vec![-most; queries * width]);
            check(width, &vec![127; rows * width], &vec![most; queries * width]);
        }
    }

    fn check(width: usize, rows: &[i8], queries: &[i16]) {
        let mut expected = Vec::new();
        for query in queries.chunks(width) {
            for row in rows.chunks(width) {
                let product: i64 = row.iter().zip(query).map(|(&a, &b)| i64::from(a) * i64::from(b)).sum();
                expected.push(i32::try_from(product).unwrap());
            }
        }
        for kernel in Kernel::available() {
            let mut products = vec![7; expected.len()];
            kernel.products(width, rows, queries, &mut products);
            assert_eq!(products, expected, "{kernel:?}, width {width}");
        }
    }
}
