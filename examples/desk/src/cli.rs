//! The command line's grammar.

use std::net::SocketAddr;
use std::path::PathBuf;

use attendance_api::auth::Role;
use attendance_core::domain::attendee::{ConsentWording, Email, ExternalId, Name};
use attendance_core::domain::ids::{AttendeeId, GroupId, OrganizationId};
use attendance_core::domain::record::{Reason, Status};
use attendance_core::domain::session::SessionId;
use attendance_core::domain::zone::Zone;
use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::serve::ADDRESS;

/// Turns photos of faces into attendance records, on this machine alone. Without a command: serve.
#[derive(Debug, Parser)]
#[command(name = "attendance", version, max_term_width = 100)]
pub(crate) struct Cli {
    /// The data folder; made if it is not there.
    #[arg(long, global = true, env = "ATTENDANCE_DATA", default_value = "attendance-data", value_name = "DIR")]
    pub(crate) data: PathBuf,

    /// Answers JSON, one object a line.
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// The time zone of a new data folder or organization, such as Europe/Berlin; this machine's if not given.
    #[arg(long, global = true, value_name = "ZONE")]
    pub(crate) zone: Option<Zone>,

    /// The organization that is meant.
    #[arg(long, global = true, default_value = "default", value_name = "O")]
    pub(crate) organization: OrganizationId,

    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serves the pages and the API until it is stopped, and prints a link to sign in with.
    Serve(Serve),
    /// Shows it all in a temporary folder, on two portraits in the public domain.
    Demo,
    /// Registers somebody and enrols their face.
    #[command(alias = "enrol")]
    Enroll(Enroll),
    /// Recognises faces and records who came.
    CheckIn(CheckIn),
    /// Marks or corrects one record by hand.
    Mark(Mark),
    /// Lists the records of a range of dates.
    Report(Report),
    /// Erases an attendee: faces, pictures and personal data.
    Forget(Forget),
    /// Issues a token, and prints the link that signs in with it, and the token.
    Token(Token),
    /// Makes another organization: with people, groups and records of its own.
    Organization(Organization),
}

impl Default for Command {
    fn default() -> Self {
        Self::Serve(Serve { listen: ADDRESS, without_faces: false })
    }
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Where to listen; port 0 lets the machine choose one. Browsers give a camera only to pages of this machine, or over
    /// HTTPS.
    #[arg(long, default_value_t = ADDRESS, value_name = "ADDRESS")]
    pub(crate) listen: SocketAddr,

    /// Starts although the files are lost that say what faces look like: everybody has to be enrolled anew.
    #[arg(long)]
    pub(crate) without_faces: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Enroll {
    /// What they are called.
    #[arg(long)]
    pub(crate) name: Name,
    /// What they agreed to, in the words that they were shown. Without a consent no face is enrolled.
    #[arg(long, value_name = "TEXT")]
    pub(crate) consent: Option<ConsentWording>,
    /// Your own id of them, such as a roll number. Enrolling it again adds faces to the same attendee.
    #[arg(long, value_name = "X")]
    pub(crate) external_id: Option<ExternalId>,
    /// Where they are told of their records.
    #[arg(long)]
    pub(crate) email: Option<Email>,
    /// A group on whose roster they are; made if it is not there. Can be repeated.
    #[arg(long = "group", value_name = "G")]
    pub(crate) groups: Vec<GroupId>,
    /// Enrols a face even if it is very much like another attendee's: for twins, after somebody looked.
    #[arg(long)]
    pub(crate) allow_lookalike: bool,
    /// Enrols a face even if it is unlike those that they have: after somebody looked.
    #[arg(long)]
    pub(crate) allow_unlike: bool,
    /// JPEG or PNG, each of exactly one face.
    #[arg(required = true)]
    pub(crate) photos: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct CheckIn {
    /// When the photos were taken, such as 2026-11-21T08:00:00Z; now if not given.
    #[arg(long, value_name = "INSTANT")]
    pub(crate) at: Option<Timestamp>,
    /// Which faces count.
    #[arg(long, value_enum, default_value_t = FacesArg::All)]
    pub(crate) faces: FacesArg,
    /// The session, such as 5B.2026-11-21.0; the one that is open if not given.
    #[arg(long)]
    pub(crate) session: Option<SessionId>,
    /// JPEG or PNG.
    #[arg(required = true)]
    pub(crate) photos: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum FacesArg {
    /// Every face of the picture.
    All,
    /// Only the largest.
    Largest,
}

impl FacesArg {
    /// As the API says it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Largest => "largest",
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Mark {
    /// Whose record.
    pub(crate) attendee: AttendeeId,
    /// present, late, absent or excused.
    #[arg(long)]
    pub(crate) status: Status,
    /// Why.
    #[arg(long)]
    pub(crate) reason: Reason,
    /// The date of their session, such as 2026-11-21; today if not given.
    #[arg(long, value_parser = date)]
    pub(crate) date: Option<Date>,
    /// The session, if they have several on that date.
    #[arg(long, conflicts_with = "date")]
    pub(crate) session: Option<SessionId>,
    /// The version of the record that this replaces: who has a record is not marked without it, and told which one
    /// stands.
    #[arg(long, value_name = "VERSION")]
    pub(crate) replaces: Option<u32>,
}

#[derive(Debug, Args)]
pub(crate) struct Report {
    /// The first date, such as 2026-11-01.
    #[arg(long, value_parser = date)]
    pub(crate) from: Date,
    /// The last date.
    #[arg(long, value_parser = date)]
    pub(crate) to: Date,
    /// Only sessions of that group.
    #[arg(long, value_name = "G")]
    pub(crate) group: Option<GroupId>,
    /// Only that attendee's.
    #[arg(long, value_name = "ID")]
    pub(crate) attendee: Option<AttendeeId>,
    /// How to write it; json with --json.
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// One object a line.
    Json,
    /// For spreadsheets.
    Csv,
}

#[derive(Debug, Args)]
pub(crate) struct Forget {
    /// Who.
    pub(crate) attendee: AttendeeId,
}

#[derive(Debug, Args)]
pub(crate) struct Token {
    /// What it may do: admin, operator, kiosk or attendee.
    #[arg(long)]
    pub(crate) role: Role,
    /// Whose it is: for the role attendee, who sees only their own data.
    #[arg(long, value_name = "ID", required_if_eq("role", "attendee"))]
    pub(crate) attendee: Option<AttendeeId>,
    /// For how many days it is valid, 1 to 365; 30 if not given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=365))]
    pub(crate) days: Option<u16>,
}

#[derive(Debug, Args)]
pub(crate) struct Organization {
    /// Its id, such as school: chosen once.
    pub(crate) id: OrganizationId,
}

fn date(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| format!("there is no such date as {text:?}: write one such as 2026-11-21"))
}
