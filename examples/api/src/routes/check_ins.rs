use std::collections::HashMap;

use attendance_core::domain::check_in::Outcome;
use attendance_core::domain::ids::{CheckInId, OrganizationId};
use attendance_core::domain::session::SessionId;
use attendance_core::ports::face_matcher::ImageRef;
use attendance_core::{CheckInAnswer, CheckInRequest};
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::App;
use crate::auth::Role;
use crate::extract::{AsKiosk, AsOperator, ImageBody, InPath, InQuery};
use crate::observe::correlate;
use crate::openapi::Picture;
use crate::operations::operations;
use crate::problem::Fault;
use crate::wire::{self, schema, time};

operations! { (check_in), (standing), (image) }

/// How long ago a kiosk may have taken a picture: it may have been offline for a day.
const KIOSK_PAST: SignedDuration = SignedDuration::from_hours(24);

/// How far a kiosk's clock may be ahead.
const KIOSK_AHEAD: SignedDuration = SignedDuration::from_mins(2);

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct CheckInPath {
    /// The check-in.
    #[param(value_type = schema::CheckInId)]
    check_in: CheckInId,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct HowToCheckIn {
    /// Which faces of the picture count; left out: the largest.
    #[serde(default)]
    #[param(inline)]
    faces: wire::WhichFaces,
    /// The session; left out: the one that is open and has the attendee on its roster.
    #[serde(default, deserialize_with = "time::read_session")]
    #[param(value_type = Option<schema::SessionId>, nullable = false)]
    session: Option<SessionId>,
    /// When the picture was taken; left out: now. By a kiosk at most 24 hours ago and 2 minutes ahead.
    #[serde(default, deserialize_with = "time::read_instant")]
    #[param(value_type = Option<schema::Instant>, nullable = false)]
    captured_at: Option<Timestamp>,
}

/// Recognises the faces of a picture and records who came.
///
/// The same `Idempotency-Key` again answers the same and records nothing.
#[utoipa::path(post, path = "/v1/orgs/{org}/check-ins", tag = "check-ins",
    params(
        HowToCheckIn,
        ("idempotency-key" = Option<schema::CheckInId>, Header, nullable = false,
            description = "The check-in's id; left out, it is made."),
    ),
    request_body(content((Picture = "image/jpeg"), (Picture = "image/png"))),
    responses((status = 200, description = "What became of each face.", body = wire::CheckInAnswer)))]
async fn check_in(
    scope: AsKiosk,
    State(app): State<App>,
    InQuery(query): InQuery<HowToCheckIn>,
    headers: HeaderMap,
    ImageBody(image): ImageBody,
) -> Result<Json<wire::CheckInAnswer>, Fault> {
    check_capture(scope.role, query.captured_at, app.attendance().now())?;
    let id = idempotency_key(&headers)?.unwrap_or_else(CheckInId::fresh);
    correlate(&id);
    let request = CheckInRequest {
        faces: query.faces.into(),
        id: Some(id),
        session: query.session,
        captured_at: query.captured_at,
        ..CheckInRequest::new(ImageRef::Bytes(image), scope.actor)
    };
    let answer = app.attendance().check_in(&scope.organization, request).await?;
    if let Some(metrics) = app.metrics() {
        answer.faces.iter().for_each(|face| metrics.face(word(&face.outcome)));
    }
    tell(&app, &scope.organization, scope.role, answer).await
}

/// Whether somebody of that role may say that a picture was taken then.
pub(super) fn check_capture(role: Role, captured_at: Option<Timestamp>, now: Timestamp) -> Result<(), Fault> {
    let age = captured_at.filter(|_| role == Role::Kiosk).map(|captured_at| now.duration_since(captured_at));
    if age.is_some_and(|age| age > KIOSK_PAST || age < -KIOSK_AHEAD) {
        let detail = "a kiosk's picture must be at most 24 hours old, and its clock at most 2 minutes ahead";
        return Err(Fault::invalid("captured_at", detail));
    }
    Ok(())
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<CheckInId>, Fault> {
    const NAME: &str = "idempotency-key";
    let mut given = headers.get_all(NAME).iter();
    match (given.next(), given.next()) {
        (None, _) => Ok(None),
        (Some(key), None) => {
            let key = CheckInId::new(key.to_str().unwrap_or_default());
            key.map(Some).map_err(|error| Fault::invalid(NAME, error.to_string()))
        }
        _ => Err(Fault::invalid(NAME, "send it once")),
    }
}

/// Reads a check-in with the records as they stand now.
///
/// Of an uploaded picture it is there as soon as it is decided. One that could not be used is answered as it would have
/// been at once: `no-face`, `image-damaged` and so on.
#[utoipa::path(get, path = "/v1/orgs/{org}/check-ins/{check_in}", tag = "check-ins", params(CheckInPath),
    responses(
        (status = 200, description = "What became of each face.", body = wire::CheckInAnswer),
        (status = 413, response = crate::openapi::TooLarge)))]
async fn standing(
    scope: AsKiosk,
    State(app): State<App>,
    InPath(path): InPath<CheckInPath>,
) -> Result<Json<wire::CheckInAnswer>, Fault> {
    correlate(&path.check_in);
    let answer = app.attendance().checked_in(&scope.organization, &path.check_in).await?;
    tell(&app, &scope.organization, scope.role, answer.ok_or_else(nothing_there)?).await
}

/// Shows the picture of a check-in, while it is kept.
#[utoipa::path(get, path = "/v1/orgs/{org}/check-ins/{check_in}/image", tag = "check-ins", params(CheckInPath),
    responses((status = 200, description = "The picture.",
        content((Picture = "image/jpeg"), (Picture = "image/png")))))]
async fn image(
    scope: AsOperator,
    State(app): State<App>,
    InPath(path): InPath<CheckInPath>,
) -> Result<impl IntoResponse, Fault> {
    let check_in = app.attendance().repo().check_in(&scope.organization, &path.check_in).await?;
    let check_in = check_in.ok_or_else(nothing_there)?;
    let key = check_in.image.ok_or_else(|| Fault::new("image-missing", "the picture is not kept, or no longer"))?;
    let image = app.attendance().image_store().get(&scope.organization, &key).await?;
    let headers = [(CONTENT_TYPE, image.content_type.as_str()), (CONTENT_DISPOSITION, "inline")];
    Ok((headers, image.bytes))
}

fn nothing_there() -> Fault {
    Fault::not_found("there is no check-in with that id, or nothing is decided yet")
}

/// An answer with names. A kiosk names nobody below certainty: it is told of no candidates.
async fn tell(
    app: &App,
    organization: &OrganizationId,
    role: Role,
    answer: CheckInAnswer,
) -> Result<Json<wire::CheckInAnswer>, Fault> {
    let mut names = HashMap::new();
    for ids in wire::check_in::attendees(&answer).chunks(100) {
        let known = app.attendance().repo().attendees_by_id(organization, ids).await?;
        names.extend(known.into_iter().filter_map(|attendee| Some((attendee.id, attendee.name?))));
    }
    let answer = wire::CheckInAnswer::of(answer, &names, role.includes(Role::Operator));
    answer.map(Json).ok_or_else(|| Fault::failed("an outcome that this version does not know"))
}

/// What a metric calls an outcome.
fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Marked { .. } => "marked",
        Outcome::AlreadyMarked { .. } => "already-marked",
        Outcome::Stranger => "stranger",
        Outcome::Ambiguous { .. } => "ambiguous",
        Outcome::PoorQuality { .. } => "poor-quality",
        Outcome::NotExpected { .. } => "not-expected",
        Outcome::ChooseSession { .. } => "choose-session",
        Outcome::Refused { .. } => "refused",
        _ => "other",
    }
}
