use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::domain::face::{BoundingBox, Pose, Quality};
use crate::ports::face_matcher::{ImageProblem, ImageRef};

/// A picture that only says who is in it, for [`InMemoryFaceMatcher`](super::InMemoryFaceMatcher).
///
/// Encoded, it is the first three bytes of a JPEG file (so that everything that sniffs takes it for one), the word
/// `FAKE-FACES`, and then this value as JSON.
///
/// ```
/// use attendance_core::memory::{FakeFace, FakePicture};
///
/// let portrait = FakePicture::of("ada").bytes();
/// let another_portrait = FakePicture::of("ada").shot(2).bytes();
/// let class_photo = FakePicture::new().face("ada").with(FakeFace::of("bob").size(300)).bytes();
/// let twin = FakePicture::new().with(FakeFace::of("eve").resembles("ada", 93.0)).bytes();
/// let landscape = FakePicture::new().bytes();
/// # assert_ne!(portrait, another_portrait);
/// # assert_eq!([class_photo, twin, landscape].map(|bytes| bytes[0]), [0xff; 3]);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FakePicture {
    shot: u32,
    pub(super) faces: Vec<FakeFace>,
}

/// A face of a [`FakePicture`]. Faces of one person are 99 percent alike, those of different persons not at all,
/// unless [`FakeFace::resembles`] says otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FakeFace {
    person: String,
    pub(super) quality: Quality,
    resembles: BTreeMap<String, f32>,
}

const MAGIC: &[u8] = b"\xff\xd8\xffFAKE-FACES";

impl FakePicture {
    /// Pixels along each side.
    pub const SIDE: u32 = 1000;

    /// A picture without a face.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A portrait.
    #[must_use]
    pub fn of(person: &str) -> Self {
        Self::new().face(person)
    }

    /// Adds a face of 200 pixels and good quality.
    #[must_use]
    pub fn face(self, person: &str) -> Self {
        self.with(FakeFace::of(person))
    }

    /// Adds a face.
    #[must_use]
    pub fn with(mut self, face: FakeFace) -> Self {
        self.faces.push(face);
        self
    }

    /// Makes it another picture of the same faces: other bytes, hence another check-in or another enrolled face.
    #[must_use]
    pub fn shot(self, shot: u32) -> Self {
        Self { shot, ..self }
    }

    /// The encoded picture.
    #[must_use]
    pub fn bytes(&self) -> Bytes {
        let json = serde_json::to_vec(self).expect("text and numbers");
        [MAGIC, &json].concat().into()
    }

    /// The encoded picture, to be given to a port.
    #[must_use]
    pub fn image(&self) -> ImageRef {
        ImageRef::Bytes(self.bytes())
    }

    /// Reads an encoded picture.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, ImageProblem> {
        if bytes.is_empty() {
            return Err(ImageProblem::Empty);
        }
        let json = bytes.strip_prefix(MAGIC).ok_or(ImageProblem::Unsupported)?;
        serde_json::from_slice(json).map_err(|_| ImageProblem::Damaged)
    }

    /// Each face with where it is, side by side, the largest first; of two of one size, the first added.
    pub(super) fn located(&self) -> Vec<(&FakeFace, BoundingBox)> {
        let columns = self.faces.len() as f32;
        let locate = |(column, face): (usize, &FakeFace)| {
            let size = face.quality.size as f32 / Self::SIDE as f32;
            let left = (column as f32 + 0.5) / columns - size / 2.0;
            BoundingBox { left, top: 0.5 - size / 2.0, width: size, height: size }
        };
        let mut located: Vec<_> = self.faces.iter().enumerate().map(|each| (each.1, locate(each))).collect();
        located.sort_by_key(|(face, _)| std::cmp::Reverse(face.quality.size));
        located
    }
}

impl FakeFace {
    /// A face of 200 pixels and good quality.
    #[must_use]
    pub fn of(person: &str) -> Self {
        let quality = Quality { size: 200, sharpness: 90.0, brightness: 50.0, pose: Pose::default(), confidence: 99.0 };
        Self { person: person.to_owned(), quality, resembles: BTreeMap::new() }
    }

    /// Makes it that many pixels wide and high, of the [`FakePicture::SIDE`] of the picture.
    #[must_use]
    pub fn size(mut self, pixels: u32) -> Self {
        self.quality.size = pixels;
        self
    }

    /// Blurs it, too much for any policy.
    #[must_use]
    pub fn blurred(mut self) -> Self {
        self.quality.sharpness = 1.0;
        self
    }

    /// Turns it aside by that many degrees.
    #[must_use]
    pub fn turned(mut self, degrees: f32) -> Self {
        self.quality.pose.yaw = degrees;
        self
    }

    /// Shows it that well; its size is the quality's.
    #[must_use]
    pub fn quality(self, quality: Quality) -> Self {
        Self { quality, ..self }
    }

    /// Makes it that many percent alike to the faces of another person.
    #[must_use]
    pub fn resembles(mut self, person: &str, percent: f32) -> Self {
        self.resembles.insert(person.to_owned(), percent);
        self
    }

    /// How alike two faces are, in percent.
    pub(super) fn similarity(&self, other: &Self) -> f32 {
        if self.person == other.person {
            return 99.0;
        }
        let stated = [self.resembles.get(&other.person), other.resembles.get(&self.person)];
        stated.into_iter().flatten().copied().fold(0.0, f32::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::image_store::ContentType;

    #[test]
    fn a_fake_picture_passes_for_a_jpeg_and_is_read_back() {
        let picture = FakePicture::of("ada").with(FakeFace::of("bob").size(30).turned(-20.0).resembles("eve", 93.5));
        assert_eq!(ContentType::sniff(&picture.bytes()), Some(ContentType::Jpeg));
        assert_eq!(FakePicture::read(&picture.bytes()), Ok(picture));
    }

    #[test]
    fn other_bytes_are_no_fake_picture() {
        let bytes = FakePicture::of("ada").bytes();
        assert_eq!(FakePicture::read(b""), Err(ImageProblem::Empty));
        assert_eq!(FakePicture::read(b"\xff\xd8\xff\xe0 a real one"), Err(ImageProblem::Unsupported));
        assert_eq!(FakePicture::read(&bytes[..bytes.len() - 1]), Err(ImageProblem::Damaged));
    }

    #[test]
    fn a_resemblance_holds_whichever_face_states_it() {
        let (ada, eve) = (FakeFace::of("ada"), FakeFace::of("eve").resembles("ada", 93.0));
        assert_eq!([ada.similarity(&eve), eve.similarity(&ada), ada.similarity(&ada)], [93.0, 93.0, 99.0]);
        assert_eq!(ada.similarity(&FakeFace::of("bob")), 0.0);
    }
}
