//! A schema, documents that it must see the faults of, and where commands write.

use serde_json::{Value, json};
use std::process::Command;

/// The part of JSON Schema that these schemas use: a whole implementation takes minutes to compile.
pub(crate) struct Schema(pub(crate) Value);

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

    /// What is wrong with `document`, in words.
    pub(crate) fn wrong(&self, document: &Value) -> Vec<String> {
        let mut wrong = Vec::new();
        self.check(&self.0, document, "", &mut wrong);
        wrong
    }

    pub(crate) fn is_valid(&self, document: &Value) -> bool {
        self.wrong(document).is_empty()
    }

    pub(crate) fn holds(&self, schema: &Value, value: &Value) -> bool {
        let mut wrong = Vec::new();
        self.check(schema, value, "", &mut wrong);
        wrong.is_empty()
    }

    pub(crate) fn check(&self, schema: &Value, value: &Value, at: &str, wrong: &mut Vec<String>) {
        let has_type = |name: &Value| match name.as_str().expect("the name of a type") {
            "null" => value.is_null(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "string" => value.is_string(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            other => panic!("{other:?} is no type"),
        };
        for (keyword, wanted) in schema.as_object().expect("a schema") {
            let empty = serde_json::Map::new();
            let object = value.as_object();
            let holds = match keyword.as_str() {
                "$schema" | "$defs" | "title" | "description" | "then" => true,
                "type" => wanted.as_array().map_or_else(|| has_type(wanted), |all| all.iter().any(has_type)),
                "const" => value == wanted,
                "enum" => wanted.as_array().expect("values").contains(value),
                "minimum" => value.as_f64().is_none_or(|n| n >= wanted.as_f64().expect("a number")),
                "minLength" => {
                    value.as_str().is_none_or(|s| s.len() as u64 >= wanted.as_u64().expect("a length"))
                }
                "minItems" => {
                    value.as_array().is_none_or(|a| a.len() as u64 >= wanted.as_u64().expect("a number"))
                }
                "maxProperties" => {
                    object.is_none_or(|o| o.len() as u64 <= wanted.as_u64().expect("a number"))
                }
                "required" => wanted.as_array().expect("names").iter().all(|name| {
                    object.is_none_or(|object| object.contains_key(name.as_str().expect("a name")))
                }),
                "anyOf" => wanted.as_array().expect("schemas").iter().any(|schema| self.holds(schema, value)),
                "if" => !self.holds(wanted, value) || self.holds(&schema["then"], value),
                "$ref" => {
                    let place =
                        wanted.as_str().and_then(|place| place.strip_prefix('#')).expect("a place here");
                    self.check(self.0.pointer(place).expect("it is there"), value, at, wrong);
                    true
                }
                "items" => {
                    for (n, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.check(wanted, item, &format!("{at}/{n}"), wrong);
                    }
                    true
                }
                "properties" => {
                    for (name, schema) in wanted.as_object().expect("schemas") {
                        if let Some(value) = object.and_then(|object| object.get(name)) {
                            self.check(schema, value, &format!("{at}/{name}"), wrong);
                        }
                    }
                    true
                }
                "additionalProperties" => {
                    let known = schema["properties"].as_object().unwrap_or(&empty);
                    object.into_iter().flatten().filter(|(name, _)| !known.contains_key(*name)).all(
                        |(_, value)| match wanted {
                            Value::Bool(allowed) => *allowed,
                            schema => self.holds(schema, value),
                        },
                    )
                }
                // Silence about a word that is not understood would be consent.
                other => panic!("{at}: this test does not know the keyword {other:?}"),
            };
            if !holds {
                wrong.push(format!("{at}: {keyword} {wanted} does not hold for {value}"));
            }
        }
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
