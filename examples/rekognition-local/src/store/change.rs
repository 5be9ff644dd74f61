//! What becomes of a collection, as it is written down: every line of a collection's file is what one request changed.

use attendance_core::domain::face::BoundingBox;
use attendance_local::vision::{DIMENSIONS, Template};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;
use uuid::Uuid;

/// One change.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Change {
    /// The collection was created: the first line of its file.
    Created(Created),
    FaceAdded(Box<Face>),
    FaceDeleted(Uuid),
    UserCreated {
        user: Uuid,
        id: String,
    },
    UserDeleted(Uuid),
    Associated {
        user: Uuid,
        faces: Vec<Uuid>,
    },
    Disassociated {
        user: Uuid,
        faces: Vec<Uuid>,
    },
    Answered(Answered),
}

impl Change {
    /// Whether something has to leave the file.
    pub(super) fn removes(&self) -> bool {
        matches!(self, Self::FaceDeleted(_) | Self::UserDeleted(_))
    }
}

/// What a collection is from its first moment on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Created {
    pub(crate) key: Uuid,
    pub(crate) name: String,
    /// Milliseconds since 1970.
    pub(crate) at: u64,
    /// What made the templates; those of different models can't be compared.
    pub(crate) model: String,
}

/// A face, as it was indexed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Face {
    pub(crate) id: Uuid,
    pub(crate) image: Uuid,
    pub(crate) external_image_id: Option<String>,
    pub(crate) bounding_box: BoundingBox,
    pub(crate) confidence: f32,
    #[serde(serialize_with = "write_template", deserialize_with = "read_template")]
    pub(crate) template: Template,
}

/// A request with a token that was answered: asked again, the same answer is given and nothing done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Answered {
    pub(crate) operation: String,
    pub(crate) token: String,
    /// What else was in the request, as a hash.
    pub(crate) request: Uuid,
    pub(crate) answer: Value,
}

fn write_template<S: Serializer>(template: &Template, serializer: S) -> Result<S::Ok, S::Error> {
    let bytes: Vec<u8> = template.as_slice().iter().flat_map(|number| number.to_le_bytes()).collect();
    serializer.serialize_str(&BASE64_STANDARD.encode(bytes))
}

fn read_template<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Template, D::Error> {
    let text = String::deserialize(deserializer)?;
    let bytes = BASE64_STANDARD.decode(text).map_err(de::Error::custom)?;
    let (numbers, rest) = bytes.as_chunks::<4>();
    let numbers: Option<[f32; DIMENSIONS]> =
        numbers.iter().map(|number| f32::from_le_bytes(*number)).collect::<Vec<_>>().try_into().ok();
    let template = numbers.filter(|_| rest.is_empty()).and_then(Template::new);
    template.ok_or_else(|| de::Error::custom("these numbers are no template"))
}
