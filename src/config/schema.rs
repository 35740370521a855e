//! The JSON schema of `backend-lint.toml`, for editors. Made from the same lists that reading uses; published at
//! `docs/backend-lint.schema.json`, where a test keeps it current.

use serde_json::{Map, Value, json};

use super::KEYS;
use crate::rules::{RULES, Rule};

/// The schema, draft 2020-12.
#[must_use]
pub fn schema() -> Value {
    let mut families: Vec<&str> = RULES.iter().map(Rule::family).collect();
    families.dedup();
    let selectors: Vec<&str> = ["all"].into_iter().chain(families.iter().copied()).chain(RULES.iter().map(|rule| rule.id)).collect();

    let mut rules = Map::new();
    for name in ["all"].into_iter().chain(families) {
        rules.insert(name.to_owned(), json!({ "$ref": "#/$defs/setting" }));
    }
    for rule in RULES {
        let document = rule.document();
        let mut properties = Map::from_iter([("level".to_owned(), json!({ "$ref": "#/$defs/level" }))]);
        for (name, option) in &document.options {
            let default = serde_json::to_value(&option.default).unwrap_or(Value::Null);
            let mut own = json!({ "type": kind(&option.default), "default": default, "description": option.en });
            if option.default.is_array() {
                own["items"] = json!({ "type": "string" });
            }
            properties.insert(name.clone(), own);
        }
        let table = json!({ "type": "object", "properties": properties, "additionalProperties": false });
        rules.insert(rule.id.to_owned(), json!({ "description": document.en.title, "oneOf": [{ "$ref": "#/$defs/level" }, table] }));
    }

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
            "setting": { "oneOf": [
                { "$ref": "#/$defs/level" },
                { "type": "object", "properties": { "level": { "$ref": "#/$defs/level" } }, "additionalProperties": false },
            ]},
            "strings": { "oneOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] },
            "selector": { "enum": selectors },
            "selectors": { "oneOf": [{ "$ref": "#/$defs/selector" }, { "type": "array", "items": { "$ref": "#/$defs/selector" } }] },
            "rules": { "type": "object", "properties": rules, "additionalProperties": false },
        },
    })
}

fn kind(value: &toml::Value) -> &'static str {
    match value {
        toml::Value::Integer(_) => "integer",
        toml::Value::Float(_) => "number",
        toml::Value::Boolean(_) => "boolean",
        toml::Value::Array(_) => "array",
        _ => "string",
    }
}
