//! A depthwise 3 x 3 convolution without bias: every channel has its own nine weights.

#![allow(clippy::needless_range_loop, reason = "registers are counted, not iterated over")]

use pulp::Simd;

use super::onnx::Tensor;

/// Pixels computed together, whose windows overlap.
const TILE: usize = 4;

/// A depthwise convolution of stride 1 or 2.
pub(super) struct Depthwise {
    /// Nine times the channels, filled up.
    weights: Vec<f32>,
    channels: usize,
}

impl Depthwise {
    /// Takes `[channels, 1, 3, 3]` weights; `pixel` is how many numbers a pixel has in memory.
    pub(super) fn new(weights: &Tensor, pixel: usize) -> Option<Self> {
        if !matches!(weights.shape.as_slice(), &[channels, 1, 3, 3] if channels <= pixel) {
            return None;
        }
        let mut numbers = vec![0.0; 9 * pixel];
        for (i, weight) in weights.numbers.iter().enumerate() {
            numbers[i % 9 * pixel + i / 9] = *weight;
        }
        Some(Self { weights: numbers, channels: pixel })
    }

    /// A row of outputs, four of which see `WIDE` columns: `3 * STRIDE + 3`. A row of inputs has `row` numbers; the
    /// first window starts at the first of them.
    #[inline(always)]
    pub(super) fn run<S: Simd, const STRIDE: usize, const WIDE: usize>(
        &self,
        simd: S,
        input: &[f32],
        row: usize,
        output: &mut [f32],
    ) {
        let pixel = self.channels;
        let n = pixel / S::F32_LANES;
        let weights = S::as_simd_f32s(&self.weights).0;
        let mut taps: [&[S::f32s]; 9] = [&[]; 9];
        for t in 0..9 {
            taps[t] = &weights[t * n..][..n];
        }
        for (tile, output) in output.chunks_exact_mut(TILE * pixel).enumerate() {
            let mut places: [[&[S::f32s]; WIDE]; 3] = [[&[]; WIDE]; 3];
            for y in 0..3 {
                let numbers = &input[y * row + tile * TILE * STRIDE * pixel..][..WIDE * pixel];
                let numbers = S::as_simd_f32s(numbers).0;
                for x in 0..WIDE {
                    places[y][x] = &numbers[x * n..][..n];
                }
            }
            let output = S::as_mut_simd_f32s(output).0;
            let (a, b) = output.split_at_mut(2 * n);
            let (a, b) = (a.split_at_mut(n), b.split_at_mut(n));
            let (a, b, c, d) = (&mut a.0[..n], &mut a.1[..n], &mut b.0[..n], &mut b.1[..n]);
            for i in 0..n {
                let mut sums = [simd.splat_f32s(0.0); TILE];
                for y in 0..3 {
                    let mut seen = [simd.splat_f32s(0.0); WIDE];
                    for x in 0..WIDE {
                        seen[x] = places[y][x][i];
                    }
                    for x in 0..3 {
                        let weight = taps[y * 3 + x][i];
                        for p in 0..TILE {
                            sums[p] = simd.mul_add_e_f32s(seen[p * STRIDE + x], weight, sums[p]);
                        }
                    }
                }
                (a[i], b[i], c[i], d[i]) = (sums[0], sums[1], sums[2], sums[3]);
            }
        }
    }
}
