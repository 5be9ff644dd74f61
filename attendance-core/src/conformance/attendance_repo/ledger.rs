//! Commits, marks and history: what makes a record trustworthy. Lists have a file of their own.

use crate::conformance::given::*;
use crate::domain::audit::AuditAction;
use crate::domain::check_in::{Candidate, CheckIn, Decision, Liveness, PictureRefusal, Refusal};
use crate::domain::event::{Event, Target};
use crate::domain::ids::{AttendeeId, OrganizationId};
use crate::domain::image::{ImageKey, ImageProblem};
use crate::domain::policy::QualityProblem;
use crate::domain::record::{AttendanceRecord, Method, Status};
use crate::domain::session::SessionId;
use crate::domain::similarity::Similarity;
use crate::ports::attendance_repo::{Committed, RecordDraft, Recorded};
use crate::ports::{AttendanceRepo, RepoError};
use futures_util::future::join_all;

fn monday() -> SessionId {
    session("5B.2026-11-23.0")
}

/// The commit of a check-in that records one attendee on Monday.
fn arrival(organization: &OrganizationId, attendee: AttendeeId, id: &str) -> crate::ports::attendance_repo::Commit {
    let candidate = Candidate { attendee, similarity: Similarity::new(98.7).unwrap() };
    let decision = Decision::Record { candidate, session: monday() };
    commit(organization, check_in(id, [decision]), [record(&monday(), attendee, id)])
}

async fn events(repo: &dyn AttendanceRepo, organization: &OrganizationId, target: &Target) -> Vec<Event> {
    let mut events = repo.pending(organization, target, 1000).await.unwrap();
    events.sort_by(|a, b| a.id.cmp(&b.id));
    events
}

pub async fn a_check_in_is_read_back_as_it_was_committed(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let candidate =
        |percent| Candidate { attendee: AttendeeId::fresh(), similarity: Similarity::new(percent).unwrap() };
    let decisions = [
        Decision::Record { candidate: candidate(99.123_45), session: monday() },
        Decision::Stranger,
        Decision::Ambiguous { candidates: vec![candidate(91.0), candidate(90.1)] },
        Decision::PoorQuality { problems: vec![QualityProblem::TooSmall, QualityProblem::Blurred] },
        Decision::NotExpected { candidate: candidate(100.0) },
        Decision::ChooseSession { candidate: candidate(93.3), sessions: vec![monday(), session("a.2026-11-23.7")] },
        Decision::Refused { candidate: candidate(0.1), reason: Refusal::NoConsent, session: None },
    ];
    let mut given = check_in(&format!("C.1:-_{}", "x".repeat(120)), decisions);
    given.captured_at = "1969-12-31T23:59:59.999999Z".parse().unwrap();
    given.decided_at = "2100-01-01T00:00:00.000001Z".parse().unwrap();
    given.image = Some(ImageKey::new("checkins/2026-11-23/a.jpg").unwrap());
    given.unsearched = u32::MAX;
    given.liveness = Some(Liveness::NotShown);
    let empty = CheckIn { faces: Vec::new(), ..check_in("c-2", []) };
    let no_face = CheckIn { refused: Some(PictureRefusal::NoFace), ..check_in("c-3", []) };
    let problem = ImageProblem::TooManyPixels { width: 1, height: u32::MAX, limit: u64::MAX };
    let huge = CheckIn { refused: Some(PictureRefusal::Image(problem)), ..check_in("c-4", []) };
    for given in [given, empty, no_face, huge] {
        let committed = repo.commit(&organization, &commit(&organization, given.clone(), [])).await.unwrap();
        assert_eq!(committed, Committed::Written(Vec::new()));
        assert_eq!(repo.check_in(&organization, &given.id).await.unwrap(), Some(given));
    }
}

pub async fn a_record_and_its_event_become_visible_together(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let ada = attendee(repo, &organization).await;
    assert_eq!(repo.record(&organization, &monday(), ada).await.unwrap(), None);
    let given = arrival(&organization, ada, "c-1");
    let committed = repo.commit(&organization, &given).await.unwrap();
    let expected = given.records[0].record.clone();
    assert_eq!(committed, Committed::Written(vec![Recorded::New(expected.clone())]));
    assert_eq!(repo.record(&organization, &monday(), ada).await.unwrap(), Some(expected.clone()));
    assert_eq!(repo.history(&organization, &monday(), ada).await.unwrap(), [expected]);
    assert_eq!(events(repo, &organization, &Target::sink()).await, [given.records[0].event.clone()]);
}

pub async fn every_event_of_a_commit_goes_to_every_target(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let ada = attendee(repo, &organization).await;
    let mut given = arrival(&organization, ada, "c-1");
    given.events = (0..3).map(|face| Event::of_stranger(&organization, &given.check_in.id, face, at(0))).collect();
    given.targets.push(Target::new("third").unwrap());
    repo.commit(&organization, &given).await.unwrap();
    let mut expected = given.events.clone();
    expected.push(given.records[0].event.clone());
    expected.sort_by(|a, b| a.id.cmp(&b.id));
    for target in &given.targets {
        assert_eq!(events(repo, &organization, target).await, expected, "{target}");
    }
}

pub async fn the_first_commit_makes_the_record_and_every_other_gets_it(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let ada = attendee(repo, &organization).await;
    let first = arrival(&organization, ada, "c-1");
    repo.commit(&organization, &first).await.unwrap();
    let standing = first.records[0].record.clone();
    for id in ["c-2", "C-1", "c-3"] {
        let mut later = arrival(&organization, ada, id);
        later.records[0].record.status = Status::Late;
        later.records[0].record.at = at(60_000_000);
        let committed = repo.commit(&organization, &later).await.unwrap();
        assert_eq!(committed, Committed::Written(vec![Recorded::Already(standing.clone())]));
        assert_eq!(repo.check_in(&organization, &later.check_in.id).await.unwrap(), Some(later.check_in));
    }
    assert_eq!(repo.history(&organization, &monday(), ada).await.unwrap(), [standing]);
}

pub async fn of_many_check_ins_at_once_one_makes_the_record_and_all_get_it(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let ada = attendee(repo, &organization).await;
    let given: Vec<_> = (0..16).map(|n| arrival(&organization, ada, &format!("c-{n}"))).collect();
    let committed = join_all(given.iter().map(|commit| repo.commit(&organization, commit))).await;
    let standing = repo.record(&organization, &monday(), ada).await.unwrap().expect("a record");
    let mut made = 0;
    for committed in committed {
        match committed.unwrap() {
            Committed::Written(recorded) => match &recorded[..] {
                [Recorded::New(record)] => {
                    made += 1;
                    assert_eq!(*record, standing);
                }
                [Recorded::Already(record)] => assert_eq!(*record, standing),
                other => panic!("{other:?}"),
            },
            replayed @ Committed::Replayed(_) => panic!("{replayed:?}"),
        }
    }
    assert_eq!(made, 1);
    assert_eq!(repo.history(&organization, &monday(), ada).await.unwrap(), [standing.clone()]);
    let event = Event::of_record(&organization, &standing);
    assert_eq!(events(repo, &organization, &Target::sink()).await, [event.clone()]);
    assert_eq!(events(repo, &organization, &Target::notifier()).await, [event]);
    for commit in given {
        assert_eq!(repo.check_in(&organization, &commit.check_in.id).await.unwrap(), Some(commit.check_in));
    }
}

pub async fn the_event_of_a_record_that_was_there_is_not_stored(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let ada = attendee(repo, &organization).await;
    let first = arrival(&organization, ada, "c-1");
    repo.commit(&organization, &first).await.unwrap();
    let ids = [first.records[0].event.id.clone()];
    repo.acknowledge(&organization, &Target::sink(), &ids).await.unwrap();
    repo.commit(&organization, &arrival(&organization, ada, "c-2")).await.unwrap();
    assert_eq!(events(repo, &organization, &Target::sink()).await, []);
    let event = first.records[0].event.clone();
    assert_eq!(events(repo, &organization, &Target::notifier()).await, [event], "the first one's, as it was");
}

pub async fn one_commit_makes_new_records_beside_those_that_were_there(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let mut attendees = Vec::new();
    for _ in 0..40 {
        attendees.push(attendee(repo, &organization).await);
    }
    let early: Vec<_> = attendees.iter().step_by(2).map(|&each| record(&monday(), each, "c-1")).collect();
    repo.commit(&organization, &commit(&organization, check_in("c-1", []), early)).await.unwrap();
    let all: Vec<_> = attendees.iter().map(|&each| record(&monday(), each, "c-2")).collect();
    let committed = repo.commit(&organization, &commit(&organization, check_in("c-2", []), all)).await.unwrap();
    let Committed::Written(recorded) = committed else { panic!("{committed:?}") };
    let expected: Vec<_> = attendees
        .iter()
        .enumerate()
        .map(|(index, &each)| match index % 2 {
            0 => Recorded::Already(record(&monday(), each, "c-1")),
            _ => Recorded::New(record(&monday(), each, "c-2")),
        })
        .collect();
    assert_eq!(recorded, expected, "in their order");
    assert_eq!(events(repo, &organization, &Target::sink()).await.len(), 40);
}

pub async fn overlapping_commits_at_once_make_every_record_once(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let mut attendees = Vec::new();
    for _ in 0..6 {
        attendees.push(attendee(repo, &organization).await);
    }
    // Opposite orders: an adapter that locks row by row must not let them wait for each other for ever.
    let commits: Vec<_> = (0..8)
        .map(|n| {
            let id = format!("c-{n}");
            let mut records: Vec<_> = attendees.iter().map(|&each| record(&monday(), each, &id)).collect();
            if n % 2 == 1 {
                records.reverse();
            }
            commit(&organization, check_in(&id, []), records)
        })
        .collect();
    let committed = join_all(commits.iter().map(|commit| repo.commit(&organization, commit))).await;
    let mut made = Vec::new();
    for committed in committed {
        let Committed::Written(recorded) = committed.unwrap() else { panic!("nothing was replayed") };
        assert_eq!(recorded.len(), 6);
        made.extend(recorded.into_iter().filter_map(|recorded| match recorded {
            Recorded::New(record) => Some(record.attendee),
            Recorded::Already(_) => None,
        }));
    }
    made.sort();
    attendees.sort();
    assert_eq!(made, attendees);
    assert_eq!(events(repo, &organization, &Target::sink()).await.len(), 6);
}

pub async fn a_commit_with_the_id_of_an_earlier_check_in_changes_nothing(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let (ada, bob) = (attendee(repo, &organization).await, attendee(repo, &organization).await);
    let first = arrival(&organization, ada, "c-1");
    repo.commit(&organization, &first).await.unwrap();
    let mut other = arrival(&organization, bob, "c-1");
    other.events = vec![Event::of_stranger(&organization, &other.check_in.id, 7, at(0))];
    for again in [&first, &other] {
        let committed = repo.commit(&organization, again).await.unwrap();
        assert_eq!(committed, Committed::Replayed(first.check_in.clone()));
    }
    assert_eq!(repo.record(&organization, &monday(), bob).await.unwrap(), None);
    assert_eq!(repo.check_in(&organization, &first.check_in.id).await.unwrap(), Some(first.check_in));
    assert_eq!(events(repo, &organization, &Target::sink()).await, [first.records[0].event.clone()]);
}

pub async fn of_many_commits_of_one_check_in_at_once_one_is_written(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let ada = attendee(repo, &organization).await;
    let given = arrival(&organization, ada, "c-1");
    let committed = join_all((0..16).map(|_| repo.commit(&organization, &given))).await;
    let mut written = 0;
    for committed in committed {
        match committed.unwrap() {
            Committed::Written(recorded) => {
                written += 1;
                assert_eq!(recorded, [Recorded::New(given.records[0].record.clone())]);
            }
            Committed::Replayed(earlier) => assert_eq!(earlier, given.check_in),
        }
    }
    assert_eq!(written, 1);
    assert_eq!(events(repo, &organization, &Target::sink()).await, [given.records[0].event.clone()]);
}

pub async fn check_ins_whose_ids_differ_by_case_are_different(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    for id in ["abc", "ABC", "Abc"] {
        let given = commit(&organization, check_in(id, []), []);
        assert_eq!(repo.commit(&organization, &given).await.unwrap(), Committed::Written(Vec::new()));
    }
    assert_eq!(repo.check_in(&organization, &check_in_id("aBC")).await.unwrap(), None);
}

pub async fn sessions_whose_groups_differ_by_case_have_different_records(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let ada = attendee(repo, &organization).await;
    let sessions = ["5B.2026-11-23.0", "5b.2026-11-23.0", "5B.2026-11-23.1", "5B.2026-11-24.0"].map(session);
    let records = sessions.iter().map(|session| record(session, ada, "c-1"));
    let committed = repo.commit(&organization, &commit(&organization, check_in("c-1", []), records)).await.unwrap();
    let expected = sessions.iter().map(|session| Recorded::New(record(session, ada, "c-1"))).collect();
    assert_eq!(committed, Committed::Written(expected));
}

pub async fn the_same_session_and_attendee_in_another_organization_is_another_record(repo: &dyn AttendanceRepo) {
    let (mine, other) = two_organizations(repo).await;
    let ada = somebody();
    repo.create_attendee(&mine, &ada, &entry(AuditAction::Register)).await.unwrap();
    repo.create_attendee(&other, &ada, &entry(AuditAction::Register)).await.unwrap();
    let given = arrival(&mine, ada.id, "c-1");
    repo.commit(&mine, &given).await.unwrap();
    assert_eq!(repo.record(&other, &monday(), ada.id).await.unwrap(), None);
    assert_eq!(repo.history(&other, &monday(), ada.id).await.unwrap(), []);
    assert_eq!(repo.check_in(&other, &given.check_in.id).await.unwrap(), None);

    let theirs = arrival(&other, ada.id, "c-1");
    let committed = repo.commit(&other, &theirs).await.unwrap();
    assert_eq!(committed, Committed::Written(vec![Recorded::New(theirs.records[0].record.clone())]));
    let corrected = correction(&theirs.records[0].record, "on leave");
    repo.mark(&other, &RecordDraft::new(&other, corrected), &[], None).await.unwrap();
    let mine_still = repo.record(&mine, &monday(), ada.id).await.unwrap();
    assert_eq!(mine_still, Some(given.records[0].record.clone()));
}

/// Marks `record` for the sink.
async fn mark(
    repo: &dyn AttendanceRepo,
    organization: &OrganizationId,
    record: &AttendanceRecord,
) -> Result<(), RepoError> {
    let draft = RecordDraft::new(organization, record.clone());
    repo.mark(organization, &draft, &[Target::sink()], None).await
}

pub async fn a_correction_stands_and_the_versions_before_stay_in_the_history(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let ada = attendee(repo, &organization).await;
    let first = AttendanceRecord { method: Method::Sweep, check_in: None, ..record(&monday(), ada, "c-1") };
    let second = correction(&first, "Entschuldigt: 'Zahnarzt' – 100 %_\\ 🦷");
    let third = correction(&second, &"ä".repeat(500));
    for version in [&first, &second, &third] {
        mark(repo, &organization, version).await.unwrap();
        assert_eq!(repo.record(&organization, &monday(), ada).await.unwrap().as_ref(), Some(version));
    }
    let history = [first, second, third];
    assert_eq!(repo.history(&organization, &monday(), ada).await.unwrap(), history);
    let expected = history.map(|version| Event::of_record(&organization, &version));
    assert_eq!(events(repo, &organization, &Target::sink()).await, expected);
    assert_eq!(events(repo, &organization, &Target::notifier()).await, [], "it was no target");
}

pub async fn a_mark_upon_another_version_is_refused_together_with_its_event(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let ada = attendee(repo, &organization).await;
    let first = record(&monday(), ada, "c-1");
    let second = correction(&first, "on leave");
    let early = mark(repo, &organization, &second).await;
    assert!(matches!(early, Err(RepoError::Conflict)), "{early:?}");
    assert_eq!(repo.history(&organization, &monday(), ada).await.unwrap(), []);

    mark(repo, &organization, &first).await.unwrap();
    mark(repo, &organization, &second).await.unwrap();
    let expected = [&first, &second].map(|version| Event::of_record(&organization, version));
    for version in [1, 2, 4] {
        let refused = mark(repo, &organization, &AttendanceRecord { version, ..second.clone() }).await;
        assert!(matches!(refused, Err(RepoError::Conflict)), "version {version}: {refused:?}");
        assert_eq!(repo.history(&organization, &monday(), ada).await.unwrap(), [first.clone(), second.clone()]);
        assert_eq!(events(repo, &organization, &Target::sink()).await, expected);
    }
}

pub async fn of_many_corrections_of_one_version_at_once_one_wins(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let ada = attendee(repo, &organization).await;
    let first = record(&monday(), ada, "c-1");
    mark(repo, &organization, &first).await.unwrap();
    let given: Vec<_> = (0..8).map(|n| correction(&first, &format!("reason {n}"))).collect();
    let marked = join_all(given.iter().map(|version| mark(repo, &organization, version))).await;
    assert_eq!(marked.iter().filter(|marked| marked.is_ok()).count(), 1);
    assert!(marked.iter().all(|marked| matches!(marked, Ok(()) | Err(RepoError::Conflict))), "{marked:?}");
    let winner = marked.iter().position(Result::is_ok).unwrap();
    assert_eq!(repo.history(&organization, &monday(), ada).await.unwrap(), [first, given[winner].clone()]);
    assert_eq!(events(repo, &organization, &Target::sink()).await.len(), 2);
}

pub async fn a_check_in_and_a_mark_at_once_make_one_record(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let ada = attendee(repo, &organization).await;
    let given = arrival(&organization, ada, "c-1");
    let swept = AttendanceRecord {
        status: Status::Absent,
        method: Method::Sweep,
        check_in: None,
        ..record(&monday(), ada, "c-1")
    };
    let by_face = async {
        matches!(repo.commit(&organization, &given).await.unwrap(),
        Committed::Written(recorded) if matches!(recorded[..], [Recorded::New(_)]))
    };
    let by_sweep = async { mark(repo, &organization, &swept).await.is_ok() };
    let attempts: [std::pin::Pin<Box<dyn Future<Output = bool> + '_>>; 2] = [Box::pin(by_face), Box::pin(by_sweep)];
    let made = join_all(attempts).await;
    assert!(made[0], "the face counts, before the sweep or upon what it marked");
    let versions = made.iter().filter(|made| **made).count();
    let history = repo.history(&organization, &monday(), ada).await.unwrap();
    assert_eq!((history.len(), history.last().map(|record| record.status)), (versions, Some(Status::Present)));
    assert_eq!(events(repo, &organization, &Target::sink()).await.len(), versions);
}

pub async fn a_check_in_does_not_undo_a_correction(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let ada = attendee(repo, &organization).await;
    let first = record(&monday(), ada, "c-1");
    let second = correction(&first, "on leave");
    mark(repo, &organization, &first).await.unwrap();
    mark(repo, &organization, &second).await.unwrap();
    let committed = repo.commit(&organization, &arrival(&organization, ada, "c-2")).await.unwrap();
    assert_eq!(committed, Committed::Written(vec![Recorded::Already(second)]));
}

/// Ada, whom the sweep marked absent on Monday, and what it wrote.
async fn swept(repo: &dyn AttendanceRepo, organization: &OrganizationId) -> (AttendeeId, AttendanceRecord) {
    let ada = attendee(repo, organization).await;
    let absent = AttendanceRecord {
        status: Status::Absent,
        method: Method::Sweep,
        check_in: None,
        ..record(&monday(), ada, "c-0")
    };
    mark(repo, organization, &absent).await.unwrap();
    (ada, absent)
}

pub async fn a_check_in_supersedes_what_a_chore_marked(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let (ada, absent) = swept(repo, &organization).await;
    let before = events(repo, &organization, &Target::sink()).await;
    let given = arrival(&organization, ada, "c-1");
    let came = AttendanceRecord { version: 2, ..given.records[0].record.clone() };
    let committed = repo.commit(&organization, &given).await.unwrap();
    assert_eq!(committed, Committed::Written(vec![Recorded::New(came.clone())]));
    assert_eq!(repo.history(&organization, &monday(), ada).await.unwrap(), [absent, came.clone()]);
    let mut expected = before;
    expected.push(Event::of_record(&organization, &came));
    expected.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(events(repo, &organization, &Target::sink()).await, expected);

    // What a face made is superseded by nothing, and the same check-in changes nothing.
    let later = repo.commit(&organization, &arrival(&organization, ada, "c-2")).await.unwrap();
    assert_eq!(later, Committed::Written(vec![Recorded::Already(came.clone())]));
    let again = repo.commit(&organization, &given).await.unwrap();
    assert_eq!(again, Committed::Replayed(given.check_in));
    assert_eq!(repo.record(&organization, &monday(), ada).await.unwrap(), Some(came));
    let ids: Vec<_> = expected.into_iter().map(|event| event.id).collect();
    repo.acknowledge(&organization, &Target::sink(), &ids).await.unwrap();
    assert_eq!(events(repo, &organization, &Target::sink()).await, []);
}

pub async fn of_many_check_ins_at_once_one_supersedes_what_a_chore_marked(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let (ada, absent) = swept(repo, &organization).await;
    let given: Vec<_> = (0..8).map(|n| arrival(&organization, ada, &format!("c-{n}"))).collect();
    let committed = join_all(given.iter().map(|commit| repo.commit(&organization, commit))).await;
    let made = committed.into_iter().filter(|committed| match committed {
        Ok(Committed::Written(recorded)) => matches!(recorded[..], [Recorded::New(_)]),
        other => panic!("{other:?}"),
    });
    assert_eq!(made.count(), 1);
    let history = repo.history(&organization, &monday(), ada).await.unwrap();
    assert_eq!((history.len(), &history[0], history[1].version), (2, &absent, 2));
}

pub async fn a_pictures_key_can_be_detached_again_and_again(repo: &dyn AttendanceRepo) {
    let (organization, other) = two_organizations(repo).await;
    let image = Some(ImageKey::new("checkins/2026-11-23/c-1").unwrap());
    let given = CheckIn { image, ..check_in("c-1", [Decision::Stranger]) };
    repo.commit(&organization, &commit(&organization, given.clone(), [])).await.unwrap();
    repo.detach_image(&other, &given.id).await.unwrap();
    repo.detach_image(&organization, &check_in_id("c-2")).await.unwrap();
    assert_eq!(repo.check_in(&organization, &given.id).await.unwrap(), Some(given.clone()));
    for _ in 0..2 {
        repo.detach_image(&organization, &given.id).await.unwrap();
        let expected = CheckIn { image: None, ..given.clone() };
        assert_eq!(repo.check_in(&organization, &given.id).await.unwrap(), Some(expected));
    }
    // What is replayed is what stands.
    let replayed = repo.commit(&organization, &commit(&organization, given.clone(), [])).await.unwrap();
    assert_eq!(replayed, Committed::Replayed(CheckIn { image: None, ..given }));
}
