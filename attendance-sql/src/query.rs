//! A query as this crate writes it: for no engine in particular.

use std::borrow::Cow;

use crate::dialect::Dialect;

/// A value of a query. `NULL` has a type too: PostgreSQL asks for it.
#[derive(Clone)]
pub(crate) enum Value {
    Text(Option<String>),
    Int(Option<i64>),
}

macro_rules! into_value {
    ($($from:ty => |$it:ident| $value:expr),* $(,)?) => {$(
        impl From<$from> for Value {
            fn from($it: $from) -> Self {
                $value
            }
        }
    )*};
}
into_value! {
    &str => |text| Self::Text(Some(text.to_owned())),
    String => |text| Self::Text(Some(text)),
    Option<&str> => |text| Self::Text(text.map(str::to_owned)),
    Option<String> => |text| Self::Text(text),
    i64 => |number| Self::Int(Some(number)),
    Option<i64> => |number| Self::Int(number),
    u32 => |number| Self::Int(Some(number.into())),
    u8 => |number| Self::Int(Some(number.into())),
    bool => |truth| Self::Int(Some(truth.into())),
}

/// SQL with `?` for each value, and the values.
pub(crate) struct Query {
    sql: Cow<'static, str>,
    pub(crate) values: Vec<Value>,
    ignore: bool,
    reading: Reading,
}

/// How a transaction reads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    Plain,
    ForUpdate,
    AfterInsert,
}

impl Query {
    pub(crate) fn new(sql: impl Into<Cow<'static, str>>) -> Self {
        Self { sql: sql.into(), values: Vec::new(), ignore: false, reading: Reading::Plain }
    }

    /// `INSERT INTO {table} ({columns}) VALUES …` with a row for each of `rows`, which must not be empty.
    pub(crate) fn insert(table_and_columns: &str, rows: impl IntoIterator<Item = Vec<Value>>) -> Self {
        let mut sql = format!("INSERT INTO {table_and_columns} VALUES ");
        let mut values = Vec::new();
        for (index, row) in rows.into_iter().enumerate() {
            let places = vec!["?"; row.len()].join(", ");
            sql.push_str(if index > 0 { ", (" } else { "(" });
            sql.push_str(&places);
            sql.push(')');
            values.extend(row);
        }
        Self { values, ..Self::new(sql) }
    }

    pub(crate) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    pub(crate) fn bind_all(mut self, values: impl IntoIterator<Item = Value>) -> Self {
        self.values.extend(values);
        self
    }

    pub(crate) fn push(mut self, sql: &str) -> Self {
        self.sql.to_mut().push_str(sql);
        self
    }

    /// A list in brackets, for an `IN`; it must not be empty.
    pub(crate) fn one_of(mut self, values: impl IntoIterator<Item = Value>) -> Self {
        let before = self.values.len();
        self.values.extend(values);
        let places = vec!["?"; self.values.len() - before].join(", ");
        self.push(&format!("({places})"))
    }

    /// `LIMIT`, with a number that is not a user's.
    pub(crate) fn limit(self, rows: usize) -> Self {
        let rows = i64::try_from(rows).unwrap_or(i64::MAX);
        self.push(" LIMIT ?").bind(rows)
    }

    /// A row that is there is left alone; the count of rows says whether it was.
    pub(crate) fn or_ignore(self) -> Self {
        Self { ignore: true, ..self }
    }

    /// The rows that are read stay as they are until the transaction ends.
    pub(crate) fn for_update(self) -> Self {
        Self { reading: Reading::ForUpdate, ..self }
    }

    /// The row that an insert of the same transaction met, as it was committed.
    pub(crate) fn after_insert(self) -> Self {
        Self { reading: Reading::AfterInsert, ..self }
    }

    /// The SQL of that engine, and the values.
    pub(crate) fn into_parts(self, dialect: Dialect) -> (Cow<'static, str>, Vec<Value>) {
        let lock = match self.reading {
            Reading::Plain => "",
            Reading::ForUpdate => dialect.for_update(),
            Reading::AfterInsert => dialect.after_insert(),
        };
        let sql = if self.ignore {
            dialect.or_ignore(&self.sql).into()
        } else if lock.is_empty() {
            self.sql
        } else {
            (self.sql.into_owned() + lock).into()
        };
        (dialect.placeholders(sql), self.values)
    }
}
