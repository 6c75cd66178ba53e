//! What these tests make up, held against the schemas.

use crate::schema::Schema;
use crate::{every_kind, fixtures};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What is made up is what the commands write, or the pages of these tests would be nobody's.
#[test]
fn every_fixture_is_what_its_schema_says() {
    fn look(folder: &Path, seen: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                look(&path, seen);
            } else if ["run.json", "run.json.FAIL", "table.json"].contains(&name.as_str()) {
                let text = fs::read_to_string(&path).expect("written");
                let document: serde_json::Value = serde_json::from_str(&text).expect("JSON");
                let kind = document["schema"].as_str().expect("its schema").replace('/', "-");
                let schema =
                    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../reports/schema/{kind}.json"));
                let schema = fs::read_to_string(schema).expect("a schema");
                let schema = Schema(serde_json::from_str(&schema).expect("JSON"));
                assert_eq!(schema.wrong(&document), [""; 0], "{}", path.display());
                seen.insert(kind);
            }
        }
    }
    let mut seen = BTreeSet::new();
    for (name, fill, _) in every_kind() {
        let folder = fixtures::folder(&format!("schema/{name}"));
        fill(&folder);
        look(&folder, &mut seen);
    }
    let all = [
        "compare-1",
        "jitter-1",
        "load-1",
        "peers-1",
        "prices-1",
        "run-1",
        "savina-1",
        "series-1",
        "sweep-1",
        "table-1",
    ];
    assert_eq!(seen.iter().map(String::as_str).collect::<Vec<_>>(), all);
}
