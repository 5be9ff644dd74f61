//! The shapes that several operations take or give.

use attendance_core::domain::face;
use attendance_local::vision::{DetectedFace, Picture};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, de};
use uuid::Uuid;

use crate::check::{self, Check};
use crate::store::{Collection, Status, UserMatch};

/// The model that clients are told of: the newest of Rekognition's own, since they ask whether it can do what they need.
pub(crate) const FACE_MODEL_VERSION: &str = "7.0";

/// The most bytes of an image inside of a request.
pub(crate) const MAX_IMAGE_BYTES: usize = 5 * 1024 * 1024;

pub(crate) const QUALITY_FILTERS: [&str; 5] = ["NONE", "AUTO", "LOW", "MEDIUM", "HIGH"];

pub(crate) const ATTRIBUTES: [&str; 14] = [
    "DEFAULT",
    "ALL",
    "AGE_RANGE",
    "BEARD",
    "EMOTIONS",
    "EYE_DIRECTION",
    "EYEGLASSES",
    "EYES_OPEN",
    "GENDER",
    "MOUTH_OPEN",
    "MUSTACHE",
    "FACE_OCCLUDED",
    "SMILE",
    "SUNGLASSES",
];

/// An image, inside of the request or in a bucket.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Image {
    pub(crate) bytes: Option<Blob>,
    pub(crate) s3_object: Option<S3Object>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct S3Object {
    pub(crate) bucket: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) version: Option<String>,
}

impl Image {
    pub(crate) fn check(check: &mut Check, at: &str, image: Option<&Self>) {
        check.required(at, image);
        let Some(image) = image else { return };
        let length = image.bytes.as_ref().map(|blob| blob.0.len());
        check.blob(&format!("{at}.bytes"), length, MAX_IMAGE_BYTES);
        if let Some(object) = &image.s3_object {
            check.text(&format!("{at}.s3Object.bucket"), object.bucket.as_ref(), &check::BUCKET);
            check.text(&format!("{at}.s3Object.name"), object.name.as_ref(), &check::OBJECT);
            check.text(&format!("{at}.s3Object.version"), object.version.as_ref(), &check::OBJECT);
        }
    }
}

/// Bytes, as base64 on the wire.
pub(crate) struct Blob(pub(crate) Bytes);

/// Says how many there are: they show a face.
impl std::fmt::Debug for Blob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Blob({} bytes)", self.0.len())
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Blob;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("base64")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Blob, E> {
                let bytes = BASE64_STANDARD.decode(text).map_err(|_| E::custom("a blob is not base64"))?;
                Ok(Blob(bytes.into()))
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct BoundingBox {
    width: f32,
    height: f32,
    left: f32,
    top: f32,
}

impl From<face::BoundingBox> for BoundingBox {
    fn from(place: face::BoundingBox) -> Self {
        Self { width: place.width, height: place.height, left: place.left, top: place.top }
    }
}

/// What is known of a face in an image. Age, gender, emotions and the like are not, and left out.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct FaceDetail {
    pub(crate) bounding_box: BoundingBox,
    landmarks: [Landmark; 3],
    pose: Pose,
    quality: ImageQuality,
    pub(crate) confidence: f32,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Landmark {
    #[serde(rename = "Type")]
    kind: &'static str,
    x: f32,
    y: f32,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Pose {
    roll: f32,
    yaw: f32,
    pitch: f32,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ImageQuality {
    brightness: f32,
    sharpness: f32,
}

impl FaceDetail {
    /// The detector's other keypoints, the middle of the mouth and two near the ears, are none of Rekognition's.
    pub(crate) fn new(picture: &Picture, face: &DetectedFace) -> Self {
        let (width, height) = (picture.width() as f32, picture.height() as f32);
        let landmark = |kind, (x, y): (f32, f32)| Landmark { kind, x: x / width, y: y / height };
        let quality = face.quality;
        Self {
            bounding_box: face.bounding_box.into(),
            // Rekognition calls left what is left in the image.
            landmarks: [
                landmark("eyeLeft", face.keypoints.right_eye),
                landmark("eyeRight", face.keypoints.left_eye),
                landmark("nose", face.keypoints.nose),
            ],
            pose: Pose { roll: quality.pose.roll, yaw: quality.pose.yaw, pitch: quality.pose.pitch },
            quality: ImageQuality { brightness: quality.brightness, sharpness: quality.sharpness },
            confidence: confidence(quality.confidence),
        }
    }
}

/// How sure it is that this is a face, as Rekognition would say it: of an ordinary one it is 99 percent sure. The
/// networks are not; their 75, below which hardly anybody is recognised, is taken for its 90.
fn confidence(percent: f32) -> f32 {
    let doubt = 100.0 - percent;
    (100.0 - 0.016 * doubt * doubt).max(0.0)
}

/// A face of a collection.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Face {
    face_id: Uuid,
    bounding_box: BoundingBox,
    image_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_image_id: Option<String>,
    confidence: f32,
    index_faces_model_version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
}

impl Face {
    /// `None` where the collection does not have it.
    pub(crate) fn of(collection: &Collection, face: Uuid) -> Option<Self> {
        let found = collection.face(face)?;
        Some(Self {
            face_id: found.id,
            bounding_box: found.bounding_box.into(),
            image_id: found.image,
            external_image_id: found.external_image_id.clone(),
            confidence: found.confidence,
            index_faces_model_version: FACE_MODEL_VERSION,
            user_id: collection.owner(face).map(str::to_owned),
        })
    }
}

/// A user who was found by a search.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct MatchOfUser {
    similarity: f32,
    user: MatchedUser,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct MatchedUser {
    pub(crate) user_id: String,
    pub(crate) user_status: Status,
}

impl From<UserMatch> for MatchOfUser {
    fn from(found: UserMatch) -> Self {
        let user = MatchedUser { user_id: found.user, user_status: found.status };
        Self { similarity: found.similarity, user }
    }
}

/// An answer that says nothing but that it was done.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Done {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confidence_is_crowded_at_its_upper_end() {
        let said = [0.0, 50.0, 75.0, 90.0, 100.0].map(|percent| confidence(percent).round());
        assert_eq!(said, [0.0, 60.0, 90.0, 98.0, 100.0]);
    }
}
