use attendance_core::domain::ids::{AttendeeId, FaceId};
use attendance_core::ports::face_matcher::ImageRef;
use attendance_core::{EnrolCheck, EnrolRequest};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;

use super::attendees::AttendeePath;
use crate::App;
use crate::extract::{AsAdmin, ImageBody, InPath, InQuery};
use crate::openapi::Picture;
use crate::operations::operations;
use crate::problem::Fault;
use crate::wire::{self, schema};

operations! { (list, enrol), (remove), (check) }

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct FacePath {
    /// The attendee.
    #[param(value_type = schema::AttendeeId)]
    attendee: AttendeeId,
    /// One of their faces.
    #[param(value_type = schema::FaceId)]
    face: FaceId,
}

/// How strictly a photo is taken.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Strictness {
    /// Takes a face even if it is very much like another attendee's: for twins, after somebody looked.
    #[serde(default)]
    #[param(default = false)]
    allow_lookalike: bool,
    /// Takes a face even if it is unlike those that the attendee has: after somebody looked.
    #[serde(default)]
    #[param(default = false)]
    allow_unlike: bool,
}

/// Whose photo is checked, and how strictly.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Check {
    /// Whose photo it is, if they are registered already.
    #[param(value_type = Option<schema::AttendeeId>, nullable = false)]
    attendee: Option<AttendeeId>,
    /// Takes a face even if it is very much like another attendee's.
    #[serde(default)]
    #[param(default = false)]
    allow_lookalike: bool,
    /// Takes a face even if it is unlike those that the attendee has.
    #[serde(default)]
    #[param(default = false)]
    allow_unlike: bool,
}

/// Lists the enrolled faces of an attendee.
#[utoipa::path(get, path = "/v1/orgs/{org}/attendees/{attendee}/faces", tag = "faces", params(AttendeePath),
    responses(
        (status = 200, description = "All of them.", body = wire::Items<wire::EnrolledFace>),
        (status = 410, response = crate::openapi::Erased),
    ))]
async fn list(
    scope: AsAdmin,
    State(app): State<App>,
    InPath(path): InPath<AttendeePath>,
) -> Result<Json<wire::Items<wire::EnrolledFace>>, Fault> {
    let faces = app.attendance().faces(&scope.organization, path.attendee).await?;
    Ok(Json(wire::Items { items: faces.into_iter().map(|face| wire::EnrolledFace { face }).collect() }))
}

/// Enrols the one face of a photo. The same photo again changes nothing.
#[utoipa::path(post, path = "/v1/orgs/{org}/attendees/{attendee}/faces", tag = "faces",
    params(AttendeePath, Strictness),
    request_body(content((Picture = "image/jpeg"), (Picture = "image/png"))),
    responses(
        (status = 201, description = "The face is enrolled.", body = wire::Enrolled),
        (status = 409, response = crate::openapi::Conflict),
        (status = 410, response = crate::openapi::Erased),
    ))]
async fn enrol(
    scope: AsAdmin,
    State(app): State<App>,
    InPath(path): InPath<AttendeePath>,
    InQuery(query): InQuery<Strictness>,
    ImageBody(image): ImageBody,
) -> Result<(StatusCode, Json<wire::Enrolled>), Fault> {
    let request = EnrolRequest {
        allow_lookalike: query.allow_lookalike,
        allow_unlike: query.allow_unlike,
        ..EnrolRequest::new(path.attendee, ImageRef::Bytes(image), scope.actor)
    };
    let enrolled = app.attendance().enrol(&scope.organization, request).await?;
    Ok((StatusCode::CREATED, Json(enrolled.into())))
}

/// Removes one face of an attendee; one that is gone stays gone.
#[utoipa::path(delete, path = "/v1/orgs/{org}/attendees/{attendee}/faces/{face}", tag = "faces", params(FacePath),
    responses((status = 204, description = "It is gone."), (status = 410, response = crate::openapi::Erased)))]
async fn remove(scope: AsAdmin, State(app): State<App>, InPath(path): InPath<FacePath>) -> Result<StatusCode, Fault> {
    app.attendance().remove_face(&scope.organization, path.attendee, path.face, &scope.actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Refuses what an enrolment would refuse of a photo, and stores nothing.
#[utoipa::path(post, path = "/v1/orgs/{org}/face-checks", tag = "faces", params(Check),
    request_body(content((Picture = "image/jpeg"), (Picture = "image/png"))),
    responses((status = 204, description = "It can be enrolled."), (status = 409, response = crate::openapi::Conflict)))]
async fn check(
    scope: AsAdmin,
    State(app): State<App>,
    InQuery(query): InQuery<Check>,
    ImageBody(image): ImageBody,
) -> Result<StatusCode, Fault> {
    let Check { attendee, allow_lookalike, allow_unlike } = query;
    let check = EnrolCheck { attendee, image: ImageRef::Bytes(image), allow_lookalike, allow_unlike };
    app.attendance().check_enrolment(&scope.organization, check).await?;
    Ok(StatusCode::NO_CONTENT)
}
