//! A file that is either the old one or the whole new one, also over a crash, and an error where it could not be had.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A file that could not be written. What was there before is still there.
#[derive(Debug)]
pub struct WriteError {
    path: PathBuf,
    step: &'static str,
    source: io::Error,
}

impl WriteError {
    /// The folder's own: it, or a file to be removed from it, could not be dealt with.
    pub(super) fn of(path: &Path, step: &'static str, source: io::Error) -> Self {
        Self { path: path.to_owned(), step, source }
    }

    /// The file that was to be written.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl std::fmt::Display for WriteError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "cannot write {:?}: {} failed: {}", self.path, self.step, self.source)
    }
}

impl std::error::Error for WriteError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// A folder that files cannot be written into: another must be given.
#[derive(Debug)]
pub struct NoFolder {
    path: PathBuf,
    /// The folder in it that the files go into, where that is at fault.
    inner: Option<&'static str>,
    why: Why,
}

#[derive(Debug)]
enum Why {
    HasFiles,
    InUse,
    /// It, or a folder above it, is a link to nothing.
    Dangling,
    System(io::Error),
}

impl NoFolder {
    pub(super) fn with_files(path: &Path) -> Self {
        Self { path: path.to_owned(), inner: None, why: Why::HasFiles }
    }

    pub(super) fn in_use(path: &Path) -> Self {
        Self { path: path.to_owned(), inner: None, why: Why::InUse }
    }

    pub(super) fn because(path: &Path, error: io::Error) -> Self {
        // Of such a link the system says that there is something.
        let dangles = path.ancestors().any(|path| path.is_symlink() && !path.exists());
        Self {
            path: path.to_owned(),
            inner: None,
            why: if dangles { Why::Dangling } else { Why::System(error) },
        }
    }

    /// Whether the folder is, or may soon be, another command's.
    pub(super) fn is_taken(&self) -> bool {
        matches!(self.why, Why::HasFiles | Why::InUse)
    }

    /// Whether the folder went away meanwhile.
    pub(super) fn is_not_there(&self) -> bool {
        matches!(&self.why, Why::System(error) if error.kind() == io::ErrorKind::NotFound)
    }
}

impl std::fmt::Display for NoFolder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "got {:?}: takes a folder", self.path)?;
        match &self.why {
            Why::HasFiles => return f.write_str(" that is new or empty; this one has files"),
            Why::InUse => return f.write_str(" of its own; another command writes into this one"),
            Why::Dangling | Why::System(_) => f.write_str(", there or new, ")?,
        }
        if let Some(inner) = self.inner {
            write!(f, "in which {inner:?} is one ")?;
        }
        f.write_str("that files can be written into")?;
        match &self.why {
            Why::Dangling => f.write_str("; this is a link to what is not there, or below one"),
            Why::System(error) => match error.kind() {
                io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
                    f.write_str("; this is a file or below one")
                }
                _ => write!(f, " ({error})"),
            },
            Why::HasFiles | Why::InUse => Ok(()),
        }
    }
}

impl std::error::Error for NoFolder {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.why {
            Why::System(error) => Some(error),
            Why::HasFiles | Why::InUse | Why::Dangling => None,
        }
    }
}

/// Makes the folder and those above it, where they are not there.
///
/// # Errors
/// See [`NoFolder`].
pub fn make_folder(path: &Path) -> Result<(), NoFolder> {
    fs::create_dir_all(path).map_err(|source| NoFolder::because(path, source))
}

/// Looks whether the folder can be made and files be written into it, and leaves everything as it was: what ends
/// before it has something to keep leaves no empty folder.
///
/// # Errors
/// See [`NoFolder`].
pub fn try_folder(path: &Path) -> Result<(), NoFolder> {
    // The deepest first.
    let new: Vec<_> =
        path.ancestors().filter(|p| !p.as_os_str().is_empty()).take_while(|p| !p.exists()).collect();
    let outcome = make_folder(path).and_then(|()| {
        let probe = Temporary::create(path, "probe".into());
        probe.map(drop).map_err(|source| NoFolder::because(path, source))
    });
    for made in new {
        // One that another has put something into meanwhile stays.
        let _ = fs::remove_dir(made);
    }
    outcome
}

/// The same of the folder `inner` in `path`; what is told of is `path`, as it was given.
///
/// # Errors
/// See [`NoFolder`].
pub fn try_folder_in(path: &Path, inner: &'static str) -> Result<(), NoFolder> {
    try_folder(path)?;
    try_folder(&path.join(inner)).map_err(|no| NoFolder { path: path.to_owned(), inner: Some(inner), ..no })
}

/// Removes the files of `folder` whose names are `unwanted`; a folder that is not there has none.
///
/// # Errors
/// Names the file and the system's reason.
pub fn remove(folder: &Path, unwanted: impl Fn(&str) -> bool) -> Result<(), WriteError> {
    let step = "removing the older one";
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(failed(folder, step))?,
    };
    for entry in entries {
        let entry = entry.map_err(failed(folder, step))?;
        if entry.file_name().to_str().is_some_and(&unwanted) {
            fs::remove_file(entry.path()).map_err(failed(&entry.path(), step))?;
        }
    }
    Ok(())
}

/// Writes `path` through `fill`: into a temporary file beside it, flushed and synced, then renamed over it.
///
/// # Errors
/// Names the file, the step and the system's reason. The temporary file is gone and an older `path` untouched,
/// except where only the last step failed, syncing the directory: then the new file is in place but may not outlast
/// a power cut.
pub fn write_atomic<F>(path: &Path, fill: F) -> Result<(), WriteError>
where
    F: FnOnce(&mut BufWriter<File>) -> io::Result<()>,
{
    let directory = directory_of(path);
    stage(path, fill)?.take_its_place()?;
    sync_directory(directory).map_err(failed(path, "syncing its directory"))
}

/// A whole file that lies beside the place it is for; gone when it is dropped.
pub(super) struct Staged {
    temporary: Temporary,
    path: PathBuf,
}

impl Staged {
    /// The place it is for.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn take_its_place(self) -> Result<(), WriteError> {
        self.temporary.rename(&self.path).map_err(failed(&self.path, "renaming it into place"))
    }
}

/// Writes the whole of what `path` is to be beside it.
pub(super) fn stage<F>(path: &Path, fill: F) -> Result<Staged, WriteError>
where
    F: FnOnce(&mut BufWriter<File>) -> io::Result<()>,
{
    let Some(name) = path.file_name() else {
        let error = io::Error::new(io::ErrorKind::InvalidInput, "the path has no file name");
        return Err(failed(path, "naming it")(error));
    };
    let (file, temporary) = Temporary::create(directory_of(path), name.to_owned())
        .map_err(failed(path, "creating its temporary file"))?;
    fill_and_sync(file, fill).map_err(|(step, source)| failed(path, step)(source))?;
    Ok(Staged { temporary, path: path.to_owned() })
}

fn failed(path: &Path, step: &'static str) -> impl FnOnce(io::Error) -> WriteError {
    move |source| WriteError::of(path, step, source)
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Runs `fill` and makes sure that every byte reached the disk; dropping the buffer would hide that it did not.
fn fill_and_sync<F>(file: File, fill: F) -> Result<(), (&'static str, io::Error)>
where
    F: FnOnce(&mut BufWriter<File>) -> io::Result<()>,
{
    let mut writer = BufWriter::new(file);
    fill(&mut writer).map_err(|e| ("writing", e))?;
    writer.flush().map_err(|e| ("flushing", e))?;
    writer.get_ref().sync_all().map_err(|e| ("syncing", e))
}

/// Makes the rename itself durable.
pub(super) fn sync_directory(directory: &Path) -> io::Result<()> {
    match File::open(directory)?.sync_all() {
        // Some file systems have no such operation; there is nothing more to ask of them.
        Err(e) if matches!(e.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        other => other,
    }
}

/// The file while it is not whole; removed when dropped, an unwinding `fill` included.
struct Temporary {
    path: PathBuf,
    renamed: bool,
}

impl Temporary {
    fn create(directory: &Path, name: OsString) -> io::Result<(File, Self)> {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        // Where a process of the same number was killed before, its file may still be there.
        loop {
            let mut hidden = OsString::from(".");
            hidden.push(&name);
            let n = COUNTER.fetch_add(1, Ordering::Relaxed);
            hidden.push(format!(".{}-{n}.tmp", std::process::id()));
            let path = directory.join(hidden);
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => return Ok((file, Self { path, renamed: false })),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn rename(mut self, to: &Path) -> io::Result<()> {
        fs::rename(&self.path, to)?;
        self.renamed = true;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.renamed {
            // The first error is the one to report; a leftover hidden file is all that a second one costs.
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A fresh directory, removed at the end of the test.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("throng-export-{name}-{}", std::process::id()));
            fs::create_dir(&path).expect("a new directory");
            Self(path)
        }

        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(&self.0).expect("the directory is there");
            entries.map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn the_new_file_replaces_the_old_and_leaves_nothing_else() {
        let dir = Scratch::new("replace");
        let path = dir.0.join("run.json");
        for text in ["first", "second, longer", "3"] {
            write_atomic(&path, |w| w.write_all(text.as_bytes())).expect("a writable directory");
            assert_eq!(fs::read_to_string(&path).expect("just written"), text);
        }
        assert_eq!(dir.names(), ["run.json"]);
    }

    #[test]
    fn r19_a_failing_writer_leaves_the_old_file_and_no_temporary() {
        let dir = Scratch::new("failing");
        let path = dir.0.join("run.json");
        write_atomic(&path, |w| w.write_all(b"old")).expect("a writable directory");
        let error = write_atomic(&path, |w| {
            w.write_all(&[b'x'; 100_000])?;
            Err(io::Error::other("the histogram cannot be encoded"))
        })
        .expect_err("the writer failed");
        assert_eq!(error.path(), path);
        let text = error.to_string();
        assert!(text.contains("run.json") && text.contains("the histogram cannot be encoded"), "{text}");
        assert_eq!(fs::read(&path).expect("still there"), b"old");
        assert_eq!(dir.names(), ["run.json"]);
    }

    #[test]
    fn r19_a_panicking_writer_leaves_no_temporary() {
        let dir = Scratch::new("panicking");
        let path = dir.0.join("run.json");
        let outcome = std::panic::catch_unwind(|| write_atomic(&path, |_| panic!("a bug in the writer")));
        assert!(outcome.is_err());
        assert!(dir.names().is_empty());
    }

    #[test]
    fn a_folder_is_tried_and_nothing_of_that_is_left() {
        let dir = Scratch::new("tried");
        for path in ["a", "a/b/c", "./d/../e", "", "."] {
            let path = dir.0.join(path);
            try_folder(&path).unwrap_or_else(|why| panic!("{why}"));
            assert!(dir.names().is_empty(), "{path:?}: {:?}", dir.names());
        }
        fs::create_dir(dir.0.join("kept")).expect("a new directory");
        fs::write(dir.0.join("kept/file"), "").expect("a new file");
        try_folder(&dir.0.join("kept/new")).expect("a writable directory");
        for (path, why) in [("kept/file", "this is a file"), ("kept/file/new", "this is a file or below one")]
        {
            let text = try_folder(&dir.0.join(path)).expect_err("a file is in the way").to_string();
            assert!(text.contains(why) && text.contains("takes a folder"), "{text}");
        }
        assert_eq!(fs::read_dir(dir.0.join("kept")).expect("it is there").count(), 1);
        assert_eq!(dir.names(), ["kept"]);
    }

    #[test]
    fn r19_a_full_disk_is_an_error_even_for_what_fits_into_the_buffer() {
        let full = OpenOptions::new().write(true).open("/dev/full").expect("Linux has /dev/full");
        let (step, error) =
            fill_and_sync(full, |w| w.write_all(b"ten bytes.")).expect_err("the disk is full");
        assert_eq!((step, error.raw_os_error()), ("flushing", Some(libc::ENOSPC)));
    }

    #[test]
    fn r19_errors_name_the_file_and_the_reason() {
        let dir = Scratch::new("names");
        let missing = dir.0.join("nowhere").join("table.md");
        let text = write_atomic(&missing, |_| Ok(())).expect_err("no such directory").to_string();
        assert!(text.contains("nowhere/table.md") && text.contains("No such file"), "{text}");

        let taken = dir.0.join("taken");
        fs::create_dir(&taken).expect("a new directory");
        let text = write_atomic(&taken, |_| Ok(())).expect_err("a directory is in the way").to_string();
        assert!(text.contains("taken") && text.contains("renaming"), "{text}");
        assert_eq!(dir.names(), ["taken"]);

        let text = write_atomic(Path::new("/"), |_| Ok(())).expect_err("not a file").to_string();
        assert!(text.contains("no file name"), "{text}");
    }
}
