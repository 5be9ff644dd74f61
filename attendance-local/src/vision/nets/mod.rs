//! The two networks, layer by layer, in plain Rust.
//!
//! Why not a general runtime: both networks are a handful of layer shapes, and `rten` 0.27, which the tests compare with,
//! spends half of its time around the arithmetic: depthwise convolutions are nearly scalar there, and dense ones copy
//! every window first. Least times on one core with AVX2: a look of the detector 1.3 ms instead of 4.8, a template 7.3 ms
//! instead of 11.1.
//!
//! What makes the difference: pixels lie channels-last ([`plane`]), so that every convolution reads its windows where
//! they are; bias, residual and ReLU happen while a result is still in registers ([`conv`]); a depthwise convolution
//! fills no more than 64 pixels before they are used ([`depthwise`]); and nothing is allocated from look to look.
//!
//! Vectors come from `pulp`: the same code runs on AVX2 with FMA, on NEON and on plain numbers, whichever the machine
//! offers when it runs. Every call stays on the thread that calls.

use std::sync::{Mutex, PoisonError};

use pulp::{Simd, WithSimd};

mod blazenet;
mod conv;
mod depthwise;
mod onnx;
mod plane;
mod resnet;
#[cfg(test)]
mod tests;

pub(super) use blazenet::BlazeNet;
pub(super) use resnet::ResNet;

/// Runs work with the widest vectors that it is written for.
fn dispatch<W: WithSimd>(work: W) -> W::Output {
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = pulp::x86::V3::try_new() {
        return simd.vectorize(
            #[inline(always)]
            || work.with_simd(simd),
        );
    }
    #[cfg(target_arch = "aarch64")]
    if let Some(simd) = pulp::aarch64::Neon::try_new() {
        return simd.vectorize(
            #[inline(always)]
            || work.with_simd(simd),
        );
    }
    work.with_simd(pulp::Scalar::new())
}

/// Memory that runs of a network write on. A run takes an idle one or makes one, so there are never more than pictures
/// were looked at together.
struct Pool<T>(Mutex<Vec<T>>);

impl<T: Default> Pool<T> {
    fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        let idle = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut scratch = idle.unwrap_or_default();
        let result = work(&mut scratch);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(scratch);
        result
    }
}

/// The largest of two by two pixels or their mean; `MEAN` says which.
#[inline(always)]
fn halved<S: Simd, const MEAN: bool>(simd: S, upper: &[f32], lower: &[f32], output: &mut [f32]) {
    let (a, b) = upper.split_at(output.len());
    let (c, d) = lower.split_at(output.len());
    let (a, b) = (S::as_simd_f32s(a).0, S::as_simd_f32s(b).0);
    let (c, d) = (S::as_simd_f32s(c).0, S::as_simd_f32s(d).0);
    let quarter = simd.splat_f32s(0.25);
    for ((((out, a), b), c), d) in S::as_mut_simd_f32s(output).0.iter_mut().zip(a).zip(b).zip(c).zip(d) {
        *out = if MEAN {
            let sum = simd.add_f32s(simd.add_f32s(*a, *b), simd.add_f32s(*c, *d));
            simd.mul_f32s(sum, quarter)
        } else {
            simd.max_f32s(simd.max_f32s(*a, *b), simd.max_f32s(*c, *d))
        };
    }
}
