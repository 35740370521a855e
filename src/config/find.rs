//! Which files configure a run.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::read::{read, read_metadata};
use super::{Config, ConfigError, Layer, Problem};
use crate::model::{Model, own_models};

/// The file's name.
pub const NAME: &str = "backend-lint.toml";

/// Puts the configuration for `home` (an absolute directory) together.
///
/// `named` is a file from the command line, instead of the nearest; with `none` no file counts at all. `flags` go before
/// everything.
///
/// # Errors
/// A file that is wrong or cannot be read.
pub fn load(home: &Path, named: Option<&Path>, none: bool, flags: Layer) -> Result<Config, ConfigError> {
    let mut layers = vec![flags];
    let mut files = Vec::new();
    if !none {
        let own = named.map(Path::to_path_buf).or_else(|| nearest(home, NAME));
        if let Some(file) = own {
            file_and_extended(&file, &mut layers, &mut files)?;
        }
        metadata(home, &mut layers, &mut files)?;
    }
    let mut config = Config::from_layers(layers);
    config.files = files;
    Ok(config)
}

/// `name` in `home` or above, up to the top of the git work tree.
fn nearest(home: &Path, name: &str) -> Option<PathBuf> {
    for dir in home.ancestors() {
        let file = dir.join(name);
        if file.is_file() {
            return Some(file);
        }
        if dir.join(".git").exists() {
            return None;
        }
    }
    None
}

/// A file, then what it extends, depth first; a file that was read already is not read again, so that a ring ends.
fn file_and_extended(file: &Path, layers: &mut Vec<Layer>, files: &mut Vec<PathBuf>) -> Result<(), ConfigError> {
    if files.iter().any(|read| read == file) {
        return Ok(());
    }
    files.push(file.to_path_buf());
    let text = fs::read_to_string(file).map_err(|error| unreadable(file, &error.to_string()))?;
    let base = file.parent().unwrap_or(Path::new(""));
    let mut layer = read(&text, &file.display().to_string(), base)?;
    for path in std::mem::take(&mut layer.model_files) {
        layer.models.extend(models(&path)?);
        files.push(path);
    }
    let extended = layer.extend.clone();
    layers.push(layer);
    for other in extended {
        file_and_extended(&crate::source::normal(&other), layers, files)?;
    }
    Ok(())
}

/// The models in a file of their own.
fn models(file: &Path) -> Result<Vec<Model>, ConfigError> {
    let text = fs::read_to_string(file).map_err(|error| unreadable(file, &error.to_string()))?;
    own_models(&text).map_err(|errors| ConfigError {
        file: file.display().to_string(),
        problems: errors
            .into_iter()
            .map(|error| Problem { span: error.span.unwrap_or(0..0), message: error.message, help: None })
            .collect(),
        text: text.into(),
    })
}

/// The tables of the nearest manifest and of the workspace above it.
fn metadata(home: &Path, layers: &mut Vec<Layer>, files: &mut Vec<PathBuf>) -> Result<(), ConfigError> {
    let mut holder = "package";
    for dir in home.ancestors() {
        let file = dir.join("Cargo.toml");
        if let Ok(text) = fs::read_to_string(&file) {
            let name = file.display().to_string();
            let parsed = ["package", "workspace"].iter().skip(usize::from(holder == "workspace"));
            for table in parsed {
                if let Some(layer) = read_metadata(&text, &name, dir, table) {
                    layers.push(layer?);
                    files.push(file.clone());
                }
            }
            // only the nearest manifest speaks for a package
            holder = "workspace";
        }
        if dir.join(".git").exists() {
            break;
        }
    }
    Ok(())
}

fn unreadable(file: &Path, words: &str) -> ConfigError {
    ConfigError {
        file: file.display().to_string(),
        text: Arc::from(""),
        problems: vec![Problem { span: 0..0, message: format!("cannot be read: {words}"), help: None }],
    }
}
