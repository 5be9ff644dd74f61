//! The conformance suite on PostgreSQL, and what a server has to show besides it.
#![cfg(feature = "postgres")]
#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod server;

use std::sync::Arc;

use attendance_core::ports::{AttendanceRepo, RepoError};
use attendance_sql::SqlAttendanceRepo;
use server::{Database, Server, cases, statements};
use sqlx::postgres::PgPool;

/// PostgreSQL.
struct Postgres;

impl Server for Postgres {
    const VARIABLE: &'static str = "ATTENDANCE_TEST_POSTGRES";
    const NAME: &'static str = "postgres";
    type Engine = sqlx::Postgres;

    async fn run(pool: &PgPool, sql: &str) -> Result<(), sqlx::Error> {
        statements(sql).execute(pool).await.map(drop)
    }

    async fn on(pool: PgPool) -> Result<SqlAttendanceRepo, RepoError> {
        SqlAttendanceRepo::on_postgres(pool).await
    }

    async fn end_connections(pool: &PgPool, database: &str) {
        let sql = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1";
        sqlx::query(sql).bind(database).fetch_all(pool).await.unwrap();
    }
}

async fn repo() -> Option<(Arc<dyn AttendanceRepo>, Database<Postgres>)> {
    let database = Database::make().await?;
    Some((Arc::new(database.open(8).await.unwrap()), database))
}

mod conformance {
    attendance_core::attendance_repo_suite!(super::repo);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_who_commit_at_once_all_succeed_and_one_record_is_made() {
    cases::many_who_commit_at_once_all_succeed_and_one_record_is_made::<Postgres>().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn group_photos_of_the_same_people_in_any_order_make_each_record_once() {
    cases::group_photos_of_the_same_people_in_any_order_make_each_record_once::<Postgres>().await;
}

#[tokio::test]
async fn a_schema_of_a_newer_version_is_refused() {
    cases::a_schema_of_a_newer_version_is_refused::<Postgres>().await;
}

#[tokio::test]
async fn a_schema_that_was_left_half_made_is_refused() {
    cases::a_schema_that_was_left_half_made_is_refused::<Postgres>().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_new_database_can_be_opened_by_many_at_once() {
    cases::a_new_database_can_be_opened_by_many_at_once::<Postgres>().await;
}

#[tokio::test]
async fn a_schema_that_is_up_to_date_is_opened_while_somebody_writes() {
    cases::a_schema_that_is_up_to_date_is_opened_while_somebody_writes::<Postgres>("BEGIN").await;
}

#[tokio::test]
async fn a_broken_rule_is_told_without_the_value_that_broke_it() {
    cases::a_broken_rule_is_told_without_the_value_that_broke_it::<Postgres>().await;
}

#[tokio::test]
async fn connections_that_the_server_ended_are_replaced() {
    cases::connections_that_the_server_ended_are_replaced::<Postgres>().await;
}

#[tokio::test]
async fn a_refused_change_leaves_no_transaction_open() {
    cases::a_refused_change_leaves_no_transaction_open::<Postgres>().await;
}

#[tokio::test]
async fn a_pool_without_a_free_connection_is_busy_and_not_asked_again() {
    cases::a_pool_without_a_free_connection_is_busy_and_not_asked_again::<Postgres>().await;
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_told_in_time() {
    cases::a_server_that_does_not_answer_is_told_in_time::<Postgres>("postgres").await;
}

#[tokio::test]
async fn a_list_goes_on_from_its_cursor_although_records_are_added_before_it() {
    cases::a_list_goes_on_from_its_cursor_although_records_are_added_before_it::<Postgres>().await;
}
