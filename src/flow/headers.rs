//! Text of headers that is put together by hand: in which header or parameter the next part stands.

/// Parameters whose value is a name that somebody gave.
const PARAMETERS: &[&str] = &["filename=", "filename*="];

/// Headers of HTTP and of mail that people write as text.
const FIELDS: &[&str] = &[
    "authorization",
    "bcc",
    "cc",
    "connection",
    "content-disposition",
    "content-length",
    "content-type",
    "cookie",
    "date",
    "from",
    "host",
    "location",
    "referer",
    "reply-to",
    "set-cookie",
    "subject",
    "to",
    "user-agent",
];

/// `attachment; filename="`, `attachment; filename="report-`: the parameter that the text ends in.
pub fn parameter(before: &str) -> Option<String> {
    let lower = before.to_ascii_lowercase();
    if !["attach", "inline", "form-data", "disposition"].iter().any(|word| lower.contains(word)) {
        return None;
    }
    let (at, name) = PARAMETERS.iter().filter_map(|name| Some((lower.rfind(name)?, *name))).max()?;
    let value = &lower[at + name.len()..];
    let is_open = match value.strip_prefix('"') {
        Some(quoted) => !quoted.contains('"'),
        None => !value.contains([';', ' ', '"']),
    };
    is_open.then(|| name.trim_end_matches('=').to_owned())
}

/// `Host: ` at the end of a text of several lines: the header that the text ends in.
pub fn field(before: &str) -> Option<String> {
    let is_field = |line: &str| {
        let (name, _) = line.split_once(": ")?;
        FIELDS.contains(&name.to_ascii_lowercase().as_str()).then(|| name.to_owned())
    };
    is_field(before.rsplit("\r\n").next().unwrap_or(before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_open_until_their_end() {
        assert_eq!(parameter("attachment; filename=\"").as_deref(), Some("filename"));
        assert_eq!(parameter("attachment; filename=\"report-\0-").as_deref(), Some("filename"));
        assert_eq!(parameter("attachment; filename=").as_deref(), Some("filename"));
        assert_eq!(parameter("attachment; filename=\"a.csv\"; size="), None);
        assert_eq!(parameter("/download?filename="), None);
        assert_eq!(parameter("<input type=\"file\" name=\""), None);
    }

    #[test]
    fn the_last_line_names_the_header() {
        assert_eq!(field("GET / HTTP/1.1\r\nHost: ").as_deref(), Some("Host"));
        assert_eq!(field("Subject: Hello \0 ").as_deref(), Some("Subject"));
        assert_eq!(field("BEGIN:VEVENT\r\nSUMMARY:"), None);
        assert_eq!(field("Host: a\r\n\r\n"), None);
    }
}
