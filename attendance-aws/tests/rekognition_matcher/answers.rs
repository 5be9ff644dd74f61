//! Answers of Rekognition, as a test writes them.

use serde_json::{Value, json};

use crate::support::Disturbance;

pub(crate) fn answer(body: &Value) -> Disturbance {
    Disturbance::Answer(200, body.to_string())
}

/// A refusal: Rekognition answers 400 to what is wrong with a request.
pub(crate) fn refusal(code: &str) -> Disturbance {
    Disturbance::json(400, code)
}

pub(crate) fn nothing() -> Disturbance {
    answer(&json!({}))
}

/// Faces side by side, each with its width as a ratio.
pub(crate) fn detected(widths: &[f32]) -> Disturbance {
    let mut left = 0.0;
    let faces = widths.iter().map(|width| {
        let place = json!({ "Left": left, "Top": 0.1, "Width": width, "Height": width });
        left += width;
        json!({ "BoundingBox": place, "Confidence": 99.9, "Quality": { "Brightness": 60.0, "Sharpness": 80.0 } })
    });
    answer(&json!({ "FaceDetails": faces.collect::<Vec<_>>() }))
}

pub(crate) fn indexed(face: &str) -> Disturbance {
    answer(&json!({ "FaceRecords": [{ "Face": { "FaceId": face } }], "UnindexedFaces": [] }))
}

pub(crate) fn not_indexed(reasons: &[&str]) -> Disturbance {
    answer(&json!({ "FaceRecords": [], "UnindexedFaces": [{ "Reasons": reasons }] }))
}

pub(crate) fn associated(status: &str) -> Disturbance {
    answer(&json!({ "AssociatedFaces": [], "UnsuccessfulFaceAssociations": [], "UserStatus": status }))
}

pub(crate) fn not_associated(face: &str, reasons: &[&str]) -> Disturbance {
    let unsuccessful = json!({ "FaceId": face, "Confidence": 12.0, "Reasons": reasons });
    answer(&json!({ "AssociatedFaces": [], "UnsuccessfulFaceAssociations": [unsuccessful], "UserStatus": "ACTIVE" }))
}

/// Faces by their ids and labels.
pub(crate) fn listed(faces: &[(&str, &str)], next: Option<&str>) -> Disturbance {
    let faces: Vec<_> = faces.iter().map(|(face, label)| json!({ "FaceId": face, "ExternalImageId": label })).collect();
    answer(&json!({ "Faces": faces, "NextToken": next }))
}

/// An answer to `SearchUsersByImage` or `SearchUsers`: users and how alike they are. As in AWS's own examples, nothing
/// but its box is told of the face.
pub(crate) fn found(users: &[(&str, f32)]) -> Disturbance {
    let matches =
        users.iter().map(|(user, similarity)| json!({ "Similarity": similarity, "User": { "UserId": user } }));
    let place = json!({ "Left": 0.4, "Top": 0.2, "Width": 0.2, "Height": 0.5 });
    answer(&json!({
        "UserMatches": matches.collect::<Vec<_>>(),
        "SearchedFace": { "FaceDetail": { "BoundingBox": place } },
        "UnsearchedFaces": [{ "FaceDetails": { "BoundingBox": place }, "Reasons": ["FACE_NOT_LARGEST"] }],
    }))
}

pub(crate) fn not_deleted(face: &str, user: &str, reason: &str) -> Disturbance {
    let undeleted = json!({ "FaceId": face, "UserId": user, "Reasons": [reason] });
    answer(&json!({ "DeletedFaces": [], "UnsuccessfulFaceDeletions": [undeleted] }))
}
