//! A message as SES takes it.

use attendance_core::domain::attendee::{Email, Name};
use attendance_core::domain::ids::OrganizationId;
use attendance_core::ports::notifier::Message;
use aws_sdk_sesv2::error::BuildError;
use aws_sdk_sesv2::types::{self, Body, Content, EmailContent, MessageHeader, MessageTag};

/// The longest value of a tag (SES's service model).
const TAG: usize = 256;

/// How many bytes of UTF-8 fit into one encoded word of RFC 2047, which has at most 75 characters.
const WORD: usize = 45;

/// An address as a mail's header has it, with a name in any script.
pub(super) fn address(name: Option<&Name>, email: &Email) -> String {
    let Some(name) = name.map(Name::as_str) else { return email.as_str().to_owned() };
    if name.is_ascii() {
        return format!("\"{}\" <{}>", name.replace('\\', "\\\\").replace('"', "\\\""), email.as_str());
    }
    let mut words = vec![String::new()];
    for c in name.chars() {
        match words.last_mut() {
            Some(word) if word.len() + c.len_utf8() <= WORD => word.push(c),
            _ => words.push(c.into()),
        }
    }
    let words: Vec<_> =
        words.iter().map(|word| format!("=?UTF-8?B?{}?=", aws_smithy_types::base64::encode(word))).collect();
    format!("{} <{}>", words.join(" "), email.as_str())
}

pub(super) fn content(message: &Message) -> Result<EmailContent, BuildError> {
    // A line feed would begin another header.
    let subject: String = message.subject.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let header = MessageHeader::builder().name("Auto-Submitted").value("auto-generated").build()?;
    let mail = types::Message::builder()
        .subject(utf8(subject)?)
        .body(Body::builder().text(utf8(message.body.clone())?).build())
        .headers(header);
    Ok(EmailContent::builder().simple(mail.build()).build())
}

fn utf8(text: String) -> Result<Content, BuildError> {
    Content::builder().data(text).charset("UTF-8").build()
}

/// Letters, digits, `_` and `-` are all that a tag may have; every other character becomes `_`.
pub(super) fn tags(organization: &OrganizationId, message: &Message) -> Result<Vec<MessageTag>, BuildError> {
    let value = |text: &str| -> String {
        let fits = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
        text.chars().map(fits).take(TAG).collect()
    };
    let tags = [("organization", value(organization.as_str())), ("message_id", value(&message.id))];
    let tags = tags.into_iter().filter(|(_, value)| !value.is_empty());
    tags.map(|(name, value)| MessageTag::builder().name(name).value(value).build()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sender(name: &str) -> String {
        address(Some(&Name::new(name).unwrap()), &Email::new("a@example.org").unwrap())
    }

    #[test]
    fn a_sender_has_a_name_in_any_script() {
        assert_eq!(address(None, &Email::new("a@example.org").unwrap()), "a@example.org");
        assert_eq!(sender(r#"The "A" \ Team, Ltd."#), r#""The \"A\" \\ Team, Ltd." <a@example.org>"#);
        assert_eq!(sender("Schule Süd"), "=?UTF-8?B?U2NodWxlIFPDvGQ=?= <a@example.org>");
    }

    #[test]
    fn a_long_name_is_encoded_word_by_word() {
        let sender = sender(&"出席".repeat(20));
        let (words, _) = sender.split_once(" <").unwrap();
        let words: Vec<_> = words.split(' ').collect();
        assert!(words.iter().all(|word| word.len() <= 75), "{words:?}");
        let text = |word: &&str| {
            let word = word.strip_prefix("=?UTF-8?B?").unwrap().strip_suffix("?=").unwrap();
            String::from_utf8(aws_smithy_types::base64::decode(word).unwrap()).unwrap()
        };
        assert_eq!(words.iter().map(text).collect::<String>(), "出席".repeat(20));
    }

    #[test]
    fn a_tag_has_only_characters_that_a_tag_may_have() {
        let organization = OrganizationId::new("school-7").unwrap();
        let id = format!("s:a v1 é{}", "x".repeat(300));
        let message = Message { id, subject: String::new(), body: String::new() };
        let tags = tags(&organization, &message).unwrap();
        let tags: Vec<_> = tags.iter().map(|tag| (tag.name(), tag.value())).collect();
        assert_eq!(tags[0], ("organization", "school-7"));
        assert_eq!(tags[1], ("message_id", format!("s_a_v1__{}", "x".repeat(248)).as_str()));
    }
}
