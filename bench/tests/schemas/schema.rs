//! A schema, and what a document has that it does not allow.

use serde_json::Value;

/// The part of JSON Schema that these schemas use: a whole implementation takes minutes to compile.
pub(crate) struct Schema(pub(crate) Value);

impl Schema {
    /// What is wrong with `document`, in words.
    pub(crate) fn wrong(&self, document: &Value) -> Vec<String> {
        let mut wrong = Vec::new();
        self.check(&self.0, document, "", &mut wrong);
        wrong
    }

    fn holds(&self, schema: &Value, value: &Value) -> bool {
        let mut wrong = Vec::new();
        self.check(schema, value, "", &mut wrong);
        wrong.is_empty()
    }

    fn check(&self, schema: &Value, value: &Value, at: &str, wrong: &mut Vec<String>) {
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
