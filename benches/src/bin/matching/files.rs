//! Galleries and queries as files: row after row of little-endian f32, nothing else, so that every language reads them.

use std::fs::File;
use std::io::{BufReader, Read as _, Write as _};
use std::path::Path;
use std::thread;

use anyhow::{Context as _, Result, bail};

use crate::population::Population;

/// Queries that go with a gallery.
pub(crate) const QUERIES: u64 = 64;

/// Rows that are made before they are written.
const BLOCK: usize = 16_384;

/// Writes the templates of a gallery.
pub(crate) fn write_gallery(path: &Path, population: &Population, rows: u64) -> Result<()> {
    write(path, population.dimension(), rows, |row, template| population.row(row, template))
}

/// Writes the queries for a gallery of `rows` rows.
pub(crate) fn write_queries(path: &Path, population: &Population, rows: u64) -> Result<()> {
    write(path, population.dimension(), QUERIES, |number, query| population.query(number, rows, query))
}

/// Makes rows on every core, and leaves a whole file or none.
fn write(path: &Path, dimension: usize, rows: u64, make: impl Fn(u64, &mut [f32]) + Sync) -> Result<()> {
    let unfinished = path.with_extension("unfinished");
    let mut file = File::create(&unfinished).with_context(|| format!("{} can't be made", unfinished.display()))?;
    let threads = thread::available_parallelism()?.get();
    let mut numbers = vec![0.0f32; BLOCK.min(rows as usize) * dimension];
    let mut bytes = Vec::with_capacity(4 * numbers.len());
    for first in (0..rows).step_by(BLOCK) {
        let count = BLOCK.min((rows - first) as usize);
        let block = &mut numbers[..count * dimension];
        let share = count.div_ceil(threads);
        thread::scope(|scope| {
            for (part, first) in block.chunks_mut(share * dimension).zip((first..).step_by(share)) {
                let make = &make;
                scope.spawn(move || {
                    part.chunks_mut(dimension).zip(first..).for_each(|(template, row)| make(row, template));
                });
            }
        });
        bytes.clear();
        bytes.extend(block.iter().flat_map(|number| number.to_le_bytes()));
        file.write_all(&bytes)?;
    }
    file.flush()?;
    std::fs::rename(&unfinished, path)?;
    Ok(())
}

/// Reads the first `count` numbers of a file.
pub(crate) fn read(path: &Path, count: usize) -> Result<Vec<f32>> {
    let file = File::open(path).with_context(|| format!("{} can't be read", path.display()))?;
    if file.metadata()?.len() < 4 * count as u64 {
        bail!("{} has fewer than {count} numbers", path.display());
    }
    let mut file = BufReader::new(file);
    let mut numbers = Vec::with_capacity(count);
    let mut bytes = vec![0; 1 << 16];
    while numbers.len() < count {
        let part = bytes.len().min(4 * (count - numbers.len()));
        file.read_exact(&mut bytes[..part])?;
        numbers.extend(bytes[..part].as_chunks().0.iter().map(|number| f32::from_le_bytes(*number)));
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_of_a_large_gallery_is_a_small_one() {
        let folder = std::env::temp_dir().join(format!("matching-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder for the test");
        let population = Population::named("random512", 5).expect("it exists");
        let (small, large) = (folder.join("small.f32"), folder.join("large.f32"));
        write_gallery(&small, &population, 7).expect("7 rows");
        write_gallery(&large, &population, 100).expect("100 rows");
        let small = read(&small, 7 * 512).expect("7 rows");
        let (large, more) = (read(&large, 7 * 512).expect("100 rows"), read(&large, 101 * 512));
        std::fs::remove_dir_all(&folder).expect("the test's folder");
        assert!(small == large && small.iter().all(|number| number.is_finite()));
        assert!(more.is_err());
    }
}
