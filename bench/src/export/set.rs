//! The files of one run, which belong together: either all of them are new, or the older ones are as they were.

use super::file::{Staged, WriteError, make_folder, stage, sync_directory};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Files that are written and have not taken their places. Dropped, it leaves nothing.
#[must_use = "nothing is there before it is kept"]
pub struct FileSet {
    folder: PathBuf,
    staged: Vec<Staged>,
}

impl FileSet {
    /// For this folder, which is there.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), staged: Vec::new() }
    }

    /// Writes these texts, by their names, into `folder`, which is made if need be, the last written last; the names of what does not
    /// hold (`holds`) end in `.FAIL`.
    ///
    /// # Errors
    /// In words, what could not be written.
    pub fn save<'n>(
        folder: &Path,
        holds: bool,
        texts: impl IntoIterator<Item = (&'n str, String)>,
    ) -> Result<(), String> {
        make_folder(folder).map_err(|why| why.to_string())?;
        let suffix = if holds { "" } else { ".FAIL" };
        let mut files = Self::new(folder);
        for (name, text) in texts {
            let written = files.write(&format!("{name}{suffix}"), |file| file.write_all(text.as_bytes()));
            written.map_err(|error| error.to_string())?;
        }
        files.keep([]).map_err(|error| error.to_string())
    }

    /// Writes one through `fill`, flushed and synced.
    ///
    /// # Errors
    /// Names the file, the step and the system's reason; nothing in the folder has changed.
    pub fn write<F>(&mut self, name: &str, fill: F) -> Result<(), WriteError>
    where
        F: FnOnce(&mut BufWriter<File>) -> io::Result<()>,
    {
        self.staged.push(stage(&self.folder.join(name), fill)?);
        Ok(())
    }

    /// Puts all of them into their places, the last written last; what an older run left under the names of `others` and
    /// this one does not have is removed, so that no two runs are mixed.
    ///
    /// # Errors
    /// Names the file, the step and the system's reason. This is the one moment at which a failure leaves some files new and
    /// some old.
    pub fn keep<'n>(self, others: impl IntoIterator<Item = &'n str>) -> Result<(), WriteError> {
        for other in others {
            let path = self.folder.join(other);
            if self.staged.iter().any(|staged| staged.path() == path) {
                continue;
            }
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(WriteError::of(&path, "removing the older one", error));
                }
                _ => {}
            }
        }
        // The last says that the others are there: as long as they are not, it is not either.
        if let Some(last) = self.staged.last().map(Staged::path).filter(|path| path.exists()) {
            fs::remove_file(last).map_err(|error| WriteError::of(last, "removing the older one", error))?;
        }
        for staged in self.staged {
            staged.take_its_place()?;
        }
        sync_directory(&self.folder).map_err(|error| WriteError::of(&self.folder, "syncing it", error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("throng-set-{name}-{}", std::process::id()));
            fs::create_dir(&path).expect("a new directory");
            Self(path)
        }

        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(&self.0).expect("the directory is there");
            let mut names: Vec<_> =
                entries.map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
            names.sort();
            names
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn set(folder: &Path, names: &[&str], text: &str) -> FileSet {
        let mut set = FileSet::new(folder);
        for name in names {
            set.write(name, |w| w.write_all(text.as_bytes())).expect("a writable directory");
        }
        set
    }

    #[test]
    fn a_later_run_takes_the_place_of_all_of_an_earlier_one() {
        let dir = Scratch::new("later");
        fs::write(dir.0.join("notes"), "mine").expect("a file");
        let names = ["a", "b", "c.FAIL"];
        set(&dir.0, &["a", "c.FAIL"], "old").keep(names).expect("a writable directory");
        assert_eq!(dir.names(), ["a", "c.FAIL", "notes"]);
        set(&dir.0, &["a", "b"], "new").keep(names).expect("a writable directory");
        assert_eq!(dir.names(), ["a", "b", "notes"]);
        assert_eq!(fs::read_to_string(dir.0.join("a")).expect("a file"), "new");
    }

    #[test]
    fn r19_where_one_cannot_be_written_all_stay_as_they_were() {
        let dir = Scratch::new("failing");
        set(&dir.0, &["a", "b"], "old").keep([]).expect("a writable directory");
        let mut half = set(&dir.0, &["a"], "new");
        let error =
            half.write("b", |_| Err(io::Error::from_raw_os_error(libc::ENOSPC))).expect_err("it is full");
        assert!(error.to_string().contains("/b\": writing failed: No space left"), "{error}");
        drop(half);
        assert_eq!(dir.names(), ["a", "b"]);
        assert_eq!(fs::read_to_string(dir.0.join("a")).expect("a file"), "old");
    }
}
