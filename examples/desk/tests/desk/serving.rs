use std::collections::BTreeSet;
use std::io::Read;
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::server::Server;
use crate::terminal::{Terminal, grace, text};

const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; \
                   connect-src 'self'; manifest-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; \
                   require-trusted-types-for 'script'";

#[test]
fn the_link_signs_in_as_the_admin() {
    let terminal = Terminal::new();
    let server = Server::start(&terminal);
    let me = server.get("/v1/whoami", &server.token).json();
    assert_eq!(me["groups"], serde_json::json!([{ "organization": "default", "role": "admin" }]));
    assert_eq!(server.get("/v1/whoami", "").status, 401);
    assert_eq!(server.get("/v1/whoami", "eyJhbGciOiJub25lIn0.e30.").status, 401);
    let audit = server.get("/v1/orgs/default/audit", &server.token).json();
    assert_eq!((&audit["items"][0]["action"], &audit["items"][0]["by"]), (&"issue-token".into(), &"system".into()));
    assert!(text(&audit["items"][0]["about"]).starts_with("desk until "), "{audit}");
    assert_eq!(server.get("/readyz", "").text(), "ready");
    assert_eq!(server.get("/v1/nothing", &server.token).json()["code"], "not-found");
    server.stop();
}

/// The pages, and whatever they name, and whatever that names.
#[test]
fn every_page_is_served_with_all_that_it_needs() {
    let terminal = Terminal::new();
    let server = Server::start(&terminal);
    let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web");
    let names = std::fs::read_dir(web).expect("the pages").map(|entry| entry.expect("an entry").file_name());
    let names = names.filter_map(|name| name.into_string().ok()).filter(|name| name.ends_with(".html"));
    let mut open: Vec<String> = names.map(|name| format!("/{name}")).collect();
    for page in ["/index.html", "/kiosk.html", "/me.html"] {
        assert!(open.iter().any(|path| path == page), "{page} is missing");
    }
    open.push("/".to_owned());
    let mut seen = BTreeSet::new();
    while let Some(path) = open.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let answer = server.get(&path, "");
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("content-security-policy"), CSP, "{path}");
        assert_eq!(answer.header("permissions-policy"), "camera=(self), microphone=(), geolocation=()");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
        let kind = answer.header("content-type");
        let base = &path[..=path.rfind('/').expect("a path")];
        let named: Vec<&str> = if kind.starts_with("text/html") {
            ["href=\"", "src=\""].iter().flat_map(|before| after(answer.text(), before)).collect()
        } else if kind.starts_with("text/javascript") {
            ["from \"", "import \"", "import(\""].iter().flat_map(|before| after(answer.text(), before)).collect()
        } else {
            Vec::new()
        };
        let named = named.into_iter().filter(|name| !name.is_empty() && !name.starts_with('#'));
        open.extend(named.filter(|name| !name.contains(':')).map(|name| {
            let name = name.split(['?', '#']).next().expect("a part").trim_start_matches("./");
            if name.starts_with('/') { name.to_owned() } else { format!("{base}{name}") }
        }));
    }
    assert!(seen.len() > 10, "{seen:?}");
    let missing = server.get("/nothing.html", "");
    assert_eq!((missing.status, missing.header("content-security-policy")), (404, CSP));
    assert_eq!(server.get("/../desk/Cargo.toml", "").status, 404);
    server.stop();
}

/// What stands in quotes after each `before`.
fn after<'text>(text: &'text str, before: &'static str) -> impl Iterator<Item = &'text str> {
    text.split(before).skip(1).filter_map(|rest| rest.split_once('"').map(|(name, _)| name))
}

#[test]
fn a_token_opens_only_what_its_role_may() {
    let terminal = Terminal::new();
    let (grace_id, eileen_id) =
        (terminal.enroll("Grace", &[&grace()]), terminal.enroll("Eileen", &[&crate::terminal::eileen()]));
    for photo in [grace(), crate::terminal::eileen()] {
        terminal.one(["check-in", "--at", "2026-11-20T08:00:00Z", photo.to_str().expect("a path in UTF-8")]);
    }
    let server = Server::start(&terminal);
    let url = format!("http://{}", server.address);
    let kiosk = terminal.one(["token", "--role", "kiosk", "--days", "1"]);
    let link = text(&kiosk["url"]);
    assert_eq!(link, format!("{url}/kiosk.html#token={}", text(&kiosk["token"])));
    let kiosk = text(&kiosk["token"]);
    assert_eq!(server.get("/v1/orgs/default/attendees", &kiosk).status, 403);
    assert_eq!(server.get("/v1/orgs/other/attendees", &kiosk).json()["code"], "unknown-organization");

    let token = terminal.one(["token", "--role", "attendee", "--attendee", &grace_id]);
    assert!(text(&token["url"]).starts_with(&format!("{url}/me.html#token=")), "{token}");
    let token = text(&token["token"]);
    assert_eq!(server.get("/v1/whoami", &token).json()["attendee"], grace_id.as_str());
    let me = server.get("/v1/orgs/default/me", &token).json();
    assert_eq!((&me["name"], &me["faces"]), (&"Grace".into(), &1.into()));
    let records = server.get("/v1/orgs/default/me/records?from=2026-11-01&to=2026-11-30", &token).json();
    let whose: Vec<_> =
        records["items"].as_array().expect("records").iter().map(|row| text(&row["attendee"])).collect();
    assert_eq!(whose, [grace_id.as_str()]);
    for path in ["attendees", &format!("attendees/{eileen_id}"), "reports?from=2026-11-01&to=2026-11-30", "strangers"] {
        assert_eq!(server.get(&format!("/v1/orgs/default/{path}"), &token).status, 403, "{path}");
    }

    for (arguments, code) in [
        (vec!["token", "--role", "attendee"], "usage"),
        (vec!["token", "--role", "janitor"], "usage"),
        (vec!["token", "--role", "kiosk", "--days", "366"], "usage"),
        (vec!["token", "--role", "kiosk", "--attendee", &grace_id], "invalid"),
        (vec!["token", "--role", "kiosk", "--organization", "nowhere"], "unknown-organization"),
    ] {
        assert_eq!(terminal.error(&arguments).0, code, "{arguments:?}");
    }
    server.stop();
}

#[test]
#[cfg(unix)]
fn what_is_secret_only_its_owner_may_read() {
    use std::os::unix::fs::PermissionsExt;
    let terminal = Terminal::new();
    let server = Server::start(&terminal);
    for name in ["DESK", "TOKEN_KEY"] {
        let metadata = std::fs::metadata(terminal.data().join(name)).expect(name);
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{name}");
    }
    let notice = std::fs::read_to_string(terminal.data().join("DESK")).expect("a notice");
    let notice: serde_json::Value = serde_json::from_str(&notice).expect("JSON");
    assert_eq!((&notice["address"], &notice["pid"]), (&server.address.as_str().into(), &server.pid().into()));
    assert_eq!(server.get("/v1/whoami", &text(&notice["token"])).json()["subject"], "cli");
    server.stop();
    assert!(!terminal.data().join("DESK").exists());
    assert!(terminal.data().join("TOKEN_KEY").exists());
}

#[test]
fn a_second_desk_on_the_folder_is_told_of_the_first_at_once() {
    let terminal = Terminal::new();
    let server = Server::start(&terminal);
    let start = Instant::now();
    let (code, message) = terminal.error(["serve", "--listen", "127.0.0.1:0"]);
    assert!(start.elapsed() < Duration::from_secs(8), "it did not wait for the folder");
    assert_eq!(code, "data-in-use");
    for part in [server.address.as_str(), &format!("(process {})", server.pid())] {
        assert!(message.contains(part), "{part:?} is missing in {message}");
    }
    assert_eq!(server.get("/healthz", "").status, 200);
    server.stop();
}

#[test]
fn a_port_that_is_taken_is_said_and_what_to_do() {
    let terminal = Terminal::new();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let (code, message) = terminal.error(["serve", "--listen", &address]);
    assert_eq!(code, "address-in-use");
    assert!(message.contains(&address) && message.contains("--listen 127.0.0.1:0"), "{message}");
    assert!(!terminal.data().join("DESK").exists());
}

#[test]
fn whoever_sends_nothing_loses_the_connection() {
    let terminal = Terminal::new();
    let server = Server::start(&terminal);
    let mut half = server.connect();
    std::io::Write::write_all(&mut half, b"GET / HTTP/1.1\r\nhost: desk\r\n").expect("sent");
    let mut silent = server.connect();
    let mut idle = server.connect();
    std::io::Write::write_all(&mut idle, b"GET /healthz HTTP/1.1\r\nhost: desk\r\n\r\n").expect("sent");
    let start = Instant::now();
    for stream in [&mut half, &mut silent, &mut idle] {
        // The end of the connection, not the end of patience.
        stream.read_to_end(&mut Vec::new()).expect("closed");
    }
    assert!(start.elapsed().as_secs() < 25, "they were left open for long");
    server.stop();
}
