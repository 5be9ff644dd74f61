//! A dense convolution with its bias, residual and ReLU in one pass over the pixels.
//!
//! Pixels lie channels-last (NHWC), so the window of a 3 x 3 convolution is three runs of `3 * channels` numbers that
//! follow each other in memory: it needs no im2col, only the place where the first run starts and the distance to the
//! next. A tile of pixels times a panel of output channels stays in registers while the window goes by.

#![allow(clippy::needless_range_loop, reason = "registers are counted, not iterated over")]

use pulp::Simd;

use super::onnx::Layer;
use super::plane::filled;

/// Output channels that are computed together.
struct Panel {
    channel: usize,
    width: usize,
    weights: usize,
}

/// A convolution of any window and stride; where the windows are is the caller's business.
pub(super) struct Conv {
    /// Runs of a window, and numbers in a run.
    runs: usize,
    length: usize,
    outputs: usize,
    panels: Vec<Panel>,
    /// Panel by panel: for every number of the window, the weights of the panel's channels.
    weights: Vec<f32>,
    bias: Vec<f32>,
}

/// Where a convolution reads.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) numbers: &'a [f32],
    /// Where the window of each output pixel starts.
    pub(super) at: &'a [usize],
    /// From a run of a window to the next one.
    pub(super) run: usize,
}

/// What is added to the outputs.
#[derive(Clone, Copy)]
pub(super) struct Residual<'a> {
    pub(super) numbers: &'a [f32],
    pub(super) at: &'a [usize],
    /// Later channels get nothing added.
    pub(super) channels: usize,
}

/// Where it writes.
pub(super) struct Target<'a> {
    pub(super) numbers: &'a mut [f32],
    pub(super) at: &'a [usize],
    pub(super) relu: bool,
}

impl Conv {
    /// Takes `[outputs, inputs, side, side]` weights; several layers with the same input become one whose outputs
    /// follow each other. `pixel` is how many numbers a pixel has in memory.
    pub(super) fn new(layers: &[Layer], pixel: usize) -> Option<Self> {
        let &[_, inputs, side, _] = layers.first()?.weights.shape.as_slice() else { return None };
        let real: usize = layers.iter().map(|layer| layer.bias.len()).sum();
        let outputs = filled(real);
        // A window one pixel wide ends with the last real channel.
        let length = if side == 1 { inputs } else { side * pixel };
        let mut at = vec![0.0; side * length * outputs];
        let mut first = 0;
        for layer in layers {
            if layer.weights.shape != [layer.bias.len(), inputs, side, side] {
                return None;
            }
            for (i, weight) in layer.weights.numbers.iter().enumerate() {
                let (x, y, c, o) = (i % side, i / side % side, i / side / side % inputs, i / side / side / inputs);
                at[(y * length + x * pixel + c) * outputs + first + o] = *weight;
            }
            first += layer.bias.len();
        }
        let (mut panels, mut weights, mut channel) = (Vec::new(), Vec::with_capacity(at.len()), 0);
        while channel < outputs {
            let width = width(outputs - channel);
            panels.push(Panel { channel, width, weights: weights.len() });
            for row in at.chunks_exact(outputs) {
                weights.extend(&row[channel..channel + width]);
            }
            channel += width;
        }
        let mut bias: Vec<f32> = layers.iter().flat_map(|layer| layer.bias.iter().copied()).collect();
        bias.resize(outputs, 0.0);
        Some(Self { runs: side, length, outputs, panels, weights, bias })
    }

    /// Numbers of an output pixel: the channels, filled up.
    pub(super) fn outputs(&self) -> usize {
        self.outputs
    }

    #[inline(always)]
    pub(super) fn run<S: Simd>(
        &self,
        simd: S,
        source: Source<'_>,
        residual: Option<Residual<'_>>,
        target: &mut Target<'_>,
    ) {
        for panel in &self.panels {
            match (S::F32_LANES, panel.width) {
                (8, 24) => self.panel::<S, 3, 4>(simd, panel, source, residual, target),
                (8, 16) => self.panel::<S, 2, 6>(simd, panel, source, residual, target),
                (8, _) => self.panel::<S, 1, 8>(simd, panel, source, residual, target),
                (4, 24) => self.panel::<S, 6, 4>(simd, panel, source, residual, target),
                (4, 16) => self.panel::<S, 4, 6>(simd, panel, source, residual, target),
                (4, _) => self.panel::<S, 2, 8>(simd, panel, source, residual, target),
                (1, 24) => self.panel::<S, 24, 1>(simd, panel, source, residual, target),
                (1, 16) => self.panel::<S, 16, 1>(simd, panel, source, residual, target),
                (1, _) => self.panel::<S, 8, 2>(simd, panel, source, residual, target),
                (lanes, _) => unreachable!("vectors of {lanes} lanes are not chosen"),
            }
        }
    }

    #[inline(always)]
    fn panel<S: Simd, const V: usize, const P: usize>(
        &self,
        simd: S,
        panel: &Panel,
        source: Source<'_>,
        residual: Option<Residual<'_>>,
        target: &mut Target<'_>,
    ) {
        let count = self.runs * self.length * panel.width;
        let weights = S::as_simd_f32s(&self.weights[panel.weights..][..count]).0.as_chunks::<V>().0;
        let bias = &S::as_simd_f32s(&self.bias[panel.channel..][..panel.width]).0[..V];
        let zero = simd.splat_f32s(0.0);
        let last = target.at.len() - 1;
        let mut first = 0;
        while first <= last {
            // A tile that is not full takes the last pixel several times.
            let mut sums = [[zero; V]; P];
            let mut places = [0; P];
            for p in 0..P {
                places[p] = source.at[(first + p).min(last)];
                sums[p].copy_from_slice(bias);
            }
            window::<S, V, P>(simd, weights, source, places, self.runs, self.length, &mut sums);
            for p in 0..P {
                let pixel = (first + p).min(last);
                if let Some(residual) = residual {
                    let skipped = panel.channel.min(residual.channels);
                    let shared = (residual.channels - skipped).min(panel.width);
                    let numbers = &residual.numbers[residual.at[pixel] + skipped..][..shared];
                    for (sum, more) in sums[p].iter_mut().zip(S::as_simd_f32s(numbers).0) {
                        *sum = simd.add_f32s(*sum, *more);
                    }
                }
                let out = &mut target.numbers[target.at[pixel] + panel.channel..][..panel.width];
                let out = &mut S::as_mut_simd_f32s(out).0[..V];
                for v in 0..V {
                    out[v] = if target.relu { simd.max_f32s(sums[p][v], zero) } else { sums[p][v] };
                }
            }
            first += P;
        }
    }
}

/// Adds what the windows of a tile say to its sums: the innermost loop of both networks.
#[inline(always)]
fn window<S: Simd, const V: usize, const P: usize>(
    simd: S,
    weights: &[[S::f32s; V]],
    source: Source<'_>,
    places: [usize; P],
    runs: usize,
    length: usize,
    into: &mut [[S::f32s; V]; P],
) {
    let mut sums = *into;
    for run in 0..runs {
        let weights = &weights[run * length..][..length];
        let mut pixels: [&[f32]; P] = [&[]; P];
        for p in 0..P {
            pixels[p] = &source.numbers[places[p] + run * source.run..][..length];
        }
        for k in 0..length {
            for p in 0..P {
                let value = simd.splat_f32s(pixels[p][k]);
                for v in 0..V {
                    sums[p][v] = simd.mul_add_e_f32s(value, weights[k][v], sums[p][v]);
                }
            }
        }
    }
    *into = sums;
}

/// Width of the next panel: 24 and 16 fill the registers, and make up every multiple of 8 from 16.
fn width(left: usize) -> usize {
    match left {
        8 => 8,
        _ if left.is_multiple_of(16) => 16,
        _ => 24,
    }
}
