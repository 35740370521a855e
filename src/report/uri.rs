//! Paths as URI references (RFC 3986): everything but unreserved characters and `/` is percent-encoded, by UTF-8 byte.

use std::fmt::Write as _;

pub(super) fn encode(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            _ => {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_what_a_path_may_hold_stays() {
        assert_eq!(super::encode("src/a b/가.rs"), "src/a%20b/%EA%B0%80.rs");
        assert_eq!(super::encode("a:b#c?%.rs"), "a%3Ab%23c%3F%25.rs");
    }
}
