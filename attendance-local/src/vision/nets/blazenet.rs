//! The layers of BlazeFace (front): a 128 x 128 picture in, the scores and boxes of two grids of anchors out.
//!
//! After a 5 x 5 convolution come sixteen blocks. A block is a depthwise 3 x 3 and a pointwise convolution; its own
//! input is added to the outcome, filled up with zero channels, and in the three blocks that halve the picture as the
//! largest of every two by two pixels. Paddings are TensorFlow's `SAME`: with stride 2 only below and to the right.

use pulp::{Simd, WithSimd};

use super::conv::{Conv, Residual, Source, Target};
use super::depthwise::Depthwise;
use super::plane::{bordered, filled, grid, places, windows};
use super::{Pool, dispatch, halved, onnx};

/// Side of the picture, and of what the first convolution reads: one pixel before and two behind are zeros.
const INPUT: usize = 128;
const PADDED: usize = 1 + INPUT + 2;

/// Side and channels after the first convolution.
const FIRST: (usize, usize) = (64, 24);

const BLOCKS: usize = 16;

/// The blocks that halve the picture.
const HALVING: [usize; 3] = [2, 5, 11];

/// The last block of the finer grid.
const FINE: usize = 10;

/// Pixels whose depthwise outcome is kept until the pointwise convolution took it: one row of 64, all of 8 x 8.
const BATCH: usize = 64;

pub(in super::super) struct BlazeNet {
    first: Conv,
    first_at: Vec<usize>,
    first_to: Vec<usize>,
    blocks: Vec<Block>,
    fine: Head,
    coarse: Head,
    pool: Pool<Scratch>,
}

#[derive(Default)]
struct Scratch {
    input: Vec<f32>,
    here: Vec<f32>,
    there: Vec<f32>,
    depthwise: Vec<f32>,
    pooled: Vec<f32>,
}

impl BlazeNet {
    /// Takes the weights from the ONNX file; `None` where it is another network.
    pub(in super::super) fn load(onnx: &[u8]) -> Option<Self> {
        let mut layers = onnx::layers(onnx)?.into_iter();
        let first = Conv::new(&[layers.next()?], 3)?;
        let (mut side, mut pixel) = (FIRST.0, filled(FIRST.1));
        let mut blocks = Vec::new();
        let mut fine = (side, pixel);
        for index in 0..BLOCKS {
            let halves = HALVING.contains(&index);
            side /= 1 + usize::from(halves);
            let depthwise = Depthwise::new(&layers.next()?.weights, pixel)?;
            let pointwise = Conv::new(&[layers.next()?], pixel)?;
            let block = Block::new(depthwise, pointwise, side, pixel, halves);
            pixel = block.pointwise.outputs();
            blocks.push(block);
            if index == FINE {
                fine = (side, pixel);
            }
        }
        let (coarse_boxes, coarse_scores) = (layers.next()?, layers.next()?);
        let (fine_boxes, fine_scores) = (layers.next()?, layers.next()?);
        let coarse = Head::new(&[coarse_scores, coarse_boxes], (side, pixel))?;
        let fine = Head::new(&[fine_scores, fine_boxes], fine)?;
        let first_at = grid(FIRST.0, PADDED, 2, 0, 3).collect();
        let first_to = places(FIRST.0, first.outputs()).collect();
        let whole = layers.next().is_none() && first.outputs() == filled(FIRST.1);
        whole.then_some(Self { first, first_at, first_to, blocks, fine, coarse, pool: Pool::new() })
    }

    /// Takes pixels row by row, channels -1 to 1. Scores of the fine and of the coarse grid, then their boxes.
    pub(in super::super) fn run(&self, pixels: &[[f32; 3]]) -> [Vec<f32>; 4] {
        self.pool.with(|scratch| {
            scratch.input.resize(PADDED * PADDED * 3, 0.0);
            let rows = scratch.input.chunks_exact_mut(PADDED * 3).skip(1);
            for (row, pixels) in rows.zip(pixels.chunks_exact(INPUT)) {
                row[3..][..INPUT * 3].copy_from_slice(pixels.as_flattened());
            }
            dispatch(Run { net: self, scratch })
        })
    }
}

impl std::fmt::Debug for BlazeNet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlazeNet").field("blocks", &self.blocks.len()).finish_non_exhaustive()
    }
}

struct Run<'a> {
    net: &'a BlazeNet,
    scratch: &'a mut Scratch,
}

impl WithSimd for Run<'_> {
    type Output = [Vec<f32>; 4];

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        let Run { net, scratch } = self;
        bordered(&mut scratch.here, FIRST.0, net.first.outputs());
        let source = Source { numbers: &scratch.input, at: &net.first_at, run: PADDED * 3 };
        let mut target = Target { numbers: &mut scratch.here, at: &net.first_to, relu: true };
        net.first.run(simd, source, None, &mut target);
        let (before, after) = net.blocks.split_at(FINE + 1);
        for block in before {
            block.run(simd, scratch);
        }
        let [scores_fine, boxes_fine] = net.fine.run(simd, &scratch.here);
        for block in after {
            block.run(simd, scratch);
        }
        let [scores_coarse, boxes_coarse] = net.coarse.run(simd, &scratch.here);
        [scores_fine, scores_coarse, boxes_fine, boxes_coarse]
    }
}

struct Block {
    depthwise: Depthwise,
    pointwise: Conv,
    /// Side of the outcome.
    side: usize,
    /// Numbers of a pixel that comes in.
    pixel: usize,
    halves: bool,
    /// Where the pixels of a batch are, where they go, and where their residuals are if the block does not halve.
    batch: Vec<usize>,
    to: Vec<usize>,
    centre: Vec<usize>,
}

impl Block {
    fn new(depthwise: Depthwise, pointwise: Conv, side: usize, pixel: usize, halves: bool) -> Self {
        let batch = (0..BATCH).map(|i| i * pixel).collect();
        let to = places(side, pointwise.outputs()).collect();
        let centre = places(side, pixel).collect();
        Self { depthwise, pointwise, side, pixel, halves, batch, to, centre }
    }

    #[inline(always)]
    fn run<S: Simd>(&self, simd: S, scratch: &mut Scratch) {
        let Scratch { here, there, depthwise, pooled, .. } = scratch;
        let (side, pixel) = (self.side, self.pixel);
        bordered(there, side, self.pointwise.outputs());
        depthwise.resize(BATCH * pixel, 0.0);
        pooled.resize(BATCH * pixel, 0.0);
        let row = (side * (1 + usize::from(self.halves)) + 2) * pixel;
        for (index, to) in self.to.chunks_exact(BATCH).enumerate() {
            let first = index * BATCH / side;
            for (y, output) in (first..).zip(depthwise.chunks_exact_mut(side * pixel)) {
                if self.halves {
                    self.depthwise.run::<S, 2, 9>(simd, &here[(2 * y + 1) * row + pixel..], row, output);
                } else {
                    self.depthwise.run::<S, 1, 6>(simd, &here[y * row..], row, output);
                }
            }
            let residual = if self.halves {
                let places = windows(side, side * 2, 2, 1, pixel).skip(index * BATCH);
                for (output, at) in pooled.chunks_exact_mut(pixel).zip(places) {
                    let (upper, lower) = (&here[at..][..2 * pixel], &here[at + row..][..2 * pixel]);
                    halved::<S, false>(simd, upper, lower, output);
                }
                Residual { numbers: pooled, at: &self.batch, channels: pixel }
            } else {
                Residual { numbers: here, at: &self.centre[index * BATCH..], channels: pixel }
            };
            let source = Source { numbers: depthwise, at: &self.batch, run: 0 };
            self.pointwise.run(simd, source, Some(residual), &mut Target { numbers: there, at: to, relu: true });
        }
        std::mem::swap(here, there);
    }
}

/// Scores and boxes of one grid, from one convolution.
struct Head {
    conv: Conv,
    at: Vec<usize>,
    to: Vec<usize>,
    /// How many of the outputs are scores and how many boxes.
    parts: [usize; 2],
}

impl Head {
    fn new(layers: &[onnx::Layer; 2], (side, pixel): (usize, usize)) -> Option<Self> {
        let parts = [layers[0].bias.len(), layers[1].bias.len()];
        let conv = Conv::new(layers, pixel)?;
        let to = (0..side * side).map(|i| i * conv.outputs()).collect();
        Some(Self { conv, at: places(side, pixel).collect(), to, parts })
    }

    #[inline(always)]
    fn run<S: Simd>(&self, simd: S, plane: &[f32]) -> [Vec<f32>; 2] {
        let pixel = self.conv.outputs();
        let mut numbers = vec![0.0; self.to.len() * pixel];
        let source = Source { numbers: plane, at: &self.at, run: 0 };
        self.conv.run(simd, source, None, &mut Target { numbers: &mut numbers, at: &self.to, relu: false });
        let [scores, boxes] = self.parts;
        [(0, scores), (scores, boxes)].map(|(from, count)| {
            numbers.chunks_exact(pixel).flat_map(|pixel| &pixel[from..][..count]).copied().collect()
        })
    }
}
