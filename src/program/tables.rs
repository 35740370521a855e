//! Tables that diesel's `table!` declares: the macro's grammar is small, and its module is a name like any other.

use crate::facts::Name;
use crate::source::{FileId, Location, Span};

/// What one `table! { schema.name (key) { column -> Type, .. } }` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// the Rust module
    pub module: Name,
    /// the name in the database (`#[sql_name = ".."]`), schema included where it is written
    pub name: Name,
    pub columns: Vec<Column>,
    /// what stands between the macro's braces
    pub place: Location,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// in Rust
    pub name: Name,
    /// in the database (`#[sql_name = ".."]`)
    pub sql: Name,
    /// as written
    pub ty: Name,
}

impl Table {
    /// A column by its name in Rust.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// Reads the tokens between the macro's braces.
#[must_use]
pub fn read(text: &str, file: FileId, place: Span) -> Option<Table> {
    let clean = strip_comments(text);
    let open = clean.find('{')?;
    let (head, body) = clean.split_at(open);
    let (sql_name, rest) = renamed(head)?;
    // `use diesel::sql_types::*;` lines come before the name
    let rest = rest.rsplit(';').next().unwrap_or(rest);
    let written = rest.split('(').next().unwrap_or(rest).trim();
    let full = written.strip_prefix("r#").unwrap_or(written);
    let module = full.rsplit('.').next().unwrap_or(full).trim();
    if module.is_empty() || !module.chars().all(|letter| letter.is_alphanumeric() || letter == '_') {
        return None;
    }
    let mut columns = Vec::new();
    let mut depth = 0_i32;
    let mut line = String::new();
    for letter in body[1..].chars() {
        match letter {
            '<' | '(' | '[' => depth += 1,
            '>' if !line.ends_with('-') => depth -= 1,
            ')' | ']' => depth -= 1,
            _ => {}
        }
        if (letter == ',' || letter == '}') && depth <= 0 {
            if let Some((sql, entry)) = renamed(&line)
                && let Some((name, ty)) = entry.split_once("->")
            {
                let name = name.trim();
                let name = Name::from(name.strip_prefix("r#").unwrap_or(name));
                columns.push(Column { sql: sql.unwrap_or_else(|| name.clone()), name, ty: ty.trim().into() });
            }
            line.clear();
            continue;
        }
        line.push(letter);
    }
    let qualified: String = full.chars().filter(|letter| !letter.is_whitespace()).collect();
    Some(Table { module: module.into(), name: sql_name.unwrap_or_else(|| qualified.into()), columns, place: place.in_file(file) })
}

/// What `#[sql_name = ".."]` says, and the text behind all attributes.
fn renamed(text: &str) -> Option<(Option<Name>, &str)> {
    let mut sql_name = None;
    let mut rest = text;
    while let Some(at) = rest.find("#[") {
        let end = rest[at..].find(']')? + at;
        let attr = &rest[at + 2..end];
        if let Some(value) = attr.trim().strip_prefix("sql_name") {
            sql_name = value.split('"').nth(1).map(Name::from);
        }
        rest = &rest[end + 1..];
    }
    Some((sql_name, rest))
}

fn strip_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let line = line.find("//").map_or(line, |at| &line[..at]);
        out.push_str(line);
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::source::{FileId, Span};

    #[test]
    fn a_table_with_attributes_and_generic_types() {
        let table = read(
            "
            use diesel::sql_types::*;
            /// Doc
            #[sql_name = \"user\"]
            users (id) {
                /// the key
                id -> Int4,
                #[max_length = 20]
                #[sql_name = \"full name\"]
                name -> Nullable<Varchar>,
                tags -> Array<Nullable<Text>>,
            }
        ",
            FileId(0),
            Span::new(0, 0),
        )
        .expect("a table");
        assert_eq!(table.module, "users");
        assert_eq!(table.name, "user");
        let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["id", "name", "tags"]);
        assert_eq!(table.columns[1].ty, "Nullable<Varchar>");
        let named: Vec<&str> = table.columns.iter().map(|column| column.sql.as_str()).collect();
        assert_eq!(named, ["id", "full name", "tags"]);
    }

    #[test]
    fn a_schema_is_part_of_the_name() {
        assert_eq!(read("audit.events (id) { id -> Int8, }", FileId(0), Span::new(0, 0)).expect("a table").name, "audit.events");
    }
}
