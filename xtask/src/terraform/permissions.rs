//! The page of every statement of IAM, and that nothing is allowed on everything without a reason.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::CHORE;
use super::policies::Policies;
use super::statements::{Names, Place, Policy, Statement};

/// Fails if the page is not what the plans say, or if they allow something on everything without a reason.
pub(super) fn check(plans: &[(&str, Policies)], page: &Path) -> Result<()> {
    let (new, old) = (written(plans)?, std::fs::read_to_string(page).unwrap_or_default());
    if new == old {
        return Ok(());
    }
    let same = new.lines().zip(old.lines()).take_while(|(new, old)| new == old).count();
    let line = |text: &str| text.lines().nth(same).unwrap_or("(the end)").to_owned();
    let file = page.display();
    bail!(
        "{file} is not what the plans say; `{CHORE}` writes it. Line {}:\n- {}\n+ {}",
        same + 1,
        line(&old),
        line(&new)
    )
}

/// Writes the page.
pub(super) fn write(plans: &[(&str, Policies)], page: &Path) -> Result<()> {
    std::fs::write(page, written(plans)?).with_context(|| format!("{} can't be written", page.display()))
}

fn written(plans: &[(&str, Policies)]) -> Result<String> {
    let complaints: BTreeSet<_> = plans.iter().flat_map(|(name, policies)| without_reason(name, policies)).collect();
    if !complaints.is_empty() {
        let complaints = complaints.into_iter().collect::<Vec<_>>().join("\n");
        bail!(
            "{complaints}\nname the resources, or say why AWS offers nothing narrower, by the sid: in the module's `wildcards`"
        );
    }
    Ok(text(plans))
}

/// Statements that allow something on everything, and say nowhere why.
fn without_reason(plan: &str, policies: &Policies) -> Vec<String> {
    let reason = |statement: &Statement| policies.reasons.get(&statement.sid).is_some_and(|reason| !reason.is_empty());
    let unbounded = policies.statements.iter().filter(|statement| statement.is_unbounded() && !reason(statement));
    let said = unbounded.map(|statement| {
        let Policy { holder, name, .. } = &statement.policy;
        let (sid, actions) = (&statement.sid, statement.actions.names.join(", "));
        let on = if statement.resources.all_but { "all resources but some" } else { "the resource `*`" };
        format!("{plan}: statement {sid:?} of {} allows {actions} on {on}", format!("{holder} {name}").trim())
    });
    said.collect()
}

const HEAD: &str = "\
# Who may do what

Every statement of IAM that Terraform makes here, read out of plans of [examples](examples): `complete`, `no-database`,
`postgres`, and `private`, which is this configuration with endpoints instead of a way out, text messages, and a key of
KMS of one's own; with another repository such a key brings the same kind of statements, `...Key`. The last column says
in which.

`{account}` and `{region}` are those that it is applied in, `attendance` is the `name_prefix`. Where AWS offers nothing
narrower than the resource `*`, the reason stands beside it. `cargo xtask document` writes this page, and `cargo xtask
test` fails if it isn't what the plans say, or if something is allowed on `*` without a reason.
";

const PARTS: [(Place, &str, &str); 4] = [
    (Place::Trust, "Who may take which role", ""),
    (Place::Resource, "Policies of resources", "Of a key's own policy `*` is the key."),
    (Place::Output, "For programs of one's own", "What the output `policies` has; nobody gets these by themselves."),
    (
        Place::Document,
        "Known after apply",
        "These documents name what AWS gives a name when it makes it; `{known after apply}` stands for that.",
    ),
];

/// In the place of a policy that is one of those documents, or has it as a part.
const WAITS: &str = "see [known after apply](#known-after-apply)";

fn text(plans: &[(&str, Policies)]) -> String {
    let mut rows: BTreeMap<&Statement, Vec<&str>> = BTreeMap::new();
    let mut unknown: BTreeMap<&Policy, Vec<&str>> = BTreeMap::new();
    let mut reasons = BTreeMap::new();
    for (plan, policies) in plans {
        policies.statements.iter().for_each(|statement| rows.entry(statement).or_default().push(plan));
        policies.unknown.iter().for_each(|policy| unknown.entry(policy).or_default().push(plan));
        reasons.extend(&policies.reasons);
    }
    let listed = |plans_of: &[&str]| if plans_of.len() == plans.len() { "all".to_owned() } else { plans_of.join(", ") };
    let mut page = HEAD.to_owned();
    page += &on_everything(rows.keys().copied(), &reasons);
    page += "\n## What a role may do\n";
    let roles = rows.keys().map(|it| &it.policy).chain(unknown.keys().copied()).filter(|it| it.place == Place::Role);
    for role in roles.map(|policy| policy.holder.as_str()).collect::<BTreeSet<_>>() {
        let of_role = |policy: &Policy| policy.place == Place::Role && policy.holder == role;
        writeln!(page, "\n### `{role}`\n").ok();
        page += "| policy | statement | effect | actions | resources | if | in |\n| --- | --- | --- | --- | --- | --- | --- |\n";
        for (statement, plans) in rows.iter().filter(|(statement, _)| of_role(&statement.policy)) {
            let first = [code(&statement.policy.name), code(&statement.sid), effect(statement)];
            page += &row(&[first.as_slice(), &scope(statement, &reasons), &[listed(plans)]].concat());
        }
        for (policy, plans) in unknown.iter().filter(|(policy, _)| of_role(policy)) {
            page += &row(&[&code(&policy.name), "", "", WAITS, "", "", &listed(plans)].map(str::to_owned));
        }
    }
    for (place, title, about) in PARTS {
        let rows: Vec<_> = rows.iter().filter(|(statement, _)| statement.policy.place == place).collect();
        let unknown: Vec<_> = unknown.iter().filter(|(policy, _)| policy.place == place).collect();
        if rows.is_empty() && unknown.is_empty() {
            continue;
        }
        writeln!(page, "\n## {title}\n").ok();
        if !about.is_empty() {
            writeln!(page, "{about}\n").ok();
        }
        page += "| of | statement | effect | who | actions | resources | if | in |\n";
        page += "| --- | --- | --- | --- | --- | --- | --- | --- |\n";
        for (statement, plans) in rows {
            let who = lines(&statement.principals);
            let first = [code(&statement.policy.holder), code(&statement.sid), effect(statement), who];
            page += &row(&[first.as_slice(), &scope(statement, &reasons), &[listed(plans)]].concat());
        }
        for (policy, plans) in unknown {
            page += &row(&[&code(&policy.holder), "", "", "", WAITS, "", "", &listed(plans)].map(str::to_owned));
        }
    }
    page
}

/// What is allowed on everything, and to whom: what a reviewer asks first.
fn on_everything<'a>(all: impl Iterator<Item = &'a Statement>, reasons: &BTreeMap<&String, &String>) -> String {
    let mut holders: BTreeMap<(&str, String, String), BTreeSet<String>> = BTreeMap::new();
    for statement in all.filter(|statement| statement.is_unbounded() && statement.policy.place != Place::Document) {
        let reason = reasons.get(&statement.sid).map(|reason| (*reason).clone()).unwrap_or_default();
        let key = (statement.sid.as_str(), names(&statement.actions), reason);
        holders.entry(key).or_default().insert(code(&statement.policy.holder));
    }
    let mut table = "\n## On everything\n\n".to_owned();
    table += "| statement | actions | why nothing narrower | whose |\n| --- | --- | --- | --- |\n";
    for ((sid, actions, reason), whose) in holders {
        table += &row(&[code(sid), actions, reason, whose.into_iter().collect::<Vec<_>>().join("<br>")]);
    }
    table
}

/// What, on what, if.
fn scope(statement: &Statement, reasons: &BTreeMap<&String, &String>) -> [String; 3] {
    let mut resources = names(&statement.resources);
    if let Some(reason) = reasons.get(&statement.sid).filter(|_| statement.is_unbounded()) {
        resources = format!("{resources}<br>{reason}");
    }
    [names(&statement.actions), resources, lines(&statement.conditions)]
}

fn effect(statement: &Statement) -> String {
    if statement.effect == "Allow" { "allow".to_owned() } else { "**deny**".to_owned() }
}

fn names(names: &Names) -> String {
    let listed = lines(&names.names);
    if names.all_but { format!("all but<br>{listed}") } else { listed }
}

fn lines(texts: &[String]) -> String {
    texts.iter().map(|text| code(text)).collect::<Vec<_>>().join("<br>")
}

fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("`{text}`") }
}

fn row(cells: &[String]) -> String {
    let cells = cells.iter().map(|cell| cell.replace('|', "\\|"));
    format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::policies;
    use super::*;

    /// A plan of one role with one statement.
    fn plan(statement: &serde_json::Value, wildcards: &serde_json::Value) -> Vec<(&'static str, Policies)> {
        let policy = json!({ "Statement": [statement] }).to_string();
        let plan = json!({
            "resource_changes": [{
                "address": "module.attendance.module.functions.aws_iam_role_policy.capability[\"api/faces\"]",
                "mode": "managed",
                "type": "aws_iam_role_policy",
                "change": { "after": { "role": "attendance-api", "name": "faces", "policy": policy } },
            }],
            "output_changes": { "attendance": { "after": { "iam_wildcards": wildcards } } },
        });
        vec![("complete", policies::read(&plan).unwrap())]
    }

    #[test]
    fn everything_without_a_reason_is_refused_however_it_is_written() {
        let everything = [
            json!({ "Sid": "Look", "Effect": "Allow", "Action": "x:Look", "Resource": "*" }),
            json!({ "Sid": "Look", "Effect": "Allow", "Action": ["x:Look"], "Resource": ["*"] }),
            json!({ "Sid": "Look", "Effect": "Allow", "Action": "x:Look", "Resource": ["arn:aws:x:::a", "*"] }),
            json!({ "Sid": "Look", "Effect": "Allow", "Action": "x:Look", "NotResource": "arn:aws:x:::a" }),
            json!({ "Sid": "Look", "Effect": "Allow", "NotAction": "x:Look", "Resource": "**" }),
        ];
        for statement in everything {
            let error = written(&plan(&statement, &json!({}))).unwrap_err().to_string();
            let said = "complete: statement \"Look\" of attendance-api faces allows x:Look on ";
            assert!(error.starts_with(said), "{statement}: {error}");
            assert!(written(&plan(&statement, &json!({ "Look": "It has no resource." }))).is_ok(), "{statement}");
            assert!(written(&plan(&statement, &json!({ "Look": "" }))).is_err(), "no reason at all: {statement}");
        }
    }

    #[test]
    fn what_is_denied_or_named_needs_no_reason() {
        let bounded = [
            json!({ "Effect": "Deny", "Action": "x:Look", "Resource": "*" }),
            json!({ "Effect": "Allow", "Action": "x:Look", "Resource": "arn:aws:x:::a/*" }),
        ];
        for statement in bounded {
            assert!(written(&plan(&statement, &json!({}))).is_ok(), "{statement}");
        }
    }

    #[test]
    fn the_page_has_a_row_for_each_statement_with_its_reason() {
        let statement = json!({
            "Sid": "Look", "Effect": "Allow", "Action": ["x:Look", "x:Ask"], "Resource": "*",
            "Condition": { "StringEquals": { "x:Via": ["a", "b"] } },
        });
        let page = written(&plan(&statement, &json!({ "Look": "It has no resource." }))).unwrap();
        let row = "### `attendance-api`\n\n\
            | policy | statement | effect | actions | resources | if | in |\n\
            | --- | --- | --- | --- | --- | --- | --- |\n\
            | `faces` | `Look` | allow | `x:Ask`<br>`x:Look` | `*`<br>It has no resource. | \
            `StringEquals x:Via = a or b` | all |\n";
        assert!(page.ends_with(row), "{page}");
        let first =
            "| `Look` | `x:Ask`<br>`x:Look` | It has no resource. | `attendance-api` |\n\n## What a role may do";
        assert!(page.contains(first), "{page}");
    }

    #[test]
    fn a_page_that_is_old_names_the_command_that_writes_it() {
        let folder = tempfile::tempdir().unwrap();
        let page = folder.path().join("PERMISSIONS.md");
        let plan = plan(&json!({ "Effect": "Allow", "Action": "x:Look", "Resource": "arn:aws:x:::a" }), &json!({}));
        let said = check(&plan, &page).unwrap_err().to_string();
        assert!(said.contains("`cargo xtask document` writes it. Line 1:\n- (the end)\n+ # Who may do what"), "{said}");
        write(&plan, &page).unwrap();
        check(&plan, &page).unwrap();
    }
}
