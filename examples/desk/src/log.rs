//! What is logged: nothing but errors, unless `ATTENDANCE_LOG` says otherwise.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt, registry};

const VARIABLE: &str = "ATTENDANCE_LOG";

/// Logs to standard error from now on.
///
/// # Errors
/// What the variable may hold, where it holds something else.
pub(crate) fn start() -> Result<(), String> {
    let filter = filter(&std::env::var(VARIABLE).unwrap_or_default())?;
    registry().with(fmt::layer().with_writer(std::io::stderr).with_filter(filter)).init();
    Ok(())
}

fn filter(text: &str) -> Result<Targets, String> {
    if text.is_empty() {
        return Ok(Targets::new().with_default(LevelFilter::ERROR));
    }
    text.parse().map_err(|_| {
        format!("{VARIABLE} is {text:?}: give a level for all or for some, such as warn, or info,attendance_core=debug")
    })
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn a_level_for_all_or_for_some_is_taken_and_anything_else_is_named() {
        assert!(filter("").unwrap().would_enable("attendance_core", &Level::ERROR));
        assert!(!filter("").unwrap().would_enable("attendance_core", &Level::WARN));
        let some = filter("warn,attendance_core=debug").unwrap();
        assert!(some.would_enable("attendance_core::service", &Level::DEBUG));
        assert!(!some.would_enable("hyper", &Level::INFO));
        assert!(filter("hyper=loud").unwrap_err().contains("\"hyper=loud\": give a level"));
    }
}
