//! Whether a result can be written, known before the work that it takes.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

/// Finds out whether a file can be written at `path`. What is there stays as it is.
///
/// # Errors
/// What the system says where it cannot.
pub fn writable(path: &Path) -> io::Result<()> {
    match OpenOptions::new().append(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            File::create_new(path)?;
            fs::remove_file(path)
        }
        opened => opened.map(drop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_changed_by_asking() {
        let folder = tempfile::tempdir().unwrap();
        let (old, new) = (folder.path().join("old"), folder.path().join("new"));
        fs::write(&old, "what was there").unwrap();
        writable(&old).unwrap();
        assert_eq!(fs::read_to_string(&old).unwrap(), "what was there");
        writable(&new).unwrap();
        assert!(!new.exists());
        assert!(writable(&folder.path().join("none/file")).is_err());
        assert!(writable(folder.path()).is_err());
    }
}
