use attendance_core::UploadRequest;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::check_ins::check_capture;
use crate::App;
use crate::extract::{AsKiosk, JsonBody};
use crate::observe::correlate;
use crate::operations::operations;
use crate::problem::Fault;
use crate::wire;

operations! { (offer) }

/// Lets a picture be uploaded straight into the image store, which makes a check-in of it.
///
/// Only where pictures are kept in a store that browsers can reach, as S3; elsewhere `can-not-presign`: post the picture
/// to `check-ins`. What became of it is at `check-ins/{check_in}` as soon as it is decided.
#[utoipa::path(post, path = "/v1/orgs/{org}/uploads", tag = "cloud", request_body = wire::NewUpload,
    responses((status = 201, description = "The form to send, within 5 minutes.", body = wire::Upload)))]
async fn offer(
    scope: AsKiosk,
    State(app): State<App>,
    JsonBody(new): JsonBody<wire::NewUpload>,
) -> Result<(StatusCode, Json<wire::Upload>), Fault> {
    check_capture(scope.role, new.captured_at, app.attendance().now())?;
    let request = UploadRequest {
        id: new.check_in,
        content_type: new.content_type.into(),
        faces: new.faces.into(),
        session: new.session,
        captured_at: new.captured_at,
    };
    let upload = app.attendance().offer_upload(&scope.organization, request).await?;
    correlate(&upload.check_in);
    Ok((StatusCode::CREATED, Json(upload.into())))
}
