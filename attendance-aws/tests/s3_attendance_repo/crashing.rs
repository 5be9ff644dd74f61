//! A process may die between any two requests, or after one whose answer it never saw. Each case is run once for every
//! request that it makes, cut off there, and finished by each of those who may come next.

use attendance_aws::s3::S3AttendanceRepo;
use attendance_core::domain::attendee::{Attendee, EnrolmentState, ExternalId, Tombstone};
use attendance_core::domain::event::{Event, Target};
use attendance_core::domain::ids::{AttendeeId, GroupId, OrganizationId};
use attendance_core::domain::organization::Organization;
use attendance_core::domain::page::PageRequest;
use attendance_core::domain::session::Session;
use attendance_core::ports::attendance_repo::{
    AttendeeQuery, CheckInQuery, Commit, Committed, Outgoing, RecordDraft, Recorded, Subject,
};
use attendance_core::ports::{
    AttendanceRepoExt as _, Directory as _, Ledger as _, Outbox as _, RepoError, Timetable as _,
};

use crate::given::{World, ada, arrival, at, corrected, entry, monday, organization, record, unsaved_organization};
use crate::support::Disturbance;

/// How a process dies.
#[derive(Debug, Clone, Copy)]
enum Death {
    /// Before its n-th request.
    Before,
    /// After the n-th arrived, before its answer.
    After,
}

/// Everything from the n-th request on fails; with [`Death::After`] the n-th one arrives.
fn cut(n: usize, death: Death) -> Vec<Disturbance> {
    let refused = || Disturbance::xml(403, "AccessDenied");
    let nth = match death {
        Death::Before => refused(),
        Death::After => Disturbance::Lost,
    };
    let passing = std::iter::repeat_n(Disturbance::Pass, n);
    passing.chain([nth]).chain(std::iter::repeat_with(refused).take(64)).collect()
}

/// Runs `act` by a process that dies at its first request, its second, and so on, until one lives; after each, `then`
/// looks what can be made of it. `prepare` makes what the two are about, anew each time.
pub(crate) async fn dying_everywhere<G>(
    world: &World,
    prepare: impl AsyncFn(&S3AttendanceRepo) -> G,
    act: impl AsyncFn(&S3AttendanceRepo, &G) -> Result<(), RepoError>,
    then: impl AsyncFn(&S3AttendanceRepo, &G, &str),
) {
    let calm = world.repo().await;
    for death in [Death::Before, Death::After] {
        for n in 0.. {
            assert!(n < 40, "it never ends");
            let given = prepare(&calm).await;
            let (dying, proxy) = world.watched().await;
            proxy.disturb(cut(n, death));
            let lived = act(&dying, &given).await.is_ok();
            then(&calm, &given, &format!("{death:?} request {n}")).await;
            if lived && proxy.take().len() <= n {
                break;
            }
        }
    }
}

async fn pending(repo: &S3AttendanceRepo, organization: &OrganizationId, target: &Target) -> Vec<Event> {
    let mut events = repo.pending(organization, target, 100).await.unwrap();
    events.sort_by(|a, b| a.id.cmp(&b.id));
    events
}

struct Arrival {
    organization: OrganizationId,
    attendees: Vec<AttendeeId>,
    commit: Commit,
}

async fn an_arrival(repo: &S3AttendanceRepo) -> Arrival {
    let organization = organization(repo).await;
    let attendees = vec![AttendeeId::fresh(), AttendeeId::fresh()];
    let mut commit = arrival(&organization, &attendees, "c-1");
    commit.targets.push(Target::notifier());
    Arrival { organization, attendees, commit }
}

impl Arrival {
    fn events(&self) -> Vec<Event> {
        let mut events: Vec<_> = self.commit.records.iter().map(|draft| draft.event.clone()).collect();
        events.extend(self.commit.events.clone());
        events.sort_by(|a, b| a.id.cmp(&b.id));
        events
    }

    /// Everything is there, once.
    async fn is_whole(&self, repo: &S3AttendanceRepo, when: &str) {
        let Self { organization, attendees, commit } = self;
        for draft in &commit.records {
            let history = repo.history(organization, &monday(), draft.record.attendee).await.unwrap();
            assert_eq!(history, [draft.record.clone()], "{when}");
        }
        for target in &commit.targets {
            assert_eq!(pending(repo, organization, target).await, self.events(), "{when}: {target}");
        }
        assert_eq!(repo.check_in(organization, &commit.check_in.id).await.unwrap().as_ref(), Some(&commit.check_in));
        for attendee in [None, Some(attendees[0]), Some(attendees[1])] {
            let query = CheckInQuery { attendee, ..CheckInQuery::default() };
            let listed = repo.check_ins(organization, &query, &PageRequest::default()).await.unwrap().items;
            assert_eq!(listed, [commit.check_in.clone()], "{when}");
        }
    }

    /// Nothing is there.
    async fn is_nothing(&self, repo: &S3AttendanceRepo, when: &str) {
        for attendee in &self.attendees {
            assert_eq!(repo.record(&self.organization, &monday(), *attendee).await.unwrap(), None, "{when}");
        }
        let all = CheckInQuery::default();
        let listed = repo.check_ins(&self.organization, &all, &PageRequest::default()).await.unwrap().items;
        assert_eq!(listed, [], "{when}");
    }

    /// Acknowledged by everybody, it leaves no marker behind.
    async fn leaves_no_marker(&self, world: &World, repo: &S3AttendanceRepo, when: &str) {
        let ids: Vec<_> = self.events().into_iter().map(|event| event.id).collect();
        for target in &self.commit.targets {
            repo.acknowledge(&self.organization, target, &ids).await.unwrap();
            assert_eq!(pending(repo, &self.organization, target).await, [], "{when}");
        }
        assert_eq!(world.keys(&self.organization, "outbox/").await, [""; 0], "{when}");
    }
}

#[tokio::test]
async fn a_commit_that_was_cut_off_is_finished_by_the_next_relay_or_never_happened() {
    let Some(world) = World::begin().await else { return };
    let act = async |repo: &S3AttendanceRepo, given: &Arrival| {
        repo.commit(&given.organization, &given.commit).await.map(drop)
    };
    let then = async |repo: &S3AttendanceRepo, given: &Arrival, when: &str| {
        let pending = pending(repo, &given.organization, &Target::sink()).await;
        if pending.is_empty() {
            given.is_nothing(repo, when).await;
            let committed = repo.commit(&given.organization, &given.commit).await.unwrap();
            assert!(matches!(committed, Committed::Written(_)), "{when}: {committed:?}");
        }
        given.is_whole(repo, when).await;
        given.leaves_no_marker(&world, repo, when).await;
        let again = repo.commit(&given.organization, &given.commit).await.unwrap();
        assert_eq!(again, Committed::Replayed(given.commit.check_in.clone()), "{when}");
        assert!(repo.pending(&given.organization, &Target::sink(), 9).await.unwrap().is_empty(), "{when}: told twice");
    };
    dying_everywhere(&world, an_arrival, act, then).await;
}

#[tokio::test]
async fn a_commit_that_was_cut_off_is_finished_by_its_repetition() {
    let Some(world) = World::begin().await else { return };
    let act = async |repo: &S3AttendanceRepo, given: &Arrival| {
        repo.commit(&given.organization, &given.commit).await.map(drop)
    };
    let then = async |repo: &S3AttendanceRepo, given: &Arrival, when: &str| {
        match repo.commit(&given.organization, &given.commit).await.unwrap() {
            Committed::Replayed(earlier) => assert_eq!(earlier, given.commit.check_in, "{when}"),
            Committed::Written(recorded) => {
                assert!(recorded.iter().all(|each| matches!(each, Recorded::New(_))), "{when}: {recorded:?}");
            }
        }
        given.is_whole(repo, when).await;
        given.leaves_no_marker(&world, repo, when).await;
    };
    dying_everywhere(&world, an_arrival, act, then).await;
}

#[tokio::test]
async fn who_sees_a_check_in_that_was_cut_off_sees_its_records() {
    let Some(world) = World::begin().await else { return };
    let act = async |repo: &S3AttendanceRepo, given: &Arrival| {
        repo.commit(&given.organization, &given.commit).await.map(drop)
    };
    let then = async |repo: &S3AttendanceRepo, given: &Arrival, when: &str| match repo
        .check_in(&given.organization, &given.commit.check_in.id)
        .await
        .unwrap()
    {
        Some(_) => given.is_whole(repo, when).await,
        None => given.is_nothing(repo, when).await,
    };
    dying_everywhere(&world, an_arrival, act, then).await;
}

#[tokio::test]
async fn a_repetition_with_other_content_leaves_what_was_begun_first_alone() {
    let Some(world) = World::begin().await else { return };
    let act = async |repo: &S3AttendanceRepo, given: &Arrival| {
        repo.commit(&given.organization, &given.commit).await.map(drop)
    };
    let then = async |repo: &S3AttendanceRepo, given: &Arrival, when: &str| {
        let somebody = AttendeeId::fresh();
        let other = arrival(&given.organization, &[somebody], "c-1");
        let committed = repo.commit(&given.organization, &other).await.unwrap();
        let recorded = repo.record(&given.organization, &monday(), somebody).await.unwrap();
        match committed {
            Committed::Replayed(_) => {
                assert_eq!(recorded, None, "{when}");
                given.is_whole(repo, when).await;
            }
            Committed::Written(_) => {
                // Whatever the first one left, nothing comes of it any more.
                assert_eq!(pending(repo, &given.organization, &Target::sink()).await.len(), 2, "{when}");
                assert_eq!(recorded, Some(other.records[0].record.clone()), "{when}");
                for attendee in &given.attendees {
                    let record = repo.record(&given.organization, &monday(), *attendee).await.unwrap();
                    assert_eq!(record, None, "{when}");
                }
                assert_eq!(pending(repo, &given.organization, &Target::notifier()).await, [], "{when}");
                assert_eq!(world.keys(&given.organization, "outbox/").await.len(), 1, "{when}");
            }
        }
    };
    dying_everywhere(&world, an_arrival, act, then).await;
}

#[tokio::test]
async fn a_mark_that_was_cut_off_is_there_with_its_event_or_not_at_all() {
    let Some(world) = World::begin().await else { return };
    for corrects in [false, true] {
        let prepare = async |repo: &S3AttendanceRepo| {
            let organization = organization(repo).await;
            let first = record(AttendeeId::fresh(), "c-1");
            if !corrects {
                return (RecordDraft::new(&organization, first), organization);
            }
            repo.mark(&organization, &RecordDraft::new(&organization, first.clone()), &[], None).await.unwrap();
            (RecordDraft::new(&organization, corrected(&first)), organization)
        };
        let act = async |repo: &S3AttendanceRepo, (draft, organization): &(RecordDraft, OrganizationId)| {
            repo.mark(organization, draft, &[Target::sink()], None).await
        };
        let then = async |repo: &S3AttendanceRepo, given: &(RecordDraft, OrganizationId), when: &str| {
            let (draft, organization) = given;
            let told = pending(repo, organization, &Target::sink()).await;
            let standing = repo.record(organization, &monday(), draft.record.attendee).await.unwrap();
            let stands = standing.as_ref() == Some(&draft.record);
            assert_eq!(told, if stands { vec![draft.event.clone()] } else { vec![] }, "{when}");
            match repo.mark(organization, draft, &[Target::sink()], None).await {
                Ok(()) => assert!(!stands, "{when}"),
                Err(RepoError::Conflict) => assert!(stands, "{when}"),
                Err(error) => panic!("{when}: {error:?}"),
            }
            assert_eq!(pending(repo, organization, &Target::sink()).await, [draft.event.clone()], "{when}");
            let history = repo.history(organization, &monday(), draft.record.attendee).await.unwrap();
            assert_eq!(history.len(), draft.record.version as usize, "{when}");
            repo.acknowledge(organization, &Target::sink(), &[draft.event.id.clone()]).await.unwrap();
            assert_eq!(world.keys(organization, "outbox/").await, [""; 0], "{when}");
        };
        dying_everywhere(&world, prepare, act, then).await;
    }
}

#[tokio::test]
async fn an_attendee_whose_saving_was_cut_off_is_changed_with_the_events_or_not_at_all() {
    let Some(world) = World::begin().await else { return };
    let prepare = async |repo: &S3AttendanceRepo| {
        let organization = organization(repo).await;
        let before = repo.create_attendee(&organization, &ada(), &entry()).await.unwrap();
        (organization, before)
    };
    let change = |before: &Attendee, organization: &OrganizationId| {
        let mut changed = Attendee { enrolment: EnrolmentState::Active, ..before.clone() };
        changed.external_id = Some(ExternalId::new("Roll1816").unwrap());
        changed.groups.insert(GroupId::new("5B").unwrap());
        let event = Event::of_enrolment(organization, before.id, EnrolmentState::Active, 2, at(5));
        (changed, Outgoing { events: vec![event], targets: vec![Target::sink()], audit: None })
    };
    let act = async |repo: &S3AttendanceRepo, (organization, before): &(OrganizationId, Attendee)| {
        let (changed, outgoing) = change(before, organization);
        repo.save_attendee(organization, &changed, &outgoing).await.map(drop)
    };
    let then = async |repo: &S3AttendanceRepo, (organization, before): &(OrganizationId, Attendee), when: &str| {
        let (changed, outgoing) = change(before, organization);
        let told = repo.pending(organization, &Target::sink(), 9).await.unwrap();
        let saved = repo.attendee(organization, before.id).await.unwrap().version == 2;
        assert_eq!(told, if saved { outgoing.events.clone() } else { vec![] }, "{when}");
        match repo.save_attendee(organization, &changed, &outgoing).await {
            Ok(_) => assert!(!saved, "{when}"),
            Err(RepoError::Conflict) => assert!(saved, "{when}"),
            Err(error) => panic!("{when}: {error:?}"),
        }
        assert_eq!(repo.pending(organization, &Target::sink(), 9).await.unwrap(), outgoing.events, "{when}");
        for (id, has) in [(&changed.external_id, true), (&before.external_id, false)] {
            let holder = repo.attendee_by_external_id(organization, id.as_ref().unwrap()).await.unwrap();
            assert_eq!(holder.is_some(), has, "{when}");
        }
        let roster = AttendeeQuery { group: Some(GroupId::new("5B").unwrap()), erasing: false };
        let listed = repo.attendees(organization, &roster, &PageRequest::default()).await.unwrap().items;
        assert_eq!(listed.len(), 1, "{when}");
        // What was given up is free.
        repo.create_attendee(organization, &ada(), &entry()).await.unwrap();
    };
    dying_everywhere(&world, prepare, act, then).await;
}

#[tokio::test]
async fn a_registration_that_was_cut_off_does_not_block_the_external_id() {
    let Some(world) = World::begin().await else { return };
    let prepare = async |repo: &S3AttendanceRepo| (organization(repo).await, ada());
    let act = async |repo: &S3AttendanceRepo, (organization, ada): &(OrganizationId, Attendee)| {
        repo.create_attendee(organization, ada, &entry()).await.map(drop)
    };
    let then = async |repo: &S3AttendanceRepo, (organization, first): &(OrganizationId, Attendee), when: &str| {
        let second = ada();
        let registered = repo.attendees_by_id(organization, &[first.id]).await.unwrap().len() == 1;
        let holder = match repo.create_attendee(organization, &second, &entry()).await {
            Ok(_) => {
                assert!(!registered, "{when}");
                let late = repo.create_attendee(organization, first, &entry()).await;
                assert!(matches!(late, Err(RepoError::ExternalIdTaken)), "{when}: {late:?}");
                second.id
            }
            Err(RepoError::ExternalIdTaken) => {
                assert!(registered, "{when}");
                first.id
            }
            Err(error) => panic!("{when}: {error:?}"),
        };
        let found = repo.attendee_by_external_id(organization, first.external_id.as_ref().unwrap()).await.unwrap();
        assert_eq!(found.map(|attendee| attendee.id), Some(holder), "{when}");
        let all = repo.attendees(organization, &AttendeeQuery::default(), &PageRequest::default()).await.unwrap();
        assert_eq!(all.items.iter().map(|attendee| attendee.id).collect::<Vec<_>>(), [holder], "{when}");
    };
    dying_everywhere(&world, prepare, act, then).await;
}

#[tokio::test]
async fn an_organization_whose_making_was_cut_off_has_everybody_in_a_group() {
    let Some(world) = World::begin().await else { return };
    let prepare = async |_: &S3AttendanceRepo| unsaved_organization();
    let act =
        async |repo: &S3AttendanceRepo, given: &Organization| repo.create_organization(given, &entry()).await.map(drop);
    let then = async |repo: &S3AttendanceRepo, given: &Organization, when: &str| {
        if repo.organization(&given.id).await.unwrap().is_none() {
            repo.create_organization(given, &entry()).await.unwrap();
        }
        let groups = repo.groups(&given.id, &PageRequest::default()).await.unwrap().items;
        assert_eq!(groups.len(), 1, "{when}");
        assert_eq!((groups[0].version, &groups[0].zone), (1, &given.zone), "{when}");
    };
    dying_everywhere(&world, prepare, act, then).await;
}

#[tokio::test]
async fn a_session_whose_making_or_closing_was_cut_off_is_due_until_it_is_closed() {
    let Some(world) = World::begin().await else { return };
    let meeting = Session {
        id: monday(),
        opens_at: at(0),
        late_after: None,
        closes_at: at(100),
        marks_absent: true,
        closed_at: None,
    };
    let prepare = async |repo: &S3AttendanceRepo| organization(repo).await;
    let act = async |repo: &S3AttendanceRepo, organization: &OrganizationId| {
        repo.ensure_session(organization, &meeting).await?;
        repo.close_session(organization, &meeting.id, at(100), None).await.map(drop)
    };
    let then = async |repo: &S3AttendanceRepo, organization: &OrganizationId, when: &str| {
        let due = async || repo.due_sessions(organization, at(100), 9).await.unwrap();
        let stored = repo.ensure_session(organization, &meeting).await.unwrap();
        let open = if stored.closed_at.is_none() { vec![meeting.clone()] } else { vec![] };
        assert_eq!(due().await, open, "{when}");
        let closed = repo.close_session(organization, &meeting.id, at(100), None).await.unwrap();
        assert_eq!(closed.closed_at, Some(at(100)), "{when}");
        assert_eq!(due().await, [], "{when}");
        assert_eq!(world.keys(organization, "due/").await, [""; 0], "{when}");
    };
    dying_everywhere(&world, prepare, act, then).await;
}

#[tokio::test]
async fn a_link_that_was_cut_off_is_made_by_its_repetition_and_goes_with_the_attendee() {
    let Some(world) = World::begin().await else { return };
    let subject = Subject { issuer: "https://idp".to_owned(), subject: "subject-of-ada".to_owned() };
    let prepare = async |repo: &S3AttendanceRepo| {
        let organization = organization(repo).await;
        let ada = repo.create_attendee(&organization, &ada(), &entry()).await.unwrap();
        (organization, ada)
    };
    let act = async |repo: &S3AttendanceRepo, (organization, ada): &(OrganizationId, Attendee)| {
        repo.link_subject(organization, &subject, ada.id, &entry()).await
    };
    let then = async |repo: &S3AttendanceRepo, (organization, ada): &(OrganizationId, Attendee), when: &str| {
        let linked = async || repo.attendee_of_subject(organization, &subject).await.unwrap();
        assert!(linked().await.is_none_or(|id| id == ada.id), "{when}");
        repo.link_subject(organization, &subject, ada.id, &entry()).await.unwrap();
        assert_eq!(linked().await, Some(ada.id), "{when}");
        let tombstone = Some(Tombstone { requested_at: at(10), completed_at: None });
        let buried = Attendee { tombstone, ..ada.clone() };
        repo.save_attendee(organization, &buried, &Outgoing::default()).await.unwrap();
        repo.erase_attendee(organization, ada.id, at(20), &entry()).await.unwrap();
        assert_eq!(linked().await, None, "{when}");
        assert_eq!(world.keys(organization, "subjects/").await, [""; 0], "{when}");
    };
    dying_everywhere(&world, prepare, act, then).await;
}

#[tokio::test]
async fn an_acknowledgement_that_was_cut_off_loses_nothing_and_can_be_repeated() {
    let Some(world) = World::begin().await else { return };
    let prepare = async |repo: &S3AttendanceRepo| {
        let given = an_arrival(repo).await;
        repo.commit(&given.organization, &given.commit).await.unwrap();
        given
    };
    let act = async |repo: &S3AttendanceRepo, given: &Arrival| {
        for target in &given.commit.targets {
            let events = repo.pending(&given.organization, target, 9).await?;
            let ids: Vec<_> = events.into_iter().map(|event| event.id).collect();
            repo.acknowledge(&given.organization, target, &ids).await?;
        }
        Ok(())
    };
    let then = async |repo: &S3AttendanceRepo, given: &Arrival, when: &str| {
        for target in &given.commit.targets {
            let left = pending(repo, &given.organization, target).await;
            assert!(left.is_empty() || left == given.events(), "{when}: {left:?}");
        }
        given.leaves_no_marker(&world, repo, when).await;
    };
    dying_everywhere(&world, prepare, act, then).await;
}

#[tokio::test]
async fn an_erasure_that_was_cut_off_counts_as_complete_only_when_it_is() {
    let Some(world) = World::begin().await else { return };
    let prepare = async |repo: &S3AttendanceRepo| {
        let organization = organization(repo).await;
        let ada = repo.create_attendee(&organization, &ada(), &entry()).await.unwrap();
        let first = record(ada.id, "c-1");
        for version in [first.clone(), corrected(&first)] {
            repo.mark(&organization, &RecordDraft::new(&organization, version), &[], None).await.unwrap();
        }
        let tombstone = Some(Tombstone { requested_at: at(10), completed_at: None });
        let id = ada.id;
        repo.save_attendee(&organization, &Attendee { tombstone, ..ada }, &Outgoing::default()).await.unwrap();
        (organization, id)
    };
    let act = async |repo: &S3AttendanceRepo, (organization, id): &(OrganizationId, AttendeeId)| {
        repo.erase_attendee(organization, *id, at(20), &entry()).await
    };
    let then = async |repo: &S3AttendanceRepo, (organization, id): &(OrganizationId, AttendeeId), when: &str| {
        let completed = async || {
            let attendee = repo.attendee(organization, *id).await.unwrap();
            attendee.tombstone.and_then(|tombstone| tombstone.completed_at)
        };
        let left = async || {
            let mut left = world.keys(organization, "claims/").await;
            let history = repo.history(organization, &monday(), *id).await.unwrap();
            left.extend(
                history
                    .iter()
                    .map(|record| format!("{:?}", record.method))
                    .filter(|method| method.contains("Some(Reason")),
            );
            left
        };
        if completed().await.is_some() {
            assert_eq!(left().await, [""; 0], "{when}");
        }
        repo.erase_attendee(organization, *id, at(30), &entry()).await.unwrap();
        assert_eq!(left().await, [""; 0], "{when}");
        assert!(completed().await.is_some(), "{when}");
    };
    dying_everywhere(&world, prepare, act, then).await;
}
