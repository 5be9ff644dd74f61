//! Logs as JSON, a line for each: CloudWatch reads their fields by itself.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::variables::{InvalidVariable, Variables};

/// Logs from now on, to standard output, what `ATTENDANCE_LOG` lets through: `info` if nothing is said. A release
/// has nothing finer than that in it.
///
/// # Errors
/// [`InvalidVariable`] where it is no filter.
pub fn start_log() -> Result<(), InvalidVariable> {
    let variables = Variables::of_process();
    let rule = "a level for all or for some, such as warn, or info,attendance_core=warn";
    let filter = variables.read("ATTENDANCE_LOG", rule, |filter| filter.parse::<Targets>().ok())?;
    let filter = filter.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    let json =
        tracing_subscriber::fmt::layer().json().flatten_event(true).with_current_span(false).with_span_list(true);
    // A second start in one process keeps what the first one set.
    let _ = tracing_subscriber::registry().with(json.with_ansi(false).with_filter(filter)).try_init();
    Ok(())
}
