//! Reads tables of TOML key by key, and keeps account of all that is wrong with them.

use std::cell::RefCell;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::Fault;
use crate::units;

/// A value and its place in the text.
pub(super) type Value<'a> = Spanned<DeValue<'a>>;

/// What reading a value gives.
pub(super) type Read<T> = Result<T, Fault>;

/// All that is wrong with a text.
#[derive(Default)]
pub(super) struct Faults(RefCell<Vec<Fault>>);

impl Faults {
    pub(super) fn add(&self, fault: Fault) {
        self.0.borrow_mut().push(fault);
    }

    /// The faults in the order of the text, those without a place last.
    pub(super) fn into_sorted(self) -> Vec<Fault> {
        let mut faults = self.0.into_inner();
        faults.sort_by_key(|fault| fault.span.as_ref().map_or(usize::MAX, |span| span.start));
        faults
    }
}

/// A table of which each key is asked for by name; what was never asked for is an unknown key.
pub(super) struct Table<'a> {
    /// As messages call it: `[release]`, or "a scenario" for the whole.
    name: String,
    span: Option<Range<usize>>,
    entries: &'a DeTable<'a>,
    known: Vec<&'static str>,
    faults: &'a Faults,
}

impl<'a> Table<'a> {
    /// The whole of a scenario.
    pub(super) fn root(entries: &'a DeTable<'a>, faults: &'a Faults) -> Self {
        Self { name: "a scenario".to_owned(), span: None, entries, known: Vec::new(), faults }
    }

    /// Where a fault of the table as a whole is shown.
    pub(super) fn span(&self) -> Option<Range<usize>> {
        self.span.clone()
    }

    pub(super) fn fault(&self, fault: Fault) {
        self.faults.add(fault);
    }

    /// The entry under the first of `names` that is there; the others are aliases of it.
    pub(super) fn entry(&mut self, names: &[&'static str]) -> Option<&'a Value<'a>> {
        self.known.extend(names);
        let mut found = None;
        for name in names {
            let Some((key, value)) = self.entries.iter().find(|(key, _)| key.get_ref() == name)
            else {
                continue;
            };
            if found.is_some() {
                let all = names.join("` and `");
                self.fault(Fault::at(
                    key.span(),
                    format!("`{all}` mean the same: give one of them"),
                ));
                break;
            }
            found = Some(value);
        }
        found
    }

    /// The value of a key that may be absent. A value that cannot be read is a fault.
    pub(super) fn optional<T>(
        &mut self,
        names: &[&'static str],
        read: impl FnOnce(&'a Value<'a>) -> Read<T>,
    ) -> Option<T> {
        match read(self.entry(names)?) {
            Ok(value) => Some(value),
            Err(fault) => {
                self.fault(fault);
                None
            }
        }
    }

    /// The value of a key that must be there; `help` says what to write.
    pub(super) fn required<T>(
        &mut self,
        names: &[&'static str],
        help: &str,
        read: impl FnOnce(&'a Value<'a>) -> Read<T>,
    ) -> Option<T> {
        if self.entry(names).is_none() {
            let message = format!("{} needs `{}`", self.name, names[0]);
            self.fault(Fault { message, span: self.span(), help: Some(help.to_owned()) });
            return None;
        }
        self.optional(names, read)
    }

    /// A table within this one.
    pub(super) fn table(&mut self, name: &'static str) -> Option<Table<'a>> {
        let path = if self.span.is_none() {
            format!("[{name}]")
        } else {
            format!("[{}.{name}]", self.name.trim_matches(['[', ']']))
        };
        let faults = self.faults;
        self.optional(&[name], |value| {
            let entries = value
                .get_ref()
                .as_table()
                .ok_or_else(|| wrong_type(value, &format!("a table, written as {path}")))?;
            Ok(Table { name: path, span: Some(value.span()), entries, known: Vec::new(), faults })
        })
    }

    /// A table that must be there; `help` says what to write.
    pub(super) fn required_table(&mut self, name: &'static str, help: &str) -> Option<Table<'a>> {
        if self.entry(&[name]).is_none() {
            let message = format!("{} needs [{name}]", self.name);
            self.fault(Fault { message, span: self.span(), help: Some(help.to_owned()) });
        }
        self.table(name)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// A key that drogue will have and does not have yet.
    pub(super) fn later(&mut self, names: &[&'static str]) {
        for name in names {
            if self.entry(&[name]).is_some() {
                let span = self.key_span(name);
                let fault =
                    Fault::at(span, format!("`{name}` is not available yet in this version"));
                self.fault(fault.help(format!("remove `{name}`")));
            }
        }
    }

    /// Adds to how messages call this table.
    pub(super) fn describe(&mut self, more: &str) {
        self.name = format!("{} {more}", self.name);
    }

    /// Says which keys nobody asked for.
    pub(super) fn finish(self) {
        for key in self.entries.keys() {
            let name: &str = key.get_ref();
            if self.known.iter().any(|known| known == &name) {
                continue;
            }
            let fault = Fault::at(key.span(), format!("{} has no key `{name}`", self.name));
            let nearest = units::nearest(name, self.known.iter().copied());
            self.fault(match nearest {
                Some(nearest) => fault.help(format!("did you mean `{nearest}`?")),
                None => fault.help(format!("it can have {}", list(&self.known))),
            });
        }
    }

    /// The place of a key that is there.
    fn key_span(&self, name: &str) -> Range<usize> {
        let key = self.entries.keys().find(|key| key.get_ref() == name);
        key.map_or(0..0, Spanned::span)
    }
}

/// `a`, `b` and `c`, each quoted.
pub(super) fn list(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// The fault of a value that is not of the type asked for.
pub(super) fn wrong_type(value: &Value<'_>, wanted: &str) -> Fault {
    Fault::at(value.span(), format!("expected {wanted}, found {}", value.get_ref().type_str()))
}
