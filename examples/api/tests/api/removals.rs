use attendance_core::domain::ids::{AttendeeId, FaceId, OrganizationId};
use attendance_core::domain::policy::QualityPolicy;
use attendance_core::memory::FakePicture;
use attendance_core::ports::face_matcher::ImageRef;
use serde_json::{Value, json};

use crate::desk::Desk;

const REMOVALS: &str = "/v1/orgs/default/removals";

/// Faces of six whom the repository does not know, as after it was put back from an older backup.
async fn strangers_to_the_repository(desk: &Desk) -> Vec<AttendeeId> {
    let organization = OrganizationId::new("default").unwrap();
    let mut ids = Vec::new();
    for name in ["bob", "cleo", "dora", "emil", "finn", "gina"] {
        let attendee = AttendeeId::fresh();
        let face = FaceId::derive(&organization, attendee, name.as_bytes());
        let image = ImageRef::bytes(FakePicture::of(name).bytes());
        let matcher = desk.attendance.face_matcher();
        matcher.enrol(&organization, attendee, face, &image, &QualityPolicy::ANY).await.unwrap();
        ids.push(attendee);
    }
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn faces_that_a_sweep_holds_back_are_listed_and_go_when_an_admin_says_so() {
    let desk = Desk::new().await;
    let organization = OrganizationId::new("default").unwrap();
    let ada = desk.enrolled("ada").await.id;
    let unknown = strangers_to_the_repository(&desk).await;
    assert_eq!(desk.attendance.sweep(&organization).await.unwrap().removals_held, 6);
    let listed: Value = desk.get(&desk.admin, REMOVALS).await.is(200).read();
    let expected: Vec<_> = unknown.iter().map(|id| json!({ "attendee": id, "faces": 1, "known": false })).collect();
    assert_eq!(listed, json!({ "items": expected }));

    let some = json!({ "attendees": [unknown[0], unknown[1], ada] });
    for token in [&desk.operator, &desk.kiosk] {
        desk.get(token, REMOVALS).await.problem(403, "forbidden");
        desk.post(token, REMOVALS, &some).await.problem(403, "forbidden");
    }
    // Ada may have her face, and keeps it.
    let removed: Value = desk.post(&desk.admin, REMOVALS, &some).await.is(200).read();
    assert_eq!(removed, json!({ "attendees": 2 }));
    assert_eq!(desk.attendance.face_matcher().faces(&organization, ada).await.unwrap().len(), 1);
    let left: Value = desk.get(&desk.admin, REMOVALS).await.is(200).read();
    assert_eq!(left["items"].as_array().unwrap().len(), 4);

    let audit: Value = desk.get(&desk.admin, "/v1/orgs/default/audit").await.is(200).read();
    let did =
        |action: &str| audit["items"].as_array().unwrap().iter().filter(|entry| entry["action"] == action).count();
    assert_eq!((did("hold-removals"), did("forget-faces")), (1, 2), "{audit}");
}

#[tokio::test]
async fn more_than_a_thousand_can_not_be_named_at_once() {
    let desk = Desk::new().await;
    let ids: Vec<_> = (0..1001).map(|_| AttendeeId::fresh()).collect();
    desk.post(&desk.admin, REMOVALS, &json!({ "attendees": ids })).await.problem(422, "invalid");
    desk.post(&desk.admin, REMOVALS, &json!({ "attendees": ids[1..] })).await.is(200);
}
