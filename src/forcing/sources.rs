//! From what a scenario names to a list of files and stores.

use std::path::{Path, PathBuf};

use super::ForcingError;
use super::format::{is_netcdf, is_zarr, read_start};

/// The files and stores behind each of `data`: a path, a glob pattern, or a directory (all NetCDF
/// files and Zarr stores directly in it, but for drogue's own output). Sorted by name within each
/// entry; each path once.
///
/// # Errors
/// [`ForcingError::NotFound`] for an entry that yields nothing.
pub fn find(data: &[String]) -> Result<Vec<PathBuf>, ForcingError> {
    let mut paths = Vec::new();
    for entry in data {
        for path in one(entry)? {
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
    }
    if paths.is_empty() {
        return Err(not_found("", "no file is named"));
    }
    Ok(paths)
}

fn one(entry: &str) -> Result<Vec<PathBuf>, ForcingError> {
    if entry.contains("://") {
        let reason = "data from URLs cannot be read yet; copy them to this machine first";
        return Err(not_found(entry, reason));
    }
    let path = Path::new(entry);
    if path.is_dir() {
        return if is_zarr(path) { Ok(vec![path.to_owned()]) } else { directory(entry, path) };
    }
    if path.exists() {
        return Ok(vec![path.to_owned()]);
    }
    if !entry.contains(['*', '?', '[']) {
        return Err(not_found(entry, "there is no such file or directory"));
    }
    let matches = glob::glob(entry).map_err(|error| not_found(entry, &error.to_string()))?;
    let mut found = Vec::new();
    for path in matches {
        found.push(path.map_err(|error| ForcingError::Io {
            path: error.path().to_owned(),
            source: error.into(),
        })?);
    }
    if found.is_empty() { Err(not_found(entry, "nothing matches the pattern")) } else { Ok(found) }
}

fn directory(entry: &str, path: &Path) -> Result<Vec<PathBuf>, ForcingError> {
    let io = |source| ForcingError::Io { path: path.to_owned(), source };
    let (mut found, mut own) = (Vec::new(), 0);
    for item in std::fs::read_dir(path).map_err(io)? {
        let item = item.map_err(io)?.path();
        let wanted = if item.is_dir() { is_zarr(&item) } else { is_netcdf(&read_start(&item)?) };
        if wanted && is_own_output(&item) {
            own += 1;
        } else if wanted {
            found.push(item);
        }
    }
    found.sort();
    match (found.is_empty(), own) {
        (false, _) => Ok(found),
        (true, 0) => Err(not_found(entry, "the directory holds no NetCDF file and no Zarr store")),
        (true, _) => Err(not_found(entry, "the directory holds nothing but drogue's own output")),
    }
}

/// Whether a store holds trajectories that drogue wrote: runs often write beside their data.
fn is_own_output(store: &Path) -> bool {
    let Ok(document) = std::fs::read(store.join("zarr.json")) else { return false };
    let Ok(group) = serde_json::from_slice::<serde_json::Value>(&document) else { return false };
    let attribute = |name: &str| group["attributes"][name].as_str().unwrap_or_default();
    attribute("featureType") == "trajectory" && attribute("source").starts_with("drogue ")
}

fn not_found(pattern: &str, reason: &str) -> ForcingError {
    ForcingError::NotFound { pattern: pattern.to_owned(), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_not_taken_for_a_lost_file() {
        let error = find(&["https://host/sea.zarr".into()]).unwrap_err().to_string();
        assert!(error.contains("https://host/sea.zarr") && error.contains("URLs"), "{error}");
    }

    #[test]
    fn a_directory_yields_its_data_sorted_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        for name in ["b.nc", "a.nc"] {
            std::fs::write(at(name), b"CDF\x01 and so on").unwrap();
        }
        std::fs::write(at("notes.txt"), "text").unwrap();
        std::fs::create_dir(at("c.zarr")).unwrap();
        std::fs::write(at("c.zarr").join("zarr.json"), "{}").unwrap();
        let found = find(&[directory.path().display().to_string()]).unwrap();
        assert_eq!(found, [at("a.nc"), at("b.nc"), at("c.zarr")]);
        let pattern = at("*.nc").display().to_string();
        assert_eq!(find(std::slice::from_ref(&pattern)).unwrap(), [at("a.nc"), at("b.nc")]);
        let twice = find(&[pattern, at("a.nc").display().to_string()]).unwrap();
        assert_eq!(twice.len(), 2);
    }

    #[test]
    fn own_output_in_a_directory_is_no_data() {
        let directory = tempfile::tempdir().unwrap();
        let store = |name: &str, source: &str| {
            let path = directory.path().join(name);
            std::fs::create_dir(&path).unwrap();
            let attributes = format!(r#"{{"featureType": "trajectory", "source": "{source}"}}"#);
            let group = format!(r#"{{"attributes": {attributes}}}"#);
            std::fs::write(path.join("zarr.json"), group).unwrap();
            path
        };
        let own = store("run.zarr", "drogue 0.1.0");
        let all = directory.path().display().to_string();
        let error = find(std::slice::from_ref(&all)).unwrap_err().to_string();
        assert!(error.contains("own output"), "{error}");
        let other = store("drifters.zarr", "GDP");
        assert_eq!(find(&[all]).unwrap(), [other]);
        // Who names it means it.
        assert_eq!(find(&[own.display().to_string()]).unwrap(), [own]);
    }

    #[test]
    fn what_yields_nothing_is_named() {
        for entry in ["nowhere/*.nc", "nowhere.nc", "nowhere/[.nc"] {
            let error = find(&[entry.to_owned()]).unwrap_err().to_string();
            assert!(error.contains(entry), "{error}");
        }
        assert!(find(&[]).is_err());
    }
}
