use std::collections::HashMap;
use std::io::Read;
use std::net::TcpListener;
use std::path::Path;
use std::time::Instant;

use crate::server::Server;
use crate::terminal::{Terminal, answer, eileen, grace, text};

/// Ids by the order in which they come, and instants other than the given one as such: what differs from run to run.
#[derive(Default)]
struct Plain(HashMap<String, usize>);

const AT: &str = "2026-11-20T08:00:00Z";

impl Plain {
    fn text(&mut self, text: &str) -> String {
        let mut plain = String::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            if let Some(id) = rest.get(..36).filter(|id| is_id(id)) {
                let next = self.0.len();
                plain += &format!("<{}>", self.0.entry(id.to_owned()).or_insert(next));
                rest = &rest[36..];
            } else if let Some(length) = instant(rest).filter(|_| !rest.starts_with(AT)) {
                plain += "<instant>";
                rest = &rest[length..];
            } else {
                plain.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
        plain
    }
}

fn is_id(text: &str) -> bool {
    text.bytes().zip(0..).all(|(byte, at)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    })
}

/// The length of the instant that the text begins with.
fn instant(text: &str) -> Option<usize> {
    let length = text.get(..40.min(text.len()))?.find('Z')? + 1;
    let bytes = text.as_bytes();
    (length >= 20 && bytes[4] == b'-' && bytes[10] == b'T' && bytes[13] == b':').then_some(length)
}

/// What every command answers, one after another, on people who are enrolled by the first of them.
fn answers(terminal: &Terminal) -> Vec<(String, i32, String, String)> {
    let (grace, eileen) = (grace().display().to_string(), eileen().display().to_string());
    let broken = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml").display().to_string();
    let mut plain = Plain::default();
    let mut said = Vec::new();
    let mut run = |arguments: &[&str]| {
        let output = terminal.command(arguments).output().expect("it runs");
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let code = output.status.code().unwrap_or(-1);
        said.push((plain.text(&arguments.join(" ")), code, plain.text(&out), plain.text(&err)));
        out.into_owned()
    };
    let enroll = ["--consent", "yes", "--external-id", "R-1", "--json"];
    let enrolled = run(&[&["enroll", "--name", "Grace", "--group", "5B", &grace], &enroll[..]].concat());
    let id = text(&serde_json::from_str::<serde_json::Value>(&enrolled).expect("JSON")["attendee"]);
    let more = ["--email", "grace@example.org", "--group", "6A", "--group", "everyone", &grace];
    run(&[&["enroll", "--name", "Grace"], &more[..], &enroll[..]].concat());
    run(&[&["enroll", "--name", "Ada", &eileen], &enroll[..]].concat());
    run(&["enroll", "--name", "Grace's twin", "--consent", "yes", &grace]);
    run(&["enroll", "--name", "Grace's twin", "--consent", "yes", &broken, "--json"]);
    run(&["enroll", "--name", "Nobody", &grace]);
    let session = ["--session", "5B.2026-11-20.0"];
    run(&["check-in", "--at", AT, &grace, &broken, &eileen, "--json"]);
    run(&[&["check-in", "--at", AT, &grace, &eileen, "--json"], &session[..]].concat());
    run(&[&["check-in", "--at", AT, "--faces", "largest", &grace, "nothing.jpg"], &session[..]].concat());
    run(&["check-in", "--session", "7C.2026-11-20.0", &grace, "--json"]);
    let why = ["--status", "excused", "--reason", "ill"];
    run(&[&["mark", &id, "--date", "2026-11-20", "--json"], &why[..]].concat());
    run(&[&["mark", &id, "--json"], &session[..], &why[..]].concat());
    run(&[&["mark", &id, "--json", "--replaces", "1"], &session[..], &why[..]].concat());
    run(&[&["mark", &id, "--replaces", "2"], &session[..], &["--status", "late", "--reason", "came"]].concat());
    run(&[&["mark", "0192f3a4-7c1e-7b3a-8c55-0123456789ab", "--json"], &why[..]].concat());
    let range = ["report", "--from", "2026-11-20", "--to", "2026-11-20"];
    for format in ["json", "csv", "table"] {
        run(&[&range[..], &["--format", format]].concat());
    }
    run(&[&range[..], &["--attendee", &id, "--json"]].concat());
    run(&[&range[..], &["--group", "8D"]].concat());
    run(&["organization", "school", "--json"]);
    run(&["organization", "school"]);
    run(&["enroll", "--organization", "school", "--name", "Grace", "--consent", "yes", &grace]);
    run(&["check-in", "--organization", "school", "--at", AT, &grace, "--json"]);
    run(&[&range[..], &["--organization", "school"]].concat());
    run(&[&range[..], &["--organization", "nowhere", "--json"]].concat());
    run(&["forget", &id, "--json"]);
    run(&["forget", &id]);
    run(&["check-in", "--at", AT, &grace]);
    run(&range);
    said
}

#[test]
fn every_command_answers_the_same_through_a_desk_that_runs() {
    let (alone, served) = (Terminal::new(), Terminal::new());
    let server = Server::start(&served);
    let (alone_said, served_said) = (answers(&alone), answers(&served));
    for (alone, served) in alone_said.iter().zip(&served_said) {
        assert_eq!(alone, served);
    }
    assert_eq!(alone_said.len(), served_said.len());
    // The answers are what they are meant to be, and not the same failure each time.
    let failed = alone_said.iter().filter(|(_, code, ..)| *code != 0).count();
    assert_eq!(failed, 13, "{alone_said:#?}");
    let links = server.get("/metrics", "");
    assert!(links.text().contains(r#"route="/v1/orgs/{org}/check-ins""#), "it was the server that answered");
    server.stop();
    let told = |terminal: &Terminal| {
        let mut kinds: Vec<_> = terminal.events().iter().map(|event| text(&event["type"])).collect();
        kinds.sort();
        kinds
    };
    assert_eq!(told(&alone), told(&served));
}

#[test]
fn many_commands_at_once_through_a_desk_make_one_record() {
    let terminal = Terminal::new();
    terminal.enroll("Grace", &[&grace()]);
    let server = Server::start(&terminal);
    let photo = grace();
    let arguments = ["check-in", "--at", AT, "--json", photo.to_str().expect("a path in UTF-8")];
    let commands: Vec<_> = (0..24)
        .map(|_| terminal.command(arguments).stdout(std::process::Stdio::piped()).spawn().expect("it runs"))
        .collect();
    let answers = commands.into_iter().map(|command| answer(&command.wait_with_output().expect("it ends")));
    let marked = answers.filter(|answer| answer.lines[0]["faces"][0]["outcome"] == "marked").count();
    assert_eq!(marked, 1);
    server.stop();
    assert_eq!(terminal.records("2026-11-20", "2026-11-20").len(), 1);
}

/// What a crash left is no desk: nobody who has its port since then is given a token.
#[test]
fn a_notice_of_a_desk_that_crashed_is_ignored_and_replaced() {
    let terminal = Terminal::new();
    let server = Server::start(&terminal);
    let token = text(&terminal.one(["token", "--role", "kiosk"])["token"]);
    server.signal("KILL");
    server.wait();
    let notice = terminal.data().join("DESK");
    let port = TcpListener::bind("127.0.0.1:0").expect("a port");
    port.set_nonblocking(true).expect("without waiting");
    let mut left: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&notice).expect("it is left")).expect("JSON");
    left["address"] = port.local_addr().expect("an address").to_string().into();
    std::fs::write(&notice, left.to_string()).expect("a file");

    assert!(terminal.records("2026-11-20", "2026-11-20").is_empty());
    assert!(!notice.exists(), "whoever owns the folder removes it");
    std::fs::write(&notice, left.to_string()).expect("a file");
    let server = Server::start(&terminal);
    let new: serde_json::Value = serde_json::from_slice(&std::fs::read(&notice).expect("a notice")).expect("JSON");
    assert_eq!(new["address"], server.address.as_str());
    assert_eq!(port.accept().expect_err("nobody comes").kind(), std::io::ErrorKind::WouldBlock);
    assert_eq!(server.get("/v1/whoami", &token).status, 200, "a token survives a crash and a restart");
    server.stop();
}

#[test]
fn what_a_command_records_through_the_desk_shows_live_at_once() {
    let terminal = Terminal::new();
    terminal.enroll("Grace", &[&grace()]);
    let server = Server::start(&terminal);
    let mut live = server.connect();
    let ask = format!("GET /v1/orgs/default/live HTTP/1.0\r\nauthorization: Bearer {}\r\n\r\n", server.token);
    std::io::Write::write_all(&mut live, ask.as_bytes()).expect("sent");
    let mut seen = Vec::new();
    let mut until = |what: &str| {
        while !String::from_utf8_lossy(&seen).contains(what) {
            let mut bytes = [0; 4096];
            let read = live.read(&mut bytes).expect("more");
            assert!(read > 0, "it ended without {what}: {}", String::from_utf8_lossy(&seen));
            seen.extend_from_slice(&bytes[..read]);
        }
    };
    until("text/event-stream");
    let start = Instant::now();
    let photo = grace();
    terminal.one(["check-in", "--at", AT, photo.to_str().expect("a path in UTF-8")]);
    until("event: attendance.record.v1");
    assert!(start.elapsed().as_secs() < 10, "it waited for the clock");

    // A page that listens does not keep the desk up.
    let start = Instant::now();
    server.stop();
    assert!(start.elapsed().as_secs() < 8, "it waited for the page");
}
