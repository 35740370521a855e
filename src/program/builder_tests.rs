//! Shapes of migrations written in Rust, and what they leave behind.

use super::Program;
use crate::sql::Tool;
use crate::sql::catalog::catalog;
use crate::sql::ir::Kind;

/// The schema after the migrations `files` of a crate that uses sea-orm with PostgreSQL: a line for each table, column, key and index.
fn schema(files: &[(&str, &str)]) -> Vec<String> {
    let program = program(files);
    let [set] = program.sql().sets.as_slice() else { panic!("one set, not {:?}", program.sql().sets) };
    assert_eq!(set.tool, Tool::SeaOrm);
    let mut lines = Vec::new();
    for table in catalog(set.schema(), set.dialect) {
        lines.push(table.name.clone());
        lines.extend(table.columns.iter().map(|column| {
            let null = if column.not_null { "" } else { "?" };
            format!("  {}{null}: {}{}", column.name, column.ty, if column.has_default { " =" } else { "" })
        }));
        lines.extend(table.foreign_keys.iter().map(|key| {
            let action = key.on_delete.as_ref().map(|action| format!(" {action}")).unwrap_or_default();
            format!("  ({}) -> {}({}){action}", key.columns.join(","), key.ref_table, key.ref_columns.join(","))
        }));
        lines.extend(table.indexes.iter().map(|index| {
            let kind = if index.primary {
                "primary"
            } else if index.unique {
                "unique"
            } else {
                "index"
            };
            let keys: Vec<String> = index.keys.iter().map(|key| serde_json::to_string(key).unwrap_or_default()).collect();
            let keys: Vec<&str> = keys.iter().filter_map(|key| key.split('"').nth(3)).collect();
            format!("  {kind} {}", keys.join(","))
        }));
    }
    lines
}

fn program(files: &[(&str, &str)]) -> Program {
    let mut all = vec![("src/lib.rs", "mod m1;")];
    all.extend_from_slice(files);
    Program::from_sources(&all)
}

fn migration(up: &str, rest: &str) -> String {
    format!(
        "use sea_orm_migration::prelude::*;
#[async_trait::async_trait]
impl MigrationTrait for Migration {{
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {{ {up} }}
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {{ todo!() }}
}}
{rest}"
    )
}

const USERS: &str = "#[derive(DeriveIden)] enum Users { Table, Id, Email, #[sea_orm(iden = \"kind\")] Role, CreatedAt }
#[derive(DeriveIden)] enum Posts { Table, Id, UserId, Title }";

#[test]
fn a_table_with_its_keys() {
    let up = "manager.create_table(Table::create().table(Users::Table).if_not_exists()
        .col(ColumnDef::new(Users::Id).big_integer().not_null().auto_increment().primary_key())
        .col(ColumnDef::new(Users::Email).string_len(200).not_null().unique_key())
        .col(ColumnDef::new(Users::Role).text())
        .col(ColumnDef::new(Users::CreatedAt).timestamp_with_time_zone().not_null().default(Expr::current_timestamp()))
        .to_owned()).await?;
      manager.create_table(Table::create().table(Posts::Table)
        .col(ColumnDef::new(Posts::Id).uuid().not_null())
        .col(ColumnDef::new(Posts::UserId).big_integer().not_null())
        .primary_key(Index::create().col(Posts::Id))
        .foreign_key(ForeignKey::create().name(\"fk\").from(Posts::Table, Posts::UserId).to(Users::Table, Users::Id).on_delete(ForeignKeyAction::SetNull))
        .to_owned()).await";
    let found = schema(&[("src/m20240101_000001_users.rs", &migration(up, USERS))]);
    let wanted = [
        "posts",
        "  id: uuid",
        "  user_id: bigint",
        "  (user_id) -> users(id) set null",
        "  primary id",
        "users",
        "  id: bigint",
        "  email: varchar(200)",
        "  kind?: text",
        "  created_at: timestamp with time zone =",
        "  primary id",
        "  unique email",
    ];
    assert_eq!(found, wanted);
}

#[test]
fn functions_locals_and_indexes() {
    let up = "let mut table = Table::create();
      table.table(Alias::new(\"users\")).col(pk_auto(Users::Id));
      table.col(string(\"name\")).col(text_null(Users::Email));
      manager.create_table(table).await?;
      manager.create_index(email_index()).await?;
      manager.create_index(plain(IDX, Users::Role)).await?;
      more(manager).await";
    let rest = format!(
        "{USERS}
        const IDX: &str = \"idx_users_role\";
        fn email_index() -> IndexCreateStatement {{ sea_query::Index::create().unique().name(\"u\").table(Users::Table).col(Users::Email).to_owned() }}
        fn plain(name: &str, column: Users) -> IndexCreateStatement {{ Index::create().name(name).table(Users::Table).col((column, IndexOrder::Desc)).to_owned() }}
        async fn more(manager: &SchemaManager<'_>) -> Result<(), DbErr> {{
            manager.alter_table(Table::alter().table(Users::Table).add_column(ColumnDef::new(Users::Role).integer().not_null().default(0)).to_owned()).await?;
            manager.alter_table(Table::alter().table(Users::Table).rename_column(\"name\", \"full_name\").drop_column(Users::Email).to_owned()).await
        }}"
    );
    let found = schema(&[("src/m20240101_000001_users.rs", &migration(up, &rest))]);
    assert_eq!(found, ["users", "  id: integer", "  full_name: varchar", "  kind: integer =", "  primary id", "  index kind"]);
}

#[test]
fn sql_as_text_and_the_kind_of_database() {
    let up = "let db = manager.get_connection();
      db.execute_unprepared(\"CREATE TABLE a (\\n id int primary key, b text not null default \\\"x\\\");\\
         CREATE INDEX i ON a (b)\").await?;
      match manager.get_database_backend() {
        DbBackend::MySql => { db.execute_unprepared(\"DROP TABLE a\").await?; }
        DbBackend::Postgres | DbBackend::Sqlite => { db.execute(Statement::from_string(DbBackend::Postgres, r#\"CREATE TABLE \"C\" (id int)\"#)).await?; }
      }
      crate::from_sql(manager, \"ALTER TABLE a ADD COLUMN d int\").await?;
      for (index, word) in list() { nothing(index, word); }
      for name in [\"e\", \"f\"] { manager.alter_table(Table::alter().table(\"a\").add_column(ColumnDef::new(name).uuid()).to_owned()).await?; }
      if manager.get_database_backend() != DbBackend::Postgres { manager.drop_table(Table::drop().table(Alias::new(\"a\")).to_owned()).await?; }
      Ok(())";
    let found = schema(&[("src/m1.rs", &migration(up, ""))]);
    assert_eq!(
        found,
        ["C", "  id?: int", "a", "  id: int", "  b: text =", "  d?: int", "  e?: uuid", "  f?: uuid", "  primary id", "  index b"]
    );
}

#[test]
fn entities_and_names_written_out() {
    let up = "manager.create_table(Table::create().table(entity::account::Entity).col(ColumnDef::new(entity::account::Column::OwnerId).integer()).to_owned()).await?;
      manager.create_table(Table::create().table(Own::Table).col(ColumnDef::new(Own::Id).json_binary()).col(ColumnDef::new_with_type(Own::Id, ColumnType::Text)).to_owned()).await";
    let rest = "enum Own { Table, Id }
      impl Iden for Own { fn unquoted(&self, s: &mut dyn Write) { write!(s, \"{}\", match self { Own::Table => \"own_things\", Own::Id => \"key\" }).unwrap() } }";
    let entity = "#[derive(DeriveEntityModel)] #[sea_orm(table_name = \"accounts\")] pub struct Model { pub id: i32 }";
    let found = schema(&[("src/m1.rs", &migration(up, rest)), ("src/account.rs", entity)]);
    assert_eq!(found, ["accounts", "  owner_id?: integer", "own_things", "  key?: jsonb", "  key?: text"]);
}

#[test]
fn a_file_of_sql_is_a_script_of_its_own() {
    let up = "crate::from_sql(manager, include_str!(\"m1.sql\")).await";
    let found = schema(&[("src/m1.rs", &migration(up, "")), ("src/m1.sql", "CREATE TABLE a (b int);")]);
    assert_eq!(found, ["a", "  b?: int"]);
}

#[test]
fn modules_have_names_of_their_own() {
    let up =
        "manager.rename_table(old::rename()).await?; manager.create_table(new::create()).await?; manager.drop_table(old::drop_it()).await";
    let first = "manager.create_table(Table::create().table(\"users\").col(ColumnDef::new(\"a\").text()).to_owned()).await";
    let rest = "mod old { use super::*; const NAME: &str = \"users\"; const TO: &str = \"old_users\";
        pub fn rename() -> TableRenameStatement { Table::rename().table(Alias::new(NAME), Alias::new(TO)).to_owned() }
        pub fn drop_it() -> TableDropStatement { Table::drop().table(Alias::new(TO)).to_owned() } }
      mod new { use super::*; const NAME: &str = \"users\"; const TO: &str = \"other\"; #[derive(Iden)] enum It { #[iden = \"b\"] Own }
        pub fn create() -> TableCreateStatement { Table::create().table(Alias::new(NAME)).if_not_exists().col(ColumnDef::new(It::Own).uuid()).to_owned() } }
      #[derive(Iden)] enum It { Own }";
    let found = schema(&[("src/m1.rs", &migration(first, "")), ("src/m2.rs", &migration(up, rest))]);
    assert_eq!(found, ["users", "  b?: uuid"]);
}

#[test]
fn what_cannot_be_told_is_unknown() {
    let up = "for name in names() { manager.create_table(Table::create().table(Alias::new(name)).to_owned()).await?; } Ok(())";
    let program = program(&[("src/m1.rs", &migration(up, ""))]);
    let set = &program.sql().sets[0];
    let up = set.migrations[0].up.as_ref().expect("an up script");
    assert!(matches!(up.statements.as_slice(), [statement] if statement.kind == Kind::Unknown));
    assert!(set.migrations[0].down.as_ref().is_some_and(|down| down.statements.is_empty()));
}
