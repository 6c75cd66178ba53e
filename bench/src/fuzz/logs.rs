//! Histogram logs, distributions and the table of a run's intervals.

use super::one_line;
use super::scratch::Scratch;
use crate::export::hlog::{self, Interval, RecordedInterval};
use crate::export::{hgrm, payload};
use crate::report::raw::intervals as table;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use hdrhistogram::serialization::{Serializer, V2Serializer};
use std::io::Write;
use std::time::{Duration, SystemTime};

/// Times beyond this many seconds lose their milliseconds where they are written as decimal fractions.
const EXACT_S: u64 = 1 << 32;

/// The intervals up to the first error.
fn read(log: &[u8]) -> Vec<RecordedInterval> {
    let mut all = Vec::new();
    for interval in hlog::Reader::new(log) {
        match interval {
            Ok(interval) => all.push(interval),
            Err(error) => one_line(&error.to_string()),
        }
    }
    all
}

fn written(intervals: &[RecordedInterval]) -> Option<Vec<u8>> {
    let all: Vec<_> = intervals
        .iter()
        .map(|of| Interval {
            tag: of.tag.as_deref(),
            start: of.start,
            duration: of.duration,
            histogram: &of.histogram,
        })
        .collect();
    let mut bytes = Vec::new();
    // There are tags that it reads and does not write, and logs without a primary latency.
    hlog::write(&mut bytes, SystemTime::UNIX_EPOCH, &all).ok()?;
    Some(bytes)
}

pub(super) fn hlog(bytes: &[u8]) {
    let mut first = read(bytes);
    let most = Duration::from_secs(EXACT_S);
    if first.iter().any(|interval| interval.start > most || interval.duration > most) {
        return;
    }
    first.sort_by_key(|interval| interval.start);
    let Some(text) = written(&first) else { return };
    let second = read(&text);
    let samples = |all: &[RecordedInterval]| {
        all.iter().map(|of| (of.tag.clone(), of.histogram.clone())).collect::<Vec<_>>()
    };
    assert_eq!(samples(&second), samples(&first));
    // What is left of times is milliseconds, which are read back as they are.
    let third = read(&written(&second).expect("as before"));
    assert_eq!(third, second);
}

/// One histogram, its encoding given plain.
pub(super) fn histogram(bytes: &[u8]) {
    let cookie = 0x1c84_9314_u32.to_be_bytes();
    if bytes.starts_with(&cookie) {
        // Compressed it is one within another, which nobody writes.
        return;
    }
    // As whoever wrote it would, with its own length.
    let mut plain = bytes.to_vec();
    if let Some(length) = plain.len().checked_sub(40).and_then(|length| u32::try_from(length).ok()) {
        plain[4..8].copy_from_slice(&length.to_be_bytes());
    }
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(&plain).expect("a Vec takes all");
    let packed = packed.finish().expect("a Vec takes all");
    let mut compressed = cookie.to_vec();
    compressed.extend((packed.len() as u32).to_be_bytes());
    compressed.extend(packed);
    let read = payload::decode(&STANDARD.encode(&plain));
    assert_eq!(payload::decode(&STANDARD.encode(&compressed)), read);
    match read {
        Err(why) => one_line(&why),
        Ok(histogram) => {
            let mut encoded = Vec::new();
            V2Serializer::new().serialize(&histogram, &mut encoded).expect("a Vec takes all");
            assert_eq!(payload::decode(&STANDARD.encode(&encoded)).as_ref(), Ok(&histogram));
            // What is made of it: each figure is there, and a distribution that is read back.
            let mut text = Vec::new();
            hgrm::write(&mut text, &histogram, 1).expect("a Vec takes all");
            let back = hgrm::read(&text[..]).expect("as it was written");
            assert_eq!(back.count, histogram.len());
        }
    }
}

pub(super) fn hgrm(bytes: &[u8]) {
    match hgrm::read(bytes) {
        Err(error) => one_line(&error.to_string()),
        Ok(read) => {
            assert!(read.rows.is_sorted_by(|a, b| a.quantile <= b.quantile && a.value <= b.value));
            let whole = read.value_at_quantile(1.0);
            assert_eq!(whole, read.rows.iter().find(|row| row.quantile == 1.0).map(|row| row.value));
            assert_eq!(read.value_at_quantile(1.5), None);
        }
    }
}

pub(super) fn intervals(bytes: &[u8]) {
    let scratch = Scratch::new();
    match table::read(&scratch.file("intervals.csv", bytes)) {
        Err(refused) => one_line(&refused.to_string()),
        Ok(all) => assert!(all.iter().all(|interval| interval.end_ns >= interval.start_ns)),
    }
}
