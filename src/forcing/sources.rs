//! From what a scenario names to a list of files and stores.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::ForcingError;
use super::format::{is_netcdf, is_zarr, read_start};
use super::place::{Place, Stores};
use super::requests::Requests;

/// The files and stores behind each of `data`: a path, a glob pattern, a directory (all NetCDF
/// files and Zarr stores directly in it, but for drogue's own output), or a URL, in whose last part
/// there may be a pattern. Sorted by name within each entry; each path once.
///
/// # Errors
/// [`ForcingError::NotFound`] for an entry that yields nothing.
pub(super) async fn find(
    data: &[String],
    requests: &Arc<Requests>,
) -> Result<Vec<Place>, ForcingError> {
    let (mut places, mut stores) = (Vec::<Place>::new(), Stores::new(requests));
    for entry in data {
        let found = match entry.contains("://") {
            true => at_url(entry, &mut stores).await?,
            false => {
                one(entry, requests)?.iter().map(|path| Place::local(path, requests)).collect()
            }
        };
        for place in found {
            if places.iter().all(|known| known.name() != place.name()) {
                places.push(place);
            }
        }
    }
    if places.is_empty() {
        return Err(not_found("", "no file is named"));
    }
    Ok(places)
}

/// The places of a URL: itself, or what its folder holds of the pattern that is its last part.
async fn at_url(url: &str, stores: &mut Stores) -> Result<Vec<Place>, ForcingError> {
    let (folder, pattern) = url.trim_end_matches('/').rsplit_once('/').unwrap_or((url, ""));
    // A question mark begins a query.
    let is_pattern = |part: &str| part.contains(['*', '[']);
    if is_pattern(folder) {
        return Err(not_found(url, "only the last part of a URL may be a pattern"));
    }
    if !is_pattern(pattern) {
        return Ok(vec![Place::remote(url, stores).await?]);
    }
    let pattern =
        glob::Pattern::new(pattern).map_err(|error| not_found(url, &error.to_string()))?;
    let mut places = Place::remote(folder, stores).await?.list().await?;
    places.retain(|place| {
        let name = place.name().file_name();
        name.is_some_and(|name| pattern.matches(&name.to_string_lossy()))
    });
    match places.is_empty() {
        false => Ok(places),
        true if url.starts_with("http") => Err(not_found(
            url,
            "nothing matches the pattern, or the server does not list its files; name each of them",
        )),
        true => Err(not_found(url, "nothing matches the pattern")),
    }
}

/// The characters that make a pattern of a name.
const PATTERN: [char; 3] = ['*', '?', '['];

fn one(entry: &str, requests: &Arc<Requests>) -> Result<Vec<PathBuf>, ForcingError> {
    let path = Path::new(entry);
    if path.is_dir() {
        return if is_zarr(path) {
            Ok(vec![path.to_owned()])
        } else {
            directory(entry, path, requests)
        };
    }
    if path.exists() {
        return Ok(vec![path.to_owned()]);
    }
    if !entry.contains(PATTERN) {
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

fn directory(
    entry: &str,
    path: &Path,
    requests: &Arc<Requests>,
) -> Result<Vec<PathBuf>, ForcingError> {
    let io = |source| ForcingError::Io { path: path.to_owned(), source };
    let (mut found, mut own) = (Vec::new(), 0);
    for item in std::fs::read_dir(path).map_err(io)? {
        let item = item.map_err(io)?.path();
        let wanted = match item.is_dir() {
            true => is_zarr(&item),
            false => is_netcdf(&read_start(&Place::local(&item, requests))?),
        };
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

    fn find(data: &[String]) -> Result<Vec<PathBuf>, ForcingError> {
        let requests = Arc::new(Requests::new(Default::default()));
        let places = pollster::block_on(super::find(data, &requests))?;
        Ok(places.iter().map(|place| place.name().to_owned()).collect())
    }

    #[test]
    fn urls_that_lead_nowhere_are_named() {
        for url in
            ["ftp://host/sea.nc", "file:///sea.nc", "https://host/a?b=c", "s3://", "http://*/a"]
        {
            let error = find(&[url.to_owned()]).unwrap_err().to_string();
            assert!(error.contains(url), "{error}");
        }
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
