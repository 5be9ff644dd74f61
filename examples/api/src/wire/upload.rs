//! A picture that goes straight into the image store.

use std::fmt;

use attendance_core::domain::ids::CheckInId;
use attendance_core::domain::session::SessionId;
use attendance_core::ports::image_store;
use jiff::Timestamp;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::{Object, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::{WhichFaces, schema, time};

/// A picture that is going to be uploaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUpload {
    /// Its format: no other is taken then.
    pub content_type: ContentType,
    /// Which of its faces count; left out: the largest.
    #[serde(default)]
    pub faces: WhichFaces,
    /// The session; left out: the one that is open and has the attendee on its roster.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "time::read_optional_session")]
    #[schema(value_type = Option<schema::SessionId>)]
    pub session: Option<SessionId>,
    /// When the picture was taken; left out: when it arrives. By a kiosk at most 24 hours ago and 2 minutes ahead.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "time::read_instant")]
    #[schema(value_type = Option<schema::Instant>)]
    pub captured_at: Option<Timestamp>,
    /// The check-in's id: the caller's idempotency key; left out, it is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::CheckInId>)]
    pub check_in: Option<CheckInId>,
}

/// The format of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum ContentType {
    /// JPEG.
    #[serde(rename = "image/jpeg")]
    Jpeg,
    /// PNG.
    #[serde(rename = "image/png")]
    Png,
}

/// A form by which one picture can be uploaded: sent by POST as `multipart/form-data`, its fields first and in their
/// order, then the picture as `file`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Upload {
    /// The check-in that it becomes: ask for it until it is there.
    #[schema(value_type = schema::CheckInId)]
    pub check_in: CheckInId,
    /// Where the form is sent.
    pub url: String,
    /// Its fields.
    pub fields: FormFields,
    /// Until when it can be sent.
    #[schema(value_type = schema::Instant)]
    pub expires_at: Timestamp,
}

/// The fields of a form in their order. Whoever has them can upload: `Debug` shows only their names.
#[derive(Clone, PartialEq, Eq)]
pub struct FormFields(pub Vec<(String, String)>);

impl From<ContentType> for image_store::ContentType {
    fn from(content_type: ContentType) -> Self {
        match content_type {
            ContentType::Jpeg => Self::Jpeg,
            ContentType::Png => Self::Png,
        }
    }
}

impl From<attendance_core::Upload> for Upload {
    fn from(upload: attendance_core::Upload) -> Self {
        let attendance_core::Upload { check_in, form } = upload;
        Self { check_in, url: form.url, fields: FormFields(form.fields), expires_at: form.expires_at }
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload")
            .field("check_in", &self.check_in)
            .field("fields", &self.fields)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for FormFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl Serialize for FormFields {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl<'de> Deserialize<'de> for FormFields {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = FormFields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<FormFields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(FormFields(fields))
            }
        }
        from.deserialize_map(InOrder)
    }
}

impl PartialSchema for FormFields {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .additional_properties(Some(Schema::Object(Object::with_type(Type::String))))
            .description(Some("The fields of a form in their order."))
            .into()
    }
}

impl ToSchema for FormFields {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_keep_their_order_and_debug_tells_none() {
        let text = r#"{"key":"k","Content-Type":"image/jpeg","policy":"p","X-Amz-Signature":"secret"}"#;
        let fields: FormFields = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&fields).unwrap(), text);
        assert!(!format!("{fields:?}").contains("secret"));
    }
}
