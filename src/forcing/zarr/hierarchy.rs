//! What a store declares: its group and the arrays in it, from as few files as possible.

use bytes::Bytes;
use futures::future::{join_all, try_join_all};
use serde_json::{Map, Value};
use zarrs::metadata::ArrayMetadata;

use crate::forcing::ForcingError;
use crate::forcing::place::Place;

/// The root group of a store.
pub(super) struct Hierarchy {
    pub(super) version: &'static str,
    pub(super) attributes: Map<String, Value>,
    /// The arrays directly in it, sorted by name.
    pub(super) arrays: Vec<(String, ArrayMetadata)>,
}

/// The files of which one at least makes a folder a Zarr store.
pub(in crate::forcing) const MARKS: [&str; 4] = ["zarr.json", ".zmetadata", ".zgroup", ".zarray"];

impl Hierarchy {
    /// Reads the metadata; `None` where there are none. Consolidated metadata are believed, as
    /// xarray does: far away they are all that can be read at once.
    pub(super) async fn read(place: &Place) -> Result<Option<Self>, ForcingError> {
        let mut denied = None;
        let mut marks = [const { None }; MARKS.len()];
        let read = join_all(MARKS.map(|name| json(place, name))).await;
        for (mark, read) in marks.iter_mut().zip(read) {
            match read {
                Err(error @ ForcingError::Denied { .. }) => _ = denied.get_or_insert(error),
                read => *mark = read?,
            }
        }
        let [v3, consolidated, group, array] = marks;
        let single = "it is a single array; name the group that holds it";
        match (v3, consolidated, group, array) {
            (Some(root), ..) if text(&root, "node_type") == Some("array") => {
                Err(unreadable(place, single))
            }
            (Some(root), ..) => Self::of_v3(place, root).await.map(Some),
            (.., Some(_)) => Err(unreadable(place, single)),
            (_, Some(Value::Object(mut found)), ..) => {
                let Some(Value::Object(all)) = found.remove("metadata") else {
                    return Err(unreadable(place, "`.zmetadata` holds no `metadata`"));
                };
                Self::of_v2_consolidated(place, all).map(Some)
            }
            (_, _, Some(_), _) => Self::of_v2(place).await.map(Some),
            // Stores that may not be listed refuse what they do not have: where one mark can be
            // read, those that are refused are not there.
            (None, None, None, None) => denied.map_or(Ok(None), Err),
            (_, Some(_), ..) => Err(unreadable(place, "`.zmetadata` is no JSON object")),
        }
    }

    async fn of_v3(place: &Place, root: Value) -> Result<Self, ForcingError> {
        let Value::Object(mut root) = root else {
            return Err(unreadable(place, "`zarr.json` is no JSON object"));
        };
        if root.get("node_type").and_then(Value::as_str) != Some("group") {
            return Err(unreadable(place, "`zarr.json` declares no group"));
        }
        let consolidated = root.remove("consolidated_metadata").and_then(|mut found| {
            found.get_mut("metadata").and_then(|all| match all.take() {
                Value::Object(all) => Some(all),
                _ => None,
            })
        });
        let declared = match consolidated {
            Some(all) => all.into_iter().collect(),
            None => children(place, "zarr.json").await?,
        };
        let arrays = declared.into_iter().filter(|(name, declared)| {
            !name.contains('/') && text(declared, "node_type") == Some("array")
        });
        let arrays = arrays.map(|(name, declared)| {
            let parsed = serde_json::from_value(declared).map(ArrayMetadata::V3);
            Ok((name.clone(), parsed.map_err(|error| misdeclared(place, &name, error))?))
        });
        Ok(Self {
            version: "Zarr v3",
            attributes: object(root.remove("attributes")),
            arrays: sorted(arrays.collect::<Result<_, ForcingError>>()?),
        })
    }

    fn of_v2_consolidated(
        place: &Place,
        mut all: Map<String, Value>,
    ) -> Result<Self, ForcingError> {
        let names = all.keys().filter_map(|key| key.strip_suffix("/.zarray"));
        let names: Vec<String> = names.filter(|name| !name.contains('/')).map(Into::into).collect();
        let arrays = names.into_iter().map(|name| {
            let declared = all.remove(&format!("{name}/.zarray")).unwrap_or_default();
            let attributes = object(all.remove(&format!("{name}/.zattrs")));
            array_v2(place, name, declared, attributes)
        });
        let arrays = sorted(arrays.collect::<Result<_, _>>()?);
        Ok(Self { version: "Zarr v2", attributes: object(all.remove(".zattrs")), arrays })
    }

    async fn of_v2(place: &Place) -> Result<Self, ForcingError> {
        let attributes = optional(place, ".zattrs").await?;
        let declared = children(place, ".zarray").await?;
        let arrays = declared.into_iter().map(|(name, declared)| async move {
            let attributes = object(optional(place, &format!("{name}/.zattrs")).await?);
            array_v2(place, name, declared, attributes)
        });
        let arrays = sorted(try_join_all(arrays).await?);
        Ok(Self { version: "Zarr v2", attributes: object(attributes), arrays })
    }
}

fn array_v2(
    place: &Place,
    name: String,
    declared: Value,
    attributes: Map<String, Value>,
) -> Result<(String, ArrayMetadata), ForcingError> {
    let parsed = serde_json::from_value::<zarrs::metadata::v2::ArrayMetadataV2>(declared);
    let mut parsed = parsed.map_err(|error| misdeclared(place, &name, error))?;
    parsed.attributes = attributes;
    Ok((name, ArrayMetadata::V2(parsed)))
}

/// What the folders in the store declare in a file of this name.
async fn children(place: &Place, file: &str) -> Result<Vec<(String, Value)>, ForcingError> {
    let unlisted = |reason: &str| {
        let reason = format!(
            "its metadata are not consolidated, and its files cannot be listed ({reason}); \
             consolidate them with `zarr.consolidate_metadata`"
        );
        unreadable(place, &reason)
    };
    let listed = match place.list().await {
        // The mark of the store is there: a server that finds nothing has no list.
        Ok(listed) if listed.is_empty() && place.is_remote() => {
            return Err(unlisted("the server says that there are none"));
        }
        Err(error) if place.is_remote() => return Err(unlisted(&error.to_string())),
        listed => listed?,
    };
    let named = listed.iter().filter_map(|child| child.name().file_name()?.to_str());
    let declared = named.map(|name| async move {
        let declared = json(place, &format!("{name}/{file}")).await;
        declared.map(|declared| declared.map(|declared| (name.to_owned(), declared)))
    });
    join_all(declared).await.into_iter().filter_map(Result::transpose).collect()
}

fn sorted(mut arrays: Vec<(String, ArrayMetadata)>) -> Vec<(String, ArrayMetadata)> {
    arrays.sort_by(|(a, _), (b, _)| a.cmp(b));
    arrays
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

fn object(value: Option<Value>) -> Map<String, Value> {
    match value {
        Some(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

/// A file of metadata; `None` where there is none.
async fn json(place: &Place, name: &str) -> Result<Option<Value>, ForcingError> {
    let Some(bytes) = place.child(name).read().await? else { return Ok(None) };
    let wrong = |reason: String| unreadable(place, &format!("`{name}`: {reason}"));
    parse(&bytes).map(Some).map_err(wrong)
}

/// The same, where the file beside it could be read: one that is refused is not there.
async fn optional(place: &Place, name: &str) -> Result<Option<Value>, ForcingError> {
    match json(place, name).await {
        Err(ForcingError::Denied { .. }) => Ok(None),
        found => found,
    }
}

fn parse(bytes: &Bytes) -> Result<Value, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    serde_json::from_str(&quoted(text)).map_err(|error| error.to_string())
}

fn misdeclared(place: &Place, array: &str, error: serde_json::Error) -> ForcingError {
    unreadable(place, &format!("the metadata of `{array}` make no sense: {error}"))
}

fn unreadable(place: &Place, reason: &str) -> ForcingError {
    ForcingError::Unreadable {
        path: place.name().to_owned(),
        format: "Zarr",
        reason: reason.to_owned(),
    }
}

/// JSON with the bare words `NaN`, `Infinity` and `-Infinity` in quotes.
///
/// JSON has no such numbers, yet Python writes them, so xarray's v2 stores are full of them. They
/// are turned into text, which is how Zarr itself spells them in fill values.
fn quoted(json: &str) -> String {
    let mut result = String::with_capacity(json.len());
    let mut rest = json;
    let (mut inside, mut escaped) = (false, false);
    while let Some(next) = rest.chars().next() {
        let word = ["NaN", "Infinity", "-Infinity"].into_iter().find(|word| rest.starts_with(word));
        match word {
            Some(word) if !inside => {
                result.extend(["\"", word, "\""]);
                rest = &rest[word.len()..];
            }
            _ => {
                if next == '"' && !escaped {
                    inside = !inside;
                }
                escaped = inside && next == '\\' && !escaped;
                result.push(next);
                rest = &rest[next.len_utf8()..];
            }
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn bare_numbers_that_json_lacks_are_quoted_and_text_is_left_alone() {
        let python = r#"{"a": NaN, "b": [-Infinity, Infinity, 1], "c": "NaN \" NaN é", "NaN": 2}"#;
        let json =
            r#"{"a": "NaN", "b": ["-Infinity", "Infinity", 1], "c": "NaN \" NaN é", "NaN": 2}"#;
        assert_eq!(quoted(python), json);
    }
}
