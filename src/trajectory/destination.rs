//! Making room for an output without destroying anything else.

use std::fs;
use std::path::{Path, PathBuf};

use super::TrajectoryError;

/// The formats, by the ending of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Zarr,
    Parquet,
}

impl Format {
    pub(super) fn of(path: &Path) -> Result<Self, TrajectoryError> {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        match ending.to_ascii_lowercase().as_str() {
            "zarr" => Ok(Self::Zarr),
            "parquet" => Ok(Self::Parquet),
            _ => Err(TrajectoryError::UnknownFormat { path: path.to_owned() }),
        }
    }
}

/// Sees to it that `path` may be written: that nothing is there, or what is there may go, and that
/// the folder takes files. Changes nothing.
pub(super) fn check(path: &Path, format: Format, overwrite: bool) -> Result<(), TrajectoryError> {
    let cause = |cause| TrajectoryError::Folder { path: path.to_owned(), cause };
    tempfile::tempfile_in(folder_of(path)).map_err(cause)?;
    let Ok(found) = fs::symlink_metadata(path) else {
        return Ok(());
    };
    if !overwrite {
        return Err(TrajectoryError::Exists { path: path.to_owned() });
    }
    let not_ours = |reason: String| TrajectoryError::NotOurs { path: path.to_owned(), reason };
    match format {
        Format::Parquet if found.is_file() => Ok(()),
        Format::Parquet => Err(not_ours("it is not a file".into())),
        Format::Zarr if !found.is_dir() => Err(not_ours("it is not a folder".into())),
        Format::Zarr => match foreign_entry(path).map_err(cause)? {
            Some(entry) => Err(not_ours(format!(
                "it is not only a Zarr store: it contains {}",
                entry.display()
            ))),
            None => Ok(()),
        },
    }
}

/// Removes a former Zarr store, because a new one cannot be laid over it. A former Parquet file is
/// replaced when the new one is complete.
pub(super) fn clear(path: &Path, format: Format, overwrite: bool) -> Result<(), TrajectoryError> {
    check(path, format, overwrite)?;
    if format == Format::Zarr && path.exists() {
        fs::remove_dir_all(path)
            .map_err(|cause| TrajectoryError::Folder { path: path.to_owned(), cause })?;
    }
    Ok(())
}

/// The folder that a path is in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Something in the folder that a Zarr store does not have. A folder without any metadata at its
/// top is no store at all, unless it is empty.
fn foreign_entry(store: &Path) -> std::io::Result<Option<PathBuf>> {
    let entries: Vec<PathBuf> =
        fs::read_dir(store)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    let is_store = is_node(store);
    Ok(entries.into_iter().find(|entry| {
        let of_store = is_metadata(entry) || (entry.is_dir() && is_node(entry));
        !(is_store && of_store && !entry.is_symlink())
    }))
}

fn is_metadata(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    matches!(name, "zarr.json" | ".zgroup" | ".zattrs" | ".zarray" | ".zmetadata")
}

fn is_node(folder: &Path) -> bool {
    ["zarr.json", ".zgroup", ".zarray"].iter().any(|name| folder.join(name).is_file())
}

/// Gives temporary files the rights of ordinary ones: they are renamed and stay.
pub(super) fn readable<'a, 'b, 'c>(
    builder: &'a mut tempfile::Builder<'b, 'c>,
) -> &'a mut tempfile::Builder<'b, 'c> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_choose_the_format() {
        assert_eq!(Format::of(Path::new("a/b.zarr")).unwrap(), Format::Zarr);
        assert_eq!(Format::of(Path::new("b.Parquet")).unwrap(), Format::Parquet);
        for path in ["b.nc", "b", "zarr", "b.zarr.bak"] {
            assert!(matches!(
                Format::of(Path::new(path)),
                Err(TrajectoryError::UnknownFormat { .. })
            ));
        }
    }

    #[test]
    fn only_a_store_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("out.zarr");
        fs::create_dir_all(store.join("lon/c")).unwrap();
        fs::write(store.join("zarr.json"), "{}").unwrap();
        fs::write(store.join("lon/zarr.json"), "{}").unwrap();
        let refused = check(&store, Format::Zarr, false);
        assert!(matches!(refused, Err(TrajectoryError::Exists { .. })));

        fs::write(store.join("thesis.txt"), "the only copy").unwrap();
        let refused = clear(&store, Format::Zarr, true).unwrap_err();
        assert!(refused.to_string().contains("thesis.txt"), "{refused}");
        fs::remove_file(store.join("thesis.txt")).unwrap();
        check(&store, Format::Zarr, true).unwrap();
        assert!(store.exists());
        clear(&store, Format::Zarr, true).unwrap();
        assert!(!store.exists());
    }

    #[test]
    fn a_folder_that_only_has_the_name_stays() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("home.zarr");
        fs::create_dir_all(store.join("photos")).unwrap();
        assert!(matches!(clear(&store, Format::Zarr, true), Err(TrajectoryError::NotOurs { .. })));
        assert!(store.join("photos").exists());
    }
}
