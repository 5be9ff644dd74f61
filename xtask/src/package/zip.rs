//! What Lambda takes: a zip that holds a program called `bootstrap`.

use std::io::Write as _;

use anyhow::{Context as _, Result};
use libdeflater::{CompressionLvl, Compressor};
use rawzip::time::UtcDateTime;
use rawzip::{CompressionMethod, DataDescriptorOutput, ZipArchiveWriter};

/// Whoever runs it need not own it.
const MODE: u32 = 0o755;
/// A file, in the mode of Unix.
const FILE: u32 = 0o100_000;

/// 1980-01-01T00:00:00Z, the first day that a zip knows.
const FIRST_DAY: i64 = 315_532_800;

/// The zip of a program, as small as deflate makes it. It has no time and no owner: what is in it decides every byte.
///
/// # Errors
/// If the program is too large for a zip.
pub(super) fn of_program(program: &[u8]) -> Result<Vec<u8>> {
    let mut compressor = Compressor::new(CompressionLvl::best());
    let mut compressed = vec![0; compressor.deflate_compress_bound(program.len())];
    let length = compressor.deflate_compress(program, &mut compressed)?;
    let compressed = compressed.get(..length).context("more than fits")?;

    let mut archive = ZipArchiveWriter::new(Vec::new());
    let file = archive
        .new_file("bootstrap")
        .compression_method(CompressionMethod::DEFLATE)
        .unix_permissions(FILE | MODE)
        .last_modified(UtcDateTime::from_unix(FIRST_DAY));
    let (mut entry, _) = file.start()?;
    entry.write_all(compressed)?;
    entry.finish(DataDescriptorOutput::new(libdeflater::crc32(program), program.len() as u64))?;
    Ok(archive.finish()?)
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read as _};

    use zip::ZipArchive;

    use super::*;

    #[test]
    fn a_zip_holds_only_the_program_which_can_be_run() {
        let mut zip = ZipArchive::new(Cursor::new(of_program(b"\x7fELF").unwrap())).unwrap();
        assert_eq!(zip.len(), 1);
        let mut file = zip.by_name("bootstrap").unwrap();
        assert_eq!(file.unix_mode().unwrap() & 0o777, MODE);
        assert_eq!(file.last_modified(), Some(zip::DateTime::default()), "the first day that a zip knows");
        let mut program = Vec::new();
        file.read_to_end(&mut program).unwrap();
        assert_eq!(program, b"\x7fELF");
    }
}
