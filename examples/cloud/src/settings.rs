//! What a deployment decides, parsed once.

use attendance_core::domain::attendee::Email;
use attendance_core::domain::ids::OrganizationId;
use attendance_core::domain::similarity::Threshold;
use attendance_core::domain::zone::Zone;

use crate::variables::{InvalidVariable, Variables};

/// What every function needs that works on attendance.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `ATTENDANCE_REPOSITORY` and what belongs to it.
    pub repository: Repository,
    /// `ATTENDANCE_BUCKET`: where images are, and with the repository `s3` the records too.
    pub bucket: String,
    /// `ATTENDANCE_KMS_KEY`: encrypts images, instead of keys that S3 manages.
    pub kms_key: Option<String>,
    /// `ATTENDANCE_COLLECTION_PREFIX`: an organization's collection in Rekognition is `{prefix}-{organization}`.
    pub collection_prefix: String,
    /// `ATTENDANCE_THRESHOLD`: from which similarity on a face is somebody's, in percent; without, as the matcher
    /// recommends.
    pub threshold: Option<Threshold>,
    /// `ATTENDANCE_STREAM`: the Kinesis stream of events.
    pub stream: String,
    /// `ATTENDANCE_NOTIFIER` and what belongs to it.
    pub notifying: Notifying,
}

/// Where everything is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Repository {
    /// `dynamodb`: the table `ATTENDANCE_TABLE`.
    Dynamo {
        /// Its name.
        table: String,
    },
    /// `postgres`
    Postgres(Database),
    /// `mysql`
    MySql(Database),
    /// `s3`: objects in the bucket, without a database.
    S3,
}

/// A database server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// Who logs in.
    pub login: Login,
    /// `ATTENDANCE_DATABASE_HOST`: instead of what the secret says.
    pub host: Option<String>,
    /// `ATTENDANCE_DATABASE_PORT`
    pub port: Option<u16>,
    /// `ATTENDANCE_DATABASE_NAME`: instead of what the secret says.
    pub name: Option<String>,
    /// `ATTENDANCE_DATABASE_ROOTS`: a file of root certificates in PEM, instead of Amazon's.
    pub roots: Option<String>,
}

/// Who logs in to a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// `ATTENDANCE_DATABASE_SECRET`: the id or ARN of RDS's secret.
    Secret(String),
    /// `ATTENDANCE_DATABASE_USER`, with a token of IAM; then host and name are needed.
    Iam(String),
}

/// Who tells people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notifying {
    /// `none`: nobody.
    Nobody,
    /// `sns`
    Sns {
        /// `ATTENDANCE_OPERATORS_TOPIC`: an ARN.
        operators: Option<String>,
        /// `ATTENDANCE_ATTENDEES_TOPIC`: an ARN.
        attendees: Option<String>,
        /// `ATTENDANCE_SMS`: `on`, or whom text messages come from. The outer `None` texts nobody.
        sms: Option<Option<String>>,
    },
    /// `ses`
    Ses {
        /// `ATTENDANCE_MAIL_FROM`
        from: Email,
        /// `ATTENDANCE_MAIL_OPERATORS`, separated by commas.
        operators: Vec<Email>,
    },
}

/// Whose tokens the API takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    /// `ATTENDANCE_HOME`: the organization whose admins may make organizations; `default` if nothing is said.
    pub home: OrganizationId,
    /// `ATTENDANCE_HOME_ZONE`: the zone of its day when it is made; UTC if nothing is said.
    pub home_zone: Zone,
    /// `ATTENDANCE_TOKEN_ISSUER`: the user pool's.
    pub issuer: String,
    /// `ATTENDANCE_TOKEN_CLIENTS`: the ids of its app clients, separated by commas; at least one.
    pub clients: Vec<String>,
    /// `ATTENDANCE_TOKEN_KEYS`: the pool's JSON Web Key Set, instead of fetching it.
    pub keys: Option<String>,
    /// `ATTENDANCE_TOKEN_KEYS_URL`: where it is fetched, instead of `/.well-known/jwks.json` below the issuer.
    pub keys_url: Option<String>,
}

impl Settings {
    /// What the variables say.
    ///
    /// # Errors
    /// [`InvalidVariable`] for the first that is missing or can't be read.
    pub fn read(variables: &Variables) -> Result<Self, InvalidVariable> {
        let needed = |name, rule| variables.needed(name, rule).map(str::to_owned);
        Ok(Self {
            repository: Repository::read(variables)?,
            bucket: needed("ATTENDANCE_BUCKET", "the name of the bucket of images")?,
            kms_key: variables.get("ATTENDANCE_KMS_KEY").map(str::to_owned),
            collection_prefix: needed(
                "ATTENDANCE_COLLECTION_PREFIX",
                "what the names of Rekognition's collections begin with",
            )?,
            threshold: variables.read(
                "ATTENDANCE_THRESHOLD",
                "a percentage above 1 and at most 100, such as 99",
                |percent| Threshold::new(percent.parse().ok()?).ok(),
            )?,
            stream: needed("ATTENDANCE_STREAM", "the name or ARN of the Kinesis stream of events")?,
            notifying: Notifying::read(variables)?,
        })
    }
}

impl Repository {
    fn read(variables: &Variables) -> Result<Self, InvalidVariable> {
        const NAME: &str = "ATTENDANCE_REPOSITORY";
        const RULE: &str = "dynamodb, postgres, mysql or s3";
        Ok(match variables.needed(NAME, RULE)? {
            "dynamodb" => Self::Dynamo {
                table: variables.needed("ATTENDANCE_TABLE", "the name of the DynamoDB table")?.to_owned(),
            },
            "postgres" => Self::Postgres(Database::read(variables)?),
            "mysql" => Self::MySql(Database::read(variables)?),
            "s3" => Self::S3,
            _ => return Err(InvalidVariable::Invalid { name: NAME, rule: RULE.to_owned() }),
        })
    }
}

impl Database {
    fn read(variables: &Variables) -> Result<Self, InvalidVariable> {
        let database = Self {
            login: match variables.get("ATTENDANCE_DATABASE_SECRET") {
                Some(secret) => Login::Secret(secret.to_owned()),
                None => {
                    let rule =
                        "the database's user who logs in by IAM, or ATTENDANCE_DATABASE_SECRET to a secret's ARN";
                    Login::Iam(variables.needed("ATTENDANCE_DATABASE_USER", rule)?.to_owned())
                }
            },
            host: variables.get("ATTENDANCE_DATABASE_HOST").map(str::to_owned),
            port: variables.read("ATTENDANCE_DATABASE_PORT", "a number from 1 to 65535", |port| {
                port.parse().ok().filter(|port| *port > 0)
            })?,
            name: variables.get("ATTENDANCE_DATABASE_NAME").map(str::to_owned),
            roots: variables.get("ATTENDANCE_DATABASE_ROOTS").map(str::to_owned),
        };
        if matches!(database.login, Login::Iam(_)) {
            variables.needed("ATTENDANCE_DATABASE_HOST", "the address of the database server")?;
            variables.needed("ATTENDANCE_DATABASE_NAME", "the name of the database on its server")?;
        }
        Ok(database)
    }
}

impl Notifying {
    fn read(variables: &Variables) -> Result<Self, InvalidVariable> {
        const NAME: &str = "ATTENDANCE_NOTIFIER";
        let text = |name| variables.get(name).map(str::to_owned);
        Ok(match variables.get(NAME).unwrap_or("none") {
            "none" => Self::Nobody,
            "sns" => Self::Sns {
                operators: text("ATTENDANCE_OPERATORS_TOPIC"),
                attendees: text("ATTENDANCE_ATTENDEES_TOPIC"),
                sms: variables.get("ATTENDANCE_SMS").map(|sms| (sms != "on").then(|| sms.to_owned())),
            },
            "ses" => {
                let from = ("ATTENDANCE_MAIL_FROM", "the e-mail address that mails come from");
                variables.needed(from.0, from.1)?;
                let operators =
                    variables.read("ATTENDANCE_MAIL_OPERATORS", "e-mail addresses, separated by commas", |_| {
                        variables.list("ATTENDANCE_MAIL_OPERATORS").map(|one| Email::new(one).ok()).collect()
                    })?;
                let from = variables.read(from.0, from.1, |from| Email::new(from).ok())?;
                let from = from.ok_or(InvalidVariable::Missing { name: "ATTENDANCE_MAIL_FROM", rule: "an address" })?;
                Self::Ses { from, operators: operators.unwrap_or_default() }
            }
            _ => return Err(InvalidVariable::Invalid { name: NAME, rule: "sns, ses or none".to_owned() }),
        })
    }
}

impl Tokens {
    /// What the variables say.
    ///
    /// # Errors
    /// [`InvalidVariable`] for the first that is missing or can't be read.
    pub fn read(variables: &Variables) -> Result<Self, InvalidVariable> {
        let home = variables.read("ATTENDANCE_HOME", "an organization's id: 1 to 48 of a-z, 0-9 and '-'", |home| {
            OrganizationId::new(home).ok()
        })?;
        let home_zone =
            variables.read("ATTENDANCE_HOME_ZONE", "a zone of the IANA database, such as Europe/Berlin", |zone| {
                Zone::new(zone).ok()
            })?;
        variables.needed("ATTENDANCE_TOKEN_CLIENTS", "the ids of the user pool's app clients, separated by commas")?;
        let issuer = variables.needed(
            "ATTENDANCE_TOKEN_ISSUER",
            "the user pool's issuer, such as https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEf",
        )?;
        Ok(Self {
            home: match home {
                Some(home) => home,
                None => OrganizationId::new("default")
                    .map_err(|_| InvalidVariable::Missing { name: "ATTENDANCE_HOME", rule: "an organization's id" })?,
            },
            home_zone: home_zone.unwrap_or_else(Zone::utc),
            issuer: issuer.to_owned(),
            clients: variables.list("ATTENDANCE_TOKEN_CLIENTS").map(str::to_owned).collect(),
            keys: variables.get("ATTENDANCE_TOKEN_KEYS").map(str::to_owned),
            keys_url: variables.get("ATTENDANCE_TOKEN_KEYS_URL").map(str::to_owned),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: [(&str, &str); 6] = [
        ("ATTENDANCE_REPOSITORY", "dynamodb"),
        ("ATTENDANCE_TABLE", "attendance"),
        ("ATTENDANCE_BUCKET", "images"),
        ("ATTENDANCE_COLLECTION_PREFIX", "school"),
        ("ATTENDANCE_STREAM", "events"),
        ("ATTENDANCE_NOTIFIER", "none"),
    ];

    /// As [`WHOLE`], with one variable set to something else.
    fn with(name: &'static str, value: &'static str) -> Variables {
        let mut whole = WHOLE.to_vec();
        whole.retain(|(known, _)| *known != name);
        whole.push((name, value));
        let mut all = [("", ""); 8];
        all[..whole.len()].copy_from_slice(&whole);
        Variables::from(all)
    }

    fn complaint(variables: &Variables) -> String {
        Settings::read(variables).unwrap_err().to_string()
    }

    #[test]
    fn what_is_needed_and_missing_is_named_with_what_to_write() {
        assert!(Settings::read(&Variables::from(WHOLE)).is_ok());
        for name in ["ATTENDANCE_REPOSITORY", "ATTENDANCE_TABLE", "ATTENDANCE_BUCKET", "ATTENDANCE_COLLECTION_PREFIX"] {
            let complaint = complaint(&with(name, " "));
            assert!(complaint.starts_with(&format!("the environment variable {name} is missing: set it to ")));
        }
    }

    #[test]
    fn what_can_not_be_read_is_named_and_not_repeated() {
        for (name, value, rule) in [
            ("ATTENDANCE_REPOSITORY", "oracle", "dynamodb, postgres, mysql or s3"),
            ("ATTENDANCE_NOTIFIER", "pigeon", "sns, ses or none"),
            ("ATTENDANCE_THRESHOLD", "0.8", "a percentage above 1 and at most 100, such as 99"),
            ("ATTENDANCE_THRESHOLD", "high", "a percentage above 1 and at most 100, such as 99"),
        ] {
            let complaint = complaint(&with(name, value));
            assert_eq!(complaint, format!("the environment variable {name} must be {rule}"));
        }
    }

    #[test]
    fn a_database_needs_a_secret_or_all_that_a_token_is_for() {
        let read = |variables: Variables| Database::read(&variables);
        let secret = read([("ATTENDANCE_DATABASE_SECRET", "s")].into()).unwrap();
        assert_eq!((secret.login, secret.host), (Login::Secret("s".to_owned()), None));
        let user = ("ATTENDANCE_DATABASE_USER", "app");
        let complaint = read([user].into()).unwrap_err().to_string();
        assert!(complaint.contains("ATTENDANCE_DATABASE_HOST is missing"), "{complaint}");
        let host = ("ATTENDANCE_DATABASE_HOST", "db");
        let name = ("ATTENDANCE_DATABASE_NAME", "attendance");
        assert_eq!(read([user, host, name].into()).unwrap().login, Login::Iam("app".to_owned()));
        for port in ["0", "65536", "http"] {
            let complaint = read([user, host, name, ("ATTENDANCE_DATABASE_PORT", port)].into()).unwrap_err();
            assert!(complaint.to_string().contains("ATTENDANCE_DATABASE_PORT must be a number"), "{complaint}");
        }
        assert!(read(Variables::default()).unwrap_err().to_string().contains("ATTENDANCE_DATABASE_SECRET"));
    }

    #[test]
    fn a_notifier_brings_its_addresses() {
        let read = |variables: Variables| Notifying::read(&variables);
        assert_eq!(read(Variables::default()).unwrap(), Notifying::Nobody);
        let ses = ("ATTENDANCE_NOTIFIER", "ses");
        let from = ("ATTENDANCE_MAIL_FROM", "school@example.org");
        assert!(read([ses].into()).unwrap_err().to_string().contains("ATTENDANCE_MAIL_FROM is missing"));
        let operators = ("ATTENDANCE_MAIL_OPERATORS", "a@example.org, b@example.org");
        let read_ses = read([ses, from, operators].into()).unwrap();
        assert!(matches!(read_ses, Notifying::Ses { operators, .. } if operators.len() == 2));
        let bad = ("ATTENDANCE_MAIL_OPERATORS", "a@example.org, nobody");
        assert!(read([ses, from, bad].into()).unwrap_err().to_string().contains("ATTENDANCE_MAIL_OPERATORS must be"));
        let sms = |value| match read([("ATTENDANCE_NOTIFIER", "sns"), ("ATTENDANCE_SMS", value)].into()) {
            Ok(Notifying::Sns { sms, .. }) => sms,
            other => panic!("{other:?}"),
        };
        assert_eq!((sms("on"), sms("School"), sms("")), (Some(None), Some(Some("School".to_owned())), None));
    }

    #[test]
    fn tokens_need_an_issuer_and_its_clients() {
        let issuer = ("ATTENDANCE_TOKEN_ISSUER", "https://issuer");
        let clients = ("ATTENDANCE_TOKEN_CLIENTS", "web, kiosk,");
        let tokens = Tokens::read(&[issuer, clients].into()).unwrap();
        assert_eq!((tokens.home.as_str(), tokens.clients), ("default", vec!["web".to_owned(), "kiosk".to_owned()]));
        for (given, missing) in [(issuer, clients), (clients, issuer)] {
            let complaint = Tokens::read(&[given].into()).unwrap_err().to_string();
            assert!(complaint.contains(missing.0), "{complaint}");
        }
        for (name, value) in [("ATTENDANCE_HOME", "My School"), ("ATTENDANCE_HOME_ZONE", "Berlin")] {
            let complaint = Tokens::read(&[issuer, clients, (name, value)].into()).unwrap_err().to_string();
            assert!(complaint.contains(&format!("{name} must be")), "{complaint}");
        }
    }
}
