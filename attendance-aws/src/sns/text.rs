//! A message in the forms and lengths that SNS takes.

use attendance_core::ports::notifier::Message;

/// The longest subject: "less than 100 characters" (SNS's service model). Counted in UTF-16, which never counts less.
const SUBJECT: usize = 99;

/// The longest text message (SNS's service model), counted as the subject.
const SMS: usize = 1_600;

/// Ends what was cut. An ellipsis would not do: it would turn the whole of a text message into UCS-2.
const CUT: &str = "...";

/// Subject and text of a mail.
pub(super) fn mail(message: &Message) -> (Option<String>, String) {
    let line = one_line(&message.subject);
    let subject = shortened(&line, SUBJECT);
    let body =
        if subject == line && !message.body.is_empty() { message.body.clone() } else { without_subject(message) };
    (Some(subject).filter(|subject| !subject.is_empty()), body)
}

/// The text of a mail that has no subject.
pub(super) fn without_subject(message: &Message) -> String {
    in_front(&one_line(&message.subject), "\n\n", &message.body)
}

/// A text message.
pub(super) fn sms(message: &Message) -> String {
    shortened(&in_front(&one_line(&message.subject), "\n", &message.body), SMS)
}

fn in_front(line: &str, gap: &str, body: &str) -> String {
    if line.is_empty() || body.is_empty() { format!("{line}{body}") } else { format!("{line}{gap}{body}") }
}

/// SNS refuses line breaks, control characters and a blank in front.
fn one_line(text: &str) -> String {
    let line: String =
        text.chars().map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c }).collect();
    line.trim().to_owned()
}

fn shortened(text: &str, max: usize) -> String {
    if beyond(text, max).is_none() {
        return text.to_owned();
    }
    let end = beyond(text, max - CUT.len()).unwrap_or(text.len());
    format!("{}{CUT}", text[..end].trim_end())
}

/// Where the first character begins that does not fit.
fn beyond(text: &str, max: usize) -> Option<usize> {
    let mut units = 0;
    let mut indices = text.char_indices();
    let first = indices.find(|(_, c)| {
        units += c.len_utf16();
        units > max
    });
    first.map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(subject: &str, body: &str) -> Message {
        Message { id: "1".to_owned(), subject: subject.to_owned(), body: body.to_owned() }
    }

    #[test]
    fn a_subject_of_any_script_that_is_short_enough_stays_as_it_is() {
        let subject = "出".repeat(99);
        assert_eq!(mail(&message(&subject, "Text")), (Some(subject), "Text".to_owned()));
    }

    #[test]
    fn a_long_subject_is_cut_and_stands_whole_in_front_of_the_text() {
        let long = format!("{} end", "x".repeat(98));
        let (subject, body) = mail(&message(&long, "Text"));
        assert_eq!(subject, Some(format!("{}...", "x".repeat(96))));
        assert_eq!(body, format!("{long}\n\nText"));
        let (subject, _) = mail(&message(&"😀".repeat(50), "Text"));
        assert_eq!(subject, Some(format!("{}...", "😀".repeat(48))));
    }

    #[test]
    fn a_subject_is_one_line() {
        let (subject, body) = mail(&message("\n Hello\r\nBcc: eve\u{2028}x\u{85}", "Text"));
        assert_eq!((subject.as_deref(), body.as_str()), (Some("Hello  Bcc: eve x"), "Text"));
    }

    #[test]
    fn neither_subject_nor_text_has_to_be_there() {
        assert_eq!(mail(&message("Hello", "")), (Some("Hello".to_owned()), "Hello".to_owned()));
        assert_eq!(mail(&message("\n", "Text")), (None, "Text".to_owned()));
        assert_eq!(sms(&message("Hello", "")), "Hello");
    }

    #[test]
    fn a_text_message_starts_with_the_subject_and_is_cut_at_1600_characters() {
        assert_eq!(sms(&message("Hello", "Text\nTwo")), "Hello\nText\nTwo");
        let exact = "y".repeat(1_594);
        assert_eq!(sms(&message("Hello", &exact)), format!("Hello\n{exact}"));
        assert_eq!(sms(&message("Hello", &format!("{exact}z"))), format!("Hello\n{}...", "y".repeat(1_591)));
        assert_eq!(sms(&message("", &"😀".repeat(801))), format!("{}...", "😀".repeat(798)));
    }
}
