//! Every body that the API takes or gives, and nothing else: a client deserialises what the server serialises.
//!
//! Texts are the domain's own types, so that a body that was read needs no further check; `schema` describes them to
//! those who read the OpenAPI document.

mod attendee;
mod audit;
pub(crate) mod check_in;
mod face;
mod group;
pub(crate) mod object;
mod organization;
mod page;
mod principal;
mod problem;
mod record;
mod removal;
pub(crate) mod schema;
mod session;
mod sign_in;
mod stranger;
pub mod time;
mod upload;

pub use attendee::{Attendee, AttendeePatch, Attributes, Consent, Erased, Me, Member, NewAttendee, NewConsent};
pub use audit::AuditEntry;
pub use check_in::{Candidate, CheckInAnswer, FaceOutcome, Outcome, WhichFaces};
pub use face::{BoundingBox, Enrolled, EnrolledFace, Pose, Quality};
pub use group::{Group, GroupChange, NewGroup, Slot};
pub use organization::{NewOrganization, Organization, Policy};
pub use page::{Items, Page, PageQuery};
pub use principal::{IssuedToken, NewToken, Right, Role, Whoami};
pub use problem::Problem;
pub use record::{Mark, Marked, Method, NewRecord, Record, ReportRow, RosterEntry, Summary};
pub use removal::{NewRemovals, Removal, Removed};
pub use session::{Phase, Session};
pub use sign_in::{NewSignIn, SignIn};
pub use stranger::{Decision, JudgedFace, Resemblance, Stranger};
pub use upload::{ContentType, FormFields, NewUpload, Upload};
