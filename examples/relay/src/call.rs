//! What the function is called with.

use attendance_core::domain::ids::OrganizationId;
use serde::Deserialize;

/// A call.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Call {
    /// By a schedule.
    Chore {
        /// What is to be done.
        r#do: Chore,
    },
    /// By the table's stream.
    Changed {
        /// Items of the outbox that are new.
        #[serde(rename = "Records")]
        changes: Vec<Change>,
    },
}

/// What a schedule asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Chore {
    /// Brings events to Kinesis.
    Relay,
    /// Does what time does, and then relays.
    Sweep,
}

/// A change of an item, of which the key alone is looked at: the table's own names for it are `pk` and `sk`.
#[derive(Debug, Deserialize)]
pub(crate) struct Change {
    dynamodb: Item,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    keys: Keys,
    #[serde(default)]
    sequence_number: String,
}

#[derive(Debug, Deserialize)]
struct Keys {
    pk: Text,
}

#[derive(Debug, Deserialize)]
struct Text {
    #[serde(rename = "S")]
    text: String,
}

impl Change {
    /// Whose outbox it is: its partition's key is `{organization}#outbox#...`; `None` for any other item.
    pub(crate) fn organization(&self) -> Option<OrganizationId> {
        let (organization, rest) = self.dynamodb.keys.pk.text.split_once('#')?;
        OrganizationId::new(organization).ok().filter(|_| rest.starts_with("outbox#"))
    }

    /// How the stream names it.
    pub(crate) fn sequence_number(&self) -> &str {
        &self.dynamodb.sequence_number
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_schedule_says_what_is_to_be_done() {
        for (word, chore) in [("relay", Chore::Relay), ("sweep", Chore::Sweep)] {
            let call = serde_json::from_value(json!({ "do": word })).unwrap();
            assert!(matches!(call, Call::Chore { r#do } if r#do == chore), "{word}");
        }
        assert!(serde_json::from_value::<Call>(json!({ "do": "dance" })).is_err());
        assert!(serde_json::from_value::<Call>(json!({})).is_err());
    }

    #[test]
    fn a_change_says_whose_outbox_it_is() {
        let of = |pk: &str| {
            let change = json!({
                "eventName": "INSERT",
                "dynamodb": { "Keys": { "pk": { "S": pk }, "sk": { "S": "outbox#0#e-1" } }, "SequenceNumber": "7" },
            });
            let Ok(Call::Changed { changes }) = serde_json::from_value(json!({ "Records": [change] })) else {
                panic!("a stream's event is not understood");
            };
            assert_eq!(changes[0].sequence_number(), "7");
            changes[0].organization().map(|organization| organization.to_string())
        };
        assert_eq!(of("school#outbox#sink#3"), Some("school".to_owned()));
        for other in ["school#records#3", "organizations", "#outbox#sink#3", "School#outbox#sink#3"] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
