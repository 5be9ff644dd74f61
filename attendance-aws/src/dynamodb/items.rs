//! What an item holds: its keys, a schema, the thing itself as JSON in `body`, and what conditions look at.

use std::collections::HashMap;

use attendance_core::ports::RepoError;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::keys::Key;
use crate::fault::Fault;

/// An item as the SDK has it.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// The form in which this version writes. One that is newer is refused.
const SCHEMA: u32 = 1;

/// The most bytes of a body: what DynamoDB takes for an item (400 KB), less its other attributes.
const MAX_BODY: usize = 380_000;

pub(crate) const PK: &str = "pk";
pub(crate) const SK: &str = "sk";
pub(crate) const BODY: &str = "body";
const VERSION: &str = "version";
const SCHEMA_ATTRIBUTE: &str = "schema";

/// An item that says nothing but that it is there.
pub(crate) fn marker(key: Key) -> Item {
    let mut item = key_of(key);
    item.insert(SCHEMA_ATTRIBUTE.to_owned(), AttributeValue::N(SCHEMA.to_string()));
    item
}

/// An item that holds something.
pub(crate) fn holding(key: Key, thing: &impl Serialize) -> Result<Item, RepoError> {
    let body = serde_json::to_string(thing).map_err(|_| Fault::unexpected("something could not be written as JSON"))?;
    if body.len() > MAX_BODY {
        let why =
            format!("something of {} bytes is more than an item of DynamoDB holds: nothing was written", body.len());
        return Err(Fault::unexpected(why).into());
    }
    let mut item = marker(key);
    item.insert(BODY.to_owned(), AttributeValue::S(body));
    Ok(item)
}

/// An item that holds something whose changes are counted.
pub(crate) fn versioned(key: Key, thing: &impl Serialize, version: u32) -> Result<Item, RepoError> {
    let mut item = holding(key, thing)?;
    item.insert(VERSION.to_owned(), AttributeValue::N(version.to_string()));
    Ok(item)
}

/// A primary key as the SDK has it.
pub(crate) fn key_of(key: Key) -> Item {
    Item::from([(PK.to_owned(), AttributeValue::S(key.pk)), (SK.to_owned(), AttributeValue::S(key.sk))])
}

/// An item that was read, unless a newer version wrote it.
pub(crate) fn readable(item: Item) -> Result<Item, RepoError> {
    match number::<u32>(&item, SCHEMA_ATTRIBUTE) {
        Some(schema) if schema <= SCHEMA => Ok(item),
        Some(_) => Err(RepoError::TooNew),
        None => Err(unreadable()),
    }
}

/// What the item holds.
pub(crate) fn body<T: DeserializeOwned>(item: &Item) -> Result<T, RepoError> {
    serde_json::from_str(text(item, BODY)?).map_err(|_| unreadable())
}

/// An attribute that every such item has.
pub(crate) fn text<'a>(item: &'a Item, attribute: &str) -> Result<&'a str, RepoError> {
    optional_text(item, attribute).ok_or_else(unreadable)
}

pub(crate) fn optional_text<'a>(item: &'a Item, attribute: &str) -> Option<&'a str> {
    item.get(attribute)?.as_s().ok().map(String::as_str)
}

pub(crate) fn number<T: std::str::FromStr>(item: &Item, attribute: &str) -> Option<T> {
    item.get(attribute)?.as_n().ok()?.parse().ok()
}

pub(crate) fn flag(item: &Item, attribute: &str) -> bool {
    item.get(attribute).and_then(|value| value.as_bool().ok()).copied().unwrap_or_default()
}

/// The attribute read as one of the domain's types.
pub(crate) fn parsed<T: std::str::FromStr>(item: &Item, attribute: &str) -> Result<T, RepoError> {
    text(item, attribute)?.parse().map_err(|_| unreadable())
}

pub(crate) fn key(item: &Item) -> Result<Key, RepoError> {
    Ok(Key { pk: text(item, PK)?.to_owned(), sk: text(item, SK)?.to_owned() })
}

/// Something stored that can't be read back. What it is, is not repeated: it may be personal.
pub(crate) fn unreadable() -> RepoError {
    Fault::unexpected("an item of the table has a form that this version can't read").into()
}
