//! A folder that one command alone writes into.

use super::file::{NoFolder, try_folder};
use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// How often a folder is made anew that another command takes away at once.
const ATTEMPTS: u32 = 100;
/// More folders of one name than this are no accident.
const NAMED_ALIKE: u32 = 1_000;

/// A folder that was new or empty and is this command's until this is dropped, or the process ends in whatever way: two
/// runs are never mixed. What was made for it and is still empty then goes again.
///
/// The claim is a lock (flock) on the folder itself: the kernel gives it up with the process, and none is left behind. On a
/// file system without locks two commands that start in the same moment are not told apart.
#[derive(Debug)]
pub struct Claim {
    path: PathBuf,
    /// Before the lock: what goes is still locked.
    _made: Made,
    _lock: File,
}

impl Claim {
    /// Claims the folder, there or new.
    ///
    /// # Errors
    /// See [`NoFolder`]: also where there is something in it, or another command writes into it.
    pub fn of(path: &Path) -> Result<Self, NoFolder> {
        let mut left = ATTEMPTS;
        loop {
            left -= 1;
            match Self::held(path) {
                // Another command has just taken away what it made: it is made anew.
                Err(gone) if gone.is_not_there() && left > 0 => {}
                held => return held,
            }
        }
    }

    /// Claims a new folder of this name in `parent`, or where there is one, of this name and `-2`, `-3` and so on.
    ///
    /// # Errors
    /// See [`NoFolder`].
    pub fn of_new(parent: &Path, name: &str) -> Result<Self, NoFolder> {
        let names = std::iter::once(name.to_owned());
        let names = names.chain((2..=NAMED_ALIKE).map(|n| format!("{name}-{n}")));
        for path in names.map(|name| parent.join(name)) {
            if path.exists() {
                continue;
            }
            match Self::of(&path) {
                // Another was faster.
                Err(taken) if taken.is_taken() => {}
                claimed => return claimed,
            }
        }
        Err(NoFolder::with_files(&parent.join(name)))
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn held(path: &Path) -> Result<Self, NoFolder> {
        let here = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        let failed = |error| NoFolder::because(path, error);
        let new: Vec<PathBuf> = here.ancestors().take_while(|p| !p.exists()).map(Path::to_owned).collect();
        if let Err(error) = fs::create_dir_all(here) {
            drop(Made(new));
            return Err(failed(error));
        }
        let lock = File::open(here).map_err(failed)?;
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) => return Err(NoFolder::in_use(path)),
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        // What is locked must be what is called so now.
        let (locked, now) = (lock.metadata().map_err(failed)?, fs::metadata(here).map_err(failed)?);
        if (now.dev(), now.ino()) != (locked.dev(), locked.ino()) {
            return Err(failed(io::ErrorKind::NotFound.into()));
        }
        // Not before: until here it may be another's.
        let made = Made(new);
        if fs::read_dir(here).map_err(failed)?.next().is_some() {
            return Err(NoFolder::with_files(path));
        }
        try_folder(here)?;
        Ok(Self { path: path.to_owned(), _made: made, _lock: lock })
    }
}

/// The folders that were not there before, the deepest first; those that are still empty go when this is dropped.
#[derive(Debug)]
struct Made(Vec<PathBuf>);

impl Drop for Made {
    fn drop(&mut self) {
        for made in &self.0 {
            let _ = fs::remove_dir(made);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;

    /// A fresh directory, removed at the end of the test.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("throng-claim-{name}-{}", std::process::id()));
            fs::create_dir(&path).expect("a new directory");
            Self(path)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_folder_is_one_commands_alone() {
        let dir = Scratch::new("alone");
        for path in [dir.0.join("a/b"), dir.0.clone()] {
            let claim = Claim::of(&path).expect("new or empty");
            let text = Claim::of(&path).expect_err("claimed").to_string();
            assert!(text.contains("another command writes into this one") && !text.contains('\n'), "{text}");
            drop(claim);
            assert!(fs::read_dir(&dir.0).expect("there").next().is_none(), "{path:?}: something is left");
        }
        let claim = Claim::of(&dir.0.join("kept")).expect("new");
        fs::write(claim.path().join("run.json"), "{}").expect("writable");
        drop(claim);
        let text = Claim::of(&dir.0.join("kept")).expect_err("it has a file").to_string();
        assert!(text.contains("this one has files"), "{text}");
        let text = Claim::of(&dir.0.join("kept/run.json/new")).expect_err("below a file").to_string();
        assert!(text.contains("a file or below one"), "{text}");
    }

    #[test]
    fn of_many_at_once_one_has_the_folder() {
        const MANY: usize = 4;
        let dir = Scratch::new("many");
        for round in 0..50 {
            let path = dir.0.join(format!("a/{round}"));
            let (start, end) = (Barrier::new(MANY), Barrier::new(MANY));
            let try_it = || {
                start.wait();
                let claimed = Claim::of(&path);
                end.wait();
                claimed.is_ok()
            };
            let had = std::thread::scope(|scope| {
                let all: Vec<_> = (0..MANY).map(|_| scope.spawn(try_it)).collect();
                all.into_iter().filter_map(|one| one.join().ok()).filter(|had| *had).count()
            });
            assert_eq!(had, 1, "round {round}");
            // Empty where one that did not get it has made it.
            assert!(fs::read_dir(&path).map_or(0, Iterator::count) == 0, "round {round}");
        }
    }

    #[test]
    fn of_one_name_each_has_a_folder_of_its_own() {
        const MANY: usize = 4;
        let dir = Scratch::new("alike");
        let (start, parent) = (Barrier::new(MANY), dir.0.join("runs"));
        let claim = || {
            start.wait();
            Claim::of_new(&parent, "load").expect("a new folder")
        };
        let claims: Vec<Claim> = std::thread::scope(|scope| {
            let all: Vec<_> = (0..MANY).map(|_| scope.spawn(claim)).collect();
            all.into_iter().map(|one| one.join().expect("no panic")).collect()
        });
        let mut names: Vec<_> = claims.iter().map(|claim| claim.path().to_owned()).collect();
        names.sort();
        let named = ["load", "load-2", "load-3", "load-4"].map(|name| parent.join(name));
        assert_eq!(names, named);
        drop(claims);
        // One that is there is not taken, empty or not.
        fs::create_dir_all(parent.join("load")).expect("a new folder");
        assert_eq!(Claim::of_new(&parent, "load").expect("a new one").path(), parent.join("load-2"));
        fs::write(dir.0.join("file"), "").expect("writable");
        let text = Claim::of_new(&dir.0.join("file"), "load").expect_err("below a file").to_string();
        assert!(text.contains("a file or below one"), "{text}");
    }
}
