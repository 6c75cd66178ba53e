//! The schemas of the commands, documents that they must see the faults of, and where commands write.

use crate::schema::Schema;
use serde_json::{Value, json};
use std::process::Command;

impl Schema {
    pub(crate) fn run() -> Self {
        Self(serde_json::from_str(include_str!("../../../reports/schema/run-1.json")).expect("JSON"))
    }

    pub(crate) fn table() -> Self {
        Self(serde_json::from_str(include_str!("../../../reports/schema/table-1.json")).expect("JSON"))
    }

    pub(crate) fn jitter() -> Self {
        Self(serde_json::from_str(include_str!("../../../reports/schema/jitter-1.json")).expect("JSON"))
    }

    pub(crate) fn is_valid(&self, document: &Value) -> bool {
        self.wrong(document).is_empty()
    }
}

/// What a command writes to stdout.
pub(crate) fn written(program: &str, line: &str) -> Value {
    let output = Command::new(program).args(line.split_whitespace()).output().expect("it runs");
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{line}: {error}"))
}

/// Every place of `document` that `required` or `type` could speak of is damaged in turn: the schema must see each.
pub(crate) fn damaged(schema: &Schema, whole: &Value, fields: &[&str]) {
    for field in fields {
        let mut missing = whole.clone();
        let parent = missing.pointer_mut(&field[..field.rfind('/').expect("a pointer")]).expect(field);
        let name = field.rsplit('/').next().expect("a name");
        parent.as_object_mut().expect("an object").remove(name);
        assert!(!schema.is_valid(&missing), "{field} is missing and nothing says so");

        let mut other = whole.clone();
        *other.pointer_mut(field).expect(field) = json!([["nonsense"]]);
        assert!(!schema.is_valid(&other), "{field} is nonsense and nothing says so");
    }
    let mut more = whole.clone();
    more["more"] = json!(1);
    assert!(!schema.is_valid(&more), "a field that the schema does not know");
}

/// A folder of its own, removed with what is in it.
pub(crate) struct Scratch(pub(crate) std::path::PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("throng-schemas-{name}-{}", std::process::id()));
        std::fs::create_dir(&path).expect("a new folder");
        Self(path)
    }

    pub(crate) fn json(&self, name: &str) -> Value {
        let text = std::fs::read(self.0.join(name)).expect(name);
        serde_json::from_slice(&text).expect(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
