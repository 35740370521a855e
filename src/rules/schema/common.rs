//! What rules on the schema share: a walk over the tables that are there at the end of the migrations.

use crate::program::Program;
use crate::sql::MigrationSet;
use crate::sql::ir::DataType;
use crate::sql::schema::{Schema, Table};

/// Every table at the end of every set, except those that only tests make.
pub fn each_table<'p>(program: &'p Program, mut visit: impl FnMut(&'p MigrationSet, &Schema, &Table)) {
    for set in &program.sql().sets {
        let schema = set.schema();
        for table in schema.tables.values() {
            visit(set, schema, table);
        }
    }
}

/// Types that compare without a conversion have one class; none for what is not known.
pub fn type_class(ty: &DataType) -> Option<&'static str> {
    Some(match ty.name.as_str() {
        "smallint" | "int2" | "smallserial" => "int2",
        "int" | "integer" | "int4" | "serial" | "serial4" | "mediumint" => "int4",
        "bigint" | "int8" | "bigserial" | "serial8" => "int8",
        "text" | "varchar" | "character varying" | "char" | "character" | "citext" => "text",
        "uuid" => "uuid",
        _ => return None,
    })
}
