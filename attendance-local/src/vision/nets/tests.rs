//! Both networks against `rten`, which runs the same files.

use std::sync::Arc;

use rten::{Model, ModelOptions, RunOptions, ThreadPool, Value};

use super::super::{DETECTOR, EMBEDDER};
use super::*;

fn rten(model: &Model, shape: &[usize], input: &[f32]) -> Vec<Vec<f32>> {
    let input = Value::from_shape(shape, input.to_vec()).unwrap();
    let options = RunOptions::default().with_thread_pool(Some(Arc::new(ThreadPool::with_num_threads(1))));
    let outputs = model.run(vec![(model.input_ids()[0], input.into())], model.output_ids(), Some(options)).unwrap();
    outputs.into_iter().map(|output| output.into_tensor::<f32>().unwrap().into_data()).collect()
}

/// A portrait and noise, channels 0 to 255.
fn pictures(portrait: &[u8], side: u32) -> [Vec<[f32; 3]>; 2] {
    let portrait = image::load_from_memory(portrait).unwrap();
    let portrait = portrait.resize_exact(side, side, image::imageops::FilterType::Triangle).into_rgb8();
    let mut state = 1_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as f32
    };
    let noise = (0..side * side).map(|_| std::array::from_fn(|_| noise())).collect();
    [portrait.pixels().map(|pixel| pixel.0.map(f32::from)).collect(), noise]
}

/// Largest difference, in units of the largest number where that is above one.
fn apart(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let most = a.iter().fold(1.0_f32, |most, number| most.max(number.abs()));
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max) / most
}

#[test]
fn the_detector_says_what_rten_says() {
    let net = BlazeNet::load(DETECTOR).unwrap();
    let model = ModelOptions::with_all_ops().load_static_slice(DETECTOR).unwrap();
    for picture in pictures(include_bytes!("../../../testdata/grace_hopper.jpg"), 128) {
        let pixels: Vec<[f32; 3]> = picture.iter().map(|pixel| pixel.map(|value| value / 127.5 - 1.0)).collect();
        let expected = rten(&model, &[1, 128, 128, 3], pixels.as_flattened());
        // Twice: the second run finds the memory of the first.
        for _ in 0..2 {
            for (ours, expected) in net.run(&pixels).iter().zip(&expected) {
                assert!(apart(ours, expected) < 1e-5, "{}", apart(ours, expected));
            }
        }
    }
}

#[test]
fn the_embedder_says_what_rten_says() {
    let net = ResNet::load(EMBEDDER).unwrap();
    let model = ModelOptions::with_all_ops().load_static_slice(EMBEDDER).unwrap();
    for picture in pictures(include_bytes!("../../../testdata/chips/astronaut.png"), 150) {
        let pixels: Vec<[f32; 3]> = picture.iter().map(|pixel| pixel.map(|value| (value - 115.0) / 256.0)).collect();
        let planes: Vec<f32> = (0..3).flat_map(|c| pixels.iter().map(move |pixel| pixel[c])).collect();
        let expected = rten(&model, &[1, 3, 150, 150], &planes);
        for _ in 0..2 {
            let ours = net.run(&pixels);
            assert!(apart(&ours, &expected[0]) < 1e-5, "{}", apart(&ours, &expected[0]));
        }
    }
}

#[test]
fn another_file_is_refused() {
    assert!(BlazeNet::load(EMBEDDER).is_none() && ResNet::load(DETECTOR).is_none());
    assert!(BlazeNet::load(b"").is_none() && BlazeNet::load(&[0xff; 40]).is_none());
    assert!(ResNet::load(&EMBEDDER[..EMBEDDER.len() / 2]).is_none());
}

/// A dense convolution on every kind of vectors that the machine has.
#[test]
fn plain_numbers_say_what_vectors_say() {
    use super::conv::{Conv, Source, Target};
    use super::onnx::{Layer, Tensor};

    struct Work<'a>(&'a Conv, &'a [f32], &'a [usize], Vec<f32>);
    impl WithSimd for Work<'_> {
        type Output = Vec<f32>;
        fn with_simd<S: Simd>(mut self, simd: S) -> Vec<f32> {
            let to: Vec<usize> = (0..self.2.len()).map(|i| i * self.0.outputs()).collect();
            let source = Source { numbers: self.1, at: self.2, run: 7 * 8 };
            self.0.run(simd, source, None, &mut Target { numbers: &mut self.3, at: &to, relu: true });
            self.3
        }
    }
    let wave = |count: usize| (0..count).map(|i| (i as f32 * 0.7).sin()).collect::<Vec<f32>>();
    for outputs in [5, 16, 24, 40, 48] {
        let weights = Tensor { shape: vec![outputs, 8, 3, 3], numbers: wave(outputs * 72) };
        let conv = Conv::new(&[Layer { weights, bias: wave(outputs) }], 8).unwrap();
        let (input, at) = (wave(7 * 7 * 8), plane::windows(5, 5, 1, 0, 8).collect::<Vec<_>>());
        let room = vec![0.0; at.len() * conv.outputs()];
        let fast = dispatch(Work(&conv, &input, &at, room.clone()));
        let plain = Work(&conv, &input, &at, room).with_simd(pulp::Scalar::new());
        assert!(apart(&fast, &plain) < 1e-5 && plain.iter().any(|number| *number > 0.0));
    }
}

/// Best and median milliseconds of both, taken in turns.
#[test]
#[ignore = "a measurement: run it alone, on a quiet core"]
fn how_long_a_run_takes() {
    fn turns(mut ours: impl FnMut(), mut rten: impl FnMut()) -> [(f64, f64); 2] {
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..100 {
            for (work, times) in [&mut ours as &mut dyn FnMut(), &mut rten].into_iter().zip(&mut times) {
                let start = std::time::Instant::now();
                work();
                times.push(start.elapsed().as_secs_f64() * 1e3);
            }
        }
        times.map(|mut times| {
            times.sort_by(f64::total_cmp);
            (times[0], times[times.len() / 2])
        })
    }
    let thread = Arc::new(ThreadPool::with_num_threads(1));
    let run = |model: &Model, shape: &[usize], input: &[f32]| {
        let input = Value::from_shape(shape, input.to_vec()).unwrap();
        let options = RunOptions::default().with_thread_pool(Some(Arc::clone(&thread)));
        model.run(vec![(model.input_ids()[0], input.into())], model.output_ids(), Some(options)).unwrap();
    };
    let load = |file| ModelOptions::with_all_ops().prepack_weights(true).load_static_slice(file).unwrap();
    let (net, model, pixels) = (BlazeNet::load(DETECTOR).unwrap(), load(DETECTOR), vec![[0.1; 3]; 128 * 128]);
    let ours = || drop(net.run(&pixels));
    println!("detector {:.2?}", turns(ours, || run(&model, &[1, 128, 128, 3], pixels.as_flattened())));
    let (net, model, pixels) = (ResNet::load(EMBEDDER).unwrap(), load(EMBEDDER), vec![[0.1; 3]; 150 * 150]);
    let ours = || drop(net.run(&pixels));
    println!("embedder {:.2?}", turns(ours, || run(&model, &[1, 3, 150, 150], pixels.as_flattened())));
}
