//! A list of choices as text: what `CHOICES` has, or a file that it names.

use std::io::Read;

/// So many bytes of a file are read. A hundred times what a run of 20,000 steps makes; another file was meant.
const FILE_MOST: u64 = 64 << 20;
/// So many characters of what is wrong are told.
const TOLD: usize = 40;

/// As [`read`] takes it: with no choices a zero, which is what any choice is that is missing.
pub(super) fn written(choices: &[u64]) -> String {
    let choices = if choices.is_empty() { &[0] } else { choices };
    choices.iter().map(u64::to_string).collect::<Vec<_>>().join(",")
}

/// Choices from what `CHOICES` has: numbers with commas or white space between them, or `@` and the path of a file of such.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read(given: &str) -> Result<Vec<u64>, String> {
    let Some(path) = given.strip_prefix('@') else { return numbers(given, &short(given)) };
    let mut text = Vec::new();
    let file = std::fs::File::open(path);
    // What it says of its length is not asked: a device has none.
    let all = file.and_then(|file| file.take(FILE_MOST + 1).read_to_end(&mut text));
    if all.map_err(|why| format!("CHOICES=@{path}: {why}"))? as u64 > FILE_MOST {
        return Err(format!(
            "CHOICES=@{path}: it has more than {FILE_MOST} bytes: give the path of a list of choices, which has far fewer"
        ));
    }
    numbers(&String::from_utf8_lossy(&text), given)
}

/// The numbers of a text. An empty place between two commas is none: what is behind it would be another choice's.
fn numbers(text: &str, given: &str) -> Result<Vec<u64>, String> {
    let accepted = format!(
        "give numbers from 0 to {}, with commas between them, or @ and the path of a file of such",
        u64::MAX
    );
    if text.trim().is_empty() {
        return Err(format!("CHOICES: `{given}` has no number: {accepted}"));
    }
    let mut all = Vec::new();
    for (commas, part) in text.split(',').enumerate() {
        let before = all.len();
        for one in part.split_whitespace() {
            all.push(number(one, "CHOICES")?);
        }
        if all.len() == before {
            let place = if commas == 0 {
                "before the first comma".to_owned()
            } else {
                format!("behind comma {commas}")
            };
            return Err(format!("CHOICES: `{given}` has no number {place}: {accepted}"));
        }
    }
    Ok(all)
}

/// # Errors
/// What was given, and what is accepted.
pub(super) fn number(text: &str, of: &str) -> Result<u64, String> {
    text.trim().parse().map_err(|_| format!("{of}: `{}` is no number from 0 to {}", short(text), u64::MAX))
}

/// As much of it as a line may have, in one line.
fn short(text: &str) -> String {
    let mut chars = text.chars();
    let told = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    let head: String = chars.by_ref().take(TOLD).map(told).collect();
    if chars.next().is_some() { head + ".." } else { head }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::test_runner::{Config, RngSeed};
    use std::path::PathBuf;
    use std::time::UNIX_EPOCH;

    /// Cases of a seed that is told, and read from `SEED`.
    fn cases() -> Config {
        let given = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or_else(|| {
            let clock = UNIX_EPOCH.elapsed().expect("it is later than 1970");
            u64::from(clock.subsec_nanos())
        });
        println!("SEED={seed}");
        Config { cases: 512, rng_seed: RngSeed::Fixed(seed), failure_persistence: None, ..Config::default() }
    }

    /// A file with these bytes, which goes with it.
    struct File(PathBuf);

    impl File {
        fn new(name: &str, bytes: &[u8]) -> Self {
            let path = std::env::temp_dir().join(format!("throng-test-{}-{name}", std::process::id()));
            std::fs::write(&path, bytes).expect("it can be written");
            Self(path)
        }

        fn read(&self) -> Result<Vec<u64>, String> {
            read(&format!("@{}", self.0.display()))
        }
    }

    impl Drop for File {
        fn drop(&mut self) {
            std::fs::remove_file(&self.0).expect("it is there");
        }
    }

    /// What stands between two numbers.
    fn gap() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![",", ", ", " ,", " , ", "\n", "\t", ",\r\n", "  "])
    }

    /// Bytes as lists have them, and any.
    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let alike = prop::sample::select(b"0123456789,,, \n+-@x".to_vec());
        prop_oneof![prop::collection::vec(alike, 0..60), prop::collection::vec(any::<u8>(), 0..60)]
    }

    proptest! {
        #![proptest_config(cases())]

        #[test]
        fn a_list_is_read_as_it_was_written(choices in prop::collection::vec(any::<u64>(), 1..200)) {
            prop_assert_eq!(read(&written(&choices)), Ok(choices.clone()));
            prop_assert_eq!(File::new("written", written(&choices).as_bytes()).read(), Ok(choices));
        }

        #[test]
        fn a_number_is_never_left_out_nor_made_up(
            list in prop::collection::vec((any::<u64>(), gap()), 1..20),
            twice in any::<prop::sample::Index>(),
        ) {
            let choices: Vec<_> = list.iter().map(|(choice, _)| *choice).collect();
            let parts: Vec<_> = list.iter().map(|(choice, gap)| format!("{choice}{gap}")).collect();
            let text = parts.concat() + "7";
            prop_assert_eq!(read(&text), Ok([&choices[..], &[7]].concat()));
            // One comma too many, wherever there is one.
            let commas: Vec<_> = text.match_indices(',').map(|(at, _)| at).collect();
            if !commas.is_empty() {
                let mut wrong = text.clone();
                wrong.insert(commas[twice.index(commas.len())], ',');
                prop_assert!(read(&wrong).is_err_and(|why| why.contains(" has no number behind comma ")));
            }
            for wrong in [format!(",{text}"), format!("{text},")] {
                prop_assert!(read(&wrong).is_err_and(|why| why.contains(" has no number ")), "{}", wrong);
            }
        }

        /// Of what is taken, every part is a number; what is refused is told in one short line.
        #[test]
        fn whatever_is_given_is_taken_whole_or_refused(bytes in bytes()) {
            let text = String::from_utf8_lossy(&bytes);
            let of_file = File::new("any", &bytes).read();
            for outcome in [of_file.clone(), read(&text)] {
                match outcome {
                    Ok(choices) => {
                        let digits = text.split(|c: char| c == ',' || c.is_whitespace());
                        let each: Vec<_> = digits.filter(|one| !one.is_empty()).map(str::parse).collect();
                        prop_assert_eq!(each, choices.into_iter().map(Ok).collect::<Vec<_>>());
                    }
                    Err(why) => prop_assert!(why.starts_with("CHOICES") && why.len() < 600, "{}", why),
                }
            }
            if !text.starts_with('@') {
                prop_assert_eq!(of_file.is_ok(), read(&text).is_ok());
            }
            prop_assert!(!of_file.is_err_and(|why| why.contains(char::is_control)));
        }
    }

    #[test]
    fn what_is_wrong_is_told() {
        assert_eq!(read(" 1,2\n3\n"), Ok(vec![1, 2, 3]));
        for (empty, told) in [("", ""), (" ", " "), ("\n", r"\n")] {
            let wrong = read(empty).expect_err("there is no number");
            assert!(wrong.starts_with(&format!("CHOICES: `{told}` has no number: give ")), "{wrong}");
        }
        let places = [
            ("1,,2", "behind comma 1"),
            (",", "before the first comma"),
            (" ,1", "before the first comma"),
            ("1,2,", "behind comma 2"),
        ];
        for (given, place) in places {
            let wrong = read(given).expect_err("one is missing");
            assert!(
                wrong.starts_with(&format!("CHOICES: `{given}` has no number {place}: give ")),
                "{wrong}"
            );
        }
        assert_eq!(
            read("1,two"),
            Err("CHOICES: `two` is no number from 0 to 18446744073709551615".to_owned())
        );
        let long = read(&"9".repeat(1_000)).expect_err("it is no number");
        assert_eq!(long, format!("CHOICES: `{}..` is no number from 0 to {}", "9".repeat(TOLD), u64::MAX));
        assert!(read("@/no such file").expect_err("it is not there").starts_with("CHOICES=@/no such file: "));
    }

    #[test]
    fn a_file_has_a_limit() {
        let sized = |bytes: u64| {
            let file = File::new("sized", b"1");
            let open = std::fs::File::options().write(true).open(&file.0).expect("it is there");
            open.set_len(bytes).expect("it grows, of nothing");
            file.read().expect_err("zero bytes are no numbers")
        };
        let (within, beyond) = (sized(FILE_MOST), sized(FILE_MOST + 1));
        assert!(within.contains("` is no number from 0 to "), "{within}");
        assert!(
            beyond.ends_with(
                ": it has more than 67108864 bytes: give the path of a list of choices, which has far fewer"
            ),
            "{beyond}"
        );
    }
}
