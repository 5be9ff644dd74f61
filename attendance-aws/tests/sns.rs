//! `SnsNotifier` on the emulator, and behind a proxy that disturbs it.
#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod support;

#[path = "sns/board.rs"]
mod board;
#[path = "sns/faults.rs"]
mod faults;
#[path = "sns/given.rs"]
mod given;
#[path = "sns/privacy.rs"]
mod privacy;
#[path = "sns/subscriptions.rs"]
mod subscriptions;
#[path = "sns/texts.rs"]
mod texts;

/// The cases of the port, by e-mail.
mod by_email {
    use std::sync::Arc;

    use attendance_aws::sns::{SnsConfig, SnsNotifier};
    use attendance_core::conformance::notifier::NotifierFixture;

    use crate::board::Board;
    use crate::given::by_phone;
    use crate::support::{self, EMULATOR};

    async fn fixture() -> Option<(NotifierFixture, ())> {
        let aws = support::aws_at(&support::endpoint(EMULATOR)?);
        let (attendees, operators) = (Board::new(&aws).await, Board::new(&aws).await);
        let mut config = SnsConfig::default();
        config.attendees = Some(attendees.topic.clone());
        let without_operators = SnsNotifier::new(&aws, config.clone()).unwrap();
        config.operators = Some(operators.topic.clone());
        let mut fixture = NotifierFixture::new(Arc::new(SnsNotifier::new(&aws, config).unwrap()))
            .arrived(move || {
                let attendees = attendees.clone();
                async move { attendees.arrived(false).await }
            })
            .alerted(move || {
                let operators = operators.clone();
                async move { operators.arrived(true).await }
            });
        fixture.unserved = Some(by_phone("+4930123456"));
        fixture.without_operators = Some(Arc::new(without_operators));
        Some((fixture, ()))
    }

    attendance_core::notifier_suite!(fixture);
}

/// The cases of the port, by text message.
mod by_sms {
    use std::sync::Arc;

    use attendance_aws::sns::{SnsConfig, SnsNotifier, SnsSms};
    use attendance_core::conformance::notifier::{Arrived, NotifierFixture};

    use crate::given::{by_email, by_phone, fresh_phone, texts};
    use crate::support::{self, EMULATOR};

    async fn fixture() -> Option<(NotifierFixture, ())> {
        let endpoint = support::endpoint(EMULATOR)?;
        let mut config = SnsConfig::default();
        config.sms = Some(SnsSms::default());
        let notifier = Arc::new(SnsNotifier::new(&support::aws_at(&endpoint), config).unwrap());
        let phone = fresh_phone();
        let to = phone.clone();
        let mut fixture = NotifierFixture::new(notifier.clone()).arrived(move || {
            let (endpoint, to) = (endpoint.clone(), to.clone());
            async move {
                let arrived = texts(&endpoint, &to).await.into_iter().map(|text| {
                    let text = text["Message"].as_str().unwrap().to_owned();
                    let (subject, body) = text.split_once('\n').unwrap();
                    Arrived { to: to.clone(), subject: subject.to_owned(), body: body.to_owned() }
                });
                arrived.collect()
            }
        });
        fixture.reachable = Some(by_phone(&phone));
        fixture.unserved = Some(by_email("grace@example.org"));
        fixture.without_operators = Some(notifier);
        Some((fixture, ()))
    }

    attendance_core::notifier_suite!(fixture);
}
