//! Words as a POSIX shell takes them.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// A word that a POSIX shell takes for `word`.
pub fn quoted(word: &OsStr) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-+,:@%".contains(byte);
    let bytes = word.as_bytes();
    match word.to_str() {
        Some(text) if !text.is_empty() && bytes.iter().all(plain) => text.to_owned(),
        Some(text) if !text.contains(char::is_control) => format!("'{}'", text.replace('\'', r"'\''")),
        _ => {
            let escaped: String = bytes
                .iter()
                .map(|b| if plain(b) { char::from(*b).into() } else { format!("\\{b:03o}") })
                .collect();
            format!("$'{escaped}'")
        }
    }
}

/// As [`quoted`], of text.
pub fn quoted_text(word: &str) -> String {
    quoted(OsStr::new(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn a_shell_takes_each_quoted_word_for_what_it_was() {
        let words: [&[u8]; 9] = [
            b"target/release/throng",
            b"",
            b"two words",
            b"it's; rm -r $HOME `x` \"y\" * ~ # \\",
            "µ–ü".as_bytes(),
            b"-n",
            b"a\nb\tc",
            b"\xff\x80 7'8",
            b"~/x",
        ];
        for word in words {
            let quoted = quoted(OsStr::from_bytes(word));
            assert_eq!(quoted.lines().count(), 1, "{quoted}");
            let output =
                Command::new("bash").args(["-c", &format!("printf %s {quoted}")]).output().expect("a shell");
            assert_eq!(output.stdout, word, "{quoted}");
        }
    }
}
