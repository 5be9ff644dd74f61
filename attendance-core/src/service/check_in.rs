use std::collections::HashMap;

use bytes::Bytes;
use futures_util::future::join;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::place::{OpenSessions, Place};
use super::{Attendance, Error};
use crate::domain::attendee::Attendee;
use crate::domain::audit::Actor;
use crate::domain::check_in::{CheckIn, Decision, JudgedFace, Liveness, Outcome, PictureRefusal, Refusal};
use crate::domain::event::Event;
use crate::domain::face::{BoundingBox, Quality};
use crate::domain::ids::{AttendeeId, CheckInId, OrganizationId};
use crate::domain::image::ImageKey;
use crate::domain::organization::Organization;
use crate::domain::policy::Identity;
use crate::domain::record::{AttendanceRecord, Method, Status};
use crate::domain::session::{Phase, Session, SessionId};
use crate::ports::attendance_repo::{AttendanceRepoExt, Commit, Committed, RecordDraft};
use crate::ports::face_matcher::{Faces, IdentifiedFace, IdentifyOptions, ImageProblem, ImageRef};
use crate::ports::image_store::{ContentType, PutMode};
use crate::ports::{FaceMatcherError, ImageStoreError, RepoError};

/// An image offered.
#[derive(Debug, Clone)]
pub struct CheckInRequest {
    /// The picture.
    pub image: ImageRef,
    /// Which of its faces count.
    pub faces: Faces,
    /// The idempotency key; `None`: a stored image's place, or a new one.
    pub id: Option<CheckInId>,
    /// The session; `None`: the one that is open and has the attendee on its roster.
    pub session: Option<SessionId>,
    /// When the picture was taken; `None`: now. A host that takes it from a client must bound it.
    pub captured_at: Option<Timestamp>,
    /// The verdict of a liveness check, if there was one.
    pub liveness: Option<Liveness>,
    /// Who offers it.
    pub by: Actor,
}

impl CheckInRequest {
    /// The largest face of a picture, taken now.
    #[must_use]
    pub fn new(image: ImageRef, by: Actor) -> Self {
        Self { image, faces: Faces::Largest, id: None, session: None, captured_at: None, liveness: None, by }
    }
}

/// What became of one face.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FaceOutcome {
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// Where it is in the picture.
    #[serde(rename = "box")]
    pub bounding_box: BoundingBox,
    /// How well it shows.
    pub quality: Quality,
}

/// What became of a check-in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckInAnswer {
    /// Which check-in.
    pub id: CheckInId,
    /// When the picture was taken.
    pub captured_at: Timestamp,
    /// The faces, the largest first.
    pub faces: Vec<FaceOutcome>,
    /// How many more faces were seen and not looked up.
    pub unsearched: u32,
}

impl Attendance {
    /// Recognises the faces of a picture and records who came. The same id again answers the same and records nothing.
    ///
    /// That a stored picture can't be used, or shows no face, is recorded too: whoever uploaded it is not there to be told,
    /// and finds it by [`Attendance::checked_in`].
    ///
    /// # Errors
    /// [`Error::UnknownSession`], what the matcher refuses (no face, an image that can't be used), and those of the
    /// ports. Whatever a face turns out to be is an [`Outcome`], no error.
    pub async fn check_in(
        &self,
        organization: &OrganizationId,
        request: CheckInRequest,
    ) -> Result<CheckInAnswer, Error> {
        let tenant = self.repo.existing_organization(organization).await?;
        let now = self.now();
        let captured_at = request.captured_at.unwrap_or(now);
        let id = match (&request.id, &request.image) {
            (Some(id), _) => id.clone(),
            (None, ImageRef::Stored(key)) => {
                let image = self.images.get(organization, key).await?;
                CheckInId::of_image(key, &image.version)
            }
            (None, ImageRef::Bytes(_)) => CheckInId::fresh(),
        };
        if let Some(earlier) = self.repo.check_in(organization, &id).await? {
            return self.answer(organization, earlier).await;
        }
        let named = match &request.session {
            Some(session) => Some(self.session(organization, session).await?),
            None => None,
        };

        let policy = self.match_policy(&tenant);
        let options = IdentifyOptions { faces: request.faces, floor: policy.floor(), max_candidates: 5 };
        let mut found = match self.matcher.identify(organization, &request.image, options).await {
            Ok(found) => found,
            Err(error) => return Err(self.refused(organization, id, request, captured_at, error).await),
        };
        let attendees = self.living_candidates(organization, &mut found.faces).await?;
        let judged = self.judge(organization, &tenant, found.faces, &attendees, named.as_ref(), captured_at).await?;

        let picture = self.picture_to_keep(&tenant, &request.image, &id, captured_at);
        let check_in = CheckIn {
            id,
            captured_at,
            decided_at: now,
            by: request.by,
            image: picture.as_ref().map(|picture| picture.key.clone()),
            faces: judged.faces,
            unsearched: found.unsearched,
            liveness: request.liveness,
            refused: None,
        };
        for session in judged.sessions.values() {
            self.repo.ensure_session(organization, session).await?;
        }
        // Both at once: neither waits for the other's disk.
        let (kept, answer) = join(
            self.keep_picture(organization, picture),
            self.commit(organization, check_in.clone(), &judged.sessions),
        )
        .await;
        let answer = answer?;
        if let Err(error) = kept {
            self.repo.detach_image(organization, &check_in.id).await?;
            return Err(error);
        }
        self.drop_picture_of_the_erased(organization, &check_in).await?;
        Ok(answer)
    }

    /// What became of a check-in, with the records as they stand now; `None` if there is none of that id (yet).
    ///
    /// # Errors
    /// What the check-in itself was answered, where the picture was refused and that was recorded; and those of the
    /// repository.
    pub async fn checked_in(
        &self,
        organization: &OrganizationId,
        id: &CheckInId,
    ) -> Result<Option<CheckInAnswer>, Error> {
        match self.repo.check_in(organization, id).await? {
            Some(check_in) => self.answer(organization, check_in).await.map(Some),
            None => Ok(None),
        }
    }

    /// Records that a stored picture was refused, and answers why.
    async fn refused(
        &self,
        organization: &OrganizationId,
        id: CheckInId,
        request: CheckInRequest,
        captured_at: Timestamp,
        error: FaceMatcherError,
    ) -> Error {
        let refused = match &error {
            FaceMatcherError::NoFace => PictureRefusal::NoFace,
            // It may still come.
            FaceMatcherError::Image(ImageProblem::Missing) => return error.into(),
            FaceMatcherError::Image(problem) => PictureRefusal::Image(problem.clone()),
            _ => return error.into(),
        };
        let ImageRef::Stored(key) = request.image else { return error.into() };
        let check_in = CheckIn {
            id,
            captured_at,
            decided_at: self.now(),
            by: request.by,
            image: Some(key),
            faces: Vec::new(),
            unsearched: 0,
            liveness: request.liveness,
            refused: Some(refused),
        };
        let commit = Commit { check_in, records: Vec::new(), events: Vec::new(), targets: self.targets.clone() };
        match self.repo.commit(organization, &commit).await {
            Ok(_) => error.into(),
            Err(failed) => failed.into(),
        }
    }

    /// Keeps of each face only candidates who exist and are not erased, and answers them.
    async fn living_candidates(
        &self,
        organization: &OrganizationId,
        faces: &mut [IdentifiedFace],
    ) -> Result<HashMap<AttendeeId, Attendee>, Error> {
        let mut ids: Vec<_> = faces.iter().flat_map(|face| &face.candidates).map(|found| found.attendee).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut attendees = HashMap::new();
        for ids in ids.chunks(100) {
            let known = self.repo.attendees_by_id(organization, ids).await?;
            attendees.extend(known.into_iter().filter(|known| !known.is_erased()).map(|known| (known.id, known)));
        }
        for face in faces {
            face.candidates.retain(|candidate| attendees.contains_key(&candidate.attendee));
        }
        Ok(attendees)
    }

    /// Decides about every face: quality, then identity, then consent, roster and session.
    async fn judge(
        &self,
        organization: &OrganizationId,
        tenant: &Organization,
        faces: Vec<IdentifiedFace>,
        attendees: &HashMap<AttendeeId, Attendee>,
        named: Option<&Session>,
        captured_at: Timestamp,
    ) -> Result<Judged, Error> {
        let policy = self.match_policy(tenant);
        let problems: Vec<_> = faces.iter().map(|face| policy.check_in_quality.problems(&face.quality)).collect();
        let candidates: Vec<_> = faces
            .iter()
            .zip(&problems)
            .map(|(face, problems)| if problems.is_empty() { face.candidates.clone() } else { Vec::new() })
            .collect();
        let identities = policy.identities(&candidates);

        let mut sessions = OpenSessions::new(self, organization, captured_at);
        let mut judged = Judged { faces: Vec::with_capacity(faces.len()), sessions: HashMap::new() };
        for ((face, problems), identity) in faces.into_iter().zip(problems).zip(identities) {
            let decision = match identity {
                _ if !problems.is_empty() => Decision::PoorQuality { problems },
                Identity::Stranger => Decision::Stranger,
                Identity::Ambiguous(candidates) => Decision::Ambiguous { candidates },
                Identity::Known(candidate) => {
                    let attendee = &attendees[&candidate.attendee];
                    if tenant.policy.consent_required && attendee.consent.is_none() {
                        Decision::Refused { candidate, reason: Refusal::NoConsent }
                    } else {
                        match sessions.place(attendee, named).await? {
                            Place::At(session) => {
                                let id = session.id.clone();
                                judged.sessions.insert(id.clone(), session);
                                Decision::Record { candidate, session: id }
                            }
                            Place::NotExpected => Decision::NotExpected { candidate },
                            Place::Several(sessions) => Decision::ChooseSession { candidate, sessions },
                            Place::Nowhere(reason) => Decision::Refused { candidate, reason },
                        }
                    }
                }
            };
            judged.faces.push(JudgedFace { bounding_box: face.bounding_box, quality: face.quality, decision });
        }
        Ok(judged)
    }

    /// Writes the check-in and answers what stands in the ledger afterwards.
    async fn commit(
        &self,
        organization: &OrganizationId,
        check_in: CheckIn,
        sessions: &HashMap<SessionId, Session>,
    ) -> Result<CheckInAnswer, Error> {
        let records: Vec<_> = check_in
            .faces
            .iter()
            .filter_map(|face| match &face.decision {
                Decision::Record { candidate, session } => {
                    let status = match sessions[session].phase_at(check_in.captured_at) {
                        Phase::Late => Status::Late,
                        _ => Status::Present,
                    };
                    let record = AttendanceRecord {
                        session: session.clone(),
                        attendee: candidate.attendee,
                        status,
                        method: Method::Face { similarity: candidate.similarity },
                        at: check_in.captured_at,
                        recorded_at: check_in.decided_at,
                        check_in: Some(check_in.id.clone()),
                        version: 1,
                    };
                    Some(RecordDraft::new(organization, record))
                }
                _ => None,
            })
            .collect();
        let events = check_in
            .faces
            .iter()
            .zip(0..)
            .filter(|(face, _)| face.decision == Decision::Stranger)
            .map(|(_, face)| Event::of_stranger(organization, &check_in.id, face, check_in.decided_at))
            .collect();
        let commit = Commit { check_in, records, events, targets: self.targets.clone() };
        let standing = match self.repo.commit(organization, &commit).await? {
            Committed::Replayed(earlier) => return self.answer(organization, earlier).await,
            Committed::Written(standing) => standing,
        };
        let mut records = HashMap::new();
        for (draft, standing) in commit.records.iter().zip(standing) {
            let standing = standing.into_record();
            let record = self.come_after_all(organization, &draft.record, standing).await?;
            records.insert((record.session.clone(), record.attendee), record);
        }
        Ok(answer(commit.check_in, &records))
    }

    /// Where the sweep marked somebody absent whose picture was taken in time and only arrived late, the record is
    /// corrected.
    async fn come_after_all(
        &self,
        organization: &OrganizationId,
        came: &AttendanceRecord,
        standing: AttendanceRecord,
    ) -> Result<AttendanceRecord, Error> {
        if standing.method != Method::Sweep {
            return Ok(standing);
        }
        let corrected = AttendanceRecord { version: standing.version + 1, ..came.clone() };
        let draft = RecordDraft::new(organization, corrected.clone());
        match self.repo.mark(organization, &draft, &self.targets, None).await {
            Ok(()) => Ok(corrected),
            Err(RepoError::Conflict) => {
                Ok(self.repo.record(organization, &came.session, came.attendee).await?.unwrap_or(standing))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The answer of a check-in that was committed before.
    async fn answer(&self, organization: &OrganizationId, check_in: CheckIn) -> Result<CheckInAnswer, Error> {
        match check_in.refused {
            Some(PictureRefusal::NoFace) => return Err(FaceMatcherError::NoFace.into()),
            Some(PictureRefusal::Image(problem)) => return Err(FaceMatcherError::Image(problem).into()),
            None => {}
        }
        let mut records = HashMap::new();
        for face in &check_in.faces {
            if let Decision::Record { candidate, session } = &face.decision {
                if let Some(record) = self.repo.record(organization, session, candidate.attendee).await? {
                    records.insert((session.clone(), candidate.attendee), record);
                }
            }
        }
        Ok(answer(check_in, &records))
    }

    /// Where the picture is, or is to be, if the organization keeps check-in pictures.
    fn picture_to_keep(
        &self,
        tenant: &Organization,
        image: &ImageRef,
        id: &CheckInId,
        captured_at: Timestamp,
    ) -> Option<Picture> {
        match image {
            ImageRef::Stored(key) => Some(Picture { key: key.clone(), upload: None }),
            ImageRef::Bytes(_) if tenant.policy.check_in_image_days == 0 => None,
            ImageRef::Bytes(bytes) => {
                let upload = Some((bytes.clone(), ContentType::sniff(bytes)?));
                Some(Picture { key: ImageKey::of_check_in(tenant.zone.date_at(captured_at), id), upload })
            }
        }
    }

    /// Stores the picture, unless it is stored already.
    async fn keep_picture(&self, organization: &OrganizationId, picture: Option<Picture>) -> Result<(), Error> {
        let Some(Picture { key, upload: Some((bytes, content_type)) }) = picture else { return Ok(()) };
        match self.images.put(organization, &key, bytes, content_type, PutMode::Create).await {
            Ok(_) | Err(ImageStoreError::Exists) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Whoever was erased while this check-in was decided must not stay in its picture.
    async fn drop_picture_of_the_erased(&self, organization: &OrganizationId, check_in: &CheckIn) -> Result<(), Error> {
        let named = check_in.attendees();
        let Some(key) = check_in.image.as_ref().filter(|_| !named.is_empty()) else { return Ok(()) };
        for ids in named.chunks(100) {
            let known = self.repo.attendees_by_id(organization, ids).await?;
            if known.iter().any(Attendee::is_erased) {
                self.images.delete(organization, key).await?;
                self.repo.detach_image(organization, &check_in.id).await?;
                return Ok(());
            }
        }
        Ok(())
    }
}

/// A picture that is kept, and what has to be stored for it.
struct Picture {
    key: ImageKey,
    upload: Option<(Bytes, ContentType)>,
}

/// The faces of a picture with the decisions, and the sessions that these name.
struct Judged {
    faces: Vec<JudgedFace>,
    sessions: HashMap<SessionId, Session>,
}

fn answer(check_in: CheckIn, records: &HashMap<(SessionId, AttendeeId), AttendanceRecord>) -> CheckInAnswer {
    let faces = check_in
        .faces
        .into_iter()
        .map(|face| {
            let record = match &face.decision {
                Decision::Record { candidate, session } => records.get(&(session.clone(), candidate.attendee)).cloned(),
                _ => None,
            };
            FaceOutcome {
                outcome: Outcome::of(face.decision, &check_in.id, record),
                bounding_box: face.bounding_box,
                quality: face.quality,
            }
        })
        .collect();
    CheckInAnswer { id: check_in.id, captured_at: check_in.captured_at, faces, unsearched: check_in.unsearched }
}
