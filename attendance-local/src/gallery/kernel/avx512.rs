//! 32 products at once: codes are widened to 16 bits, multiplied by the query's and added to the sums in one instruction.

use std::arch::x86_64::{
    __m512i, _MM_HINT_T0, _mm_prefetch, _mm256_loadu_si256, _mm512_cvtepi8_epi16, _mm512_dpwssd_epi32,
    _mm512_loadu_si512, _mm512_reduce_add_epi32, _mm512_setzero_si512,
};

/// Numbers that an instruction takes.
const STEP: usize = 32;

/// How many steps ahead codes are asked for: 4 KiB. Measured: a page sooner than they are needed, a third faster.
const AHEAD: usize = 4096 / STEP;

pub(super) fn is_available() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vnni")
}

pub(super) fn products(width: usize, rows: &[i8], queries: &[i16], products: &mut [i32]) {
    assert!(is_available(), "the machine has no AVX-512 VNNI");
    // SAFETY: the machine has AVX-512 VNNI.
    unsafe { all(width, rows, queries, products) }
}

/// Tiles of 2 rows and 4 queries, so that what is read is used several times. A single query goes from row to row: it
/// waits for memory only, which comes fastest in one stream.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn all(width: usize, rows: &[i8], queries: &[i16], products: &mut [i32]) {
    let count = rows.len() / width;
    let row = |index: usize| rows[index * width..][..width].as_chunks::<STEP>().0;
    let query = |index: usize| queries[index * width..][..width].as_chunks::<STEP>().0;
    let total = queries.len() / width;
    let mut q = 0;
    while q + 4 <= total {
        let these = [query(q), query(q + 1), query(q + 2), query(q + 3)];
        let mut r = 0;
        while r + 2 <= count {
            store(&tile([row(r), row(r + 1)], these), q, r, count, products);
            r += 2;
        }
        if r < count {
            store(&tile([row(r)], these), q, r, count, products);
        }
        q += 4;
    }
    while q < total {
        for r in 0..count {
            store(&tile([row(r)], [query(q)]), q, r, count, products);
        }
        q += 1;
    }
}

fn store<const R: usize, const Q: usize>(
    tile: &[[i32; R]; Q],
    query: usize,
    row: usize,
    count: usize,
    products: &mut [i32],
) {
    for (q, sums) in tile.iter().enumerate() {
        products[(query + q) * count + row..][..R].copy_from_slice(sums);
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
#[inline]
fn tile<const R: usize, const Q: usize>(rows: [&[[i8; STEP]]; R], queries: [&[[i16; STEP]]; Q]) -> [[i32; R]; Q] {
    let steps = rows[0].len();
    assert!(rows.iter().all(|row| row.len() == steps) && queries.iter().all(|query| query.len() == steps));
    let mut sums = [[_mm512_setzero_si512(); R]; Q];
    for step in 0..steps {
        let mut codes = [_mm512_setzero_si512(); R];
        for r in 0..R {
            if Q == 1 {
                _mm_prefetch::<_MM_HINT_T0>(rows[r].as_ptr().wrapping_add(step + AHEAD).cast());
            }
            // SAFETY: `step` is less than the length of each, which was looked at before.
            codes[r] = widened(unsafe { rows[r].get_unchecked(step) });
        }
        for q in 0..Q {
            // SAFETY: as above.
            let numbers = loaded(unsafe { queries[q].get_unchecked(step) });
            for r in 0..R {
                sums[q][r] = _mm512_dpwssd_epi32(sums[q][r], codes[r], numbers);
            }
        }
    }
    let mut totals = [[0; R]; Q];
    for q in 0..Q {
        for r in 0..R {
            totals[q][r] = _mm512_reduce_add_epi32(sums[q][r]);
        }
    }
    totals
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
#[inline]
fn widened(codes: &[i8; STEP]) -> __m512i {
    // SAFETY: the 32 bytes of the array are read, wherever they lie.
    _mm512_cvtepi8_epi16(unsafe { _mm256_loadu_si256(codes.as_ptr().cast()) })
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
#[inline]
fn loaded(numbers: &[i16; STEP]) -> __m512i {
    // SAFETY: the 64 bytes of the array are read, wherever they lie.
    unsafe { _mm512_loadu_si512(numbers.as_ptr().cast()) }
}
