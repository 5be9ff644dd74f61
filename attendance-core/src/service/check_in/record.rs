//! What a check-in writes, and what it is answered from what stands afterwards.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use jiff::Timestamp;

use super::{CheckInAnswer, CheckInRequest, FaceOutcome};
use crate::domain::check_in::{CheckIn, Decision, Outcome, PictureRefusal};
use crate::domain::event::Event;
use crate::domain::ids::{AttendeeId, CheckInId, OrganizationId};
use crate::domain::organization::Organization;
use crate::domain::record::{AttendanceRecord, Method, Status};
use crate::domain::session::{Phase, Session, SessionId};
use crate::ports::FaceMatcherError;
use crate::ports::attendance_repo::{Commit, Committed, RecordDraft, Recorded};
use crate::ports::face_matcher::{ImageProblem, ImageRef};
use crate::service::{Attendance, Error};

impl Attendance {
    /// Writes the check-in and answers what stands in the ledger afterwards.
    pub(super) async fn commit(
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
            Committed::Replayed(earlier) => return self.answer_again(organization, earlier).await,
            Committed::Written(standing) => standing,
        };
        let mut records: HashMap<_, _> = standing
            .into_iter()
            .map(Recorded::into_record)
            .map(|record| ((record.session.clone(), record.attendee), record))
            .collect();
        self.add_standing(organization, &commit.check_in, &mut records).await?;
        Ok(answer_of(commit.check_in, &records))
    }

    /// Adds the records that the faces' decisions point to, and that are not there yet.
    async fn add_standing(
        &self,
        organization: &OrganizationId,
        check_in: &CheckIn,
        records: &mut HashMap<(SessionId, AttendeeId), AttendanceRecord>,
    ) -> Result<(), Error> {
        for (attendee, session) in check_in.faces.iter().filter_map(|face| face.decision.place()) {
            if let Entry::Vacant(place) = records.entry((session.clone(), attendee)) {
                if let Some(record) = self.repo.record(organization, session, attendee).await? {
                    place.insert(record);
                }
            }
        }
        Ok(())
    }

    /// The answer of a check-in that was committed before.
    pub(super) async fn answer_again(
        &self,
        organization: &OrganizationId,
        check_in: CheckIn,
    ) -> Result<CheckInAnswer, Error> {
        match check_in.refused {
            Some(PictureRefusal::NoFace) => return Err(FaceMatcherError::NoFace.into()),
            Some(PictureRefusal::Image(problem)) => return Err(FaceMatcherError::Image(problem).into()),
            None => {}
        }
        let mut records = HashMap::new();
        self.add_standing(organization, &check_in, &mut records).await?;
        Ok(answer_of(check_in, &records))
    }

    /// Records that a stored picture was refused, and answers why. It is kept no longer than any other.
    pub(super) async fn refused(
        &self,
        tenant: &Organization,
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
        if let Err(failed) = self.repo.commit(&tenant.id, &commit).await {
            return failed.into();
        }
        self.settle_picture(tenant, &commit.check_in).await.err().unwrap_or_else(|| error.into())
    }
}

fn answer_of(check_in: CheckIn, records: &HashMap<(SessionId, AttendeeId), AttendanceRecord>) -> CheckInAnswer {
    let faces = check_in
        .faces
        .into_iter()
        .map(|face| {
            let place = face.decision.place();
            let record = place.and_then(|(attendee, session)| records.get(&(session.clone(), attendee)).cloned());
            FaceOutcome {
                outcome: Outcome::of(face.decision, &check_in.id, record),
                bounding_box: face.bounding_box,
                quality: face.quality,
            }
        })
        .collect();
    CheckInAnswer { id: check_in.id, captured_at: check_in.captured_at, faces, unsearched: check_in.unsearched }
}
