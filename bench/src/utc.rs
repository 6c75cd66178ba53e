//! Times as people and file names read them, in UTC.

use std::time::SystemTime;
use time::OffsetDateTime;

/// `20261121T004500Z`: sorts by time, and is a file name everywhere.
pub fn compact(at: SystemTime) -> String {
    let t = OffsetDateTime::from(at);
    let (month, day) = (u8::from(t.month()), t.day());
    format!("{:04}{month:02}{day:02}T{:02}{:02}{:02}Z", t.year(), t.hour(), t.minute(), t.second())
}

/// `2026-11-21 00:45:00`.
pub fn readable(at: SystemTime) -> String {
    let t = OffsetDateTime::from(at);
    let (month, day) = (u8::from(t.month()), t.day());
    format!("{:04}-{month:02}-{day:02} {:02}:{:02}:{:02}", t.year(), t.hour(), t.minute(), t.second())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn known_moments_read_rightly() {
        let at = UNIX_EPOCH + Duration::from_secs(951_868_799);
        assert_eq!(readable(at), "2000-02-29 23:59:59");
        assert_eq!(compact(UNIX_EPOCH), "19700101T000000Z");
    }
}
