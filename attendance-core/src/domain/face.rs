//! What a matcher sees in a picture: where a face is and how well it shows.

use serde::{Deserialize, Serialize};

/// Where a face is in the upright picture (after its EXIF orientation was applied), as ratios of the picture's width
/// and height. A face at the edge may reach a little outside of 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
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

/// How well a face shows: what a policy needs to refuse a picture and to say why.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// Shorter side of the bounding box, in pixels of the upright picture.
    pub size: u32,
    /// 0 (flat) to 100 (crisp).
    pub sharpness: f32,
    /// 0 (black) to 100 (white): the mean luminance of the face.
    pub brightness: f32,
    /// Where the face looks.
    pub pose: Pose,
    /// How sure the detector is that this is a face at all, 0 to 100. Says nothing about who it is.
    pub confidence: f32,
}

/// Where a face looks, in degrees; all zero looks straight into the camera.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Pose {
    /// Turned to the side; positive looks to the picture's right.
    pub yaw: f32,
    /// Nodding; positive looks up.
    pub pitch: f32,
    /// Tilted in the plane of the picture; positive is clockwise.
    pub roll: f32,
}
