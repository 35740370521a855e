//! User and password in connection URLs, in any text.

use super::shape::{Shape, shape};
use crate::source::Span;

/// `scheme://user:password@host`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credential {
    pub scheme: Span,
    pub user: Span,
    pub password: Span,
    /// without port
    pub host: Span,
    /// from the scheme to the end of the host
    pub url: Span,
}

/// Schemes whose URLs carry credentials in practice.
const SCHEMES: &[&str] = &[
    "postgres",
    "postgresql",
    "mysql",
    "mariadb",
    "mongodb",
    "mongodb+srv",
    "redis",
    "rediss",
    "valkey",
    "amqp",
    "amqps",
    "smtp",
    "smtps",
    "imap",
    "imaps",
    "http",
    "https",
    "ftp",
    "sftp",
    "ldap",
    "ldaps",
    "nats",
    "kafka",
    "mqtt",
    "mqtts",
    "ws",
    "wss",
    "clickhouse",
    "cockroachdb",
    "mssql",
    "sqlserver",
    "sqlite",
    "scylla",
    "cassandra",
    "neo4j",
    "bolt",
    "elasticsearch",
    "ssh",
    "tcp",
    "git+https",
    "couchdb",
    "surrealdb",
    "socks5",
    "influxdb",
    "memcached",
    "jdbc:postgresql",
    "postgres+ssl",
    "crdb",
];

/// All of them in `text`.
#[must_use]
pub fn credentials(text: &str) -> Vec<Credential> {
    let bytes = text.as_bytes();
    memchr::memmem::find_iter(bytes, b"://").filter_map(|at| credential(bytes, at)).collect()
}

fn credential(text: &[u8], colon: usize) -> Option<Credential> {
    let start = text[..colon].iter().rposition(|byte| !byte.is_ascii_alphanumeric() && *byte != b'+').map_or(0, |at| at + 1);
    let scheme = std::str::from_utf8(&text[start..colon]).ok()?.to_ascii_lowercase();
    if !SCHEMES.contains(&scheme.as_str()) {
        return None;
    }
    let from = colon + 3;
    // The authority ends at `/`, `?`, `#` or where the text around it does; braces of a template belong to it.
    let limit = (from + 400).min(text.len());
    let mut end = from;
    let mut depth = 0usize;
    while end < limit {
        match text[end] {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b'/' | b'?' | b'#' if depth == 0 => break,
            b' ' | b'\t' if depth > 0 => {}
            b'"' | b'\'' | b'`' | b' ' | b'\t' | b'\n' | b'\r' | b'>' | b'\\' | b',' | b')' | b']' | b'|' | b'^' if depth == 0 => break,
            b'\n' => break,
            _ => {}
        }
        end += 1;
    }
    let authority = &text[from..end];
    let at = authority.iter().rposition(|byte| *byte == b'@')?;
    let divider = authority[..at].iter().position(|byte| *byte == b':')?;
    let host_end = authority[at + 1..].iter().position(|byte| *byte == b':').map_or(end, |port| from + at + 1 + port);
    let span = |start: usize, end: usize| Span::new(start as u32, end as u32);
    (at > divider + 1).then(|| Credential {
        scheme: span(start, colon),
        user: span(from, from + divider),
        password: span(from + divider + 1, from + at),
        host: span(from + at + 1, host_end),
        url: span(start, host_end),
    })
}

/// How a password in a URL is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// filled in from elsewhere, or a placeholder
    None,
    /// for a machine of one's own, or what an image ships with
    Default,
    Secret,
}

/// Judges one by its password and its host.
#[must_use]
pub fn weight(user: &str, password: &str, host: &str) -> Weight {
    let lower = password.to_ascii_lowercase();
    if matches!(shape(password), Shape::Reference | Shape::Placeholder)
        || matches!(shape(host), Shape::Placeholder)
        || password.starts_with('$')
        || password.starts_with('%')
        || password.contains(['<', '*', '{', '[', '…'])
    {
        return Weight::None;
    }
    if user.contains('<')
        || matches!(lower.as_str(), "pass" | "pwd" | "passwd") && matches!(user, "user" | "username" | "usr" | "u")
        || (lower == "password" && matches!(user, "user" | "username" | "login")) && !is_local(host)
        || lower == "p"
        || lower == "pw"
    {
        return Weight::None;
    }
    let placeholder_host =
        matches!(host, "host" | "hostname" | "server" | "ip" | "addr" | "address" | "domain" | "url" | "h" | "HOST" | "...")
            || host.starts_with('<')
            || host.contains("example");
    if placeholder_host || host.is_empty() && password.len() < 3 {
        return Weight::None;
    }
    if is_local(host) || matches!(shape(password), Shape::Default) || lower == user.to_ascii_lowercase() {
        return Weight::Default;
    }
    Weight::Secret
}

/// A host that only this machine or its containers reach: no dot, loopback, private ranges.
#[must_use]
pub fn is_local(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    !host.contains('.')
        || host.starts_with("127.")
        || host.starts_with("0.0.0.0")
        || host.starts_with("192.168.")
        || host.starts_with("10.")
        || host.ends_with(".local")
        || host.ends_with(".internal")
        || host.ends_with(".svc")
        || host.contains(".svc.")
        || host.ends_with(".test")
        || host.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String, String)> {
        let slice = |span: Span| text[span.range()].to_owned();
        credentials(text).into_iter().map(|each| (slice(each.user), slice(each.password), slice(each.host))).collect()
    }

    #[test]
    fn parts() {
        assert_eq!(read("DATABASE_URL=postgres://app:s3cr@t@db.acme.io:5432/app"), [("app".into(), "s3cr@t".into(), "db.acme.io".into())]);
        assert_eq!(read("\"redis://:pw123@cache\""), [(String::new(), "pw123".into(), "cache".into())]);
        assert!(read("https://docs.rs/crate@1:2").is_empty());
        assert!(read("postgres://localhost/db").is_empty());
        assert_eq!(read("mysql://root:{password}@{host}/x")[0].1, "{password}");
    }

    #[test]
    fn weights() {
        assert_eq!(weight("app", "k9Qw72LmX0", "db.acme.io"), Weight::Secret);
        assert_eq!(weight("postgres", "postgres", "localhost"), Weight::Default);
        assert_eq!(weight("user", "pass", "host"), Weight::None);
        assert_eq!(weight("app", "${PW}", "db"), Weight::None);
    }
}
