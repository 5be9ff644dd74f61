//! Time zones by their IANA names, from a database that is compiled in: two machines mean the same instants.

use jiff::civil::DateTime;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

/// An IANA time zone such as `Europe/Berlin`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone {
    name: String,
    rules: TimeZone,
}

/// A name that the compiled-in database does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an IANA time zone: write a name such as \"Europe/Berlin\", \"America/Sao_Paulo\" or \"UTC\"")]
pub struct UnknownZone(String);

impl Zone {
    /// The zone of that name.
    ///
    /// # Errors
    /// [`UnknownZone`] where there is none.
    pub fn new(name: &str) -> Result<Self, UnknownZone> {
        let rules = TimeZoneDatabase::bundled().get(name).map_err(|_| UnknownZone(name.chars().take(64).collect()))?;
        let name = rules.iana_name().unwrap_or("UTC").to_owned();
        Ok(Self { name, rules })
    }

    /// Coordinated universal time.
    #[must_use]
    pub fn utc() -> Self {
        Self { name: "UTC".to_owned(), rules: TimeZone::UTC }
    }

    /// Its IANA name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The date on the zone's calendars at that instant.
    #[must_use]
    pub fn date_at(&self, instant: Timestamp) -> Date {
        self.rules.to_datetime(instant).date()
    }

    /// The local date and time at that instant.
    #[must_use]
    pub fn local(&self, instant: Timestamp) -> DateTime {
        self.rules.to_datetime(instant)
    }

    /// The instant at which the zone's clocks show `local`. A time that daylight saving skips is taken as much later
    /// as the gap is wide; of a time that comes twice the first is meant.
    #[must_use]
    pub fn instant(&self, local: DateTime) -> Timestamp {
        let saturated = if local.year() < 0 { Timestamp::MIN } else { Timestamp::MAX };
        self.rules.to_ambiguous_timestamp(local).compatible().unwrap_or(saturated)
    }
}

impl std::fmt::Debug for Zone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Zone({})", self.name)
    }
}

impl TryFrom<String> for Zone {
    type Error = UnknownZone;
    fn try_from(name: String) -> Result<Self, Self::Error> {
        Self::new(&name)
    }
}

impl std::str::FromStr for Zone {
    type Err = UnknownZone;
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::new(name)
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> String {
        zone.name
    }
}
