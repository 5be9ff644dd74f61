//! The layers of dlib's face recognition ResNet: a 150 x 150 chip in, 128 numbers out.
//!
//! After a 7 x 7 convolution and a 3 x 3 maximum come fourteen blocks of two 3 x 3 convolutions. A block adds its own
//! input to the outcome; the four that halve the plane add the mean of every two by two pixels of it, filled up with
//! zero channels. dlib halves without padding, so that the plane is 35, 17, 8, 4 and 2 pixels wide, and in the last two
//! steps the convolutions make fewer pixels (3 and 1) than the mean: what they lack counts as zeros.

use pulp::{Simd, WithSimd};

use super::conv::{Conv, Residual, Source, Target};
use super::onnx::{Layer, Tensor};
use super::plane::{bordered, grid, places, windows};
use super::{Pool, dispatch, halved, onnx};

/// Side of the chip, of what the first convolution makes of it, and of its maxima.
const CHIP: usize = 150;
const STEM: usize = 72;
const FIRST: usize = 35;

/// Channels, whether the first block halves, and blocks.
const STAGES: [(usize, bool, usize); 5] =
    [(32, false, 3), (64, true, 4), (128, true, 3), (256, true, 3), (256, true, 1)];

/// Numbers that come out.
const OUTPUTS: usize = 128;

pub(in super::super) struct ResNet {
    stem: Conv,
    stem_at: Vec<usize>,
    stem_to: Vec<usize>,
    blocks: Vec<Block>,
    /// Side and channels after the last block.
    end: (usize, usize),
    last: Conv,
    pool: Pool<Scratch>,
}

#[derive(Default)]
struct Scratch {
    stem: Vec<f32>,
    here: Vec<f32>,
    between: Vec<f32>,
    there: Vec<f32>,
    pooled: Vec<f32>,
}

impl ResNet {
    /// Takes the weights from the ONNX file; `None` where it is another network.
    pub(in super::super) fn load(onnx: &[u8]) -> Option<Self> {
        let mut layers = onnx::layers(onnx)?.into_iter();
        let stem = Conv::new(&[layers.next()?], 3)?;
        let (mut side, mut pixel) = (FIRST, STAGES[0].0);
        let mut blocks = Vec::new();
        for (channels, halves, count) in STAGES {
            for index in 0..count {
                let block = Block::new([layers.next()?, layers.next()?], side, pixel, halves && index == 0)?;
                (side, pixel) = (block.after, block.second.outputs());
                if pixel != channels {
                    return None;
                }
                blocks.push(block);
            }
        }
        let last = Conv::new(&[pointwise(&layers.next()?.weights, pixel)?], pixel)?;
        let stem_at = grid(STEM, CHIP, 2, 0, 3).collect();
        let stem_to = grid(STEM, STEM, 1, 0, stem.outputs()).collect();
        let whole = layers.next().is_none() && stem.outputs() == STAGES[0].0;
        whole.then_some(Self { stem, stem_at, stem_to, blocks, end: (side, pixel), last, pool: Pool::new() })
    }

    /// Takes the chip's pixels row by row, without their mean.
    pub(in super::super) fn run(&self, pixels: &[[f32; 3]]) -> Vec<f32> {
        self.pool.with(|scratch| dispatch(Run { net: self, pixels, scratch }))
    }
}

impl std::fmt::Debug for ResNet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResNet").field("blocks", &self.blocks.len()).finish_non_exhaustive()
    }
}

/// A matrix that is multiplied from the right as a convolution of one pixel.
fn pointwise(matrix: &Tensor, inputs: usize) -> Option<Layer> {
    if matrix.shape != [inputs, OUTPUTS] {
        return None;
    }
    let numbers = (0..inputs * OUTPUTS).map(|i| matrix.numbers[i % inputs * OUTPUTS + i / inputs]).collect();
    Some(Layer { weights: Tensor { shape: vec![OUTPUTS, inputs, 1, 1], numbers }, bias: vec![0.0; OUTPUTS] })
}

/// The middle of a 3 x 3 convolution: all that a plane of one pixel sees of it.
fn middle(layer: &Layer) -> Option<Layer> {
    let &[outputs, inputs, 3, 3] = layer.weights.shape.as_slice() else { return None };
    let numbers = layer.weights.numbers.iter().skip(4).step_by(9).copied().collect();
    Some(Layer { weights: Tensor { shape: vec![outputs, inputs, 1, 1], numbers }, bias: layer.bias.clone() })
}

struct Run<'a> {
    net: &'a ResNet,
    pixels: &'a [[f32; 3]],
    scratch: &'a mut Scratch,
}

impl WithSimd for Run<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Vec<f32> {
        let Run { net, pixels, scratch } = self;
        let width = net.stem.outputs();
        scratch.stem.resize(STEM * STEM * width, 0.0);
        let source = Source { numbers: pixels.as_flattened(), at: &net.stem_at, run: CHIP * 3 };
        net.stem.run(simd, source, None, &mut Target { numbers: &mut scratch.stem, at: &net.stem_to, relu: true });
        bordered(&mut scratch.here, FIRST, width);
        for (at, from) in places(FIRST, width).zip(grid(FIRST, STEM, 2, 0, width)) {
            largest(simd, &scratch.stem[from..], STEM * width, &mut scratch.here[at..][..width]);
        }
        for block in &net.blocks {
            block.run(simd, scratch);
        }
        let (side, pixel) = net.end;
        let mut mean = vec![0.0; pixel];
        for at in places(side, pixel) {
            for (mean, number) in mean.iter_mut().zip(&scratch.here[at..]) {
                *mean += number / (side * side) as f32;
            }
        }
        let mut numbers = vec![0.0; OUTPUTS];
        let source = Source { numbers: &mean, at: &[0], run: 0 };
        net.last.run(simd, source, None, &mut Target { numbers: &mut numbers, at: &[0], relu: false });
        numbers
    }
}

/// The largest of three by three pixels; `row` is what a row of inputs has in numbers.
#[inline(always)]
fn largest<S: Simd>(simd: S, input: &[f32], row: usize, output: &mut [f32]) {
    let pixel = output.len();
    let output = S::as_mut_simd_f32s(output).0;
    output.fill(simd.splat_f32s(f32::NEG_INFINITY));
    for row in input.chunks(row).take(3) {
        for pixel in row[..3 * pixel].chunks_exact(pixel) {
            for (most, number) in output.iter_mut().zip(S::as_simd_f32s(pixel).0) {
                *most = simd.max_f32s(*most, *number);
            }
        }
    }
}

struct Block {
    first: Conv,
    first_at: Vec<usize>,
    first_to: Vec<usize>,
    second: Conv,
    second_at: Vec<usize>,
    second_to: Vec<usize>,
    residual_at: Vec<usize>,
    halves: bool,
    /// Numbers of a pixel that comes in.
    pixel: usize,
    /// Sides of the plane that comes in, of the one between the convolutions, and of the one that goes out.
    before: usize,
    between: usize,
    after: usize,
}

impl Block {
    fn new([first, second]: [Layer; 2], before: usize, pixel: usize, halves: bool) -> Option<Self> {
        let (between, after) = if halves { ((before - 3) / 2 + 1, before / 2) } else { (before, before) };
        let first = Conv::new(&[first], pixel)?;
        let alone = between == 1;
        let second = if alone { middle(&second)? } else { second };
        let second = Conv::new(&[second], first.outputs())?;
        let (width, skip) = (first.outputs(), usize::from(halves));
        let residual_at: Vec<usize> =
            if halves { grid(between, after, 1, 0, pixel).collect() } else { places(before, pixel).collect() };
        Some(Self {
            first_at: windows(between, before, 1 + skip, skip, pixel).collect(),
            first_to: places(between, width).collect(),
            second_at: windows(between, between, 1, usize::from(alone), width).collect(),
            second_to: windows(between, after, 1, 1, second.outputs()).collect(),
            residual_at,
            first,
            second,
            halves,
            pixel,
            before,
            between,
            after,
        })
    }

    #[inline(always)]
    fn run<S: Simd>(&self, simd: S, scratch: &mut Scratch) {
        let Scratch { here, between, there, pooled, .. } = scratch;
        let (width, row) = (self.first.outputs(), (self.before + 2) * self.pixel);
        bordered(between, self.between, width);
        let source = Source { numbers: here, at: &self.first_at, run: row };
        self.first.run(simd, source, None, &mut Target { numbers: between, at: &self.first_to, relu: true });
        bordered(there, self.after, self.second.outputs());
        let residual = if self.halves {
            pooled.resize(self.after * self.after * self.pixel, 0.0);
            let places_in = windows(self.after, self.before, 2, 1, self.pixel);
            let places_out = places(self.after, self.second.outputs());
            for ((mean, at), to) in pooled.chunks_exact_mut(self.pixel).zip(places_in).zip(places_out) {
                let (upper, lower) = (&here[at..][..2 * self.pixel], &here[at + row..][..2 * self.pixel]);
                halved::<S, true>(simd, upper, lower, mean);
                // Stays where the convolution makes no pixel; a mean after a ReLU needs none.
                let (shared, rest) = there[to..][..self.second.outputs()].split_at_mut(self.pixel);
                shared.copy_from_slice(mean);
                rest.fill(0.0);
            }
            &*pooled
        } else {
            &*here
        };
        let residual = Residual { numbers: residual, at: &self.residual_at, channels: self.pixel };
        let source = Source { numbers: between, at: &self.second_at, run: (self.between + 2) * width };
        self.second.run(simd, source, Some(residual), &mut Target { numbers: there, at: &self.second_to, relu: true });
        std::mem::swap(here, there);
    }
}
