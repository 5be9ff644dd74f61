use std::process::Stdio;

use crate::terminal::{Terminal, answer, grace};

#[test]
fn twelve_processes_at_once_make_one_record() {
    let terminal = Terminal::new();
    terminal.enroll("Grace", &[&grace()]);
    let photo = grace();
    let arguments = ["check-in", "--at", "2026-11-20T08:00:00Z", "--json", photo.to_str().expect("a path in UTF-8")];
    let processes: Vec<_> =
        (0..12).map(|_| terminal.command(arguments).stdout(Stdio::piped()).spawn().expect("it runs")).collect();
    let mut outcomes: Vec<_> = processes
        .into_iter()
        .map(|process| {
            let answer = answer(&process.wait_with_output().expect("it ends"));
            assert_eq!(answer.status, 0, "{answer:?}");
            answer.lines[0]["faces"][0]["outcome"].to_string()
        })
        .collect();
    outcomes.sort();
    assert_eq!(outcomes.pop().as_deref(), Some("\"marked\""));
    assert!(outcomes.iter().all(|outcome| outcome == "\"already-marked\""), "{outcomes:?}");
    assert_eq!(terminal.records("2026-11-20", "2026-11-20").len(), 1);
    let told = terminal.events().iter().filter(|event| event["type"] == "attendance.record.v1").count();
    assert_eq!(told, 1);
}
