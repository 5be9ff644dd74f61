//! What a matcher sees in a picture, and what is enrolled of it.

use attendance_core::domain::face;
use attendance_core::domain::ids::FaceId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schema;

/// Where a face is in the upright picture. A face at the edge may reach a little outside of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BoundingBox {
    /// Left edge, as a ratio of the picture's width.
    pub left: f32,
    /// Top edge, as a ratio of the picture's height.
    pub top: f32,
    /// Width, as a ratio of the picture's width.
    pub width: f32,
    /// Height, as a ratio of the picture's height.
    pub height: f32,
}

/// How well a face shows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Quality {
    /// Shorter side of the box, in pixels of the upright picture.
    pub size: u32,
    /// 0 (flat) to 100 (crisp).
    pub sharpness: f32,
    /// 0 (black) to 100 (white).
    pub brightness: f32,
    /// Where the face looks.
    pub pose: Pose,
    /// How sure the detector is that this is a face at all, 0 to 100. Says nothing about who it is.
    pub confidence: f32,
}

/// Where a face looks, in degrees; all zero looks straight into the camera.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Pose {
    /// Turned to the side; positive looks to the picture's right.
    pub yaw: f32,
    /// Nodding; positive looks up.
    pub pitch: f32,
    /// Tilted in the plane of the picture; positive is clockwise.
    pub roll: f32,
}

/// One face of an attendee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EnrolledFace {
    /// The face.
    #[schema(value_type = schema::FaceId)]
    pub face: FaceId,
}

/// What an enrolment did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Enrolled {
    /// The face.
    #[schema(value_type = schema::FaceId)]
    pub face: FaceId,
    /// How many faces the attendee has now.
    pub faces: u32,
    /// How well it shows.
    pub quality: Quality,
}

impl From<face::BoundingBox> for BoundingBox {
    fn from(bounding_box: face::BoundingBox) -> Self {
        let face::BoundingBox { left, top, width, height } = bounding_box;
        Self { left, top, width, height }
    }
}

impl From<face::Quality> for Quality {
    fn from(quality: face::Quality) -> Self {
        let face::Quality { size, sharpness, brightness, pose, confidence } = quality;
        let face::Pose { yaw, pitch, roll } = pose;
        Self { size, sharpness, brightness, pose: Pose { yaw, pitch, roll }, confidence }
    }
}

impl From<attendance_core::Enrolled> for Enrolled {
    fn from(enrolled: attendance_core::Enrolled) -> Self {
        Self {
            face: enrolled.face.face,
            faces: u32::try_from(enrolled.faces).unwrap_or(u32::MAX),
            quality: enrolled.face.quality.into(),
        }
    }
}
