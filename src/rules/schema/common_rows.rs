//! What rules on types that come from the database share: which columns the fields of a row are made from, and which values an enum has.

use crate::facts::{Attr, Meta, TypeDef, TypeKind, Variant};
use crate::model::Stored;
use crate::program::payloads::{derives, renamed};
use crate::program::{Shape, Ty, TypeId};
use crate::rules::prelude::*;

/// A field that is read from a column.
#[derive(Clone, Debug)]
pub struct RowField<'p> {
    pub field: &'p facts::Field,
    pub column: Name,
    pub ty: &'p Ty,
}

/// What a derive says of a type to the database, if it has one of this kind.
pub fn stored<'p>(program: &'p Program, def: &'p TypeDef, kind: &str) -> Option<&'p Stored> {
    derives(def).filter_map(|name| program.models.stored(name)).find(|stored| stored.kind == kind)
}

/// The fields of a row that are read as they are; those that make something else of their column are left out.
pub fn row_fields<'p>(program: &'p Program, id: TypeId, stored: &Stored) -> Vec<RowField<'p>> {
    let def = program.type_def(id);
    let (TypeKind::Struct(fields), Shape::Struct(types)) = (&def.kind, &program.type_info(id).shape) else { return Vec::new() };
    let case = text(&def.attrs, &stored.attribute, "rename_all");
    let special = |field: &facts::Field| {
        let own = field.attrs.iter().filter(|attr| attr.path == stored.attribute.as_str());
        own.flat_map(|attr| &attr.args).any(|meta| matches!(meta.path.as_str(), "skip" | "flatten" | "try_from" | "json" | "ignore"))
    };
    let pairs = fields.iter().zip(types).filter(|(field, _)| !special(field) && field.name.parse::<u32>().is_err());
    pairs
        .map(|(field, (_, ty))| {
            let name = || renamed(field.name.strip_prefix("r#").unwrap_or(&field.name), case.as_deref());
            let column = text(&field.attrs, &stored.attribute, "rename").unwrap_or_else(name);
            RowField { field, column: column.into(), ty }
        })
        .collect()
}

/// The value of `#[attribute(key = "..")]`.
pub fn text(attrs: &[Attr], attribute: &str, key: &str) -> Option<String> {
    let direct = attrs.iter().filter(|attr| attr.path == attribute).flat_map(|attr| &attr.args);
    let behind = conditional(attrs).filter(|meta| meta.path == attribute).flat_map(|meta| &meta.args);
    direct.chain(behind).filter(|meta| meta.path == key).find_map(string)
}

/// The value of `#[key = ".."]`.
pub fn alone(attrs: &[Attr], key: &str) -> Option<String> {
    let direct = attrs.iter().find(|attr| attr.path == key).and_then(|attr| match &attr.value {
        Some(facts::Lit::Str(text)) => Some(text.clone()),
        _ => None,
    });
    direct.or_else(|| conditional(attrs).filter(|meta| meta.path == key).find_map(string))
}

/// What stands under `cfg_attr`.
fn conditional(attrs: &[Attr]) -> impl Iterator<Item = &Meta> {
    attrs.iter().filter(|attr| attr.path == "cfg_attr").flat_map(|attr| &attr.args)
}

/// The text that a part of an attribute is set to.
pub fn string(meta: &Meta) -> Option<String> {
    match &meta.value {
        Some(facts::Lit::Str(text)) => Some(text.clone()),
        _ => None,
    }
}

/// Whether a value of this type is never made from NULL: nothing is said of types whose decoding somebody wrote.
pub fn refuses_null(program: &Program, ty: &Ty) -> bool {
    match ty {
        Ty::Primitive(_) => true,
        Ty::Foreign(path, _) => !matches!(program.kind_of(path), Some("option" | "result" | "pointer" | "cell")),
        Ty::Workspace(id, _) => stored(program, program.type_def(*id), "enum").is_some(),
        _ => false,
    }
}

/// The variants of an enum without fields.
pub fn plain_variants(def: &TypeDef) -> Option<&[Variant]> {
    let TypeKind::Enum(variants) = &def.kind else { return None };
    (!variants.is_empty() && variants.iter().all(|variant| variant.fields.is_empty())).then_some(variants)
}
