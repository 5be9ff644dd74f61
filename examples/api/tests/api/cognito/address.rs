//! An address that shows what it is told to, and counts how often it is asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

pub(super) struct Address {
    pub(super) url: String,
    shown: watch::Sender<String>,
    asked: watch::Receiver<usize>,
    /// Answers that may be given.
    turns: Arc<Semaphore>,
    pub(super) written: Arc<AtomicUsize>,
}

impl Address {
    /// An address on this machine, which shows that.
    pub(super) async fn showing(document: &Value) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/.well-known/jwks.json", listener.local_addr().unwrap());
        let (shown, what) = watch::channel(String::new());
        let (count, asked) = watch::channel(0);
        let turns = Arc::new(Semaphore::new(Semaphore::MAX_PERMITS));
        let written = Arc::new(AtomicUsize::new(0));
        tokio::spawn(serve(listener, what, count, turns.clone(), written.clone()));
        let address = Self { url, shown, asked, turns, written };
        address.shows(document);
        address
    }

    /// Shows something else from now on.
    pub(super) fn shows(&self, document: &Value) {
        self.answers("200 OK", &document.to_string());
    }

    pub(super) fn answers(&self, status: &str, body: &str) {
        let length = body.len();
        self.shown.send_replace(format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}"));
    }

    /// Begins an answer that never ends.
    pub(super) fn never_ends(&self) {
        self.shown.send_replace(ENDLESS.to_owned());
    }

    /// Lets who asks wait until [`Address::release`].
    pub(super) fn hold(&self) {
        self.turns.forget_permits(Semaphore::MAX_PERMITS);
    }

    pub(super) fn release(&self) {
        self.turns.add_permits(1000);
    }

    pub(super) fn times_asked(&self) -> usize {
        *self.asked.borrow()
    }

    pub(super) async fn asked(&self, times: usize) {
        self.asked.clone().wait_for(|asked| *asked == times).await.unwrap();
    }
}

const ENDLESS: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

async fn serve(
    listener: TcpListener,
    shown: watch::Receiver<String>,
    count: watch::Sender<usize>,
    turns: Arc<Semaphore>,
    written: Arc<AtomicUsize>,
) {
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        let (shown, count, turns, written) = (shown.clone(), count.clone(), turns.clone(), written.clone());
        tokio::spawn(async move {
            let asked = read(&mut stream).await;
            assert!(asked.starts_with("GET /.well-known/jwks.json HTTP/1.1\r\n"), "{asked}");
            count.send_modify(|count| *count += 1);
            turns.acquire().await.unwrap().forget();
            let answer = shown.borrow().clone();
            stream.write_all(answer.as_bytes()).await.unwrap();
            if answer == ENDLESS {
                let chunk = [b"1000\r\n".as_slice(), &[b' '; 0x1000], b"\r\n"].concat();
                while stream.write_all(&chunk).await.is_ok() {
                    written.fetch_add(chunk.len(), Ordering::Relaxed);
                }
            }
        });
    }
}

/// The head of a request.
async fn read(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}
