//! One collection, and how it changes.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};
use attendance_local::gallery::Gallery;
use attendance_local::vision::{self, DIMENSIONS};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::change::{Answered, Change, Created, Face};
use super::journal::{Journal, line};
use super::ordered_id;
use super::users::User;
use crate::fault::Fault;

/// So many answers to requests with a token are remembered, the latest.
const ANSWERS: usize = 1_000;

/// A request that is made once, however often it arrives.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) operation: &'static str,
    /// What tells it from another request; without one, it is another each time.
    pub(crate) token: Option<&'a str>,
    /// What else is in it.
    pub(crate) content: &'a str,
}

/// A collection. What only reads may look at the fields; every change goes through [`Collection::commit`].
#[derive(Debug)]
pub(crate) struct Collection {
    created: Created,
    pub(super) faces: BTreeMap<Uuid, Face>,
    /// To whom a face belongs.
    pub(super) owners: HashMap<Uuid, Uuid>,
    pub(super) users: BTreeMap<Uuid, User>,
    /// The ids that callers gave to users.
    pub(super) user_ids: HashMap<String, Uuid>,
    answers: VecDeque<Answered>,
    /// Every face by itself: its id stands for the attendee, too.
    pub(super) face_gallery: Gallery,
    /// The faces of users.
    pub(super) user_gallery: Gallery,
    pub(super) user_update_delay: Duration,
    journal: Option<Journal>,
    deleted: bool,
}

impl Collection {
    /// Makes a collection; in a file of that folder, if there is one.
    pub(super) fn create(name: &str, folder: Option<&Path>, user_update_delay: Duration) -> Result<Self, Fault> {
        let at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
        let created = Created { key: ordered_id(), name: name.to_owned(), at, model: vision::MODEL.to_owned() };
        let mut collection = Self::empty(created.clone(), user_update_delay);
        if let Some(folder) = folder {
            let first = [Change::Created(created)];
            collection.journal =
                Some(Journal::create(folder, collection.key(), &first).map_err(|error| unwritable(&error))?);
        }
        Ok(collection)
    }

    /// Reads a collection's file.
    pub(super) fn open(path: &Path, user_update_delay: Duration) -> anyhow::Result<Self> {
        let (journal, lines) = Journal::open(path)?;
        let shown = path.display();
        let mut changes = lines.into_iter().flatten();
        let Some(Change::Created(created)) = changes.next() else {
            bail!("{shown} is no collection's file: restore it from a backup, or remove it");
        };
        if created.model != vision::MODEL {
            bail!(
                "the faces in {shown} were indexed by the model '{}' and this software has '{}', which can't compare \
                 them: remove the file and index the images again, or use the version that made it",
                created.model,
                vision::MODEL
            );
        }
        let mut collection = Self::empty(created, user_update_delay);
        let mut removes = false;
        for change in changes {
            removes |= change.removes();
            collection.apply(change);
        }
        collection.journal = Some(journal);
        collection.settle_all_users();
        // A crash came between a removal and the file that is written anew without what was removed.
        if removes {
            collection.compact().with_context(|| format!("{shown} can't be written"))?;
        }
        Ok(collection)
    }

    fn empty(created: Created, user_update_delay: Duration) -> Self {
        Self {
            created,
            faces: BTreeMap::new(),
            owners: HashMap::new(),
            users: BTreeMap::new(),
            user_ids: HashMap::new(),
            answers: VecDeque::new(),
            face_gallery: Gallery::new(DIMENSIONS),
            user_gallery: Gallery::new(DIMENSIONS),
            user_update_delay,
            journal: None,
            deleted: false,
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.created.name
    }

    /// What tells it from another collection that had its name before.
    pub(crate) fn key(&self) -> Uuid {
        self.created.key
    }

    /// When it was created, in milliseconds since 1970.
    pub(crate) fn created_at(&self) -> u64 {
        self.created.at
    }

    pub(crate) fn face_count(&self) -> usize {
        self.faces.len()
    }

    pub(crate) fn user_count(&self) -> usize {
        self.users.len()
    }

    pub(super) fn is_deleted(&self) -> bool {
        self.deleted
    }

    pub(super) fn delete(&mut self) -> Result<(), Fault> {
        self.journal.as_ref().map_or(Ok(()), Journal::delete).map_err(|error| unwritable(&error))?;
        self.deleted = true;
        Ok(())
    }

    /// Makes the change that `work` finds to be right, and gives its answer; or the answer that was given before to the
    /// same request with the same token, and changes nothing.
    ///
    /// # Errors
    /// `IdempotentParameterMismatchException` where the token came with another request; those of `work`.
    pub(crate) fn once<T: Serialize>(
        &mut self,
        request: Request<'_>,
        work: impl FnOnce(&Self) -> Result<(T, Option<Change>), Fault>,
    ) -> Result<Value, Fault> {
        let Request { operation, token, content } = request;
        let content = Uuid::new_v5(&self.key(), content.as_bytes());
        let same = |answer: &&Answered| Some(answer.token.as_str()) == token && answer.operation == operation;
        match self.answers.iter().find(same) {
            Some(before) if before.request != content => return Err(Fault::token_was_used()),
            Some(before) => return Ok(before.answer.clone()),
            None => {}
        }
        let (answer, change) = work(self)?;
        let answer = serde_json::to_value(answer).map_err(Fault::internal)?;
        let answered = token.map(|token| {
            let (operation, token) = (operation.to_owned(), token.to_owned());
            Change::Answered(Answered { operation, token, request: content, answer: answer.clone() })
        });
        self.commit(change.into_iter().chain(answered).collect())?;
        Ok(answer)
    }

    /// Makes changes durable, then makes them.
    pub(super) fn commit(&mut self, changes: Vec<Change>) -> Result<(), Fault> {
        if changes.is_empty() {
            return Ok(());
        }
        if let Some(journal) = &self.journal {
            journal.append(&changes).map_err(|error| unwritable(&error))?;
        }
        let removes = changes.iter().any(Change::removes);
        for change in changes {
            self.apply(change);
        }
        if removes && let Err(error) = self.compact() {
            // What was removed stays so, and leaves the file at the next removal or start.
            tracing::warn!("a collection's file could not be written anew: {error}");
        }
        Ok(())
    }

    fn apply(&mut self, change: Change) {
        match change {
            // A collection is created once.
            Change::Created(_) => {}
            Change::FaceAdded(face) => self.put_face(*face),
            Change::FaceDeleted(face) => self.take_face(face),
            Change::UserCreated { user, id } => self.put_user(user, id),
            Change::UserDeleted(user) => self.take_user(user),
            Change::Associated { user, faces } => self.connect(user, faces),
            Change::Disassociated { user, faces } => self.disconnect(user, &faces),
            Change::Answered(answered) => {
                if self.answers.len() == ANSWERS {
                    self.answers.pop_front();
                }
                self.answers.push_back(answered);
            }
        }
    }

    /// Writes the file anew with what there is.
    fn compact(&self) -> io::Result<()> {
        let Some(journal) = &self.journal else { return Ok(()) };
        let first = std::iter::once(Change::Created(self.created.clone()));
        let faces = self.faces.values().cloned().map(|face| Change::FaceAdded(Box::new(face)));
        let users = self.users.iter().flat_map(|(&user, found)| {
            let created = Change::UserCreated { user, id: found.id.clone() };
            let associated = Change::Associated { user, faces: found.faces.iter().copied().collect() };
            [created, associated]
        });
        let answers = self.answers.iter().cloned().map(Change::Answered);
        journal.rewrite(first.chain(faces).chain(users).chain(answers).map(|change| line(&[change])))
    }
}

fn unwritable(error: &io::Error) -> Fault {
    Fault::internal(format!("a collection's file can't be written: {error}"))
}
