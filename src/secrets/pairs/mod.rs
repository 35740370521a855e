//! Names and values in configuration files, read line by line with their places.
//!
//! These are no full parsers: anchors, multi-line strings and nested templates of YAML are not followed, and a file with
//! a mistake in it still gives the pairs of its other lines. Rust and SQL have readers of their own.
//!
//! [`flat`]: `.env`, properties, TOML; [`shell`]: assignments, options and headers of commands; [`json`]; [`yaml`].

mod flat;
mod json;
mod shell;
mod yaml;

use crate::source::{FileKind, Span};

/// One binding of a name to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// as written, quotes dropped
    pub name: String,
    pub name_span: Span,
    /// the value's text as written, quotes dropped
    pub value: Span,
    /// what the value says once decoded (Kubernetes `data`), where that differs from the text
    pub decoded: Option<String>,
    /// the section, table or parent key it stands in
    pub section: String,
    /// written in quotes
    pub quoted: bool,
}

/// The pairs of a file, in order.
#[must_use]
pub fn pairs(text: &str, kind: FileKind) -> Vec<Pair> {
    let mut found = Vec::new();
    match kind {
        FileKind::Json => json::json(text, &mut found),
        FileKind::Yaml => yaml::yaml(text, &mut found),
        FileKind::Toml => each_line(text, |line, at| flat::toml_line(line, at, &mut found)),
        FileKind::Env | FileKind::Properties => {
            let mut section = String::new();
            each_line(text, |line, at| flat::flat(line, at, &mut section, &mut found));
        }
        FileKind::Shell | FileKind::Make | FileKind::Dockerfile => each_line(text, |line, at| {
            if !is_comment(line) {
                shell::shell(line, at, &mut found);
            }
        }),
        FileKind::Http => {
            each_line(text, |line, at| shell::http(line, at, &mut found));
            json::json(text, &mut found);
        }
        FileKind::Rust | FileKind::Sql | FileKind::Key | FileKind::Other => {}
    }
    if kind == FileKind::Toml {
        flat::sections(text, &mut found);
    }
    found
}

fn each_line(text: &str, mut read: impl FnMut(&str, usize)) {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        read(line.trim_end_matches(['\n', '\r']), at);
        at += line.len();
    }
}

fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with('#') || line.starts_with("//") || line.starts_with(';') || line.starts_with("REM ") || line.starts_with("-- ")
}

fn push(found: &mut Vec<Pair>, line: &str, at: usize, name: std::ops::Range<usize>, value: std::ops::Range<usize>, section: &str) {
    let (value, quoted) = unquote(line, value);
    let Some(text) = line.get(name.clone()) else { return };
    let lead = text.len() - text.trim_start_matches(['"', '\'', ' ']).len();
    let clean = text.trim_matches(['"', '\'', ' ']);
    if clean.is_empty() || value.is_empty() {
        return;
    }
    let start = at + name.start + lead;
    found.push(Pair {
        name: clean.to_owned(),
        name_span: Span::new(start as u32, (start + clean.len()) as u32),
        value: Span::new((at + value.start) as u32, (at + value.end) as u32),
        decoded: None,
        section: section.to_owned(),
        quoted,
    });
}

/// Drops blanks, one pair of quotes, or a comment behind a bare value.
fn unquote(line: &str, value: std::ops::Range<usize>) -> (std::ops::Range<usize>, bool) {
    let text = line.get(value.clone()).unwrap_or("");
    let start = value.start + (text.len() - text.trim_start().len());
    let text = text.trim();
    for quote in ['"', '\'', '`'] {
        if let Some(rest) = text.strip_prefix(quote) {
            let end = closing(rest, quote);
            return (start + 1..start + 1 + end, true);
        }
    }
    let end = text.find(" #").or_else(|| text.find("\t#")).unwrap_or(text.len());
    (start..start + text[..end].trim_end().len(), false)
}

/// Where an opened quotation ends: a quote without a backslash before it.
fn closing(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, each) in text.char_indices() {
        if each == quote && !escaped {
            return at;
        }
        escaped = each == '\\' && !escaped && quote == '"';
    }
    text.len()
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, kind: FileKind) -> Vec<(String, String)> {
        pairs(text, kind).into_iter().map(|pair| (pair.name, pair.decoded.unwrap_or_else(|| text[pair.value.range()].to_owned()))).collect()
    }

    fn one(text: &str, kind: FileKind) -> (String, String) {
        read(text, kind).into_iter().next().unwrap_or_default()
    }

    #[test]
    fn flat_files() {
        assert_eq!(one("export JWT_SECRET=\"a b\" # c\n", FileKind::Env), ("JWT_SECRET".into(), "a b".into()));
        assert_eq!(one("KEY=abc # note", FileKind::Env), ("KEY".into(), "abc".into()));
        assert_eq!(one("db.password = x1", FileKind::Properties), ("db.password".into(), "x1".into()));
        assert_eq!(one("requirepass hunter2", FileKind::Properties), ("requirepass".into(), "hunter2".into()));
        assert!(read("# JWT_SECRET=x", FileKind::Env).is_empty());
    }

    #[test]
    fn toml_tables() {
        let text = "[jwt]\nsecret = 'abc'\npool = { user = \"u\", password = \"p=1\" }\n";
        let found = pairs(text, FileKind::Toml);
        assert_eq!(found[0].section, "jwt");
        assert_eq!(
            read(text, FileKind::Toml),
            [("secret".into(), "abc".into()), ("user".into(), "u".into()), ("password".into(), "p=1".into())]
        );
    }

    #[test]
    fn yaml_forms() {
        let text = "services:\n  db:\n    environment:\n      - POSTGRES_PASSWORD=pw1\n      - \"API_KEY=k2\"\n      TOKEN: 'tt'\n";
        assert_eq!(
            read(text, FileKind::Yaml),
            [("POSTGRES_PASSWORD".into(), "pw1".into()), ("API_KEY".into(), "k2".into()), ("TOKEN".into(), "tt".into())]
        );
        let text = "env:\n  - name: DB_PASSWORD\n    value: s3\n";
        assert!(read(text, FileKind::Yaml).contains(&("DB_PASSWORD".into(), "s3".into())));
        let text = "kind: Secret\ndata:\n  password: aHVudGVyMg==\n";
        assert!(read(text, FileKind::Yaml).contains(&("password".into(), "hunter2".into())));
        let text = "db: { user: a, password: \"b c\" }\n";
        assert_eq!(read(text, FileKind::Yaml), [("user".into(), "a".into()), ("password".into(), "b c".into())]);
        let text = "- run: |\n    export API_TOKEN=abc\n    psql\n";
        assert_eq!(read(text, FileKind::Yaml), [("API_TOKEN".into(), "abc".into())]);
    }

    #[test]
    fn shells() {
        assert_eq!(
            read("docker run -e DB_PASSWORD=abc -e X=\"y z\" img", FileKind::Shell),
            [("DB_PASSWORD".into(), "abc".into()), ("X".into(), "y z".into())]
        );
        assert_eq!(one("ENV API_KEY abc", FileKind::Dockerfile), ("API_KEY".into(), "abc".into()));
        assert_eq!(one("db_password := \"abc\"", FileKind::Make), ("db_password".into(), "abc".into()));
        assert_eq!(one("curl -u admin:pw http://x", FileKind::Shell), ("password".into(), "pw".into()));
        assert!(read("curl -H \"Authorization: Bearer abc\" x", FileKind::Shell).contains(&("Authorization".into(), "abc".into())));
        assert_eq!(one("tool --password abc", FileKind::Shell), ("password".into(), "abc".into()));
        assert!(read("if [ \"$TOKEN\" == \"\" ]; then", FileKind::Shell).is_empty());
    }

    #[test]
    fn json_and_http() {
        assert_eq!(read(r#"{"db": {"password": "x\"y"}, "n": 3}"#, FileKind::Json), [("password".into(), "x\\\"y".into())]);
        assert!(read(r#"[{"name": "API_KEY", "value": "v"}]"#, FileKind::Json).contains(&("API_KEY".into(), "v".into())));
        assert_eq!(one("Authorization: Bearer abc", FileKind::Http), ("Authorization".into(), "abc".into()));
        assert_eq!(one("@token = abc", FileKind::Http), ("token".into(), "abc".into()));
    }

    #[test]
    fn strange_texts_do_not_stop_it() {
        for text in [
            "=",
            ":",
            "\"",
            "a: \"",
            "한글: '값'\n- 값=한\n",
            "{ 한: 글, ",
            "ENV ",
            "--",
            "a = \"\\",
            "curl -u ",
            "x: &",
            "- - - a=b",
            "{\"a\":\"\\",
        ] {
            for kind in [
                FileKind::Json,
                FileKind::Yaml,
                FileKind::Toml,
                FileKind::Env,
                FileKind::Shell,
                FileKind::Dockerfile,
                FileKind::Http,
                FileKind::Make,
            ] {
                for pair in pairs(text, kind) {
                    assert!(text.get(pair.value.range()).is_some(), "{text}");
                }
            }
        }
    }
}
