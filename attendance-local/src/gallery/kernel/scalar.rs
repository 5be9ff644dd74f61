//! Plain sums, which every machine has; compilers make vector instructions of them where they can.

pub(super) fn products(width: usize, rows: &[i8], queries: &[i16], products: &mut [i32]) {
    let mut products = products.iter_mut();
    for query in queries.chunks_exact(width) {
        for (row, product) in rows.chunks_exact(width).zip(&mut products) {
            *product = row.iter().zip(query).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum();
        }
    }
}
