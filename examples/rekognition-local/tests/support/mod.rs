//! What the tests share: the two portraits, a server in this process or in one of its own, and a client of it.
#![allow(dead_code, reason = "each test takes what it needs")]

use std::io::{BufRead, BufReader, Read};
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use aws_credential_types::Credentials;
use aws_sdk_rekognition::config::{BehaviorVersion, Region};
use aws_sdk_rekognition::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_rekognition::primitives::Blob;
use aws_sdk_rekognition::types::Image;
use aws_sdk_rekognition::{Client, Config};
use aws_smithy_http_client::Builder as HttpClientBuilder;
use rekognition_local::{Rekognition, Settings, router};
use tokio::net::TcpListener;

pub(crate) const GRACE: &[u8] = include_bytes!("../../../../attendance-local/testdata/grace_hopper.jpg");
pub(crate) const ASTRONAUT: &[u8] = include_bytes!("../../../../attendance-local/testdata/astronaut.png");

pub(crate) fn bytes(image: &[u8]) -> Image {
    Image::builder().bytes(Blob::new(image)).build()
}

/// A client of whoever listens at `url`.
pub(crate) fn client(url: &str) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .http_client(HttpClientBuilder::new().build_http())
        .endpoint_url(url)
        .build();
    Client::from_conf(config)
}

/// A server in this process, on a port of its own, for as long as the runtime lives.
pub(crate) async fn serve(settings: Settings) -> Client {
    let rekognition = tokio::task::spawn_blocking(|| Rekognition::open(settings)).await.unwrap().unwrap();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router(rekognition)).await });
    client(&format!("http://{address}"))
}

/// The code of what was refused.
pub(crate) fn code<T: std::fmt::Debug, E: ProvideErrorMetadata>(result: Result<T, SdkError<E>>) -> String {
    match result {
        Err(SdkError::ServiceError(error)) => error.err().code().unwrap_or("no code").to_owned(),
        Err(error) => format!("{error}"),
        Ok(answer) => panic!("it was not refused: {answer:?}"),
    }
}

/// The program, running.
pub(crate) struct Program {
    child: Child,
    pub(crate) url: String,
}

impl Program {
    pub(crate) fn start(data: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_rekognition-local"))
            .args(["--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .env_remove("RUST_LOG")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim_end().strip_prefix("rekognition-local is ready: ").expect(&line).to_owned();
        Self { child, url }
    }

    /// Ends it at once, as a crash does.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
    }

    /// Asks it to end; answers how it did, and what it wrote to its log.
    #[cfg(unix)]
    pub(crate) fn terminate(mut self) -> (ExitStatus, String) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        (self.child.wait().unwrap(), log)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
