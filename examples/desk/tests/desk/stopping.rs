use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use crate::server::{Response, Server};
use crate::terminal::{Terminal, grace, text};

const AT: &str = "2026-11-20T08:00:00Z";

#[test]
fn a_request_in_flight_is_finished_and_nothing_is_lost() {
    let terminal = Terminal::new();
    terminal.enroll("Grace", &[&grace()]);
    for signal in ["TERM", "INT"] {
        let server = Server::start(&terminal);
        let photo = std::fs::read(grace()).expect("a portrait");
        let mut stream = server.connect();
        let day = if signal == "TERM" { AT } else { "2026-11-19T08:00:00Z" };
        write!(
            stream,
            "POST /v1/orgs/default/check-ins?captured_at={day} HTTP/1.1\r\nhost: desk\r\ncontent-type: image/jpeg\r\n\
             authorization: Bearer {}\r\nexpect: 100-continue\r\ncontent-length: {}\r\n\r\n",
            server.token,
            photo.len()
        )
        .expect("sent");
        let mut go_on = [0; 25];
        stream.read_exact(&mut go_on).expect("the server waits for the picture");
        assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
        stream.write_all(&photo[..photo.len() / 2]).expect("sent");

        server.signal(signal);
        lets_nobody_in(&server);
        stream.write_all(&photo[photo.len() / 2..]).expect("sent");
        let answer = Response::read(stream);
        assert_eq!((answer.status, &answer.json()["faces"][0]["outcome"]), (200, &"marked".into()), "{answer:?}");
        assert_eq!(server.wait(), Some(0));
    }
    assert!(!terminal.data().join("DESK").exists());
    let told = terminal.events();
    let records: Vec<_> = told.iter().filter(|event| event["type"] == "attendance.record.v1").collect();
    assert_eq!(records.len(), 2, "{told:?}");
    assert_eq!(terminal.records("2026-11-19", "2026-11-20").len(), 2);
}

/// Waits until the server has heard that it is to end.
fn lets_nobody_in(server: &Server) {
    while TcpStream::connect(&server.address).is_ok() {
        std::thread::yield_now();
    }
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let terminal = Terminal::new();
    let server = Server::start(&terminal);
    let mut stream = server.connect();
    let head =
        "POST /v1/orgs/default/groups HTTP/1.1\r\nhost: desk\r\ncontent-type: application/json\r\nexpect: 100-continue";
    write!(stream, "{head}\r\nauthorization: Bearer {}\r\ncontent-length: 9\r\n\r\n", server.token).expect("sent");
    stream.read_exact(&mut [0; 25]).expect("the server waits for the body");
    let start = Instant::now();
    server.signal("TERM");
    lets_nobody_in(&server);
    server.signal("TERM");
    assert_eq!(server.wait(), Some(130));
    assert!(start.elapsed().as_secs() < 8, "it waited for the body");
}

#[test]
fn a_desk_that_was_killed_lost_nothing_that_it_answered() {
    let terminal = Terminal::new();
    let id = terminal.enroll("Grace", &[&grace()]);
    let photo = std::fs::read(grace()).expect("a portrait");
    for day in 1..=5 {
        let server = Server::start(&terminal);
        let path = format!("/v1/orgs/default/check-ins?captured_at=2026-10-{day:02}T08:00:00Z");
        let answer = server.ask("POST", &path, &server.token, "content-type: image/jpeg\r\n", &photo);
        assert_eq!(answer.json()["faces"][0]["outcome"], "marked", "{answer:?}");
        server.signal("KILL");
        assert_eq!(server.wait(), None);
    }
    let server = Server::start(&terminal);
    let rows = terminal.records("2026-10-01", "2026-10-31");
    assert_eq!(rows.len(), 5);
    assert!(rows.iter().all(|row| text(&row["attendee"]) == id));
    server.stop();
    let told = terminal.events();
    let mut records: Vec<_> =
        told.iter().filter(|event| event["type"] == "attendance.record.v1").map(|event| text(&event["id"])).collect();
    records.sort();
    records.dedup();
    assert_eq!(records.len(), 5, "{told:?}");
}
