//! Korean particles by the sound that comes before them.
//!
//! A particle has two forms, and which one is right depends on whether the word before ends in a consonant: `사용자는`,
//! `값은`. The words before are values of the scanned code, so documents write both forms the way Korean forms do,
//! `은(는)`, `이(가)`, `을(를)`, `과(와)`, `(으)로`, `(이)나`, and [`choose`] picks. Hangul and digits are exact; a Latin word is
//! read as it is usually pronounced in Korean (`fetch_one` 원, `users` 스, `SQL` 엘), which is a good guess, not a dictionary.

/// A written pair, the form after a consonant and the form after a vowel.
const PAIRS: &[(&str, &str, &str)] = &[
    ("은(는)", "은", "는"),
    ("는(은)", "은", "는"),
    ("이(가)", "이", "가"),
    ("가(이)", "이", "가"),
    ("을(를)", "을", "를"),
    ("를(을)", "을", "를"),
    ("과(와)", "과", "와"),
    ("와(과)", "과", "와"),
    ("아(야)", "아", "야"),
    ("(으)로", "으로", "로"),
    ("으로(로)", "으로", "로"),
    ("로(으로)", "으로", "로"),
    ("(이)나", "이나", "나"),
    ("(이)라", "이라", "라"),
    ("(이)며", "이며", "며"),
    ("(이)고", "이고", "고"),
    ("(이)든", "이든", "든"),
];

/// What a word ends in, as far as particles care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Vowel,
    /// ㄹ takes `로`, as a vowel does
    Rieul,
    Consonant,
}

/// If `rest` starts with a written pair: its length in bytes, and the form that follows `before`. Both forms stay where the
/// ending is unknown (nothing but symbols before).
pub(super) fn choose(before: &str, rest: &str) -> Option<(usize, &'static str)> {
    let (written, consonant, vowel) = *PAIRS.iter().find(|(written, ..)| rest.starts_with(written))?;
    let form = match ending(before) {
        Some(Ending::Vowel) => vowel,
        Some(Ending::Rieul) if consonant == "으로" => vowel,
        Some(_) => consonant,
        None => written,
    };
    Some((written.len(), form))
}

/// The sound that `text` ends in; closing quotes, brackets and other symbols have none.
fn ending(text: &str) -> Option<Ending> {
    let spoken = text.trim_end_matches(|c: char| !c.is_alphanumeric());
    let last = spoken.chars().next_back()?;
    match last {
        '가'..='힣' => Some(match (u32::from(last) - 0xAC00) % 28 {
            0 => Ending::Vowel,
            8 => Ending::Rieul,
            _ => Ending::Consonant,
        }),
        '0'..='9' => Some(digit(last)),
        _ if last.is_ascii_alphabetic() => {
            let start =
                spoken.rfind(|c: char| !c.is_ascii_alphabetic()).map_or(0, |at| at + spoken[at..].chars().next().map_or(1, char::len_utf8));
            Some(latin(&spoken[start..]))
        }
        _ => None,
    }
}

/// 영 일 이 삼 사 오 육 칠 팔 구; a trailing zero is 십, 백, 천, 만: all consonants, as 영 is.
fn digit(digit: char) -> Ending {
    match digit {
        '1' | '7' | '8' => Ending::Rieul,
        '0' | '3' | '6' => Ending::Consonant,
        _ => Ending::Vowel,
    }
}

fn latin(word: &str) -> Ending {
    // only the last hump of `fetchOne`, `HttpClient`
    let bytes = word.as_bytes();
    let hump = (1..bytes.len()).rev().find(|at| bytes[*at].is_ascii_uppercase() && bytes[at - 1].is_ascii_lowercase()).unwrap_or(0);
    let word = &word[hump..];
    let unspeakable = !word.bytes().any(|byte| b"aeiouyAEIOUY".contains(&byte));
    let is_spelt = word.len() == 1
        || unspeakable
        || (word.len() <= 4 && word.bytes().all(|byte| byte.is_ascii_uppercase()) && !has_vowel_inside(word));
    let word = word.to_ascii_lowercase();
    let mut back = word.bytes().rev();
    let (last, before, earlier) = (back.next().unwrap_or(0), back.next().unwrap_or(0), back.next().unwrap_or(0));
    if is_spelt {
        // letters by name: 엘 엠 엔 알
        return match last {
            b'l' | b'r' => Ending::Rieul,
            b'm' | b'n' => Ending::Consonant,
            _ => Ending::Vowel,
        };
    }
    let vowel = |byte: u8| b"aeiouy".contains(&byte);
    match last {
        b'l' => Ending::Rieul,
        b'm' | b'n' => Ending::Consonant,
        b'g' if before == b'n' => Ending::Consonant,
        // silent e: file, table, name, one
        b'e' if before == b'l' => Ending::Rieul,
        b'e' if earlier != 0 && matches!(before, b'm' | b'n') => Ending::Consonant,
        // a short last syllable closed by a stop: get, unwrap, commit, web, panic
        b'k' if before == b'c' && word.len() >= 4 && earlier != b'e' => Ending::Consonant,
        b't' | b'p' | b'b' | b'k' | b'c' if vowel(before) && !vowel(earlier) => Ending::Consonant,
        b'k' if before == b'o' && earlier == b'o' => Ending::Consonant,
        _ => Ending::Vowel,
    }
}

/// `POST`, `JSON` and `NULL` are read as words; `SQL`, `HTTP`, `URL` are spelt.
fn has_vowel_inside(word: &str) -> bool {
    word.len() > 3 && word[1..].bytes().any(|byte| b"AEIOU".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(word: &str, pair: &str) -> String {
        let (length, form) = choose(word, pair).unwrap();
        assert_eq!(length, pair.len());
        format!("{word}{form}")
    }

    #[test]
    fn hangul_is_exact() {
        for (word, pair, wanted) in [
            ("사용자", "은(는)", "사용자는"),
            ("값", "은(는)", "값은"),
            ("쿼리", "을(를)", "쿼리를"),
            ("테이블", "을(를)", "테이블을"),
            ("테이블", "(으)로", "테이블로"),
            ("색인", "(으)로", "색인으로"),
            ("함수", "과(와)", "함수와"),
            ("목록", "과(와)", "목록과"),
            ("요청", "(이)나", "요청이나"),
            ("세션", "이(가)", "세션이"),
        ] {
            assert_eq!(with(word, pair), wanted);
        }
    }

    #[test]
    fn digits_are_read_in_sino_korean() {
        let wanted = ["10을", "1을", "2를", "3을", "4를", "5를", "6을", "7을", "8을", "9를"];
        for (at, wanted) in wanted.iter().enumerate() {
            let word = if at == 0 { "10".to_owned() } else { at.to_string() };
            assert_eq!(with(&word, "을(를)"), *wanted);
        }
        assert_eq!(with("1", "(으)로"), "1로");
        assert_eq!(with("3", "(으)로"), "3으로");
    }

    #[test]
    fn code_is_read_as_it_is_spoken() {
        for (word, wanted) in [
            ("`fetch_one`", "`fetch_one`은"),
            ("`users`", "`users`는"),
            ("`User`", "`User`는"),
            ("`query`", "`query`는"),
            ("`posts.len()`", "`posts.len()`은"),
            ("`SQL`", "`SQL`은"),
            ("`HTTP`", "`HTTP`는"),
            ("`URL`", "`URL`은"),
            ("`unwrap`", "`unwrap`은"),
            ("`insert`", "`insert`는"),
            ("`commit`", "`commit`은"),
            ("`db`", "`db`는"),
            ("`map`", "`map`은"),
            ("`lock`", "`lock`은"),
            ("`table`", "`table`은"),
            ("`name`", "`name`은"),
            ("`update`", "`update`는"),
            ("`HttpClient`", "`HttpClient`는"),
            ("`JSON`", "`JSON`은"),
        ] {
            assert_eq!(with(word, "은(는)"), wanted);
        }
        assert_eq!(with("`*`", "은(는)"), "`*`은(는)");
    }
}
