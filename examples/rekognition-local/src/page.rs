//! Pages of a list that is sorted by the ids which this server gives: a token says after which one to go on, so that
//! what is added or removed in between neither hides nor repeats the rest.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::fault::Fault;

/// What is listed; a token of one list is none of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum List {
    Collections = 1,
    Faces = 2,
    Users = 3,
}

/// A part of a list that is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Range {
    list: List,
    /// The collection that the list belongs to; nil for the list of collections.
    of: Uuid,
    after: Option<Uuid>,
    most: usize,
}

impl Range {
    /// At most so many, from where a token says or from the beginning.
    ///
    /// # Errors
    /// `InvalidPaginationTokenException` where the token is none of this list.
    pub(crate) fn new(list: List, of: Uuid, token: Option<&str>, most: usize) -> Result<Self, Fault> {
        let after = token.map(|token| read(list, of, token).ok_or_else(Fault::invalid_pagination_token)).transpose()?;
        Ok(Self { list, of, after, most })
    }

    /// The page of `items`, which are sorted by the ids that they come with, and the token of the next.
    pub(crate) fn take<T>(&self, items: impl Iterator<Item = (Uuid, T)>) -> (Vec<T>, Option<String>) {
        let mut rest = items.filter(|(id, _)| self.after.is_none_or(|after| *id > after)).peekable();
        let (mut page, mut last) = (Vec::new(), None);
        while page.len() < self.most
            && let Some((id, item)) = rest.next()
        {
            page.push(item);
            last = Some(id);
        }
        let more = rest.peek().is_some();
        (page, last.filter(|_| more).map(|last| write(self.list, self.of, last)))
    }
}

fn write(list: List, of: Uuid, after: Uuid) -> String {
    BASE64_URL_SAFE_NO_PAD.encode([&[list as u8], of.as_bytes().as_slice(), after.as_bytes()].concat())
}

fn read(list: List, of: Uuid, token: &str) -> Option<Uuid> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).ok()?;
    let after = bytes.strip_prefix(&[list as u8])?.strip_prefix(of.as_bytes())?;
    Uuid::from_slice(after).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(ids: &[u128]) -> impl Iterator<Item = (Uuid, u128)> {
        ids.iter().map(|&id| (Uuid::from_u128(id), id))
    }

    #[test]
    fn pages_follow_each_other_whatever_is_added_or_removed_in_between() {
        let of = Uuid::from_u128(9);
        let first = Range::new(List::Faces, of, None, 2).unwrap();
        let (page, token) = first.take(items(&[1, 2, 3, 4]));
        assert_eq!(page, [1, 2]);
        let next = Range::new(List::Faces, of, token.as_deref(), 2).unwrap();
        assert_eq!(next.take(items(&[1, 3, 4, 5])).0, [3, 4], "the last of the page before was removed");
        assert_eq!(next.take(items(&[3, 4])), (vec![3, 4], None), "nothing is left");
        assert_eq!(next.take(items(&[1])), (vec![], None));
    }

    #[test]
    fn a_token_of_another_list_is_refused() {
        let (of, token) = (Uuid::from_u128(9), write(List::Faces, Uuid::from_u128(9), Uuid::from_u128(1)));
        assert!(Range::new(List::Faces, of, Some(&token), 1).is_ok() && token.len() <= 255);
        let refused = [
            Range::new(List::Users, of, Some(&token), 1),
            Range::new(List::Faces, Uuid::from_u128(8), Some(&token), 1),
            Range::new(List::Faces, of, Some("bm9uZQ"), 1),
            Range::new(List::Faces, of, Some("?"), 1),
            Range::new(List::Faces, of, Some(""), 1),
        ];
        for refused in refused {
            assert_eq!(refused.unwrap_err().code, "InvalidPaginationTokenException");
        }
    }
}
