//! The form for people: a code frame per finding, drawn by miette from a [`Frame`], our own lines below it, and a summary
//! by checklist item.
//!
//! miette draws; what it would say in English, or wrap in ways that split Korean words, is written here instead.

use std::fmt::{self, Write as _};

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};

use super::frame::{CONTEXT, Frame, NEAR};
use super::mask::tame;
use super::style::Style;
use super::text::{self, Text};
use super::view::View;
use super::{Report, Reported};
use crate::rules::{Checklist, Severity};
use crate::source::{FileId, Location, Span};

/// A place in the file at hand, and its words.
type Mark = (Span, Option<String>);

/// Places listed of findings that were folded into one.
const MOST_PLACES: usize = 5;

pub(super) fn render(report: &Report, style: &Style) -> String {
    let painter = Painter { report, style, handler: handler(style) };
    let mut out = String::new();
    for each in &report.findings {
        painter.finding(each, &mut out);
    }
    painter.unread(&mut out);
    painter.summary(&mut out);
    out
}

fn handler(style: &Style) -> GraphicalReportHandler {
    let theme = match (style.unicode, style.color) {
        (true, true) => GraphicalTheme::unicode(),
        (true, false) => GraphicalTheme::unicode_nocolor(),
        (false, color) => {
            let mut theme = GraphicalTheme::ascii();
            if !color {
                theme.styles = GraphicalTheme::none().styles;
            }
            theme
        }
    };
    GraphicalReportHandler::new_themed(theme)
        .with_links(false)
        .without_cause_chain()
        .with_width(style.width)
        .with_context_lines(CONTEXT as usize)
        .with_break_words(false)
        .with_word_separator(textwrap::WordSeparator::AsciiSpace)
        .with_word_splitter(textwrap::WordSplitter::NoHyphenation)
        .tab_width(4)
}

/// What miette draws: a heading, a message and marks in one file.
#[derive(Debug)]
struct Drawn {
    code: Option<String>,
    message: String,
    severity: miette::Severity,
    frame: Frame,
    labels: Vec<LabeledSpan>,
}

impl fmt::Display for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Drawn {}

impl Diagnostic for Drawn {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.as_ref().map(|code| Box::new(code) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.frame)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

struct Painter<'r> {
    report: &'r Report,
    style: &'r Style,
    handler: GraphicalReportHandler,
}

impl Painter<'_> {
    fn finding(&self, each: &Reported, out: &mut String) {
        let view = View::new(self.report, each);
        let severity = match each.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Note | Severity::Off => miette::Severity::Advice,
        };
        let heading = format!("{}[{}]", self.words(text::severity(each.severity)), each.rule.id);
        let place = each.finding.location;
        let mut marks: Vec<Mark> = vec![(place.span, None)];
        // frames of their own, each by its first place: other files, and lines far from the finding's, which comes first
        let mut elsewhere: Vec<(Location, Vec<Mark>)> = Vec::new();
        for (location, label) in &view.labels {
            let label = tame(label).into_owned();
            if location.file == place.file && self.is_near(place, *location) {
                // a label on the finding's own place is the words of its mark
                match marks.iter_mut().find(|(span, words)| *span == location.span && words.is_none()) {
                    Some((_, words)) => *words = Some(label),
                    None => marks.push((location.span, Some(label))),
                }
            } else {
                match elsewhere.iter_mut().find(|(first, _)| first.file == location.file && self.is_near(*first, *location)) {
                    Some((_, marks)) => marks.push((location.span, Some(label))),
                    None => elsewhere.push((*location, vec![(location.span, Some(label))])),
                }
            }
        }
        self.draw(place.file, Some(heading), tame(&view.message).into_owned(), severity, &marks, out);
        for (first, mut marks) in elsewhere {
            // the first mark's words head the frame, since they say why another place is shown at all
            let message = marks.first_mut().and_then(|(_, words)| words.take()).unwrap_or_default();
            self.draw(first.file, None, message, miette::Severity::Advice, &marks, out);
        }
        self.below(each, &view, out);
        out.push('\n');
    }

    /// Whether two places of one file are shown in one piece.
    fn is_near(&self, a: Location, b: Location) -> bool {
        let Some(file) = self.report.file(a.file) else { return false };
        let (first, second) = if a.span <= b.span { (a.span, b.span) } else { (b.span, a.span) };
        file.lines.line_of(second.start) <= file.lines.line_of(first.end) + NEAR
    }

    fn draw(&self, file: FileId, code: Option<String>, message: String, severity: miette::Severity, marks: &[Mark], out: &mut String) {
        let Some(file) = self.report.file(file) else { return };
        let spans: Vec<Span> = marks.iter().map(|(span, _)| *span).collect();
        let (frame, mapped) = Frame::new(file, &self.report.masks, &spans, self.link(file));
        let labels = mapped
            .into_iter()
            .zip(marks)
            .enumerate()
            .map(|(at, (span, (_, words)))| {
                if at == 0 {
                    LabeledSpan::new_primary_with_span(words.clone(), span)
                } else {
                    LabeledSpan::new_with_span(words.clone(), span)
                }
            })
            .collect();
        let drawn = Drawn { code, message, severity, frame, labels };
        // writing to a string does not fail; if drawing did, the message is still worth having
        let length = out.len();
        if self.handler.render_report(out, &drawn).is_err() {
            out.truncate(length);
            let _ = writeln!(out, "{}: {}", drawn.frame_name(), drawn.message);
        }
    }

    /// The file's name, as a link where the terminal takes one.
    fn link(&self, file: &crate::source::SourceFile) -> String {
        let name = tame(&file.rel).into_owned();
        if !self.style.hyperlinks {
            return name;
        }
        let path = super::uri::encode(&self.report.root.join(&file.rel).to_string_lossy().replace('\\', "/"));
        format!("\u{1b}]8;;file://{}{path}\u{1b}\\{name}\u{1b}]8;;\u{1b}\\", if path.starts_with('/') { "" } else { "/" })
    }

    /// Path, notes, helps, fix and folded places: one indented block per entry.
    fn below(&self, each: &Reported, view: &View, out: &mut String) {
        if !view.flow.is_empty() {
            let steps: Vec<String> = view
                .flow
                .iter()
                .enumerate()
                .map(|(at, (location, words))| format!("{}. {} ({})", at + 1, tame(words), self.place(*location)))
                .collect();
            for (at, step) in steps.iter().enumerate() {
                self.entry(if at == 0 { Some(text::FLOW) } else { None }, text::FLOW, step, out);
            }
        }
        for note in &view.notes {
            self.entry(Some(text::NOTE), text::NOTE, &tame(note), out);
        }
        for help in &view.helps {
            self.entry(Some(text::HELP), text::HELP, &tame(help), out);
        }
        if let Some(fix) = &view.fix {
            let safe = each.finding.fix.as_ref().is_some_and(|fix| fix.safe);
            let words = if safe { text::FIX_AVAILABLE } else { text::FIX_UNSAFE };
            let said = words.fill(self.report.language, &[("fix", &tame(fix))]);
            self.entry(Some(text::FIX), text::FIX, &said, out);
        }
        if let Some(reason) = &view.quiet {
            let said = text::QUIET.fill(self.report.language, &[("reason", &tame(reason))]);
            self.entry(Some(text::NOTE), text::NOTE, &said, out);
        }
        if !each.repeats.is_empty() {
            let mut places: Vec<String> = Vec::new();
            let mut last = each.finding.location.file;
            for location in each.repeats.iter().take(MOST_PLACES) {
                // the file's name once, then lines
                let file = self.report.file(location.file).filter(|_| location.file == last);
                places.push(match file {
                    Some(file) => {
                        let line = file.lines.line_of(location.span.start) + 1;
                        text::LINE.fill(self.report.language, &[("line", &line.to_string())])
                    }
                    None => self.place(*location),
                });
                last = location.file;
            }
            if each.repeats.len() > MOST_PLACES {
                let rest = (each.repeats.len() - MOST_PLACES).to_string();
                places.push(text::ALSO_REST.fill(self.report.language, &[("count", &rest)]));
            }
            let count = each.repeats.len().to_string();
            let words = if each.repeats.len() == 1 { text::ALSO_ONE } else { text::ALSO_MANY };
            let said = words.fill(self.report.language, &[("count", &count), ("places", &places.join(", "))]);
            self.entry(Some(text::NOTE), text::NOTE, &said, out);
        }
    }

    /// `  heading: body`, wrapped between words; a continuation without a heading is indented like one with `like`.
    fn entry(&self, heading: Option<Text>, like: Text, body: &str, out: &mut String) {
        let width = textwrap::core::display_width(self.words(like)) + 4;
        let indent = " ".repeat(width);
        let first = match heading {
            Some(heading) => format!("  {}: ", self.paint(self.words(heading), Paint::Heading)),
            None => indent.clone(),
        };
        let options = textwrap::Options::new(self.style.width)
            .initial_indent(&first)
            .subsequent_indent(&indent)
            .break_words(false)
            .word_separator(textwrap::WordSeparator::AsciiSpace)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        let _ = writeln!(out, "{}", textwrap::fill(body, options));
    }

    fn unread(&self, out: &mut String) {
        if self.report.unread.is_empty() {
            return;
        }
        let _ = writeln!(out, "{}", self.paint(self.words(text::UNREAD_HEADING), Paint::Strong));
        for (each, more) in self.report.unread_by_file() {
            let at = each.at.map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default();
            let said = text::unread(each, more, self.report.language);
            let _ = writeln!(out, "  {}{at} {}", tame(&each.rel), tame(&said));
        }
        out.push('\n');
    }

    /// One line per checklist item that rules looked at, then the totals.
    fn summary(&self, out: &mut String) {
        let report = self.report;
        let language = report.language;
        let width =
            Checklist::ALL.into_iter().map(|item| textwrap::core::display_width(self.words(text::checklist(item)))).max().unwrap_or(0);
        for item in Checklist::ALL {
            let title = self.words(text::checklist(item));
            let padding = " ".repeat(width - textwrap::core::display_width(title));
            let of_item = || report.findings.iter().filter(move |each| each.document().checklist() == item);
            let count = |level: Severity| of_item().filter(|each| each.severity == level).count();
            let counts = [
                (Severity::Error, text::ERROR_ONE, text::ERROR_MANY),
                (Severity::Warning, text::WARNING_ONE, text::WARNING_MANY),
                (Severity::Note, text::NOTE_ONE, text::NOTE_MANY),
            ];
            let found: Vec<String> = counts
                .into_iter()
                .map(|(level, one, many)| (level, one, many, count(level)))
                .filter(|(.., count)| *count > 0)
                .map(|(level, one, many, count)| self.paint(&number(one, many, count, language), Paint::Level(level)))
                .collect();
            let checked = report.rules.iter().any(|rule| rule.document().checklist() == item);
            let (mark, said) = match (found.is_empty(), checked) {
                (false, _) => (if self.style.unicode { "✗" } else { "x" }, found.join(", ")),
                (true, true) => (if self.style.unicode { "✓" } else { "+" }, self.words(text::PASSED).to_owned()),
                (true, false) => ("-", self.words(text::UNCHECKED).to_owned()),
            };
            let paint = if !found.is_empty() {
                Paint::Level(of_item().map(|each| each.severity).max().unwrap_or(Severity::Note))
            } else if checked {
                Paint::Good
            } else {
                Paint::Plain
            };
            let _ = writeln!(out, "  {} {title}{padding}  {said}", self.paint(mark, paint));
        }
        out.push('\n');
        let total = if report.findings.is_empty() {
            let words = if report.stats.files == 1 { text::CLEAN_ONE } else { text::CLEAN };
            words.fill(language, &[("files", &report.stats.files.to_string())])
        } else {
            let findings = number(text::FINDING_ONE, text::FINDING_MANY, report.findings.len(), language);
            let files = number(text::FILE_ONE, text::FILE_MANY, report.stats.files, language);
            text::FOUND.fill(language, &[("findings", &findings), ("files", &files)])
        };
        let mut parts = vec![self.paint(&total, Paint::Strong)];
        let places: usize = report.findings.iter().map(|each| 1 + each.repeats.len()).sum();
        if places > report.findings.len() {
            parts.push(text::PLACES.fill(language, &[("count", &places.to_string())]));
        }
        for (count, words) in
            [(report.stats.baselined, text::BASELINED), (report.stats.suppressed, text::SUPPRESSED), (report.stats.quiet, text::QUIETED)]
        {
            if count > 0 {
                parts.push(words.fill(language, &[("count", &count.to_string())]));
            }
        }
        let _ = writeln!(out, "{}", parts.join("; "));
    }

    fn place(&self, location: Location) -> String {
        let Some(file) = self.report.file(location.file) else { return "?".to_owned() };
        let at = file.lines.position(location.span.start, &file.text);
        format!("{}:{}:{}", tame(&file.rel), at.line, at.column)
    }

    fn words(&self, words: Text) -> &'static str {
        words.in_(self.report.language)
    }

    fn paint(&self, words: &str, paint: Paint) -> String {
        let code = match paint {
            Paint::Plain => return words.to_owned(),
            Paint::Heading => "36",
            Paint::Strong => "1",
            Paint::Good => "32",
            Paint::Level(Severity::Error) => "31",
            Paint::Level(Severity::Warning) => "33",
            Paint::Level(Severity::Note | Severity::Off) => "36",
        };
        if self.style.color { format!("\u{1b}[{code}m{words}\u{1b}[0m") } else { words.to_owned() }
    }
}

impl Drawn {
    fn frame_name(&self) -> &str {
        self.frame.name()
    }
}

#[derive(Clone, Copy)]
enum Paint {
    Plain,
    Heading,
    Strong,
    Good,
    Level(Severity),
}

fn number(one: Text, many: Text, count: usize, language: crate::rules::Language) -> String {
    if count == 1 { one.in_(language).to_owned() } else { many.fill(language, &[("count", &count.to_string())]) }
}
