//! Check digits and inner structure of secrets, verified offline.

use serde::Deserialize;

/// A check that a format's matches go through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Validator {
    /// prefix up to the last `_`, then random characters, then six base-62 digits of their CRC-32 (GitHub, npm)
    Crc32Base62,
    /// eight hex digits of the CRC-32 (little endian) of what precedes the last `_` (Grafana)
    Grafana,
    /// eight hex digits at the end of the CRC-32 of all before, a separator dropped (Atlassian, Cloudflare). Both say that
    /// there are check digits, and neither how they are made, so that other digits are no reason for doubt
    Crc32Hex,
    /// three base64url parts, the first a JSON object with `alg`
    Jwt,
    /// a PEM block whose body is DER or an OpenSSH key
    Pem,
    /// base64 of exactly 64 bytes (Azure storage and Cosmos keys)
    Base64Of64,
    /// base64 of exactly 32 bytes (Azure service bus, event hub, relay)
    Base64Of32,
    /// a Google service account file: the block around it has a private key
    Base64Json,
}

/// What a check says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Holds,
    /// the digits do not fit, but how they are made is nowhere documented: nothing is said by it
    Open,
    /// the digits do not fit; whoever made the text up did not know the format, or a character is missing
    Fails,
    /// it is something else altogether
    Not,
}

impl Validator {
    #[must_use]
    pub fn check(self, secret: &[u8]) -> Verdict {
        let soft = |holds: bool| if holds { Verdict::Holds } else { Verdict::Fails };
        let hard = |holds: bool| if holds { Verdict::Holds } else { Verdict::Not };
        match self {
            Validator::Crc32Base62 => soft(crc32_base62(secret).unwrap_or(false)),
            Validator::Grafana => soft(grafana(secret).unwrap_or(false)),
            Validator::Crc32Hex => {
                if crc32_hex(secret).unwrap_or(false) {
                    Verdict::Holds
                } else {
                    Verdict::Open
                }
            }
            Validator::Jwt => hard(jwt(secret).unwrap_or(false)),
            Validator::Pem => hard(pem(secret)),
            Validator::Base64Of64 => hard(base64(secret).is_some_and(|bytes| bytes.len() == 64)),
            Validator::Base64Of32 => hard(base64(secret).is_some_and(|bytes| bytes.len() == 32)),
            Validator::Base64Json => hard(base64(secret).is_some_and(|bytes| bytes.first() == Some(&b'{'))),
        }
    }
}

fn crc32_base62(secret: &[u8]) -> Option<bool> {
    let start = secret.iter().rposition(|byte| *byte == b'_')? + 1;
    let body = secret.get(start..)?;
    let (random, digits) = body.split_at_checked(body.len().checked_sub(6)?)?;
    Some(base62(crc32(random)) == digits)
}

/// Six digits, most significant first, padded with `0`.
#[must_use]
pub fn base62(mut number: u32) -> [u8; 6] {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut text = [b'0'; 6];
    for place in text.iter_mut().rev() {
        *place = DIGITS[(number % 62) as usize];
        number /= 62;
    }
    text
}

fn grafana(secret: &[u8]) -> Option<bool> {
    let at = secret.iter().rposition(|byte| *byte == b'_')?;
    let digits = hex(secret.get(at + 1..)?)?;
    Some(digits == crc32(&secret[..at]).to_le_bytes())
}

fn crc32_hex(secret: &[u8]) -> Option<bool> {
    let (before, digits) = secret.split_at_checked(secret.len().checked_sub(8)?)?;
    let digits = hex(digits)?;
    let body = before.strip_suffix(b"=").unwrap_or(before);
    let random = body.iter().position(|byte| *byte == b'_').map_or(body, |at| &body[at + 1..]);
    Some([before, body, random].iter().any(|text| crc32(text).to_be_bytes() == *digits))
}

fn jwt(secret: &[u8]) -> Option<bool> {
    let mut parts = secret.split(|byte| *byte == b'.');
    let header = base64(parts.next()?)?;
    let claims = base64(parts.next()?)?;
    let text = std::str::from_utf8(&header).ok()?;
    let header: serde_json::Value = serde_json::from_str(text).ok()?;
    let known = header.get("alg").is_some_and(serde_json::Value::is_string);
    // The sample of jwt.io and of the RFC, copied everywhere.
    let sample = ["John Doe", "1234567890", "\"joe\"", "1300819380"];
    let claims = String::from_utf8_lossy(&claims);
    Some(known && !sample.iter().any(|text| claims.contains(text)))
}

/// A block with at least a header of a DER sequence that fits, an OpenSSH key, or an encrypted body.
fn pem(secret: &[u8]) -> bool {
    let text = String::from_utf8_lossy(secret).replace("\\n", "\n").replace("\\r", "");
    let Some(rest) = text.split_once("-----BEGIN ").map(|(_, rest)| rest) else { return false };
    let Some((title, rest)) = rest.split_once("-----") else { return false };
    let body = rest.split_once("-----END").map_or(rest, |(body, _)| body);
    if title.contains("PGP") {
        return body.len() > 200;
    }
    let armour: String = body
        .lines()
        .filter(|line| !line.contains(':'))
        .flat_map(str::chars)
        .filter(|each| each.is_ascii_alphanumeric() || matches!(each, '+' | '/' | '='))
        .collect();
    let Some(bytes) = base64(armour.as_bytes()) else { return false };
    if bytes.starts_with(b"openssh-key-v1\0") || body.contains("Proc-Type: 4,ENCRYPTED") {
        return bytes.len() > 60;
    }
    der_fits(&bytes)
}

/// Whether the outer sequence's length is the number of bytes there are.
fn der_fits(bytes: &[u8]) -> bool {
    let [0x30, first, rest @ ..] = bytes else { return false };
    if *first < 0x80 {
        return usize::from(*first) <= rest.len() && *first >= 20;
    }
    let digits = usize::from(*first & 0x7f);
    if digits == 0 || digits > 3 || rest.len() < digits {
        return false;
    }
    let length = rest[..digits].iter().fold(0usize, |sum, byte| sum << 8 | usize::from(*byte));
    length <= rest.len() - digits
}

/// CRC-32 as in zip and Ethernet.
#[must_use]
pub fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

fn hex(digits: &[u8]) -> Option<Vec<u8>> {
    let value = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    if digits.len() % 2 == 1 {
        return None;
    }
    digits.chunks_exact(2).map(|pair| Some(value(pair[0])? << 4 | value(pair[1])?)).collect()
}

/// Base64 of either alphabet, padding optional, nothing else allowed.
#[must_use]
pub fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let end = text.iter().rposition(|byte| *byte != b'=').map_or(0, |at| at + 1);
    if text.len() - end > 2 || end % 4 == 1 {
        return None;
    }
    let mut bytes = Vec::with_capacity(end * 3 / 4);
    let (mut held, mut bits) = (0u32, 0u32);
    for byte in &text[..end] {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        held = held << 6 | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
            held &= (1 << bits) - 1;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_vectors() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(&base62(0), b"000000");
        assert_eq!(&base62(61), b"00000z");
        assert_eq!(base64(b"aGk=").as_deref(), Some(&b"hi"[..]));
        assert_eq!(base64(b"aGk").as_deref(), Some(&b"hi"[..]));
        assert_eq!(base64(b"a"), None);
        assert_eq!(base64(b"a b="), None);
        assert_eq!(hex(b"0aFf"), Some(vec![0x0a, 0xff]));
    }

    #[test]
    fn structure() {
        assert_eq!(Validator::Jwt.check(b"not.a.token"), Verdict::Not);
        assert_eq!(Validator::Crc32Hex.check(b"cfut_0000"), Verdict::Open, "undocumented digits that differ say nothing");
        assert_eq!(Validator::Grafana.check(b"glsa_x_00000000"), Verdict::Fails);
        assert_eq!(Validator::Pem.check(b"-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----"), Verdict::Not);
        assert!(der_fits(&[[0x30, 30].as_slice(), &[7; 30]].concat()));
        assert!(!der_fits(&[0x30, 30, 1]));
    }
}
