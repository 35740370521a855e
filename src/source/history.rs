//! What files were like when they were last shared: their text on the branch that the work starts from.
//!
//! One process of `git cat-file` for all of them. It reads objects and nothing else: no filter, no diff driver and no monitor that a
//! repository names is run, and nothing is fetched for a clone that holds only a part. Where there is no git, no repository or no such
//! branch, nothing is known.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// What work starts from, the first that is there: the default branch of the remote, the target of a merge that a pull request is
/// tried in, the last commit.
const BASES: &[(&str, &str)] = &[
    ("refs/remotes/origin/HEAD", "origin/HEAD"),
    ("refs/remotes/origin/main", "origin/main"),
    ("refs/remotes/origin/master", "origin/master"),
    ("HEAD^2", "HEAD^1"),
    ("HEAD", "HEAD"),
];

/// The texts of one work tree as they were.
#[derive(Clone, Debug)]
pub struct Shared {
    /// where: `origin/HEAD`
    pub base: &'static str,
    /// as asked for; none for a file that was not there, or is no text
    pub texts: Vec<Option<String>>,
}

/// The texts of `files` (absolute paths in one work tree) on the branch that the work starts from.
#[must_use]
pub fn shared(files: &[&Path]) -> Option<Shared> {
    let top = files.first()?.ancestors().find(|dir| dir.join(".git").exists())?;
    let mut git = Git::start(top)?;
    let base = git.base()?;
    let names: Vec<Option<String>> = files.iter().map(|file| name_in(top, file)).collect();
    let texts = git.texts(base, &names);
    let _ = git.child.kill();
    let _ = git.child.wait();
    Some(Shared { base, texts: texts? })
}

/// With `/`; none for what cannot be asked for by a line.
fn name_in(top: &Path, file: &Path) -> Option<String> {
    let name = file.strip_prefix(top).ok()?.to_str()?.replace('\\', "/");
    (!name.contains('\n')).then_some(name)
}

struct Git {
    child: Child,
    asks: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Git {
    fn start(top: &Path) -> Option<Self> {
        let mut child = Command::new("git")
            .args(["-c", "core.fsmonitor=false", "-c", "protocol.allow=never", "cat-file", "--batch"])
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .current_dir(top)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let asks = child.stdin.take();
        let answers = BufReader::new(child.stdout.take()?);
        Some(Self { child, asks, answers })
    }

    fn base(&mut self) -> Option<&'static str> {
        for (probe, base) in BASES {
            let asks = self.asks.as_mut()?;
            writeln!(asks, "{probe}^{{commit}}").ok()?;
            asks.flush().ok()?;
            if self.answer()?.is_some() {
                return Some(base);
            }
        }
        None
    }

    /// The object of each file. Directories are read once: git itself would walk down from the root for every path that it is asked
    /// for, and read a directory of seven hundred migrations seven hundred times.
    fn objects(&mut self, base: &str, names: &[Option<String>]) -> Option<Vec<Option<String>>> {
        let mut trees = HashMap::new();
        let mut found = Vec::with_capacity(names.len());
        for name in names {
            found.push(match name {
                Some(name) => {
                    let (dir, file) = name.rsplit_once('/').unwrap_or(("", name));
                    self.tree(base, dir, &mut trees)?;
                    trees.get(dir).and_then(|tree| tree.get(file.as_bytes()).cloned())
                }
                None => None,
            });
        }
        Some(found)
    }

    /// Puts what a directory holds into `trees`, after those around it; nothing for one that is not there.
    fn tree(&mut self, base: &str, dir: &str, trees: &mut HashMap<String, Tree>) -> Option<()> {
        if trees.contains_key(dir) {
            return Some(());
        }
        let object = if dir.is_empty() {
            Some(format!("{base}^{{tree}}"))
        } else {
            let (around, own) = dir.rsplit_once('/').unwrap_or(("", dir));
            self.tree(base, around, trees)?;
            trees.get(around).and_then(|tree| tree.get(own.as_bytes()).cloned())
        };
        let read = match object {
            Some(object) => {
                let asks = self.asks.as_mut()?;
                writeln!(asks, "{object}").ok()?;
                asks.flush().ok()?;
                self.answer()?
            }
            None => None,
        };
        trees.insert(dir.to_owned(), read.map(|object| object.entries()).unwrap_or_default());
        Some(())
    }

    /// Asks for all in a thread of its own: both pipes have an end.
    fn texts(&mut self, base: &str, names: &[Option<String>]) -> Option<Vec<Option<String>>> {
        let objects = self.objects(base, names)?;
        let mut asks = self.asks.take()?;
        std::thread::scope(|scope| {
            let objects = &objects;
            scope.spawn(move || {
                for object in objects.iter().flatten() {
                    if writeln!(asks, "{object}").is_err() {
                        return;
                    }
                }
            });
            objects
                .iter()
                .map(|object| match object {
                    Some(_) => self.answer().map(|object| object.and_then(|object| String::from_utf8(object.bytes).ok())),
                    None => Some(None),
                })
                .collect()
        })
    }

    /// One object; inside none for one that is not there, none at all for an answer that is no answer.
    fn answer(&mut self) -> Option<Option<Object>> {
        let mut head = String::new();
        if self.answers.read_line(&mut head).ok()? == 0 {
            return None;
        }
        let head = head.trim_end();
        if head.ends_with(" missing") || head.ends_with(" ambiguous") {
            return Some(None);
        }
        let mut parts = head.split(' ');
        let id = parts.next()?.len() / 2;
        let is_tree = parts.next()? == "tree";
        let size = parts.next()?.parse::<usize>().ok()?;
        let mut bytes = Vec::with_capacity(size.min(1 << 20));
        // a line feed follows
        self.answers.by_ref().take(size as u64 + 1).read_to_end(&mut bytes).ok()?;
        bytes.truncate(size);
        Some(Some(Object { id, is_tree, bytes }))
    }
}

/// What a directory holds: names, and the objects behind them.
type Tree = HashMap<Vec<u8>, String>;

struct Object {
    /// bytes of an object's name: 20, or 32 in a repository with SHA-256
    id: usize,
    is_tree: bool,
    bytes: Vec<u8>,
}

impl Object {
    /// A tree's entries: `mode name`, a zero, and the object's name as bytes (git's "tree object" format).
    fn entries(&self) -> Tree {
        let mut entries = Tree::new();
        let mut rest = if self.is_tree { self.bytes.as_slice() } else { &[] };
        while let Some(blank) = memchr::memchr(b' ', rest)
            && let Some(zero) = memchr::memchr(0, rest)
            && let (Some(name), Some(id)) = (rest.get(blank + 1..zero), rest.get(zero + 1..zero + 1 + self.id))
        {
            let mut written = String::with_capacity(2 * self.id);
            for byte in id {
                let _ = write!(written, "{byte:02x}");
            }
            entries.insert(name.to_vec(), written);
            rest = &rest[zero + 1 + self.id..];
        }
        entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn texts_of_the_last_commit_and_of_the_remote() {
        let folder = tempfile::tempdir().expect("a directory");
        let dir = folder.path();
        let git = |args: &[&str]| {
            let name = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
            Command::new("git").args(name).args(args).current_dir(dir).output().is_ok_and(|output| output.status.success())
        };
        if !git(&["init", "-q"]) {
            return; // no git here: nothing to ask
        }
        fs::create_dir_all(dir.join("db/migrations")).expect("a directory");
        let (one, other) = (dir.join("one.sql"), dir.join("db/migrations/한글 2.sql"));
        assert!(shared(&[&one]).is_none(), "nothing is committed");
        fs::write(&one, "SELECT 1;\n").expect("written");
        assert!(git(&["add", "."]) && git(&["commit", "-q", "-m", "one"]));
        fs::write(&one, "SELECT 2;\n").expect("written");
        fs::write(&other, "").expect("written");
        let found = shared(&[&one, &other]).expect("known");
        assert_eq!(found.base, "HEAD");
        assert_eq!(found.texts, [Some("SELECT 1;\n".to_owned()), None]);
        assert!(git(&["update-ref", "refs/remotes/origin/main", "HEAD"]));
        assert!(git(&["add", "."]) && git(&["commit", "-q", "-m", "two"]));
        let found = shared(&[&other, &one]).expect("known");
        assert_eq!(found.base, "origin/main");
        assert_eq!(found.texts, [None, Some("SELECT 1;\n".to_owned())]);
        assert!(git(&["update-ref", "refs/remotes/origin/main", "HEAD"]));
        let found = shared(&[&other, &dir.join("db/none/x.sql"), &one]).expect("known");
        assert_eq!(found.texts, [Some(String::new()), None, Some("SELECT 2;\n".to_owned())]);
    }
}
