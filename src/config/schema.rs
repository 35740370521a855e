//! The JSON schema of `backend-lint.toml`, for editors. Made from the list of keys that reading uses; published at
//! `docs/backend-lint.schema.json`, where a test keeps it current.
//!
//! Rules are known to it by their form only, so that a new rule changes no published file. A name that does not exist is
//! found when the configuration is read, with the one that was probably meant.

use serde_json::{Map, Value, json};

use super::KEYS;

/// A family, or one rule of it.
const SELECTOR: &str = "^(all|[a-z][a-z0-9-]*(/[a-z][a-z0-9-]*)?)$";

/// The schema, draft 2020-12.
#[must_use]
pub fn schema() -> Value {
    let mut properties = Map::new();
    for (name, words) in KEYS {
        let mut own = match *name {
            "profile" => json!({ "enum": ["default", "gate", "strict"] }),
            "language" => json!({ "enum": ["en", "ko"] }),
            "threat-model" => json!({ "enum": ["remote", "local"] }),
            "fail-on" => json!({ "enum": ["error", "warning", "note", "never"] }),
            "model" => json!({ "type": "array", "items": { "type": "object", "required": ["crate", "versions"] } }),
            "baseline" => json!({ "type": "string" }),
            "select" | "extend-select" | "ignore" => json!({ "$ref": "#/$defs/selectors" }),
            "rules" => json!({ "$ref": "#/$defs/rules" }),
            "overrides" => json!({ "type": "array", "items": {
                "type": "object",
                "required": ["paths"],
                "additionalProperties": false,
                "properties": {
                    "paths": { "$ref": "#/$defs/strings" },
                    "extend-select": { "$ref": "#/$defs/selectors" },
                    "ignore": { "$ref": "#/$defs/selectors" },
                    "rules": { "$ref": "#/$defs/rules" },
                },
            }}),
            _ => json!({ "$ref": "#/$defs/strings" }),
        };
        own["description"] = json!(words);
        properties.insert((*name).to_owned(), own);
    }
    properties.insert("$schema".to_owned(), json!({ "type": "string" }));

    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "backend-lint.toml",
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
        "$defs": {
            "level": { "enum": ["off", "note", "warning", "error"] },
            "strings": { "oneOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] },
            "selector": { "type": "string", "pattern": SELECTOR },
            "selectors": { "oneOf": [{ "$ref": "#/$defs/selector" }, { "type": "array", "items": { "$ref": "#/$defs/selector" } }] },
            "rules": {
                "type": "object",
                "propertyNames": { "pattern": SELECTOR },
                "additionalProperties": { "oneOf": [
                    { "$ref": "#/$defs/level" },
                    { "type": "object", "properties": { "level": { "$ref": "#/$defs/level" } } },
                ]},
            },
        },
    })
}
