//! Who the faces of a picture are, and what is to become of each.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::domain::attendee::Attendee;
use crate::domain::check_in::{Decision, JudgedFace, Refusal};
use crate::domain::ids::{AttendeeId, OrganizationId};
use crate::domain::organization::Organization;
use crate::domain::policy::Identity;
use crate::domain::session::{Session, SessionId};
use crate::ports::face_matcher::IdentifiedFace;
use crate::service::place::{OpenSessions, Place};
use crate::service::{Attendance, Error};

/// The faces of a picture with the decisions, and the sessions that these name.
pub(super) struct Judged {
    pub(super) faces: Vec<JudgedFace>,
    pub(super) sessions: HashMap<SessionId, Session>,
}

impl Attendance {
    /// Keeps of each face only candidates who exist and are not erased, and answers them.
    pub(super) async fn living_candidates(
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
    pub(super) async fn judge(
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
                        Decision::Refused { candidate, reason: Refusal::NoConsent, session: None }
                    } else {
                        match sessions.place(attendee, named).await? {
                            Place::At(session) => {
                                let id = session.id.clone();
                                judged.sessions.insert(id.clone(), session);
                                Decision::Record { candidate, session: id }
                            }
                            Place::NotExpected => Decision::NotExpected { candidate },
                            Place::Several(sessions) => Decision::ChooseSession { candidate, sessions },
                            Place::Nowhere(reason, session) => Decision::Refused { candidate, reason, session },
                        }
                    }
                }
            };
            judged.faces.push(JudgedFace { bounding_box: face.bounding_box, quality: face.quality, decision });
        }
        Ok(judged)
    }
}
