//! What a value looks like: random, made of words, a placeholder, a reference to something elsewhere.
//!
//! Judged from the characters alone. Whether a made-up password is worth a finding depends on where it stands; that is the
//! rules' business.

/// The first of these that fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// nothing, or too short to be a secret
    Short,
    /// filled in from elsewhere: `${X}`, `{{ x }}`, `$(cmd)`, `%s`, `!vault`, `vault:..`
    Reference,
    /// meant to be replaced by the reader: `<token>`, `your-key-here`, `xxxx`, `EXAMPLE`
    Placeholder,
    /// prose: words with spaces
    Prose,
    /// a URL, a route, a file path, a media type, a mail address, a module path
    Locator,
    /// a UUID
    Uuid,
    /// digits only, versions, dates, durations, booleans
    Number,
    /// what a program ships with and ought not to run with: `changeme`, `secret`, `password123`, `admin`
    Default,
    /// lower-case words joined by `_`, `-` or `.`, or camel case, without digits
    Words,
    /// words with digits or marks: `S3cret!pass`, `my-secret-key-123`
    Mixed,
    /// as good as random: hex, base64, or letters and digits without words
    Random,
}

/// Judges `value`.
#[must_use]
pub fn shape(value: &str) -> Shape {
    let value = value.trim();
    if value.len() < 3 {
        return Shape::Short;
    }
    if is_reference(value) {
        return Shape::Reference;
    }
    let lower = value.to_ascii_lowercase();
    if is_placeholder(&lower) {
        return Shape::Placeholder;
    }
    if is_uuid(value) {
        return Shape::Uuid;
    }
    if value.split_whitespace().count() > 1 {
        return Shape::Prose;
    }
    if is_number(&lower) {
        return Shape::Number;
    }
    if is_locator(value) {
        return Shape::Locator;
    }
    if is_default(&lower) {
        return Shape::Default;
    }
    if is_random(value) {
        return Shape::Random;
    }
    let digits = value.bytes().any(|byte| byte.is_ascii_digit());
    let marks = value.bytes().any(|byte| !byte.is_ascii_alphanumeric() && !matches!(byte, b'_' | b'-' | b'.' | b':' | b'/'));
    if digits || marks { Shape::Mixed } else { Shape::Words }
}

fn is_reference(value: &str) -> bool {
    let whole = |open: &str, close: &str| value.starts_with(open) && value.ends_with(close);
    value.contains("${")
        || value.contains("{{")
        || value.contains("$(")
        || value.contains("<%")
        || whole("%(", ")s")
        || (whole("%", "%") && value.len() > 2)
        || whole("{", "}")
        || whole("@", "@")
        || whole("#{", "}#")
        || value.contains("%s")
        || (value.starts_with('$') && !value.contains("$v=") && value[1..].bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'))
        || ["vault:", "secret:", "ref+", "op://", "arn:", "ssm:", "sops:", "enc[", "!", "env:", "file:", "&", "*"].iter().any(|start| {
            value.len() > start.len()
                && value.to_ascii_lowercase().starts_with(start)
                && (start.len() > 1 || value.bytes().skip(1).all(|byte| byte.is_ascii_alphabetic() || byte == b'_'))
        })
        || has_hole(value)
}

/// `{name}`, `{}`, `{0}` or `{:?}` inside the text: a template of `format!`.
fn has_hole(value: &str) -> bool {
    value.match_indices('{').any(|(at, _)| {
        value[at + 1..].find('}').is_some_and(|end| {
            value[at + 1..at + 1 + end].bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'?' | b'.' | b'#'))
        })
    })
}

fn is_placeholder(lower: &str) -> bool {
    const INSIDE: &[&str] = &[
        "example",
        "xxxx",
        "your",
        "placeholder",
        "insert",
        "replace",
        "redacted",
        "dummy",
        "sample",
        "todo",
        "fixme",
        "***",
        "...",
        "…",
        "•••",
        "fake",
        "mock",
        "put_",
        "put-",
        "enter_",
        "enter-",
        "fill_",
        "fill-",
        "fill_me",
        "-here",
        "_here",
        "some-",
        "some_",
        "notreal",
        "not-a-real",
        "not_a_real",
        "not-real",
        "not_real",
        "bogus",
        "lorem",
        "foobar",
        "foo-bar",
        "foo_bar",
        "removed",
        "hidden",
        "masked",
        "####",
        "____",
        "0000000000",
        "1111111111",
        "aaaaaaaa",
        "ffffffffff",
        "badkey",
        "invalid",
        "unused",
        "not-set",
        "not_set",
        "notset",
        "no-secret",
    ];
    const WHOLE: &[&str] = &[
        "none",
        "null",
        "nil",
        "undefined",
        "true",
        "false",
        "n/a",
        "unset",
        "empty",
        "foo",
        "bar",
        "baz",
        "optional",
        "required",
        "string",
        "str",
        "auto",
        "generate",
        "generated",
        "random",
        "unknown",
        "disabled",
        "enabled",
        "yes",
        "off",
        "on",
        "abc",
        "abcd",
        "xyz",
        "value",
        "asdf",
        "inherit",
        "anonymous",
    ];
    WHOLE.contains(&lower)
        || (lower.contains('<') && lower.contains('>'))
        || (lower.starts_with('[') && lower.ends_with(']'))
        || INSIDE.iter().any(|word| lower.contains(word))
        || is_monotone(lower)
}

/// One character over and over.
fn is_monotone(value: &str) -> bool {
    let mut characters = value.chars().filter(|each| each.is_alphanumeric() || *each == '*' || *each == '.');
    let Some(first) = characters.next() else { return value.chars().all(|each| !each.is_alphanumeric()) };
    characters.all(|each| each == first)
}

#[must_use]
pub fn is_uuid(value: &str) -> bool {
    let bytes = value.as_bytes();
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn is_number(lower: &str) -> bool {
    let bytes = lower.as_bytes();
    if bytes.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b',' | b':' | b'/' | b'+' | b'-')) {
        // A run of digits may be a password; a date, a version or an address is not one.
        return bytes.iter().any(|byte| !byte.is_ascii_digit()) || bytes.len() < 4;
    }
    let unit = lower.trim_start_matches(|each: char| each.is_ascii_digit() || each == '.' || each == '_');
    unit.len() < lower.len()
        && ["s", "ms", "m", "h", "d", "w", "kb", "mb", "gb", "kib", "mib", "gib", "k", "px", "min", "sec", "days", "hours"].contains(&unit)
}

fn is_locator(value: &str) -> bool {
    let start = value.as_bytes().first().copied().unwrap_or(b' ');
    let slashes = value.matches('/').count();
    let extension = value.rsplit_once('.').is_some_and(|(stem, extension)| {
        !stem.is_empty()
            && [
                "rs", "toml", "json", "yaml", "yml", "pem", "key", "crt", "cer", "txt", "sql", "db", "env", "html", "com", "org", "net",
                "io", "dev", "local", "sock", "p12", "pfx", "conf", "md", "js", "ts",
            ]
            .contains(&extension.to_ascii_lowercase().as_str())
    });
    value.contains("://")
        || value.contains("::")
        || value.starts_with("./")
        || value.starts_with("../")
        || value.starts_with("~/")
        || value.starts_with("urn:")
        || value.starts_with("mailto:")
        || (start == b'/' && (slashes > 1 || value.len() < 24 || !is_random(value)))
        || (slashes > 0 && !is_random(value))
        || (extension && !value.bytes().any(|byte| byte == b'=' || byte == b'+'))
        || (value.contains('@')
            && value.rsplit_once('@').is_some_and(|(user, host)| {
                !user.is_empty()
                    && host.contains('.')
                    && !host.contains(|each: char| !each.is_ascii_alphanumeric() && each != '.' && each != '-')
            }))
}

fn is_default(lower: &str) -> bool {
    const INSIDE: &[&str] = &[
        "changeme",
        "change-me",
        "change_me",
        "changethis",
        "change-this",
        "change_this",
        "change-it",
        "changeit",
        "change_it",
        "please-change",
        "please_change",
        "mustchange",
        "must-change",
        "must_change",
        "insecure",
        "in-production",
        "in_production",
        "for-dev",
        "for_dev",
        "dev-only",
        "dev_only",
        "development",
        "unsafe-",
        "unsafe_",
        "default",
        "letmein",
        "qwerty",
        "hunter2",
        "supersecret",
        "super-secret",
        "super_secret",
        "verysecret",
        "very-secret",
        "very_secret",
        "topsecret",
        "top-secret",
        "top_secret",
        "mysecret",
        "my-secret",
        "my_secret",
        "secretkey",
        "secret-key",
        "secret_key",
        "password",
        "passw0rd",
        "p@ssw0rd",
        "p@ssword",
        "keep-it-secret",
        "keepitsecret",
        "testing",
        "test-",
        "test_",
        "-test",
        "_test",
        "localdev",
    ];
    const WHOLE: &[&str] = &[
        "secret",
        "admin",
        "root",
        "postgres",
        "mysql",
        "guest",
        "test",
        "user",
        "pass",
        "passwd",
        "pwd",
        "s3cr3t",
        "s3cret",
        "sekret",
        "minio",
        "minioadmin",
        "rabbitmq",
        "redis",
        "mongo",
        "mongodb",
        "demo",
        "toor",
        "welcome",
        "1234",
        "12345",
        "123456",
        "1234567",
        "12345678",
        "123456789",
        "1234567890",
        "dev",
        "local",
        "key",
        "token",
        "geheim",
        "hello",
        "world",
        "helloworld",
        "keyboard cat",
        "shhh",
        "shhhh",
    ];
    WHOLE.contains(&lower) || INSIDE.iter().any(|word| lower.contains(word))
}

/// Letters and digits without the pattern of a language.
#[must_use]
pub fn is_random(value: &str) -> bool {
    let body = value.trim_end_matches('=');
    let bytes = body.as_bytes();
    if bytes.len() < 12 || is_made_up(body) {
        return false;
    }
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    let lower = bytes.iter().filter(|byte| byte.is_ascii_lowercase()).count();
    let upper = bytes.iter().filter(|byte| byte.is_ascii_uppercase()).count();
    let other = bytes.len() - digits - lower - upper;
    let entropy = entropy(bytes);
    if digits + lower + upper == bytes.len() && bytes.iter().all(u8::is_ascii_hexdigit) {
        return bytes.len() >= 16 && digits > 0 && lower + upper > 0 && entropy > 2.8;
    }
    if other * 3 > bytes.len() {
        return false;
    }
    let kinds = usize::from(digits > 0) + usize::from(lower > 0) + usize::from(upper > 0) + usize::from(other > 0);
    let wanted = if bytes.len() >= 20 { 3.2 } else { 2.9 };
    kinds >= 2 && entropy >= wanted && english(body) < 0.52 && (digits > 0 || (lower > 2 && upper > 2)) && !is_camel_words(body)
}

/// `someCamelCaseName2`: long lower-case runs each opened by a capital.
fn is_camel_words(value: &str) -> bool {
    if !value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')) {
        return false;
    }
    let words = super::names::words(value);
    let letters: usize = words.iter().filter(|word| word.len() > 2).map(|word| word.len()).sum();
    letters * 10 > value.len() * 8 && words.len() * 3 <= value.len() && english(value) > 0.4
}

/// Typed by hand to look like a token: runs, steps, repeated halves, few different characters.
#[must_use]
pub fn is_made_up(value: &str) -> bool {
    let bytes = value.as_bytes();
    let mut seen = [false; 256];
    bytes.iter().for_each(|byte| seen[usize::from(byte.to_ascii_lowercase())] = true);
    let distinct = seen.iter().filter(|seen| **seen).count();
    if bytes.len() >= 12 && distinct < 6 {
        return true;
    }
    let (mut same, mut up, mut down) = (1, 1, 1);
    for pair in bytes.windows(2) {
        let (left, right) = (pair[0].to_ascii_lowercase(), pair[1].to_ascii_lowercase());
        same = if left == right { same + 1 } else { 1 };
        up = if right == left.wrapping_add(1) || (left == b'9' && right == b'0') || (left == b'9' && right == b'a') { up + 1 } else { 1 };
        down = if left == right.wrapping_add(1) { down + 1 } else { 1 };
        if same >= 5 || up >= 7 || down >= 7 {
            return true;
        }
    }
    (1..=bytes.len() / 2).take(24).any(|period| {
        period + 3 < bytes.len() && bytes.len() >= period * 2 && bytes[period..].iter().zip(bytes).all(|(left, right)| left == right)
    })
}

/// Shannon entropy, bits per byte.
#[must_use]
pub fn entropy(bytes: &[u8]) -> f32 {
    let mut counts = [0u32; 256];
    bytes.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
    let total = bytes.len().max(1) as f32;
    counts.iter().filter(|count| **count > 0).map(|count| *count as f32 / total).map(|share| -share * share.log2()).sum()
}

/// The share of neighbouring letters that are common in English; random letters reach a quarter, words three quarters.
#[must_use]
pub fn english(value: &str) -> f32 {
    const COMMON: &str = "th he in er an re nd at on nt ha es st en ed to it ou ea hi is or ti as te et ng of al de se le sa si ar ve ra ld ur ro ri io ic ne me li ll \
        co ta ma ce el la us om ec no ho ss ch ge ns em ut ot ke ey cr ct et rd wo wr pa sw pe up su rs ab ad ac am be bl bo ca da di do fo fi fu im iv \
        ig il ir id lo ly mo mi na ni ow oo os op pl po pr qu rt ry sc sh so sp tr ts tu ty ul un wa we wh wi ay ag ai ap av ck ev ex fa fe ff ga gi \
        go gr ha ht if iz ju ki kn ks lt ls lu mp mb mu nc ne nk nu ob od og ol oc pi pp rl rm rn rk rv sm sl sk sy tl tt uc ud ue ug ui um vi vo ym";
    let bytes = value.as_bytes();
    let (mut pairs, mut common) = (0u32, 0u32);
    for pair in bytes.windows(2) {
        if pair.iter().all(u8::is_ascii_digit) {
            continue;
        }
        pairs += 1;
        let lower = [pair[0].to_ascii_lowercase(), pair[1].to_ascii_lowercase()];
        let mixed = pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase();
        if !mixed && lower.iter().all(u8::is_ascii_lowercase) && COMMON.as_bytes().chunks(3).any(|each| each.starts_with(&lower)) {
            common += 1;
        }
    }
    if pairs == 0 { 0.0 } else { common as f32 / pairs as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes() {
        for (value, expected) in [
            ("", Shape::Short),
            ("${DB_PASSWORD}", Shape::Reference),
            ("{{ .Values.password }}", Shape::Reference),
            ("$DB_PASSWORD", Shape::Reference),
            ("token={}", Shape::Reference),
            ("<your token>", Shape::Placeholder),
            ("xxxxxxxxxxxx", Shape::Placeholder),
            ("your-api-key", Shape::Placeholder),
            ("Invalid token given", Shape::Placeholder),
            ("The password is wrong", Shape::Prose),
            ("/api/v1/token", Shape::Locator),
            ("https://example.org/token", Shape::Placeholder),
            ("keys/server.pem", Shape::Locator),
            ("202daf0a-1489-45df-8d2e-c8a3173fed36", Shape::Uuid),
            ("30s", Shape::Number),
            ("1.2.3", Shape::Number),
            ("changeme", Shape::Default),
            ("super-secret-jwt-key", Shape::Default),
            ("x-session-token", Shape::Words),
            ("csrf_token", Shape::Words),
            ("badger42", Shape::Mixed),
            ("Tr0ub4dor&3", Shape::Mixed),
        ] {
            assert_eq!(shape(value), expected, "{value}");
        }
    }

    #[test]
    fn random_or_not() {
        for value in ["9f86d081884c7d659a2feaa0c55ad015", "kZ8vQw3LpX7nRt2Y", "u7Xk+92bQz/1LmNfPw0dEA==", "7hG2kQpX9vWzRt4LmN8b"] {
            assert!(is_random(value), "{value}");
        }
        for value in [
            "authorization_code",
            "x-amz-security-token",
            "UserSessionTokenV2",
            "abcdefghijklmnop",
            "aaaaaaaaaaaaaaaaaaaa",
            "1234567890abcdef1234567890abcdef",
            "abcabcabcabcabcabc",
            "application_default_credentials",
        ] {
            assert!(!is_random(value), "{value}");
        }
    }
}
