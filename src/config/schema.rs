//! The JSON schema of `backend-lint.toml`, for editors. Made from the list of keys that reading uses; published at
//! `docs/backend-lint.schema.json`, where a test keeps it current.
//!
//! Rules are known to it by their form only, so that a new rule changes no published file. A name that does not exist is
//! found when the configuration is read, with the one that was probably meant.

use serde_json::{Map, Value, json};

use super::KEYS;
use crate::secrets::own;

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
            "secrets" => json!({
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "packs": { "$ref": "#/$defs/strings" },
                    "format": { "type": "array", "items": { "$ref": "#/$defs/secret-format" } },
                },
            }),
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
            "secret-format": secret_format(),
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

/// One format of secrets, in the words of `docs/SECRETS.md`.
fn secret_format() -> Value {
    let words = json!({ "oneOf": [
        { "type": "string" },
        { "type": "object", "required": ["en", "ko"], "properties": { "en": { "type": "string" }, "ko": { "type": "string" } } },
    ]});
    let mut properties = Map::new();
    for name in own::FIELDS {
        let choice = own::CHOICES.iter().find(|(field, _)| field == name);
        let form = match (*name, choice) {
            (_, Some((_, choice))) => json!({ "enum": choice }),
            ("id", _) => json!({ "type": "string", "pattern": "^[a-z0-9-]+$" }),
            ("title" | "rotate", _) => words.clone(),
            ("keywords" | "with", _) => json!({ "type": "array", "items": { "type": "string" }, "minItems": 1 }),
            ("group" | "before" | "reach", _) => json!({ "type": "integer", "minimum": 0 }),
            ("length", _) => json!({ "type": "array", "items": { "type": "integer", "minimum": 0 }, "minItems": 2, "maxItems": 2 }),
            ("min-entropy", _) => json!({ "type": "number" }),
            _ => json!({ "type": "string" }),
        };
        properties.insert((*name).to_owned(), form);
    }
    json!({ "type": "object", "required": ["id"], "additionalProperties": false, "properties": properties })
}
