use std::collections::HashMap;
use std::path::Path;
use std::process::ExitCode;

use attendance_core::domain::attendee::Attendee;
use attendance_core::domain::check_in::{Candidate, Outcome};
use attendance_core::domain::ids::AttendeeId;
use attendance_core::{CheckInAnswer, CheckInRequest, FaceOutcome};
use serde_json::{Value, json};

use crate::cli::CheckIn;
use crate::command::{attendees, name};
use crate::desk::{Desk, operator};
use crate::failure::Failure;
use crate::output::Output;
use crate::photo;

/// Each photo by itself: one that can't be used is said, and the others are still done.
pub(super) async fn run(desk: &Desk, arguments: &CheckIn, output: &Output) -> Result<ExitCode, Failure> {
    let mut code = ExitCode::SUCCESS;
    for path in &arguments.photos {
        match offer(desk, arguments, path).await {
            Ok((answer, known)) => output.say(&object(path, &answer, &known), text(path, &answer, &known)),
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

async fn offer(
    desk: &Desk,
    arguments: &CheckIn,
    path: &Path,
) -> Result<(CheckInAnswer, HashMap<AttendeeId, Attendee>), Failure> {
    let request = CheckInRequest {
        faces: arguments.faces.into(),
        session: arguments.session.clone(),
        captured_at: arguments.at,
        ..CheckInRequest::new(photo::read(path)?, operator())
    };
    let checked = desk.attendance.check_in(&desk.organization, request).await;
    let answer = checked.map_err(|error| photo::refused(path, &error))?;
    let named: Vec<_> = answer.faces.iter().flat_map(candidates).map(|candidate| candidate.attendee).collect();
    let known = attendees(desk, &named).await?;
    Ok((answer, known))
}

/// Everybody whom the outcome names.
fn candidates(face: &FaceOutcome) -> Vec<Candidate> {
    match &face.outcome {
        Outcome::Marked { candidate, .. }
        | Outcome::AlreadyMarked { candidate, .. }
        | Outcome::NotExpected { candidate }
        | Outcome::ChooseSession { candidate, .. }
        | Outcome::Refused { candidate, .. } => vec![*candidate],
        Outcome::Ambiguous { candidates } => candidates.clone(),
        _ => Vec::new(),
    }
}

fn object(path: &Path, answer: &CheckInAnswer, known: &HashMap<AttendeeId, Attendee>) -> Value {
    let mut object = json!(answer);
    object["photo"] = json!(path);
    for (face, value) in answer.faces.iter().zip(object["faces"].as_array_mut().into_iter().flatten()) {
        let candidates = candidates(face);
        match value.get_mut("candidates").and_then(Value::as_array_mut) {
            Some(values) => {
                for (candidate, value) in candidates.iter().zip(values) {
                    value["name"] = json!(name(known, candidate.attendee));
                }
            }
            None => {
                if let Some(candidate) = candidates.first() {
                    value["name"] = json!(name(known, candidate.attendee));
                }
            }
        }
    }
    object
}

fn text(path: &Path, answer: &CheckInAnswer, known: &HashMap<AttendeeId, Attendee>) -> String {
    let mut lines = vec![path.display().to_string()];
    for face in &answer.faces {
        let who = |candidate: &Candidate| {
            format!("{} ({:.1} %)", name(known, candidate.attendee), candidate.similarity.percent())
        };
        lines.push(match &face.outcome {
            Outcome::Marked { candidate, record } => {
                format!("  marked          {}: {} at {}", who(candidate), record.status, record.session)
            }
            Outcome::AlreadyMarked { candidate, record } => {
                format!("  already marked  {}: {} at {}", who(candidate), record.status, record.session)
            }
            Outcome::Stranger => "  stranger".to_owned(),
            Outcome::Ambiguous { candidates } => {
                format!("  ambiguous       {}", candidates.iter().map(who).collect::<Vec<_>>().join(" or "))
            }
            Outcome::PoorQuality { problems } => {
                let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
                format!("  poor quality    {}", problems.join("; "))
            }
            Outcome::NotExpected { candidate } => format!("  not expected    {}", who(candidate)),
            Outcome::ChooseSession { candidate, sessions } => {
                let sessions: Vec<_> = sessions.iter().map(ToString::to_string).collect();
                format!("  choose session  {}: --session {}", who(candidate), sessions.join(" or "))
            }
            Outcome::Refused { candidate, reason } => format!("  refused         {}: {reason:?}", who(candidate)),
            other => format!("  {other:?}"),
        });
    }
    if answer.unsearched > 0 {
        lines.push(format!("  and {} more, not looked up", answer.unsearched));
    }
    lines.join("\n")
}
