//! One histogram as it stands in a log: base 64 of a V2 encoding, compressed or plain, decoded in bounded memory.

use std::io::Read;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::ZlibDecoder;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;

/// Significant digits beyond which a log is refused: what such a histogram allocates is not this program's kind.
const MOST_DIGITS: u32 = 3;
/// More places than a histogram of [`MOST_DIGITS`] can have, whatever its range.
const MOST_PLACES: usize = 64 << 10;
const HEADER: usize = 40;
/// An encoded histogram before compression: a header and at most nine bytes a place.
pub const LONGEST: usize = HEADER + 9 * MOST_PLACES;

const PLAIN_COOKIE: u32 = 0x1c84_9313;
const COMPRESSED_COOKIE: u32 = 0x1c84_9314;

/// Decodes one histogram, having checked what the crate's decoder trusts: the lengths it allocates by and the counts
/// it adds up.
///
/// # Errors
/// What the line that holds it has, as the rest of a sentence.
pub fn decode(encoded: &str) -> Result<Histogram<u64>, String> {
    let bytes = STANDARD.decode(encoded).map_err(|e| format!("has a histogram that is not base 64: {e}"))?;
    let plain = if u32_at(&bytes, 0) == Some(COMPRESSED_COOKIE) {
        let length = u32_at(&bytes, 4).unwrap_or(0) as usize;
        let compressed = bytes.get(8..).and_then(|rest| rest.get(..length));
        inflate(compressed.ok_or("has a compressed histogram shorter than it says")?)?
    } else {
        bytes
    };
    check_plain(&plain)?;
    Deserializer::new()
        .deserialize(&mut &plain[..])
        .map_err(|e| format!("has a histogram that cannot be decoded: {e}"))
}

fn inflate(compressed: &[u8]) -> Result<Vec<u8>, String> {
    let mut plain = Vec::new();
    ZlibDecoder::new(compressed)
        .take(LONGEST as u64 + 1)
        .read_to_end(&mut plain)
        .map_err(|e| format!("has a histogram that cannot be decompressed: {e}"))?;
    if plain.len() > LONGEST {
        return Err(format!("has a histogram of more than {LONGEST} bytes"));
    }
    Ok(plain)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let field = bytes.get(at..at + 4)?;
    field.try_into().ok().map(u32::from_be_bytes)
}

fn check_plain(plain: &[u8]) -> Result<(), String> {
    if plain.len() < HEADER || u32_at(plain, 0) != Some(PLAIN_COOKIE) {
        return Err("has a histogram of another encoding: V2 and V2 compressed are read".to_owned());
    }
    let payload = &plain[HEADER..];
    if u32_at(plain, 4) != u32::try_from(payload.len()).ok() {
        return Err("has a histogram of another length than it says".to_owned());
    }
    if u32_at(plain, 12).is_none_or(|digits| digits > MOST_DIGITS) {
        return Err(format!("has a histogram of more than {MOST_DIGITS} significant digits"));
    }
    let mut rest = payload;
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let (number, after) = zig_zag(rest).ok_or("has a histogram that ends within a number")?;
        rest = after;
        // Negative numbers skip that many empty places, the others are counts.
        if number < -(MOST_PLACES as i64) {
            return Err("has a histogram with more places than it can have".to_owned());
        }
        total = total.saturating_add(number.max(0) as u64);
        if total > i64::MAX as u64 {
            return Err("has a histogram with more samples than can be counted".to_owned());
        }
    }
    Ok(())
}

/// One number of a payload and what follows it: 7 bits a byte, the ninth byte whole, the sign in the lowest bit.
fn zig_zag(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let mut value: u64 = 0;
    for (i, byte) in bytes.iter().take(9).enumerate() {
        let last = i == 8 || byte & 0x80 == 0;
        let bits = if i == 8 { *byte } else { byte & 0x7f };
        value |= u64::from(bits) << (7 * i);
        if last {
            return Some((((value >> 1) as i64) ^ -((value & 1) as i64), &bytes[i + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn plain(length: u32, digits: u32, numbers: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for field in [PLAIN_COOKIE, length, 0, digits] {
            bytes.extend(field.to_be_bytes());
        }
        bytes.extend(1_u64.to_be_bytes());
        bytes.extend(60_000_000_000_u64.to_be_bytes());
        bytes.extend(1.0_f64.to_be_bytes());
        bytes.extend(numbers);
        bytes
    }

    fn compressed(bytes: &[u8]) -> Vec<u8> {
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        zlib.write_all(bytes).expect("a Vec takes all");
        let zlib = zlib.finish().expect("a Vec takes all");
        let mut all = COMPRESSED_COOKIE.to_be_bytes().to_vec();
        all.extend((zlib.len() as u32).to_be_bytes());
        all.extend(zlib);
        all
    }

    #[test]
    fn plain_and_compressed_payloads_are_read() {
        // Skip seven places, then a count of 300: zig-zag, in two bytes.
        let bytes = plain(3, 3, &[13, 0xd8, 0x04]);
        for encoded in [STANDARD.encode(&bytes), STANDARD.encode(compressed(&bytes))] {
            let h = decode(&encoded).expect("well formed");
            assert_eq!((h.len(), h.min(), h.max()), (300, 7, 7));
        }
    }

    #[test]
    fn r18_malformed_payloads_are_refused_with_the_reason() {
        let huge_count = [&[0xfe_u8][..], &[0xff; 8], &[0xfe], &[0xff; 8]].concat();
        for (bytes, expected) in [
            (b"no cookie".to_vec(), "another encoding"),
            (COMPRESSED_COOKIE.to_be_bytes().to_vec(), "shorter than it says"),
            (plain(u32::MAX, 3, &[2]), "another length"),
            (plain(1, 5, &[2]), "more than 3 significant digits"),
            (plain(1, 3, &[0x80]), "ends within a number"),
            (plain(9, 3, &[0xff; 9]), "more places"),
            (plain(18, 3, &huge_count), "more samples"),
        ] {
            let error = decode(&STANDARD.encode(bytes)).expect_err(expected);
            assert!(error.contains(expected), "{expected:?} expected, got {error:?}");
        }
        assert!(decode("A*AA").expect_err("not base 64").contains("not base 64"));
    }

    #[test]
    fn r18_a_small_payload_cannot_ask_for_much_memory() {
        let bomb = STANDARD.encode(compressed(&vec![0; 8 * LONGEST]));
        assert!(bomb.len() < 10_000);
        assert_eq!(decode(&bomb), Err(format!("has a histogram of more than {LONGEST} bytes")));
    }
}
