//! Several items, written together or not at all.

use attendance_core::ports::RepoError;
use aws_sdk_dynamodb::error::{BuildError, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update,
};
use uuid::Uuid;

use super::DynamoAttendanceRepo;
use super::items::{BODY, Item, key_of, readable};
use super::keys::Key;
use crate::fault::Fault;
use crate::pauses::pauses;

/// The most actions of one transaction.
pub(crate) const MAX_ACTIONS: usize = 100;

/// What must hold of the item as it is stored.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    pub(crate) expression: &'static str,
    pub(crate) values: Vec<(&'static str, AttributeValue)>,
}

impl Condition {
    /// There is no such item.
    pub(crate) fn absent() -> Self {
        Self { expression: "attribute_not_exists(pk)", values: Vec::new() }
    }

    /// It is there, with that version.
    pub(crate) fn version(version: u32) -> Self {
        Self { expression: "version = :version", values: vec![(":version", AttributeValue::N(version.to_string()))] }
    }

    /// It still holds what was read from it.
    pub(crate) fn unchanged(read: &Item) -> Self {
        let body = read.get(BODY).cloned().unwrap_or(AttributeValue::Null(true));
        Self { expression: "body = :body", values: vec![(":body", body)] }
    }
}

/// One action of a transaction; no two may be on one item.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    /// The item is stored, in place of any other of its key.
    Put(Item, Option<Condition>),
    /// The item is no longer stored.
    Delete(Key, Option<Condition>),
    /// One attribute of the item is no longer stored.
    Remove(Key, &'static str, Condition),
    /// Nothing, if the condition holds.
    Check(Key, Condition),
}

/// What became of a transaction.
#[derive(Debug)]
pub(crate) enum Transacted {
    /// All was written.
    Written,
    /// Nothing was written: these conditions did not hold.
    Refused(Vec<Refusal>),
}

/// A condition that did not hold.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// The action's place in the transaction.
    pub(crate) action: usize,
    /// The item as it is stored; `None` if there is none.
    pub(crate) stands: Option<Item>,
}

impl Action {
    fn into_item(self, table: &str) -> Result<TransactWriteItem, BuildError> {
        let returned = ReturnValuesOnConditionCheckFailure::AllOld;
        let split = |condition: Option<Condition>| {
            let (expression, values) = condition.map(|condition| (condition.expression, condition.values)).unzip();
            let values = values.filter(|values| !values.is_empty());
            let values =
                values.map(|values| values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect());
            (expression.map(str::to_owned), values)
        };
        let item = TransactWriteItem::builder();
        Ok(match self {
            Self::Put(stored, condition) => {
                let (expression, values) = split(condition);
                let put = Put::builder().table_name(table).set_item(Some(stored)).set_condition_expression(expression);
                let put = put.set_expression_attribute_values(values);
                item.put(put.return_values_on_condition_check_failure(returned).build()?)
            }
            Self::Delete(key, condition) => {
                let (expression, values) = split(condition);
                let delete = Delete::builder().table_name(table).set_key(Some(key_of(key)));
                let delete = delete.set_condition_expression(expression).set_expression_attribute_values(values);
                item.delete(delete.return_values_on_condition_check_failure(returned).build()?)
            }
            Self::Remove(key, attribute, condition) => {
                let (expression, values) = split(Some(condition));
                let update = Update::builder().table_name(table).set_key(Some(key_of(key)));
                let update = update.update_expression(format!("REMOVE {attribute}"));
                let update = update.set_condition_expression(expression).set_expression_attribute_values(values);
                item.update(update.return_values_on_condition_check_failure(returned).build()?)
            }
            Self::Check(key, condition) => {
                let (expression, values) = split(Some(condition));
                let check = ConditionCheck::builder().table_name(table).set_key(Some(key_of(key)));
                let check = check.set_condition_expression(expression).set_expression_attribute_values(values);
                item.condition_check(check.return_values_on_condition_check_failure(returned).build()?)
            }
        }
        .build())
    }
}

/// Whether a code says that somebody else was writing the same items, or that the table is busy: it passes.
pub(crate) fn is_contention(code: &str) -> bool {
    matches!(
        code,
        "TransactionConflict"
            | "TransactionConflictException"
            | "TransactionInProgressException"
            | "ProvisionedThroughputExceeded"
            | "ThrottlingError"
    )
}

/// What remains of contention after all pauses.
pub(crate) fn contended() -> RepoError {
    RepoError::Throttled { source: Some("other writes of the same items were in the way".into()) }
}

/// Why DynamoDB cancelled a transaction; `None` for every other error.
fn reasons(error: &SdkError<TransactWriteItemsError>) -> Option<&[CancellationReason]> {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            Some(cancelled.cancellation_reasons())
        }
        _ => None,
    }
}

fn refusals(reasons: &[CancellationReason]) -> Result<Vec<Refusal>, RepoError> {
    let failed = |(_, reason): &(usize, &CancellationReason)| reason.code() == Some("ConditionalCheckFailed");
    let refusal = |(action, reason): (usize, &CancellationReason)| {
        let stands = reason.item().filter(|item| !item.is_empty()).cloned().map(readable).transpose()?;
        Ok(Refusal { action, stands })
    };
    reasons.iter().enumerate().filter(failed).map(refusal).collect()
}

impl DynamoAttendanceRepo {
    /// Writes all or nothing, by one request; again after a pause where another transaction was in the way.
    ///
    /// All attempts carry one token: DynamoDB answers an attempt whose answer was lost as it did before.
    pub(crate) async fn transact(&self, actions: Vec<Action>) -> Result<Transacted, RepoError> {
        if actions.len() > MAX_ACTIONS {
            let why = format!("{} items are more than one transaction holds: nothing was written", actions.len());
            return Err(Fault::unexpected(why).into());
        }
        let items: Result<Vec<_>, _> = actions.into_iter().map(|action| action.into_item(&self.table)).collect();
        let items = items.map_err(|_| Fault::unexpected("a transaction lacks what it needs"))?;
        let token = Uuid::now_v7().to_string();
        let mut pauses = pauses();
        loop {
            let request = self.client.transact_write_items().client_request_token(&token);
            let Err(error) = request.set_transact_items(Some(items.clone())).send().await else {
                return Ok(Transacted::Written);
            };
            let Some(reasons) = reasons(&error) else { return Err(self.fault(&error)) };
            let refusals = refusals(reasons)?;
            if !refusals.is_empty() {
                return Ok(Transacted::Refused(refusals));
            }
            let codes: Vec<_> = reasons.iter().filter_map(CancellationReason::code).collect();
            if !codes.iter().any(|code| is_contention(code)) {
                let codes: Vec<_> = codes.into_iter().filter(|code| *code != "None").collect();
                return Err(Fault::unexpected(format!("the transaction was cancelled: {}", codes.join(", "))).into());
            }
            tokio::time::sleep(pauses.next().ok_or_else(contended)?).await;
        }
    }
}
