//! Values that a format's expression describes, with the check digits that its validator asks for.

use backend_lint::secrets::Format;
use backend_lint::secrets::validate::{Validator, base62, crc32};
use regex_syntax::hir::{Class, Hir, HirKind};

/// A small generator of numbers: the same value for the same seed, everywhere.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d);
        (0..8).for_each(|_| {
            dice.roll(2);
        });
        dice
    }

    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides.max(1)
    }
}

/// One value of `format`.
pub fn secret(format: &Format, seed: u64) -> String {
    let mut dice = Dice::new(seed + 1);
    match format.validator {
        Some(Validator::Jwt) => return token(&mut dice),
        Some(Validator::Pem) => return pem(&mut dice),
        _ => {}
    }
    let hir = regex_syntax::parse(&format.regex).expect("tested elsewhere");
    let mut text = String::new();
    write(&hir, &mut dice, &mut text);
    match format.validator {
        Some(Validator::Crc32Base62) => {
            let start = text.rfind('_').map_or(0, |at| at + 1);
            let end = text.len() - 6;
            let digits = base62(crc32(&text.as_bytes()[start..end]));
            text.replace_range(end.., std::str::from_utf8(&digits).expect("ASCII"));
        }
        Some(Validator::Grafana) => {
            let at = text.rfind('_').expect("in the format");
            let digits: String = crc32(&text.as_bytes()[..at]).to_le_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
            text.replace_range(at + 1.., &digits);
        }
        Some(Validator::Crc32Hex) => {
            let end = text.len() - 8;
            let digits = format!("{:08x}", crc32(&text.as_bytes()[..end]));
            text.replace_range(end.., &digits);
        }
        _ => {}
    }
    text
}

fn token(dice: &mut Dice) -> String {
    let claims = format!("{{\"sub\":\"{}\",\"iat\":{},\"role\":\"svc\"}}", dice.roll(99_999_999), 1_600_000_000 + dice.roll(99_999_999));
    let signature: Vec<u8> = (0..32).map(|_| dice.roll(256) as u8).collect();
    format!("{}.{}.{}", base64(br#"{"alg":"HS256","typ":"JWT"}"#, b"-_"), base64(claims.as_bytes(), b"-_"), base64(&signature, b"-_"))
}

pub fn pem(dice: &mut Dice) -> String {
    let body: Vec<u8> = [0x30, 0x82, 0x01, 0x00].into_iter().chain((0..256).map(|_| dice.roll(256) as u8)).collect();
    let text = base64(&body, b"+/");
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
    format!("-----BEGIN RSA PRIVATE KEY-----\\n{}\\n-----END RSA PRIVATE KEY-----", lines.join("\\n"))
}

pub fn base64(bytes: &[u8], last: &[u8; 2]) -> String {
    let digit = |value: u32| match value {
        0..=25 => (b'A' + value as u8) as char,
        26..=51 => (b'a' + (value - 26) as u8) as char,
        52..=61 => (b'0' + (value - 52) as u8) as char,
        value => last[(value - 62) as usize] as char,
    };
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let number = chunk.iter().fold(0u32, |sum, byte| sum << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        (0..=chunk.len()).for_each(|at| text.push(digit(number >> (18 - 6 * at) & 63)));
    }
    text
}

fn write(hir: &Hir, dice: &mut Dice, text: &mut String) {
    match hir.kind() {
        HirKind::Literal(literal) => text.push_str(&String::from_utf8_lossy(&literal.0)),
        HirKind::Class(class) => text.push(character(class, dice)),
        HirKind::Repetition(repeat) => {
            let most = repeat.max.unwrap_or(repeat.min + 20).min(repeat.min + 20);
            let times = repeat.min + dice.roll(u64::from(most - repeat.min) + 1) as u32;
            (0..times).for_each(|_| write(&repeat.sub, dice, text));
        }
        HirKind::Capture(capture) => write(&capture.sub, dice, text),
        HirKind::Concat(parts) => parts.iter().for_each(|part| write(part, dice, text)),
        HirKind::Alternation(parts) => write(&parts[dice.roll(parts.len() as u64) as usize], dice, text),
        HirKind::Empty | HirKind::Look(_) => {}
    }
}

/// A printable character of the class, letters and digits before marks, so that a sample may stand in a literal.
fn character(class: &Class, dice: &mut Dice) -> char {
    let all: Vec<char> = match class {
        Class::Unicode(class) => class.iter().flat_map(|range| range.start()..=range.end().min('~')).collect(),
        Class::Bytes(class) => class.iter().flat_map(|range| range.start() as char..=range.end().min(b'~') as char).collect(),
    };
    let calm: Vec<char> = all.iter().copied().filter(char::is_ascii_alphanumeric).collect();
    let all: Vec<char> = all.into_iter().filter(|each| each.is_ascii_graphic() && !matches!(each, '"' | '\\' | '\'')).collect();
    let from = if calm.is_empty() || (calm.len() < all.len() && all.len() < 80 && dice.roll(20) == 0) { &all } else { &calm };
    from.get(dice.roll(from.len() as u64) as usize).copied().unwrap_or(' ')
}
