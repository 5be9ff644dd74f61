//! Ordered lists out of one partition or of several shards, read as far as they are wanted.

use std::collections::VecDeque;

use attendance_core::domain::page::{Page, PageRequest};
use attendance_core::ports::RepoError;
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::try_join_all;

use super::DynamoAttendanceRepo;
use super::items::{Item, SK, optional_text, readable};

/// A list, by the name in its cursors.
#[derive(Clone, Copy)]
pub(crate) struct List(pub(crate) &'static str);

impl List {
    /// The place after which the page starts; `None` at the beginning.
    pub(crate) fn start<T>(
        self,
        page: &PageRequest,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, RepoError> {
        let Some(cursor) = &page.after else { return Ok(None) };
        let place = cursor.0.strip_prefix(self.0).and_then(|rest| rest.strip_prefix('/'));
        place.and_then(read).map(Some).ok_or(RepoError::InvalidCursor)
    }

    /// The page out of what was found, which is one more than it holds if there is a next one.
    pub(crate) fn page<T>(self, found: Vec<T>, page: &PageRequest, place: impl Fn(&T) -> String) -> Page<T> {
        Page::of(found, page.limit(), |item| format!("{}/{}", self.0, place(item)))
    }
}

/// What one partition has still to give.
struct Partition {
    pk: String,
    ready: VecDeque<Item>,
    /// Where DynamoDB goes on: a page of a query is at most 1 MB.
    next: Option<Item>,
    ended: bool,
}

/// Items of partitions in the order of their sort keys. Reads are consistent.
pub(crate) struct Listing<'a> {
    repo: &'a DynamoAttendanceRepo,
    partitions: Vec<Partition>,
    from: String,
    to: String,
    backwards: bool,
    /// How many items a query asks for.
    batch: i32,
}

impl<'a> Listing<'a> {
    /// Everything from one sort key to another, both included, of which about that many are wanted.
    pub(crate) fn new(
        repo: &'a DynamoAttendanceRepo,
        partitions: impl IntoIterator<Item = String>,
        from: impl Into<String>,
        to: impl Into<String>,
        wanted: usize,
    ) -> Self {
        let fresh = |pk| Partition { pk, ready: VecDeque::new(), next: None, ended: false };
        let partitions: Vec<_> = partitions.into_iter().map(fresh).collect();
        let share = wanted.min(1000) / partitions.len().max(1);
        let batch = i32::try_from(share + share / 4 + 5).unwrap_or(i32::MAX);
        Self { repo, partitions, from: from.into(), to: to.into(), backwards: false, batch }
    }

    /// The last one first.
    pub(crate) fn backwards(self) -> Self {
        Self { backwards: true, ..self }
    }

    /// The next item.
    pub(crate) async fn next(&mut self) -> Result<Option<Item>, RepoError> {
        if self.from > self.to {
            return Ok(None);
        }
        let (repo, from, to, backwards, batch) = (self.repo, &self.from, &self.to, self.backwards, self.batch);
        let empty = self.partitions.iter_mut().filter(|partition| partition.ready.is_empty() && !partition.ended);
        try_join_all(empty.map(|partition| partition.fill(repo, from, to, backwards, batch))).await?;
        let heads = self.partitions.iter_mut().filter(|partition| !partition.ready.is_empty());
        let nearest = if backwards {
            heads.max_by(|a, b| a.head().cmp(&b.head()))
        } else {
            heads.min_by(|a, b| a.head().cmp(&b.head()))
        };
        Ok(nearest.and_then(|partition| partition.ready.pop_front()))
    }

    /// Up to that many of the next items; none at the end.
    pub(crate) async fn some(&mut self, at_most: usize) -> Result<Vec<Item>, RepoError> {
        let mut some = Vec::new();
        while some.len() < at_most {
            match self.next().await? {
                Some(item) => some.push(item),
                None => break,
            }
        }
        Ok(some)
    }

    /// Goes forward to what is at that sort key or after it.
    pub(crate) fn skip_to(&mut self, from: String) {
        for partition in &mut self.partitions {
            while partition.ready.front().is_some_and(|item| optional_text(item, SK) < Some(&from)) {
                partition.ready.pop_front();
            }
            if partition.ready.is_empty() {
                partition.next = None;
            }
        }
        self.from = from;
    }
}

impl Partition {
    fn head(&self) -> Option<&str> {
        self.ready.front().and_then(|item| optional_text(item, SK))
    }

    /// Reads on until there is an item, or the end.
    async fn fill(
        &mut self,
        repo: &DynamoAttendanceRepo,
        from: &str,
        to: &str,
        backwards: bool,
        batch: i32,
    ) -> Result<(), RepoError> {
        while self.ready.is_empty() && !self.ended {
            let query = repo.client.query().table_name(&repo.table).consistent_read(true);
            let query = query
                .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
                .expression_attribute_values(":pk", AttributeValue::S(self.pk.clone()))
                .expression_attribute_values(":from", AttributeValue::S(from.to_owned()))
                .expression_attribute_values(":to", AttributeValue::S(to.to_owned()))
                .scan_index_forward(!backwards)
                .limit(batch)
                .set_exclusive_start_key(self.next.take());
            let answer = query.send().await.map_err(|error| repo.fault(&error))?;
            for item in answer.items.unwrap_or_default() {
                self.ready.push_back(readable(item)?);
            }
            self.next = answer.last_evaluated_key;
            self.ended = self.next.is_none();
        }
        Ok(())
    }
}
