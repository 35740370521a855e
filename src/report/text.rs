//! What the tool itself says, in every language: headings, the summary, why a file was not read.
//!
//! Rules bring their own words in their documents. Here each text stands once per language, side by side, with the same
//! placeholders (tested), so that none can be forgotten.

use super::{Unread, UnreadKind};
use crate::rules::{Checklist, Language, Severity};

/// One text in both languages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text {
    pub en: &'static str,
    pub ko: &'static str,
}

impl Text {
    pub(super) fn in_(&self, language: Language) -> &'static str {
        match language {
            Language::En => self.en,
            Language::Ko => self.ko,
        }
    }

    /// Filled, with `{name}` from `args`.
    pub(super) fn fill(&self, language: Language, args: &[(&str, &str)]) -> String {
        let args: Vec<(String, String)> = args.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        super::template::fill(self.in_(language), &args, language)
    }
}

macro_rules! texts {
    ($($name:ident: $en:literal, $ko:literal;)*) => {
        $(pub(super) const $name: Text = Text { en: $en, ko: $ko };)*
        #[cfg(test)]
        const ALL: &[(&str, Text)] = &[$((stringify!($name), $name)),*];
    };
}

texts! {
    HELP: "help", "도움말";
    NOTE: "note", "참고";
    FLOW: "path", "경로";
    FIX: "fix", "수정";
    FIX_AVAILABLE: "{fix} (`cargo backend-lint fix` applies it)", "{fix} (`cargo backend-lint fix`로 적용할 수 있습니다)";
    FIX_UNSAFE: "{fix} (`cargo backend-lint fix --unsafe-fixes` applies it)", "{fix} (`cargo backend-lint fix --unsafe-fixes`로 적용할 수 있습니다)";
    FIXED: "fixed {count} findings in {files} files", "파일 {files}개에서 문제 {count}건을 고쳤습니다";
    WOULD_FIX: "would fix {count} findings in {files} files", "파일 {files}개에서 문제 {count}건을 고칠 수 있습니다";
    FIX_WAITING: "{count} more overlap with these; run `fix` again", "{count}건은 위 수정과 겹칩니다. `fix`를 다시 실행하세요";
    FIX_WITHHELD: "{count} more may change behaviour; `--unsafe-fixes` applies them", "{count}건은 동작을 바꿀 수 있습니다. `--unsafe-fixes`로 적용하세요";
    ALSO_ONE: "the same at 1 more place: {places}", "같은 문제가 1곳 더 있습니다: {places}";
    ALSO_MANY: "the same at {count} more places: {places}", "같은 문제가 {count}곳 더 있습니다: {places}";
    LINE: "line {line}", "{line}행";
    ALSO_HERE: "the same here", "여기도 마찬가지입니다";
    ALSO_REST: "and {count} more", "그 밖에 {count}곳";
    QUIET: "shown because the profile is strict: {reason}", "strict 프로필이라 표시됩니다: {reason}";

    CLEAN: "no findings in {files} files", "파일 {files}개에서 발견된 문제가 없습니다";
    CLEAN_ONE: "no findings in 1 file", "파일 1개에서 발견된 문제가 없습니다";
    FOUND: "{findings} in {files}", "{files}에서 {findings}";
    FINDING_ONE: "1 finding", "문제 1건";
    FINDING_MANY: "{count} findings", "문제 {count}건";
    FILE_ONE: "1 file", "파일 1개";
    FILE_MANY: "{count} files", "파일 {count}개";
    PLACES: "with repeats: {count} places", "반복 포함 {count}곳";
    BASELINED: "known from the baseline: {count}", "기준선에 이미 있음: {count}";
    SUPPRESSED: "silenced by comments: {count}", "주석으로 억제됨: {count}";
    QUIETED: "shown only under `--profile strict`: {count}", "`--profile strict`에서만 표시됨: {count}";
    UNREAD_HEADING: "not read, or only in part:", "읽지 못했거나 일부만 읽은 파일:";

    UNREAD_MORE_ONE: "{said} (and 1 more place in this file)", "{said} (이 파일에 1곳 더)";
    UNREAD_MORE: "{said} (and {count} more places in this file)", "{said} (이 파일에 {count}곳 더)";
    UNREAD_HELP: "Nothing was looked for in the part that was not read. Everything else was analysed.", "읽지 못한 부분에서는 아무것도 찾지 않았습니다. 나머지는 모두 분석했습니다.";

    ERROR_ONE: "1 error", "오류 1건";
    ERROR_MANY: "{count} errors", "오류 {count}건";
    WARNING_ONE: "1 warning", "경고 1건";
    WARNING_MANY: "{count} warnings", "경고 {count}건";
    NOTE_ONE: "1 note", "참고 1건";
    NOTE_MANY: "{count} notes", "참고 {count}건";
    PASSED: "nothing found", "문제 없음";
    UNCHECKED: "not checked: no rule ran", "검사하지 않음: 실행된 규칙 없음";

    SEVERITY_ERROR: "error", "오류";
    SEVERITY_WARNING: "warning", "경고";
    SEVERITY_NOTE: "note", "참고";

    CHECK_ERRORS: "Error cases are handled gracefully", "오류 상황을 적절히 처리한다";
    CHECK_INPUT: "Input validation is in place", "입력값을 검증한다";
    CHECK_EXPOSURE: "No sensitive data is exposed", "민감한 정보를 노출하지 않는다";
    CHECK_QUERIES: "Database queries are optimised", "데이터베이스 쿼리가 최적화되어 있다";
    CHECK_CONVENTIONS: "Code follows the project's conventions", "프로젝트의 관례를 따른다";
    CHECK_EDGE_CASES: "Edge cases are considered", "경계 조건을 고려한다";
    CHECK_SECURITY: "Security beneath them all", "모든 것의 바탕이 되는 보안";

    NOT_READABLE: "cannot be read: {detail}", "읽을 수 없습니다: {detail}";
    NOT_TEXT: "is not UTF-8 text", "UTF-8 텍스트가 아닙니다";
    TOO_LARGE: "is too large: {detail}", "너무 큽니다: {detail}";
    LOOP: "leads back to a directory above it and was not followed", "상위 디렉터리로 되돌아가는 링크라서 따라가지 않았습니다";
    TOO_DEEP: "is nested too deeply to be parsed", "중첩이 너무 깊어 분석할 수 없습니다";
    NOT_PARSED: "does not parse: {detail}", "구문을 분석할 수 없습니다: {detail}";
    INTERNAL: "was given up on by a rule, please report it: {detail}", "규칙이 분석을 중단했습니다. 제보해 주세요: {detail}";
}

pub(super) fn severity(level: Severity) -> Text {
    match level {
        Severity::Error => SEVERITY_ERROR,
        Severity::Warning => SEVERITY_WARNING,
        Severity::Note | Severity::Off => SEVERITY_NOTE,
    }
}

pub(super) fn checklist(item: Checklist) -> Text {
    match item {
        Checklist::Errors => CHECK_ERRORS,
        Checklist::Input => CHECK_INPUT,
        Checklist::Exposure => CHECK_EXPOSURE,
        Checklist::Queries => CHECK_QUERIES,
        Checklist::Conventions => CHECK_CONVENTIONS,
        Checklist::EdgeCases => CHECK_EDGE_CASES,
        Checklist::Security => CHECK_SECURITY,
    }
}

/// Why a file was not read, with what the system or the parser said, and how often the same is the case in it.
pub(super) fn unread(each: &Unread, more: usize, language: Language) -> String {
    let said = unread_kind(each.kind).fill(language, &[("detail", &each.detail)]);
    match more {
        0 => said,
        1 => UNREAD_MORE_ONE.fill(language, &[("said", &said)]),
        _ => UNREAD_MORE.fill(language, &[("said", &said), ("count", &more.to_string())]),
    }
}

pub(super) fn unread_kind(kind: UnreadKind) -> Text {
    match kind {
        UnreadKind::NotReadable => NOT_READABLE,
        UnreadKind::NotText => NOT_TEXT,
        UnreadKind::TooLarge => TOO_LARGE,
        UnreadKind::Loop => LOOP,
        UnreadKind::TooDeep => TOO_DEEP,
        UnreadKind::NotParsed => NOT_PARSED,
        UnreadKind::Internal => INTERNAL,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_have_the_same_placeholders() {
        for (name, text) in ALL {
            let sorted = |text| {
                let mut names = super::super::placeholders(text);
                names.sort_unstable();
                names
            };
            assert_eq!(sorted(text.en), sorted(text.ko), "{name}");
            assert!(!text.ko.is_ascii() || text.en == text.ko, "{name} is not translated");
        }
    }
}
