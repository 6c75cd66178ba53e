//! Parts of a JSON that would take much more memory than their text: read up to a bound of their own.

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;
use std::fmt;
use std::marker::PhantomData;

/// The longest certificate within a series, in bytes: many times what is written. As values it takes up to 100 times as
/// much.
const LONGEST_VALUE: usize = 64 << 10;

/// A value of any kind, if it is short.
///
/// # Errors
/// It is longer than 64 KiB, or no JSON.
pub fn short<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    if raw.get().len() > LONGEST_VALUE {
        return Err(D::Error::custom(format!("a value of more than {LONGEST_VALUE} bytes")));
    }
    serde_json::from_str(raw.get()).map_err(D::Error::custom)
}

/// The most rows of a series: the commands take no more runs, points, pairs or loads.
const ROWS_MOST: usize = 1_024;

/// A list, if it is no longer than a series may be: a row takes many times its text.
///
/// # Errors
/// It has more than 1,024 rows, or one that is not what is accepted there.
pub fn few<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    struct Rows<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Rows<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a list of up to {ROWS_MOST}")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<Vec<T>, A::Error> {
            let mut all = Vec::new();
            while let Some(row) = rows.next_element()? {
                if all.len() == ROWS_MOST {
                    return Err(A::Error::invalid_length(ROWS_MOST + 1, &self));
                }
                all.push(row);
            }
            Ok(all)
        }
    }

    deserializer.deserialize_seq(Rows(PhantomData))
}
