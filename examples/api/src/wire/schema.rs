//! What the domain's texts, dates and words look like to somebody who reads the OpenAPI document: each is a component
//! of its own. The domain knows nothing of OpenAPI.

use std::borrow::Cow;

use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

/// A line of text has no control characters, and no blanks at its ends.
const LINE: &str = r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$";
const UUID: &str = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$";

/// Declares a type that exists only to be described.
macro_rules! described {
    ($($(#[doc = $doc:literal])+ $name:ident, $example:expr, |$object:ident| $describe:expr;)*) => {
        $(
            $(#[doc = $doc])+
            pub(crate) struct $name;

            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    let $object = ObjectBuilder::new()
                        .description(Some(concat!($($doc),+).trim()))
                        .examples([json!($example)]);
                    $describe.into()
                }
            }

            impl ToSchema for $name {
                fn name() -> Cow<'static, str> {
                    stringify!($name).into()
                }
            }
        )*

        /// All of them, for the document.
        pub(crate) fn components() -> Vec<(String, RefOr<Schema>)> {
            vec![$((stringify!($name).to_owned(), $name::schema())),*]
        }
    };
}

described! {
    /// An organization's id: chosen once.
    OrganizationId, "school", |text| key(text, "^[a-z0-9][a-z0-9-]{0,47}$");

    /// A group's id: chosen by the organization. `everyone` has everybody.
    GroupId, "5B", |text| key(text, "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$");

    /// A session's id: its group, its local date and its slot.
    SessionId, "5B.2026-11-21.0", |text| key(
        text,
        r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}\.(19[7-9][0-9]|2[01][0-9]{2})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\.(0|[1-9][0-9]?)$",
    );

    /// Where there is no record yet.
    NoRecord, "*", |text| text.schema_type(Type::String).enum_values(Some(["*"]));

    /// A record's version as an entity tag.
    VersionTag, "\"1\"", |text| key(text, "^\"[1-9][0-9]{0,8}\"$");

    /// A check-in's id: the caller's idempotency key.
    CheckInId, "kiosk-1:4711", |text| key(text, "^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$");

    /// An attendee's opaque id.
    AttendeeId, "0192f3a4-7c1e-7b3a-8c55-0123456789ab", |text| uuid(text);

    /// The id of one enrolled face.
    FaceId, "5b0f1a52-3f1c-5d0e-9b1c-0123456789ab", |text| uuid(text);

    /// What somebody or something is called.
    Name, "Ada Lovelace", |text| line(text, 200);

    /// The organization's own id of an attendee, unique within it.
    ExternalId, "R-1815", |text| line(text, 128);

    /// An e-mail address.
    Email, "ada@example.org", |text| key(text, r"^[!#-+\-.-:=?A-~]+@[!#-+\-.-:=?A-~]+$").max_length(Some(254));

    /// A phone number as E.164 has it.
    Phone, "+4930123456", |text| key(text, "^\\+[0-9]{7,15}$");

    /// A language tag.
    Language, "en", |text| key(text, "^[A-Za-z0-9][A-Za-z0-9-]{0,34}$");

    /// What somebody agreed to, in the words that they were shown.
    ConsentWording, "My face may be used to record my attendance.", |text| line(text, 2000);

    /// Why a record was marked or corrected by hand.
    Reason, "brought a doctor's note", |text| line(text, 500);

    /// Who acts: the subject of a token. Opaque, never a name.
    Actor, "0192f3a4-7c1e-7b3a-8c55-0123456789ab", |text| line(text, 128);

    /// What an act was about, besides an attendee. Opaque ids, never a name.
    Matter, "5B.2026-11-21.0", |text| line(text, 256);

    /// An IANA time zone.
    Zone, "Europe/Berlin", |text| key(text, "^[A-Za-z][A-Za-z0-9_+/-]{0,63}$");

    /// A date on the calendars of a group's zone, from 1970 to 2199.
    Date, "2026-11-21", |text| of_format(
        key(text, "^(19[7-9][0-9]|2[01][0-9]{2})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"),
        KnownFormat::Date,
    );

    /// A time of day on the clocks of a group's zone.
    Time, "08:00:00", |text| key(text, "^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$");

    /// An instant in UTC.
    Instant, "2026-11-21T07:00:00Z", |text| of_format(text.schema_type(Type::String), KnownFormat::DateTime);

    /// How alike two faces are, in percent.
    Similarity, 98.5, |number| of_format(number.schema_type(Type::Number), KnownFormat::Float)
        .minimum(Some(0.0))
        .maximum(Some(100.0));

    /// What somebody was at a session. Late came after the session's late-after; excused did not come, with leave.
    Status, "present", |word| one_of(word, &["present", "late", "absent", "excused"]);

    /// How far an attendee's faces are known.
    EnrolmentState, "active", |word| one_of(word, &["none", "pending", "active", "removed"]);

    /// A day of the week.
    Day, "monday", |word| one_of(
        word,
        &["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
    );

    /// Why somebody who was recognised was not recorded.
    Refusal, "not-open", |word| one_of(word, &["not-open", "closed", "no-consent"]);

    /// What is wrong with how a face shows.
    QualityProblem, "blurred", |word| one_of(
        word,
        &["too-small", "blurred", "too-dark", "too-bright", "extreme-pose", "unsure"],
    );

    /// What was done to somebody's data.
    AuditAction, "enrol", |word| one_of(
        word,
        &[
            "register", "change", "consent", "withdraw-consent", "link-sign-in", "enrol", "remove-face", "mark",
            "close-session", "erase", "complete-erasure", "create-organization", "change-organization", "create-group",
            "change-group", "issue-token", "forget-faces", "expire-pictures", "hold-removals",
        ],
    );
}

fn key(text: ObjectBuilder, pattern: &str) -> ObjectBuilder {
    text.schema_type(Type::String).pattern(Some(pattern))
}

pub(super) fn line(text: ObjectBuilder, max: usize) -> ObjectBuilder {
    key(text, LINE).min_length(Some(1)).max_length(Some(max))
}

fn uuid(text: ObjectBuilder) -> ObjectBuilder {
    key(text, UUID).format(Some(SchemaFormat::Custom("uuid".to_owned())))
}

fn of_format(object: ObjectBuilder, format: KnownFormat) -> ObjectBuilder {
    object.format(Some(SchemaFormat::KnownFormat(format)))
}

fn one_of(word: ObjectBuilder, words: &[&str]) -> ObjectBuilder {
    word.schema_type(Type::String).enum_values(Some(words.iter().copied()))
}

#[cfg(test)]
mod tests {
    use attendance_core::domain;
    use serde::de::DeserializeOwned;

    use super::*;

    fn described(name: &str) -> serde_json::Value {
        let all = components();
        let schema = &all.iter().find(|(found, _)| found == name).unwrap().1;
        serde_json::to_value(schema).unwrap()
    }

    /// The words that a type takes, as serde lists them when it refuses another.
    fn words<T: DeserializeOwned>() -> Vec<String> {
        let Err(error) = serde_json::from_value::<T>(json!("?")) else { panic!("'?' is no word") };
        let text = error.to_string();
        let (_, expected) = text.split_once("expected").unwrap();
        expected.split('`').skip(1).step_by(2).map(ToOwned::to_owned).collect()
    }

    #[test]
    fn the_document_lists_exactly_the_words_that_are_taken() {
        use domain::{attendee::EnrolmentState, audit::AuditAction, check_in::Refusal, group::Day};
        use domain::{policy::QualityProblem, record::Status};
        for (name, words) in [
            ("Status", words::<Status>()),
            ("EnrolmentState", words::<EnrolmentState>()),
            ("Day", words::<Day>()),
            ("Refusal", words::<Refusal>()),
            ("QualityProblem", words::<QualityProblem>()),
            ("AuditAction", words::<AuditAction>()),
        ] {
            assert_eq!(described(name)["enum"], json!(words), "{name}");
        }
    }

    #[test]
    fn every_example_is_taken() {
        fn takes<T: DeserializeOwned>(name: &str) {
            let example = described(name)["examples"][0].clone();
            assert!(serde_json::from_value::<T>(example).is_ok(), "{name}");
        }
        takes::<domain::ids::OrganizationId>("OrganizationId");
        takes::<domain::ids::GroupId>("GroupId");
        takes::<domain::session::SessionId>("SessionId");
        takes::<domain::ids::CheckInId>("CheckInId");
        takes::<domain::ids::AttendeeId>("AttendeeId");
        takes::<domain::ids::FaceId>("FaceId");
        takes::<domain::attendee::Name>("Name");
        takes::<domain::attendee::ExternalId>("ExternalId");
        takes::<domain::attendee::Email>("Email");
        takes::<domain::attendee::Phone>("Phone");
        takes::<domain::attendee::Language>("Language");
        takes::<domain::attendee::ConsentWording>("ConsentWording");
        takes::<domain::record::Reason>("Reason");
        takes::<domain::audit::Actor>("Actor");
        takes::<domain::audit::Matter>("Matter");
        takes::<domain::zone::Zone>("Zone");
        takes::<jiff::civil::Date>("Date");
        takes::<jiff::civil::Time>("Time");
        takes::<jiff::Timestamp>("Instant");
        takes::<domain::similarity::Similarity>("Similarity");
    }
}
