use super::*;
use crate::sql::ir::{AlterKind, ConstraintKind, ExprKind};

fn one(sql: &str, dialect: Dialect) -> Statement {
    let mut found = parse(sql, dialect);
    assert_eq!(found.len(), 1, "{sql}");
    found.pop().expect("one")
}

fn names(list: &[ObjectName]) -> String {
    list.iter().map(|name| name.name.as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn whole_statements_of_all_dialects() {
    let postgres = [
        "SELECT DISTINCT ON (a.b) a.*, count(*) FILTER (WHERE x > 1) AS n, b::int[] FROM a LEFT JOIN LATERAL (SELECT 1) l ON true, c WHERE (a.x, a.y) IN (SELECT 1, 2) AND NOT EXISTS (SELECT 1) GROUP BY 1 HAVING sum(x) > 2 ORDER BY a DESC NULLS LAST LIMIT $1 OFFSET 10 FOR UPDATE OF a SKIP LOCKED",
        "SELECT x FROM t WHERE a = ANY($1::uuid[]) AND b->>'k' ILIKE '%' || $2 AND c BETWEEN 1 AND 2 OR d IS NOT DISTINCT FROM NULL",
        "WITH RECURSIVE t (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < 100) SELECT sum(n) FROM t",
        "INSERT INTO a AS x (b, c) VALUES ($1, DEFAULT), ($2, now() - interval '1 day') ON CONFLICT (b) WHERE c > 1 DO UPDATE SET c = EXCLUDED.c, (d, e) = (1, 2) WHERE x.c <> 1 RETURNING id, b AS \"b!\"",
        "INSERT INTO a SELECT * FROM UNNEST($1::text[], $2::int[]) AS u(a, b) ON CONFLICT DO NOTHING",
        "UPDATE a SET b = c.d FROM c WHERE c.id = a.id RETURNING *",
        "DELETE FROM a USING b WHERE a.id = b.id AND b.x IS NULL",
        "CREATE TABLE IF NOT EXISTS s.a (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, b varchar(20) NOT NULL DEFAULT 'x'::varchar CHECK (b <> ''), c timestamp(3) with time zone DEFAULT now() NOT NULL, d numeric(10, 2)[] , e int REFERENCES x (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED, CONSTRAINT u UNIQUE (b, c), FOREIGN KEY (e) REFERENCES y ON UPDATE CASCADE, EXCLUDE USING gist (b WITH =)) PARTITION BY RANGE (c)",
        "CREATE TABLE p PARTITION OF a FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')",
        "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON ONLY s.t USING gin (lower(a) gin_trgm_ops, b DESC NULLS LAST, (c->>'d')) INCLUDE (e) WHERE f IS NULL",
        "ALTER TABLE ONLY a ADD COLUMN IF NOT EXISTS b int NOT NULL DEFAULT 1, DROP COLUMN c CASCADE, ALTER COLUMN d TYPE bigint USING d::bigint, ALTER d SET NOT NULL, ADD CONSTRAINT e CHECK (f > 0) NOT VALID, VALIDATE CONSTRAINT e, ADD UNIQUE USING INDEX i",
        "ALTER TABLE a RENAME COLUMN b TO c",
        "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'meh' AFTER 'sad'",
        "CREATE OR REPLACE FUNCTION f(a int) RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$ BEGIN RETURN NEW; END $$",
        "CREATE TRIGGER t BEFORE INSERT OR UPDATE OF a ON b FOR EACH ROW WHEN (NEW.a > 1) EXECUTE FUNCTION f()",
        "SELECT a.b[1], (c).d, ARRAY[1, 2], CASE WHEN a THEN 1 ELSE 2 END, EXTRACT(epoch FROM x), x AT TIME ZONE 'utc', COALESCE(NULLIF(a, ''), 'b') COLLATE \"C\" FROM a",
        "SELECT row_number() OVER (PARTITION BY a ORDER BY b) FROM t WINDOW w AS (PARTITION BY c)",
        "GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO PUBLIC",
        "SELECT jsonb_agg(x ORDER BY y DESC) FROM t WHERE a @> $1 AND b ? 'k'",
        "SELECT * FROM (SELECT 1 AS a UNION (SELECT 2)) x JOIN (b JOIN c USING (id)) ON b.id = x.a",
    ];
    for sql in postgres {
        let statement = one(sql, Dialect::Postgres);
        assert!(statement.whole, "{sql}\n{statement:#?}");
    }
    let mysql = [
        "CREATE TABLE `a` (`id` bigint unsigned NOT NULL AUTO_INCREMENT COMMENT 'x', `key` varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL, `t` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, e enum('a','b') NOT NULL, PRIMARY KEY (`id`) USING BTREE, UNIQUE KEY `u` (`key`(10)), KEY `i` (`t`, `e` DESC), FULLTEXT KEY f (`key`), CONSTRAINT c FOREIGN KEY (`e`) REFERENCES b (`id`) ON DELETE CASCADE) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",
        "INSERT IGNORE INTO a (b) VALUES (?) ON DUPLICATE KEY UPDATE b = VALUES(b)",
        "ALTER TABLE a MODIFY COLUMN b int NOT NULL, ADD INDEX i (b), ALGORITHM=INPLACE, LOCK=NONE",
        "DELETE a FROM a JOIN b ON a.id = b.id WHERE b.c = 1",
        "SELECT * FROM a USE INDEX (i) WHERE b = ? LIMIT 10, 20",
        "UPDATE a JOIN b ON a.id = b.id SET a.c = b.c WHERE b.d = ? LIMIT 5",
        "REPLACE INTO a SET b = 1",
    ];
    for sql in mysql {
        let statement = one(sql, Dialect::MySql);
        assert!(statement.whole, "{sql}\n{statement:#?}");
    }
    let sqlite = [
        "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, b, c TEXT COLLATE NOCASE UNIQUE ON CONFLICT IGNORE, d UNSIGNED BIG INT DEFAULT (datetime('now')), e GENERATED ALWAYS AS (b || c) STORED) STRICT, WITHOUT ROWID",
        "INSERT OR REPLACE INTO a VALUES (?1, :b, @c, $d)",
        "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE b SET c = 1 WHERE d = NEW.d; DELETE FROM e; END",
        "PRAGMA foreign_keys = ON",
        "SELECT a FROM b INDEXED BY i WHERE c GLOB '*x' LIMIT 1",
    ];
    for sql in sqlite {
        let statement = one(sql, Dialect::Sqlite);
        assert!(statement.whole, "{sql}\n{statement:#?}");
    }
}

#[test]
fn reads_and_writes() {
    let statement = one("WITH x AS (DELETE FROM q USING r RETURNING *) INSERT INTO a SELECT * FROM x JOIN s.z ON true", Dialect::Postgres);
    assert_eq!((names(&statement.reads), names(&statement.writes)), ("r z".into(), "a q".into()));
    let statement = one("UPDATE a SET b = (SELECT max(c) FROM d) WHERE e IN (SELECT f FROM a)", Dialect::Postgres);
    assert_eq!((names(&statement.reads), names(&statement.writes)), ("d a".into(), "a".into()));
}

#[test]
fn definitions_hold_their_parts() {
    let statement = one("ALTER TABLE a ADD COLUMN b uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE", Dialect::Postgres);
    let Kind::AlterTable(alter) = statement.kind else { panic!("{statement:?}") };
    let AlterKind::AddColumn { column, .. } = &alter.actions[0].kind else { panic!("{alter:?}") };
    assert!(column.not_null.is_some());
    assert!(matches!(&column.default.as_ref().expect("default").kind, ExprKind::Function { name, .. } if name.name == "gen_random_uuid"));
    assert!(matches!(column.constraints[0].kind, ConstraintKind::Unique { .. }));
}

#[test]
fn holes_are_kept() {
    let statement = one("SELECT a FROM {table} WHERE {} AND b = $1 ORDER BY {sort} LIMIT {}", Dialect::Postgres);
    assert!(statement.whole, "{statement:#?}");
    assert!(statement.reads[0].dynamic);
    assert_eq!((statement.holes.len(), statement.placeholders.len()), (4, 1));
}

#[test]
fn nesting_is_bounded() {
    for (open, close) in [("(", ")"), ("SELECT (", ")"), ("NOT ", ""), ("CASE WHEN ", " END"), ("ARRAY[", "]"), ("f(", ")")] {
        let sql = format!("SELECT {}1{} FROM t", open.repeat(5000), close.repeat(5000));
        assert_eq!(parse(&sql, Dialect::Postgres).len(), 1);
    }
    let sql = format!("SELECT 1 WHERE {} TRUE", "a = 1 AND ".repeat(50_000));
    assert!(!one(&sql, Dialect::Postgres).whole);
}

proptest::proptest! {
    #[test]
    fn anything_is_read(text in "(select |from |where |with |as |\\(|\\)|, |in |not |case |when |end |create |table |alter |add |column |constraint |unique |index |on |insert into |values |update |set |delete |primary key |references |\\$1 |\\{\\} |[a-z'\"`.:;=*\\[\\]é ]){0,60}") {
        for dialect in Dialect::ALL {
            for statement in parse(&text, dialect) {
                statement.walk(&mut |_| {});
            }
        }
    }
}
