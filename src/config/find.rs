//! Which files configure a run.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::read::{read, read_metadata};
use super::{Config, ConfigError, Layer, OwnFormat, Problem};
use crate::model::{Model, own_models};
use crate::secrets::Engine;
use crate::secrets::own::{self, Own};

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
    let formats = formats(&layers)?;
    let mut config = Config::from_layers(layers);
    config.files = files;
    config.formats = formats;
    Ok(config)
}

/// Our formats of secrets with those of all layers over them, where there are any.
fn formats(layers: &[Layer]) -> Result<Option<Arc<Engine>>, ConfigError> {
    let all: Vec<&OwnFormat> = layers.iter().rev().flat_map(|layer| &layer.secrets).collect();
    if all.is_empty() {
        return Ok(None);
    }
    let own: Vec<Own> = all.iter().map(|each| each.format.clone()).collect();
    let engine = Engine::with(&own).map_err(|(at, fault)| ConfigError {
        file: all[at].file.clone(),
        text: Arc::clone(&all[at].text),
        problems: vec![fault.into()],
    })?;
    Ok(Some(Arc::new(engine)))
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
    named_files(&mut layer, files)?;
    let extended = layer.extend.clone();
    layers.push(layer);
    for other in extended {
        file_and_extended(&crate::source::normal(&other), layers, files)?;
    }
    Ok(())
}

/// Reads the files of models and of formats that a layer names.
fn named_files(layer: &mut Layer, files: &mut Vec<PathBuf>) -> Result<(), ConfigError> {
    for path in std::mem::take(&mut layer.model_files) {
        layer.models.extend(models(&path)?);
        files.push(path);
    }
    for path in std::mem::take(&mut layer.secret_packs) {
        layer.secrets.extend(pack(&path)?);
        files.push(path);
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

/// The formats of secrets in a file of their own.
fn pack(path: &Path) -> Result<Vec<OwnFormat>, ConfigError> {
    let text = fs::read_to_string(path).map_err(|error| unreadable(path, &error.to_string()))?;
    let file = path.display().to_string();
    let text: Arc<str> = text.into();
    match own::read(&text) {
        Ok(formats) => Ok(formats.into_iter().map(|format| OwnFormat { format, file: file.clone(), text: Arc::clone(&text) }).collect()),
        Err(faults) => Err(ConfigError { file, text, problems: faults.into_iter().map(Problem::from).collect() }),
    }
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
                    let mut layer = layer?;
                    files.push(file.clone());
                    named_files(&mut layer, files)?;
                    layers.push(layer);
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
