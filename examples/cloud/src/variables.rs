//! Environment variables, read so that an error names the variable and says what to write.

use std::collections::HashMap;
use std::fmt;

/// A variable that a function can't work with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidVariable {
    /// It is needed, and not there or empty.
    #[error("the environment variable {name} is missing: set it to {rule}")]
    Missing {
        /// Its name.
        name: &'static str,
        /// What it must be.
        rule: &'static str,
    },
    /// It is something else than it must be. What it is, is not repeated.
    #[error("the environment variable {name} must be {rule}")]
    Invalid {
        /// Its name.
        name: &'static str,
        /// What it must be.
        rule: String,
    },
}

/// Environment variables. `Debug` shows their names only.
#[derive(Clone, Default)]
pub struct Variables(HashMap<String, String>);

impl Variables {
    /// Those of this process that can be read as text.
    #[must_use]
    pub fn of_process() -> Self {
        let read = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self(std::env::vars_os().filter_map(read).collect())
    }

    /// What a variable says, without blanks around it. An empty one is none.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// What a variable says that has to be there.
    ///
    /// # Errors
    /// [`InvalidVariable::Missing`], with the rule of what to write.
    pub fn needed(&self, name: &'static str, rule: &'static str) -> Result<&str, InvalidVariable> {
        self.get(name).ok_or(InvalidVariable::Missing { name, rule })
    }

    /// What `read` makes of a variable, if it is there.
    ///
    /// # Errors
    /// [`InvalidVariable::Invalid`] where `read` makes nothing of it.
    pub fn read<T>(
        &self,
        name: &'static str,
        rule: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, InvalidVariable> {
        let invalid = || InvalidVariable::Invalid { name, rule: rule.to_owned() };
        self.get(name).map(|value| read(value).ok_or_else(invalid)).transpose()
    }

    /// The parts of a variable between its commas; none if it is not there.
    pub fn list(&self, name: &str) -> impl Iterator<Item = &str> {
        self.get(name).into_iter().flat_map(|value| value.split(',')).map(str::trim).filter(|part| !part.is_empty())
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Variables {
    fn from(variables: [(&str, &str); N]) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
