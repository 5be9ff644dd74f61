use std::path::Path;
use std::process::ExitCode;

use attendance_api::wire::{CheckInAnswer, Outcome};
use attendance_core::domain::attendee::Name;
use attendance_core::domain::ids::{AttendeeId, CheckInId};
use attendance_core::domain::similarity::Similarity;
use serde_json::{Value, json};

use crate::cli::CheckIn;
use crate::client::{Ask, Client};
use crate::failure::Failure;
use crate::output::Output;
use crate::photo;

/// Each photo by itself: one that can't be used is said, and the others are still done.
pub(super) async fn run(client: &Client, arguments: &CheckIn, output: &Output) -> Result<ExitCode, Failure> {
    let mut code = ExitCode::SUCCESS;
    for path in &arguments.photos {
        match offer(client, arguments, path).await {
            Ok(answer) => output.say(&object(path, &answer), text(path, &answer)),
            Err(failure) => {
                code = ExitCode::FAILURE;
                let message = failure.to_string();
                let error = json!({ "code": failure.code(), "message": message });
                output.say(&json!({ "photo": path, "error": error }), format_args!("error: {message}"));
            }
        }
    }
    Ok(code)
}

async fn offer(client: &Client, arguments: &CheckIn, path: &Path) -> Result<CheckInAnswer, Failure> {
    let ask = Ask::post("/check-ins")
        .query("faces", Some(arguments.faces.as_str()))
        .query("session", arguments.session.as_ref())
        .query("captured_at", arguments.at)
        .once(&CheckInId::fresh())?
        .image(photo::read(path)?);
    client.of_organization(ask).await.map_err(|failure| failure.of_photo(path))
}

/// The answer, and of which photo. Whoever has no name any more is called by their id.
fn object(path: &Path, answer: &CheckInAnswer) -> Value {
    let mut object = json!(answer);
    object["photo"] = json!(path);
    for face in object["faces"].as_array_mut().into_iter().flatten() {
        name_by_id(face);
        face.get_mut("candidates").and_then(Value::as_array_mut).into_iter().flatten().for_each(name_by_id);
    }
    object
}

fn name_by_id(value: &mut Value) {
    if value.get("name").is_some_and(Value::is_null) {
        value["name"] = value["attendee"].clone();
    }
}

fn who(attendee: AttendeeId, name: Option<&Name>, similarity: Similarity) -> String {
    let name = name.map_or_else(|| attendee.to_string(), |name| name.as_str().to_owned());
    format!("{name} ({:.1} %)", similarity.percent())
}

fn text(path: &Path, answer: &CheckInAnswer) -> String {
    let mut lines = vec![path.display().to_string()];
    for face in &answer.faces {
        lines.push(match &face.outcome {
            Outcome::Marked { attendee, name, similarity, record } => {
                let who = who(*attendee, name.as_ref(), *similarity);
                format!("  marked          {who}: {} at {}", record.status, record.session)
            }
            Outcome::AlreadyMarked { attendee, name, similarity, record } => {
                let who = who(*attendee, name.as_ref(), *similarity);
                format!("  already marked  {who}: {} at {}", record.status, record.session)
            }
            Outcome::Stranger => "  stranger".to_owned(),
            Outcome::Ambiguous { candidates } => {
                let whom = candidates.iter().map(|one| who(one.attendee, one.name.as_ref(), one.similarity));
                format!("  ambiguous       {}", whom.collect::<Vec<_>>().join(" or "))
            }
            Outcome::PoorQuality { problems } => {
                let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
                format!("  poor quality    {}", problems.join("; "))
            }
            Outcome::NotExpected { attendee, name, similarity } => {
                format!("  not expected    {}", who(*attendee, name.as_ref(), *similarity))
            }
            Outcome::ChooseSession { attendee, name, similarity, sessions } => {
                let sessions: Vec<_> = sessions.iter().map(ToString::to_string).collect();
                let who = who(*attendee, name.as_ref(), *similarity);
                format!("  choose session  {who}: --session {}", sessions.join(" or "))
            }
            Outcome::Refused { attendee, name, similarity, reason, session, record } => {
                let who = who(*attendee, name.as_ref(), *similarity);
                let over = session.as_ref().map(|session| format!(", {session} is over")).unwrap_or_default();
                let noted = record.as_ref().map(|record| format!(", noted as {}", record.status)).unwrap_or_default();
                format!("  refused         {who}: {reason:?}{over}{noted}")
            }
        });
    }
    if answer.unsearched > 0 {
        lines.push(format!("  and {} more, not looked up", answer.unsearched));
    }
    lines.join("\n")
}
