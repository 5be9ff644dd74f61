//! The gallery's search, kernel by kernel, beside the plain scan that it has to agree with: `cargo bench`.

use std::hint::black_box;

use attendance_local::gallery::{Gallery, Kernel, Search};
use attendance_local::vision::calibration;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use uuid::Uuid;

const TEMPLATES: u128 = 20_000;

/// Numbers of a template, and how near all of them are to one direction: embeddings of faces are.
const KINDS: [(&str, usize, f32); 2] = [("random512", 512, 0.0), ("compressed128", 128, 2.0)];

fn template(random: &mut fastrand::Rng, dimension: usize, common: f32) -> Vec<f32> {
    let numbers: Vec<f32> = (0..dimension).map(|_| (0..4).map(|_| random.f32()).sum::<f32>() - 2.0 + common).collect();
    let length = numbers.iter().map(|number| number * number).sum::<f32>().sqrt();
    numbers.into_iter().map(|number| number / length).collect()
}

fn search(criterion: &mut Criterion) {
    for (name, dimension, common) in KINDS {
        let mut random = fastrand::Rng::with_seed(1);
        let mut gallery = Gallery::new(dimension);
        for n in 0..TEMPLATES {
            let id = Uuid::from_u128(n + 1);
            let template = template(&mut random, dimension, common);
            gallery.insert(id.into(), id.into(), &template).expect("a unit vector");
        }
        let snapshot = gallery.snapshot();
        let queries: Vec<_> = (0..64).map(|_| template(&mut random, dimension, common)).collect();
        let queries: Vec<&[f32]> = queries.iter().map(Vec::as_slice).collect();

        // As the default policy has it.
        let threshold = Search::at_least(calibration::cosine(calibration::THRESHOLD));
        let mut group = criterion.benchmark_group(name);
        group.sample_size(20).throughput(Throughput::Elements(TEMPLATES as u64));
        group.bench_function("scan", |bencher| {
            bencher.iter(|| snapshot.scan(black_box(queries[0]), threshold));
        });
        for kernel in Kernel::available() {
            let (threshold, nearest) = (threshold.kernel(kernel), Search::nearest(5).kernel(kernel));
            group.bench_function(BenchmarkId::new("at least", kernel.name()), |bencher| {
                bencher.iter(|| snapshot.search(black_box(queries[0]), threshold));
            });
            group.bench_function(BenchmarkId::new("nearest 5", kernel.name()), |bencher| {
                bencher.iter(|| snapshot.search(black_box(queries[0]), nearest));
            });
            group.bench_function(BenchmarkId::new("64 at once", kernel.name()), |bencher| {
                bencher.iter(|| snapshot.search_batch(black_box(&queries), threshold));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, search);
criterion_main!(benches);
