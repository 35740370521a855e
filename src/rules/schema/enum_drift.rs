//! Enums of the code whose values are not those of the database: an enum type, or the list of a `CHECK` on the column that holds it.
//!
//! A variant that the database does not have fails when it is written; a value that the code does not have fails the query that reads
//! it. Judged are enums without fields that derive what a driver or an ORM gives, by the name of their type; where they have none, by the
//! column that a row keeps them in. Left out: enums that are kept as numbers, types that a statement may have changed that was not
//! followed.

use std::collections::BTreeMap;

use super::common_rows::{alone, plain_variants, row_fields, stored, string, text};
use crate::facts::{Attr, TypeDef, Variant};
use crate::model::Stored;
use crate::program::payloads::renamed;
use crate::program::ty::OPTION;
use crate::program::{Ty, TypeId};
use crate::rules::prelude::*;
use crate::rules::queries::common_schemas::Schemas;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let schemas = Schemas::of_program(program);
    let listed = columns_of_enums(program, &schemas);
    for id in program.types() {
        let def = program.type_def(id);
        let file = program.file(program.type_file(id));
        if def.test || file.role.is_test_like() {
            continue;
        }
        let (Some(variants), Some(stored)) = (plain_variants(def), stored(program, def, "enum")) else { continue };
        let Some(values) = values(def, variants, stored) else { continue };
        let named = ["type_name", "enum_name"].iter().find_map(|key| text(&def.attrs, &stored.attribute, key));
        let by_name = named.or_else(|| declared_name(program, def)).and_then(|name| {
            let plain = name.rsplit('.').next().unwrap_or(&name).trim_matches('"').to_owned();
            let kept = schemas.enum_values(program, file.id, &plain)?;
            Some((plain, kept, None))
        });
        let Some((name, kept, place)) = by_name.or_else(|| listed.get(&id).cloned()) else { continue };
        for (variant, value) in variants.iter().zip(&values) {
            if !kept.contains(value) {
                let finding = cx.report_at(variant.name_span.in_file(file.id)).variant("unknown").arg("value", value.as_str());
                finding.arg("type", name.as_str()).arg("known", shown(&kept)).help("unknown");
                place.into_iter().for_each(|place| _ = finding.label_at("column", place));
            }
        }
        let missing: Vec<String> = kept.iter().filter(|value| !values.contains(value)).cloned().collect();
        if !missing.is_empty() {
            let finding = cx.report_at(def.name_span.in_file(file.id)).variant("missing").arg("enum", def.name.as_str());
            finding.arg("type", name.as_str()).arg("values", shown(&missing)).help("missing");
            place.into_iter().for_each(|place| _ = finding.label_at("column", place));
        }
    }
}

fn shown(values: &[String]) -> String {
    values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ")
}

/// What the variants are in the database, in order; none where they are numbers, or somebody says it elsewhere.
fn values(def: &TypeDef, variants: &[Variant], stored: &Stored) -> Option<Vec<String>> {
    let attribute = stored.attribute.as_str();
    let is_number = |text: &str| text.starts_with('i') || text.starts_with('u');
    if def.attrs.iter().any(|attr| attr.path == "repr") || text(&def.attrs, attribute, "rs_type").is_some_and(|ty| is_number(&ty)) {
        return None;
    }
    let case =
        text(&def.attrs, attribute, "rename_all").or_else(|| style(&def.attrs)).or_else(|| stored.case.as_ref().map(ToString::to_string));
    let all = variants.iter().map(|variant| {
        let written = ["rename", "string_value"].iter().find_map(|key| text(&variant.attrs, attribute, key));
        written.or_else(|| alone(&variant.attrs, "db_rename")).or_else(|| {
            if variant.attrs.iter().any(|attr| attr.path == attribute && attr.args.iter().any(|meta| meta.path == "num_value")) {
                return None;
            }
            Some(cased(&variant.name, case.as_deref()))
        })
    });
    all.collect()
}

/// `#[DbValueStyle = "snake_case"]`
fn style(attrs: &[Attr]) -> Option<String> {
    alone(attrs, "DbValueStyle").or_else(|| text(attrs, "db_enum", "value_style"))
}

/// A variant's name in a case: names of variants have their words apart by capitals.
fn cased(name: &str, case: Option<&str>) -> String {
    let Some(case) = case else { return name.to_owned() };
    let mut words = String::with_capacity(name.len() + 4);
    let letters: Vec<char> = name.chars().collect();
    for (at, letter) in letters.iter().enumerate() {
        let begins = letter.is_uppercase()
            && at > 0
            && (!letters[at - 1].is_uppercase() || letters.get(at + 1).is_some_and(|next| next.is_lowercase()));
        if begins && letters[at - 1] != '_' {
            words.push('_');
        }
        words.extend(letter.to_lowercase());
    }
    match case {
        "lowercase" => name.to_lowercase(),
        "UPPERCASE" => name.to_uppercase(),
        "verbatim" => name.to_owned(),
        "snake_case" => words,
        "camelCase" | "PascalCase" | "kebab-case" | "SCREAMING_SNAKE_CASE" | "SCREAMING-KEBAB-CASE" => renamed(&words, Some(case)),
        _ => name.to_owned(),
    }
}

/// The database's name of the type that stands for an enum in declared tables: `#[ExistingTypePath = "crate::schema::sql_types::Mood"]`,
/// of which the declaration says `#[diesel(postgres_type(name = "mood"))]`.
fn declared_name(program: &Program, def: &TypeDef) -> Option<String> {
    let path = alone(&def.attrs, "ExistingTypePath").or_else(|| text(&def.attrs, "db_enum", "existing_type_path"))?;
    let last = path.rsplit(':').next()?;
    program.types().map(|id| program.type_def(id)).filter(|other| other.name == last).find_map(|other| {
        let said = other.attrs.iter().find_map(|attr| attr.arg("postgres_type"))?;
        said.args.iter().find(|meta| meta.path == "name").and_then(string)
    })
}

type Listed = (String, Vec<String>, Option<Location>);

/// Enums that entities keep in a column whose values a `CHECK` lists.
fn columns_of_enums(program: &Program, schemas: &Schemas) -> BTreeMap<TypeId, Listed> {
    let mut found = BTreeMap::new();
    for id in program.types() {
        let def = program.type_def(id);
        let Some(stored) = stored(program, def, "entity") else { continue };
        let file = program.type_file(id);
        let name = program.entity_name(id);
        let Some(table) = schemas.whole_of_table(program, file, &name).and_then(|whole| whole.table_of(&name)) else { continue };
        let columns = program.entity_columns(id);
        for field in row_fields(program, id, stored) {
            let inner = match field.ty {
                Ty::Foreign(path, args) if path == OPTION => args.first(),
                ty => Some(ty),
            };
            let Some(Ty::Workspace(of, _)) = inner else { continue };
            let Some((_, column)) = columns.iter().find(|(own, _)| std::ptr::eq(*own, field.field)) else { continue };
            let mut lists = table.checks.iter().filter(|check| check.valid).filter_map(|check| Some((check.values.as_ref()?, check.place)));
            if let Some(((_, values), place)) = lists.find(|((of, _), _)| of == column) {
                found.insert(*of, (format!("{}.{column}", table.name), values.clone(), Some(place)));
            }
        }
    }
    found
}
