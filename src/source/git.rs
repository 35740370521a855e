//! Which files git tracks: the index, read by ourselves (versions 2, 3 and 4, SHA-1 and SHA-256).
//!
//! A tracked file is looked at even when `.gitignore` names it. Split and sparse indexes, and anything odd, are left to
//! `git ls-files`; where there is no git at all every file counts as tracked.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The files of one work tree.
#[derive(Clone, Debug)]
pub struct Index {
    /// the directory that holds `.git`
    pub top: PathBuf,
    /// relative to `top` with `/`, sorted
    pub files: Vec<String>,
}

/// The index of the work tree that `dir` (an absolute path) lies in.
#[must_use]
pub fn index_above(dir: &Path) -> Option<Index> {
    let top = dir.ancestors().find(|dir| dir.join(".git").exists())?.to_path_buf();
    let git = git_dir(&top)?;
    let mut files = match fs::read(git.join("index")) {
        Ok(bytes) => parse(&bytes, 20).or_else(|| parse(&bytes, 32)).or_else(|| ask_git(&top))?,
        // a new repository has no index yet: nothing is tracked, and nothing may be judged by that
        Err(_) => return None,
    };
    files.sort_unstable();
    files.dedup();
    Some(Index { top, files })
}

/// `.git` is a directory, or a file that points to one (worktrees, submodules).
fn git_dir(top: &Path) -> Option<PathBuf> {
    let dot = top.join(".git");
    if dot.is_dir() {
        return Some(dot);
    }
    let text = fs::read_to_string(&dot).ok()?;
    let target = text.strip_prefix("gitdir:")?.trim();
    Some(top.join(target))
}

/// The names in an index whose object ids have `hash` bytes. None for what this reader does not know.
fn parse(bytes: &[u8], hash: usize) -> Option<Vec<String>> {
    let word = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    if bytes.get(..4)? != b"DIRC" {
        return None;
    }
    let version = word(4)?;
    if !(2..=4).contains(&version) {
        return None;
    }
    let count = word(8)?;
    let end = bytes.len().checked_sub(hash)?;
    let mut files = Vec::with_capacity((count as usize).min(bytes.len() / 40));
    let mut last: Vec<u8> = Vec::new();
    let mut at = 12;
    for _ in 0..count {
        let start = at;
        let mode = word(start + 24)?;
        let flags_at = start + 40 + hash;
        let flags = u16::from_be_bytes(bytes.get(flags_at..flags_at + 2)?.try_into().ok()?);
        at = flags_at + 2;
        if flags & 0x4000 != 0 {
            if version < 3 {
                return None;
            }
            at += 2;
        }
        let mut name: Vec<u8>;
        if version == 4 {
            let (strip, used) = varint(bytes.get(at..end)?)?;
            at += used;
            name = last.get(..last.len().checked_sub(strip)?)?.to_vec();
        } else {
            name = Vec::new();
        }
        let rest = bytes.get(at..end)?;
        let length = memchr::memchr(0, rest)?;
        name.extend_from_slice(&rest[..length]);
        at += length + 1;
        if version != 4 {
            // padded with zeros to a multiple of eight, at least one
            let padded = (flags_at + 2 + if flags & 0x4000 != 0 { 2 } else { 0 } + length - start) / 8 * 8 + 8;
            at = start + padded;
        }
        match mode & 0o170_000 {
            // a directory entry: the index is sparse
            0o040_000 => return None,
            0o100_000 => {
                let text = String::from_utf8(name.clone()).ok()?;
                if text.is_empty() || text.starts_with('/') {
                    return None;
                }
                files.push(text);
            }
            // symbolic links and submodules are no text of ours
            0o120_000 | 0o160_000 => {}
            _ => return None,
        }
        last = name;
    }
    // extensions follow; `link` means that this is only half of a split index
    while at + 8 <= end {
        let size = word(at + 4)? as usize;
        if bytes.get(at..at + 4)? == b"link" {
            return None;
        }
        at = at.checked_add(8)?.checked_add(size)?;
    }
    (at == end).then_some(files)
}

/// Git's variable width number: seven bits a byte, each further byte counts from one higher.
fn varint(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0usize;
    for (at, byte) in bytes.iter().enumerate().take(8) {
        value = if at == 0 { 0 } else { value.checked_add(1)?.checked_shl(7)? } | usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, at + 1));
        }
    }
    None
}

/// The slow way. The file system monitor is turned off: it would run a program that the repository names.
fn ask_git(top: &Path) -> Option<Vec<String>> {
    let output = Command::new("git")
        .args(["-c", "core.fsmonitor=false", "ls-files", "-z"])
        .current_dir(top)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    if !output.status.success() {
        return None;
    }
    Some(
        output
            .stdout
            .split(|byte| *byte == 0)
            .filter(|name| !name.is_empty())
            .map(|name| String::from_utf8_lossy(name).into_owned())
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn git(dir: &Path, args: &[&str]) -> bool {
        Command::new("git").args(args).current_dir(dir).output().is_ok_and(|output| output.status.success())
    }

    #[test]
    fn all_versions_of_the_index_are_read() {
        let folder = tempfile::tempdir().expect("a directory");
        let dir = folder.path();
        if !git(dir, &["init", "-q"]) {
            return; // no git here: nothing to compare with
        }
        fs::create_dir_all(dir.join("src/deep")).expect("made");
        for name in ["a.rs", "src/lib.rs", "src/library.rs", "src/deep/one.rs", "src/deep/other_one.rs", "한글.rs"] {
            fs::write(dir.join(name), "").expect("written");
        }
        assert!(git(dir, &["add", "."]));
        fs::write(dir.join("untracked.rs"), "").expect("written");
        for version in ["2", "3", "4"] {
            assert!(git(dir, &["update-index", "--index-version", version]));
            let bytes = fs::read(dir.join(".git/index")).expect("there");
            let own = parse(&bytes, 20);
            assert_eq!(own, ask_git(dir), "version {version}");
            assert!(parse(&bytes, 32).is_none());
        }
    }

    proptest::proptest! {
        #[test]
        fn no_index_panics(bytes in proptest::collection::vec(0u8.., 0..400)) {
            let mut index = b"DIRC\0\0\0\x04\0\0\0\x09".to_vec();
            index.extend(bytes);
            let _ = parse(&index, 20);
        }
    }
}
