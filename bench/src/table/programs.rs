//! The baseline programs: part of this binary, so that it works from anywhere, and written out to be run.

use std::fs;
use std::io::Write;
use std::path::Path;

use crate::export::file::write_atomic;

/// The packages the programs need, with their versions: pip's own format.
pub const REQUIREMENTS: &str = include_str!("../../../scripts/baselines/requirements.txt");

/// Each file's name and text.
const FILES: [(&str, &str); 6] = [
    ("protocol.py", include_str!("../../../scripts/baselines/protocol.py")),
    ("multiprocessing_actors.py", include_str!("../../../scripts/baselines/multiprocessing_actors.py")),
    ("asyncio_actors.py", include_str!("../../../scripts/baselines/asyncio_actors.py")),
    ("pykka_actors.py", include_str!("../../../scripts/baselines/pykka_actors.py")),
    ("thespian_actors.py", include_str!("../../../scripts/baselines/thespian_actors.py")),
    ("beam_actors.erl", include_str!("../../../scripts/baselines/beam_actors.erl")),
];

/// Writes the programs into `folder`, made where it is missing. What stands there with the same text is left alone.
///
/// # Errors
/// The file that could not be written, and why.
pub fn write_all(folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    for (name, text) in FILES {
        let path = folder.join(name);
        if fs::read(&path).is_ok_and(|there| there == text.as_bytes()) {
            continue;
        }
        write_atomic(&path, |file| file.write_all(text.as_bytes())).map_err(|error| error.to_string())?;
    }
    Ok(())
}
