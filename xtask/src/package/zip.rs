//! What Lambda takes: a zip that holds a program called `bootstrap`.

use std::io::{Cursor, Write as _};

use anyhow::Result;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Whoever runs it need not own it.
const MODE: u32 = 0o755;

/// Zopfli looks so often for something shorter, which saves a thirtieth; more often saves nothing. A level above 9 means it.
const LEVEL: i64 = 9 + 5;

/// The zip of a program. It has no time and no owner: what is in it decides every byte.
///
/// # Errors
/// If the program is too large for a zip.
pub(super) fn of_program(program: &[u8]) -> Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(LEVEL))
        .last_modified_time(DateTime::default())
        .unix_permissions(MODE);
    zip.start_file("bootstrap", options)?;
    zip.write_all(program)?;
    Ok(zip.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use zip::ZipArchive;

    use super::*;

    #[test]
    fn a_zip_holds_only_the_program_which_can_be_run() {
        let mut zip = ZipArchive::new(Cursor::new(of_program(b"\x7fELF").unwrap())).unwrap();
        assert_eq!(zip.len(), 1);
        let mut file = zip.by_name("bootstrap").unwrap();
        assert_eq!(file.unix_mode().unwrap() & 0o777, MODE);
        assert_eq!(file.last_modified(), Some(DateTime::default()), "the first day that a zip knows");
        let mut program = Vec::new();
        file.read_to_end(&mut program).unwrap();
        assert_eq!(program, b"\x7fELF");
    }
}
