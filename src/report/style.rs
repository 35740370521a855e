//! Whether to colour, link, and how wide: decided once, from the flag, the environment and the stream.

use serde::{Deserialize, Serialize};

/// `--color`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColorChoice {
    #[default]
    Auto,
    Always,
    Never,
}

/// How a terminal form is dressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    pub color: bool,
    /// OSC 8 links on file names
    pub hyperlinks: bool,
    /// box drawing, or plain ASCII
    pub unicode: bool,
    /// cells per line
    pub width: usize,
}

impl Style {
    /// For files and pipes.
    pub const PLAIN: Style = Style { color: false, hyperlinks: false, unicode: true, width: 100 };

    /// The flag goes before `NO_COLOR`, that before `CLICOLOR_FORCE`, that before `CARGO_TERM_COLOR`, and the terminal
    /// decides last. `width` is the terminal's, where it is known.
    pub fn resolve(choice: ColorChoice, is_terminal: bool, width: Option<usize>, mut variable: impl FnMut(&str) -> Option<String>) -> Self {
        let mut set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let dumb = set("TERM").is_some_and(|term| term == "dumb");
        let cargo = set("CARGO_TERM_COLOR");
        let color = match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto if set("NO_COLOR").is_some() => false,
            ColorChoice::Auto if set("CLICOLOR_FORCE").is_some_and(|value| value != "0") => true,
            ColorChoice::Auto if cargo.as_deref() == Some("always") => true,
            ColorChoice::Auto if cargo.as_deref() == Some("never") => false,
            ColorChoice::Auto => is_terminal && !dumb && set("CLICOLOR").is_none_or(|value| value != "0"),
        };
        let hyperlinks = is_terminal && color && !dumb && takes_links(&mut set);
        let unicode = !is_terminal || (!dumb && set("TERM").is_none_or(|term| term != "linux"));
        Self { color, hyperlinks, unicode, width: width.unwrap_or(Self::PLAIN.width).clamp(40, 160) }
    }
}

/// Whether the terminal is one that is known to take OSC 8 links; others print them as rubbish. `FORCE_HYPERLINK` says so
/// either way.
fn takes_links(set: &mut impl FnMut(&str) -> Option<String>) -> bool {
    if let Some(forced) = set("FORCE_HYPERLINK") {
        return forced != "0";
    }
    if set("CI").is_some() {
        return false;
    }
    let program = set("TERM_PROGRAM").unwrap_or_default();
    let term = set("TERM").unwrap_or_default();
    // VTE takes them since 0.50, written 5000
    let vte = set("VTE_VERSION").and_then(|version| version.parse::<u32>().ok()).unwrap_or(0);
    ["iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "rio", "Tabby", "zed"].contains(&program.as_str())
        || ["xterm-kitty", "xterm-ghostty", "alacritty", "foot", "foot-extra", "wezterm"].contains(&term.as_str())
        || vte >= 5000
        || ["WT_SESSION", "KONSOLE_VERSION", "DOMTERM", "KITTY_WINDOW_ID"].into_iter().any(|name| set(name).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(choice: ColorChoice, terminal: bool, set: &[(&str, &str)]) -> Style {
        Style::resolve(choice, terminal, None, |name| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn flag_then_environment_then_terminal() {
        assert!(resolve(ColorChoice::Auto, true, &[]).color);
        assert!(!resolve(ColorChoice::Auto, false, &[]).color);
        assert!(!resolve(ColorChoice::Auto, true, &[("NO_COLOR", "1")]).color);
        assert!(resolve(ColorChoice::Auto, true, &[("NO_COLOR", "")]).color);
        assert!(resolve(ColorChoice::Always, false, &[("NO_COLOR", "1")]).color);
        assert!(resolve(ColorChoice::Auto, false, &[("CLICOLOR_FORCE", "1")]).color);
        assert!(!resolve(ColorChoice::Auto, false, &[("CLICOLOR_FORCE", "0")]).color);
        assert!(resolve(ColorChoice::Auto, false, &[("CARGO_TERM_COLOR", "always")]).color);
        assert!(!resolve(ColorChoice::Auto, true, &[("CARGO_TERM_COLOR", "never")]).color);
        assert!(!resolve(ColorChoice::Auto, true, &[("NO_COLOR", "1"), ("CARGO_TERM_COLOR", "always")]).color);
        assert!(!resolve(ColorChoice::Auto, true, &[("TERM", "dumb")]).color);
        assert!(resolve(ColorChoice::Auto, true, &[("TERM_PROGRAM", "WezTerm")]).hyperlinks);
        assert!(resolve(ColorChoice::Auto, true, &[("VTE_VERSION", "7006")]).hyperlinks);
        assert!(!resolve(ColorChoice::Auto, true, &[("TERM", "xterm-256color")]).hyperlinks, "not known to take them");
        assert!(!resolve(ColorChoice::Never, true, &[("FORCE_HYPERLINK", "1")]).hyperlinks);
        assert!(!resolve(ColorChoice::Always, false, &[("FORCE_HYPERLINK", "1")]).hyperlinks, "a pipe gets no links");
    }
}
