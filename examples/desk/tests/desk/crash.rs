use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use crate::terminal::{Terminal, eileen, grace, text};

/// Kills the command line 20 times while it checks 200 photos in, each time on another day, after as many answers as
/// chance says, and then a little later.
#[test]
fn a_killed_process_loses_nothing_that_it_acknowledged() {
    let terminal = Terminal::new();
    terminal.enroll("Grace", &[&grace()]);
    terminal.enroll("Eileen", &[&eileen()]);
    let photos: Vec<_> = [grace(), eileen()].into_iter().cycle().take(200).collect();
    let mut acknowledged = HashMap::new();
    let mut chance = Chance(0x5eed);
    for round in 1..=20 {
        let day = format!("2026-10-{round:02}");
        let mut process = terminal
            .command(["check-in", "--json", "--faces", "largest", "--at", &format!("{day}T08:00:00Z")])
            .args(&photos)
            .stdout(Stdio::piped())
            .spawn()
            .expect("it runs");
        let mut answers = BufReader::new(process.stdout.take().expect("its output"));
        let mut heard = Vec::new();
        for _ in 0..chance.below(40) {
            let mut line = String::new();
            answers.read_line(&mut line).expect("an answer");
            heard.push(line);
        }
        std::thread::sleep(Duration::from_micros(chance.below(60_000)));
        process.kill().expect("killed");
        process.wait().expect("dead");
        let mut rest = String::new();
        answers.read_to_string(&mut rest).expect("UTF-8");
        heard.extend(rest.split_inclusive('\n').filter(|line| line.ends_with('\n')).map(str::to_owned));
        assert!(heard.len() < photos.len(), "it was killed too late to show anything");
        let heard: Vec<Value> = heard.iter().map(|line| serde_json::from_str(line).expect("an object")).collect();
        acknowledged.insert(day, heard);
    }

    // The next owner of the folder finishes what was cut off.
    let records = terminal.records("2026-10-01", "2026-10-20");
    let key = |record: &Value| (text(&record["session"]), text(&record["attendee"]));
    let kept: HashSet<_> = records.iter().map(key).collect();
    assert_eq!(kept.len(), records.len(), "a record stands twice");
    let mut marked = 0;
    for answer in acknowledged.values().flatten() {
        let face = &answer["faces"][0];
        assert!(kept.contains(&key(&face["record"])), "lost: {answer}");
        marked += usize::from(face["outcome"] == "marked");
    }
    assert!(marked >= 20, "only {marked} records were acknowledged");

    let events = terminal.events();
    let told: HashSet<_> = events
        .iter()
        .filter(|event| event["type"] == "attendance.record.v1")
        .map(|event| key(&event["data"]))
        .collect();
    assert_eq!(told, kept, "every record has its event, and every event its record");
}

/// Numbers that look like chance and are the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}
