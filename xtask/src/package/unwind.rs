//! What a program that never unwinds carries for unwinding: a tenth of the zip.

use anyhow::{Context as _, Result};
use object::{Object as _, ObjectSection as _};

/// Where each function's registers are restored from, and the index of that.
const TABLES: [&str; 2] = [".eh_frame", ".eh_frame_hdr"];

/// Overwrites the tables by which a program is unwound with zeros. A panic aborts these programs, so nothing reads them;
/// but Rust's own library brings them, and the linker has no switch to leave them out.
///
/// # Errors
/// If it is no program.
pub(super) fn without_tables(program: &mut [u8]) -> Result<()> {
    let file = object::File::parse(&*program)?;
    let tables = file.sections().filter(|section| section.name().is_ok_and(|name| TABLES.contains(&name)));
    let ranges: Vec<_> = tables.filter_map(|section| section.file_range()).collect();
    for (start, length) in ranges {
        let table = usize::try_from(start)?..usize::try_from(start + length)?;
        program.get_mut(table).context("a section beyond the end")?.fill(0);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_program_runs_without_them() {
        let folder = tempfile::tempdir().unwrap();
        let (source, built) = (folder.path().join("hello.rs"), folder.path().join("hello"));
        std::fs::write(&source, "fn main() { println!(\"{}\", std::env::args().count()); }").unwrap();
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let mut build = Command::new(rustc);
        build.args(["-Cpanic=abort", "-Cstrip=symbols", "-o"]).args([&built, &source]);
        assert!(build.status().unwrap().success());

        let mut program = std::fs::read(&built).unwrap();
        let before = program.clone();
        without_tables(&mut program).unwrap();
        let changed = before.iter().zip(&program).filter(|(before, after)| before != after).count();
        assert!(changed > 1000, "{changed} bytes");
        std::fs::write(&built, &program).unwrap();
        assert_eq!(Command::new(&built).output().unwrap().stdout, b"1\n");
    }

    #[test]
    fn what_is_no_program_is_refused() {
        assert!(without_tables(&mut b"#!/bin/sh".to_vec()).is_err());
    }
}
