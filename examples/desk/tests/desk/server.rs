//! Runs `attendance serve` as a process over a terminal's data folder, and asks it over TCP.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::terminal::{Terminal, text};

/// A desk that runs; killed when dropped.
pub(crate) struct Server {
    process: Child,
    pub(crate) address: String,
    /// The admin's, out of the link.
    pub(crate) token: String,
}

/// What the server answered.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Server {
    pub(crate) fn start(terminal: &Terminal) -> Self {
        let mut process = terminal
            .command(["serve", "--listen", "127.0.0.1:0", "--json"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("it runs");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
        let ready: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no object: {line}"));
        let address = text(&ready["address"]);
        let url = text(&ready["url"]);
        let (page, token) = url.split_once("#token=").expect("a token in the fragment");
        assert_eq!(page, format!("http://{address}/"));
        Self { process, token: token.to_owned(), address }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
        stream
    }

    /// Asks with a token, or without one if it is empty.
    pub(crate) fn ask(&self, method: &str, path: &str, token: &str, headers: &str, body: &[u8]) -> Response {
        let mut stream = self.connect();
        let token = if token.is_empty() { String::new() } else { format!("authorization: Bearer {token}\r\n") };
        let length = body.len();
        // Of HTTP 1.0 the end of the answer is the end of the connection.
        write!(stream, "{method} {path} HTTP/1.0\r\n{token}{headers}content-length: {length}\r\n\r\n").expect("sent");
        stream.write_all(body).expect("sent");
        Response::read(stream)
    }

    pub(crate) fn get(&self, path: &str, token: &str) -> Response {
        self.ask("GET", path, token, "", b"")
    }

    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.pid().to_string()).status();
        assert!(sent.expect("kill runs").success());
    }

    /// Waits for its end, and answers its exit status.
    pub(crate) fn wait(mut self) -> Option<i32> {
        self.process.wait().expect("it ends").code()
    }

    /// Stops it as a service manager would.
    pub(crate) fn stop(self) {
        self.signal("TERM");
        assert_eq!(self.wait(), Some(0));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Response {
    /// Reads to the end of the connection.
    pub(crate) fn read(mut stream: TcpStream) -> Self {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("an answer");
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
        let head = String::from_utf8(bytes[..end].to_vec()).expect("UTF-8");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        Self { status, head, body: bytes.split_off(end + 4) }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let values = self.head.lines().filter_map(|line| line.split_once(": "));
        values.filter(|(of, _)| of.eq_ignore_ascii_case(name)).map(|(_, value)| value).next().unwrap_or_default()
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("UTF-8")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }
}
