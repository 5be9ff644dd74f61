//! Which cores a contender is kept on.

use std::path::Path;
use std::process::{Command, Stdio};

/// The cores that this process may use, the last one first; none where `taskset` is not there to keep a program on
/// some of them.
pub(super) fn allowed() -> Vec<usize> {
    let taskset = Command::new("taskset").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !taskset.is_ok_and(|status| status.success()) {
        eprintln!("taskset is not installed: the contenders may use every core (package util-linux has it)");
        return Vec::new();
    }
    let status = std::fs::read_to_string(Path::new("/proc/self/status")).unwrap_or_default();
    let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    let mut cores = allowed.map(listed).unwrap_or_default();
    cores.reverse();
    cores
}

/// `0-2,5` in full.
fn listed(ranges: &str) -> Vec<usize> {
    let range = |range: &str| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        Some(first.trim().parse().ok()?..=last.trim().parse().ok()?)
    };
    ranges.split(',').filter_map(range).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_cores_is_read_in_full() {
        assert_eq!(listed("\t0-2,5\n"), [0, 1, 2, 5]);
        assert_eq!(listed("3"), [3]);
        assert_eq!(listed(""), [0; 0]);
    }
}
