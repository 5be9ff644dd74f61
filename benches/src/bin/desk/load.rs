//! Kiosks that all check in at once, each as fast as it is answered.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::Barrier;
use tokio::task::LocalSet;

use crate::http::{Address, Client};
use crate::people::{ORGANIZATION, Portrait, Prepared};

/// What all clients saw.
#[derive(Debug, Default)]
pub(crate) struct Load {
    clients: usize,
    lasted: Duration,
    /// Milliseconds from sending the picture until the whole answer was there, of answers that are a success.
    latencies: Vec<f64>,
    /// How often each outcome came.
    outcomes: BTreeMap<String, u64>,
    /// How often each error came.
    errors: BTreeMap<String, u64>,
    /// Check-ins that named somebody else than the picture shows.
    named_wrong: u64,
    /// Session and attendee of each answer that said it made the record: twice the same is a second record.
    pub(crate) marked: Vec<(String, String)>,
    /// Session and attendee of whatever was marked or already marked.
    pub(crate) known: BTreeSet<(String, String)>,
}

/// What the clients share.
#[derive(Debug)]
struct Plan {
    portraits: Vec<(String, crate::http::Body)>,
    sessions: Vec<String>,
    names: BTreeMap<String, String>,
    start: Barrier,
    time: Duration,
}

impl Load {
    /// Lets one client per token check in for that long.
    ///
    /// # Errors
    /// If a client can't connect at the start.
    pub(crate) async fn run(
        address: &Address,
        prepared: &Prepared,
        portraits: &[Portrait],
        time: Duration,
    ) -> Result<Self> {
        // Who could not be enrolled is a stranger, which is not what is measured.
        let enrolled = |name: &String| prepared.enrolled.values().any(|known| known == name);
        let portraits: Vec<_> = portraits.iter().filter(|portrait| enrolled(&portrait.name)).collect();
        if portraits.is_empty() {
            bail!("no portrait shows anybody who is enrolled");
        }
        let plan = Rc::new(Plan {
            portraits: portraits.iter().map(|portrait| (portrait.name.clone(), portrait.body())).collect(),
            sessions: prepared.sessions.clone(),
            names: prepared.enrolled.clone(),
            start: Barrier::new(prepared.tokens.len()),
            time,
        });
        let local = LocalSet::new();
        let clients = prepared.tokens.iter().enumerate().map(|(number, token)| {
            let (client, plan) = (address.client(token), plan.clone());
            local.spawn_local(async move { plan.check_in(number, client).await })
        });
        let clients: Vec<_> = clients.collect();
        let mut all = Self { clients: clients.len(), ..Self::default() };
        let gathered: Result<()> = local
            .run_until(async {
                for client in clients {
                    all.add(client.await??);
                }
                Ok(())
            })
            .await;
        gathered?;
        all.latencies.sort_by(f64::total_cmp);
        Ok(all)
    }

    fn add(&mut self, one: Self) {
        self.lasted = self.lasted.max(one.lasted);
        self.latencies.extend(one.latencies);
        self.named_wrong += one.named_wrong;
        self.marked.extend(one.marked);
        self.known.extend(one.known);
        for (outcome, count) in one.outcomes {
            *self.outcomes.entry(outcome).or_default() += count;
        }
        for (error, count) in one.errors {
            *self.errors.entry(error).or_default() += count;
        }
    }

    /// Takes down what a check-in answered.
    fn note(&mut self, answer: &Value, shown: &str, names: &BTreeMap<String, String>) {
        let faces = answer["faces"].as_array().map(Vec::as_slice).unwrap_or_default();
        for face in faces {
            let outcome = face["outcome"].as_str().unwrap_or("(no outcome)");
            *self.outcomes.entry(outcome.to_owned()).or_default() += 1;
            if outcome != "marked" && outcome != "already-marked" {
                continue;
            }
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let attendee = text(&face["attendee"]);
            self.named_wrong += u64::from(names.get(&attendee).is_none_or(|name| name != shown));
            let pair = (text(&face["record"]["session"]), attendee);
            if outcome == "marked" {
                self.marked.push(pair.clone());
            }
            self.known.insert(pair);
        }
        if faces.is_empty() {
            *self.outcomes.entry("(no face)".to_owned()).or_default() += 1;
        }
    }

    pub(crate) fn json(&self) -> Value {
        let answered = self.latencies.len();
        json!({
            "clients": self.clients, "seconds": self.lasted.as_secs_f64(), "check_ins": answered,
            "check_ins_per_second": answered as f64 / self.lasted.as_secs_f64(),
            "median_ms": percentile(&self.latencies, 0.5), "p99_ms": percentile(&self.latencies, 0.99),
            "max_ms": self.latencies.last(), "outcomes": self.outcomes, "errors": self.errors,
            "named_wrong": self.named_wrong,
        })
    }
}

impl Plan {
    async fn check_in(&self, number: usize, mut client: Client) -> Result<Load> {
        let mut load = Load::default();
        let connected = client.connect().await.map(|_| ());
        // All wait for it, also for one that could not connect.
        self.start.wait().await;
        connected?;
        let start = Instant::now();
        for turn in 0.. {
            if start.elapsed() >= self.time {
                break;
            }
            // Every client takes the sessions in the same order, so that they compete for the same records.
            let session = &self.sessions[turn % self.sessions.len()];
            let (shown, body) = &self.portraits[(number + turn) % self.portraits.len()];
            let path = format!("{ORGANIZATION}/check-ins?faces=largest&session={session}");
            let key = format!("bench-{number}-{turn}");
            let sent = Instant::now();
            match client.send(Method::POST, &path, Some(&key), body.clone()).await {
                Ok(answer) if answer.status == StatusCode::OK => {
                    load.latencies.push(sent.elapsed().as_secs_f64() * 1e3);
                    load.note(&answer.body, shown, &self.names);
                }
                Ok(answer) => *load.errors.entry(answer.complaint()).or_default() += 1,
                Err(error) => *load.errors.entry(format!("{error:#}")).or_default() += 1,
            }
        }
        load.lasted = start.elapsed();
        Ok(load)
    }
}

/// The least value that this share of the sorted values does not exceed.
fn percentile(sorted: &[f64], share: f64) -> Option<f64> {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_value_that_was_measured() {
        let sorted: Vec<f64> = (1..=200).map(f64::from).collect();
        assert_eq!(percentile(&sorted, 0.5), Some(100.0));
        assert_eq!(percentile(&sorted, 0.99), Some(198.0));
        assert_eq!(percentile(&[7.0], 0.99), Some(7.0));
        assert_eq!(percentile(&[], 0.5), None);
    }

    #[test]
    fn an_answer_that_names_somebody_else_is_noticed() {
        let names = [("a".to_owned(), "Ada".to_owned()), ("g".to_owned(), "Grace".to_owned())].into();
        let answer = |outcome: &str, attendee: &str| json!({ "faces": [{ "outcome": outcome, "attendee": attendee, "record": { "session": "s" } }] });
        let mut load = Load::default();
        load.note(&answer("marked", "a"), "Ada", &names);
        load.note(&answer("already-marked", "a"), "Ada", &names);
        assert_eq!((load.named_wrong, load.marked.len(), load.known.len()), (0, 1, 1));
        load.note(&answer("already-marked", "g"), "Ada", &names);
        assert_eq!((load.named_wrong, load.marked.len(), load.known.len()), (1, 1, 2));
        load.note(&json!({ "faces": [{ "outcome": "stranger" }] }), "Ada", &names);
        assert_eq!((load.named_wrong, load.outcomes["stranger"]), (1, 1));
    }
}
