//! Reads tables of TOML key by key, and keeps account of all that is wrong with them.

use std::cell::RefCell;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::error::Fault;
use crate::units;

/// A value and its place in the text.
pub(super) type Value<'a> = Spanned<DeValue<'a>>;

/// A key and its place in the text.
type Key<'a> = Spanned<DeString<'a>>;

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
    /// Keys that must be there and are not, each with its aliases.
    missing: Vec<(&'static [&'static str], Fault)>,
    faults: &'a Faults,
}

impl<'a> Table<'a> {
    /// The whole of a scenario.
    pub(super) fn root(entries: &'a DeTable<'a>, faults: &'a Faults) -> Self {
        Self::new("a scenario".to_owned(), None, entries, faults)
    }

    fn new(
        name: String,
        span: Option<Range<usize>>,
        entries: &'a DeTable<'a>,
        faults: &'a Faults,
    ) -> Self {
        Self { name, span, entries, known: Vec::new(), missing: Vec::new(), faults }
    }

    /// Where a fault of the table as a whole is shown.
    pub(super) fn span(&self) -> Option<Range<usize>> {
        self.span.clone()
    }

    pub(super) fn fault(&self, fault: Fault) {
        self.faults.add(fault);
    }

    /// The entry under the first of `names` that is there; the others are aliases of it.
    pub(super) fn entry(&mut self, names: &'static [&'static str]) -> Option<&'a Value<'a>> {
        for name in names {
            if !self.known.contains(name) {
                self.known.push(name);
            }
        }
        self.find(names).next().map(|(_, value)| value)
    }

    /// The entries of these names, in the order of `names`.
    fn find(
        &self,
        names: &'static [&'static str],
    ) -> impl Iterator<Item = (&'a Key<'a>, &'a Value<'a>)> {
        let entries = self.entries;
        names.iter().filter_map(|name| entries.iter().find(|(key, _)| key.get_ref() == name))
    }

    /// The value of a key that may be absent. A value that cannot be read is a fault.
    pub(super) fn optional<T>(
        &mut self,
        names: &'static [&'static str],
        read: impl FnOnce(&'a Value<'a>) -> Read<T>,
    ) -> Option<T> {
        let value = self.entry(names)?;
        if let Some((alias, _)) = self.find(names).nth(1) {
            let message = format!("{} mean the same: give one of them", list(names));
            self.fault(Fault::at(alias.span(), message));
        }
        match read(value) {
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
        names: &'static [&'static str],
        help: &str,
        read: impl FnOnce(&'a Value<'a>) -> Read<T>,
    ) -> Option<T> {
        if self.entry(names).is_none() {
            let message = format!("{} needs `{}`", self.name, names[0]);
            self.miss(names, message, help);
        }
        self.optional(names, read)
    }

    fn miss(&mut self, names: &'static [&'static str], message: String, help: &str) {
        let fault = Fault { message, span: self.span(), help: Some(help.to_owned()) };
        self.missing.push((names, fault));
    }

    /// A table within this one.
    pub(super) fn table(&mut self, names: &'static [&'static str; 1]) -> Option<Table<'a>> {
        let name = names[0];
        let path = if self.span.is_none() {
            format!("[{name}]")
        } else {
            format!("[{}.{name}]", self.name.trim_matches(['[', ']']))
        };
        let faults = self.faults;
        self.optional(names, |value| {
            let entries = value
                .get_ref()
                .as_table()
                .ok_or_else(|| wrong_type(value, &format!("a table, written as {path}")))?;
            Ok(Table::new(path, Some(value.span()), entries, faults))
        })
    }

    /// A table within this one, or several written as [[name]], in their order; there is one at least.
    pub(super) fn tables(&mut self, names: &'static [&'static str; 1]) -> Option<Vec<Table<'a>>> {
        let is_array = |value: &Value<'_>| value.get_ref().as_array().is_some();
        if !self.find(names).any(|(_, value)| is_array(value)) {
            return self.table(names).map(|table| vec![table]);
        }
        let path = format!("[[{}.{}]]", self.name.trim_matches(['[', ']']), names[0]);
        let faults = self.faults;
        self.optional(names, |value| {
            let wanted = format!("tables, each written under {path}");
            let items = value.get_ref().as_array().filter(|items| !items.is_empty());
            let items = items.ok_or_else(|| wrong_type(value, &wanted))?;
            let table = |(number, item): (usize, &'a Value<'a>)| {
                let entries = item.get_ref().as_table();
                let entries = entries.ok_or_else(|| wrong_type(item, &wanted))?;
                let name = format!("{path} number {}", number + 1);
                Ok(Table::new(name, Some(item.span()), entries, faults))
            };
            items.iter().enumerate().map(table).collect()
        })
    }

    /// A table that must be there; `help` says what to write.
    pub(super) fn required_table(
        &mut self,
        names: &'static [&'static str; 1],
        help: &str,
    ) -> Option<Table<'a>> {
        if self.entry(names).is_none() {
            let message = format!("{} needs [{}]", self.name, names[0]);
            self.miss(names, message, help);
        }
        self.table(names)
    }

    /// The tables within this one, whose names, from which `example` is one, the user chooses; with the
    /// places of their names.
    pub(super) fn into_tables(self, example: &str) -> Vec<(String, Range<usize>, Self)> {
        let name = self.name.trim_matches(['[', ']']).to_owned();
        let mut tables = Vec::new();
        for (key, value) in self.entries {
            let text: &str = key.get_ref();
            let Some(entries) = value.get_ref().as_table() else {
                let wanted = format!("a table, written as [{name}.{example}]");
                self.fault(wrong_type(value, &wanted));
                continue;
            };
            let path = format!("[{name}.{text}]");
            let table = Self::new(path, Some(key.span()), entries, self.faults);
            tables.push((text.to_owned(), key.span(), table));
        }
        tables
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Keys that drogue will have and does not have yet.
    pub(super) fn later(&mut self, names: &'static [&'static str]) {
        self.entry(names);
        for (key, _) in self.find(names) {
            let message = format!("`{}` is not available yet in this version", key.get_ref());
            self.fault(Fault::at(key.span(), message).help("remove it"));
        }
    }

    /// Adds to how messages call this table.
    pub(super) fn describe(&mut self, more: &str) {
        self.name = format!("{} {more}", self.name);
    }

    /// Says which keys are missing, and which nobody asked for.
    pub(super) fn finish(self) {
        self.report(true);
    }

    /// Says which keys are missing, where the rest of the table cannot be judged.
    pub(super) fn abandon(self) {
        self.report(false);
    }

    /// An unknown key that looks like a missing one is one fault, not two.
    fn report(mut self, all_unknown: bool) {
        for key in self.entries.keys() {
            let name: &str = key.get_ref();
            if self.known.iter().any(|known| known == &name) {
                continue;
            }
            let nearest = units::nearest(name, self.known.iter().copied());
            let before = self.missing.len();
            self.missing.retain(|(names, _)| !nearest.is_some_and(|near| names.contains(&near)));
            if all_unknown || self.missing.len() < before {
                let fault = Fault::at(key.span(), format!("{} has no key `{name}`", self.name));
                self.faults.add(fault.help(match nearest {
                    Some(nearest) => format!("did you mean `{nearest}`?"),
                    None => format!("it can have {}", list(&self.known)),
                }));
            }
        }
        for (_, fault) in self.missing {
            self.faults.add(fault);
        }
    }
}

/// The names in quotes, with commas.
pub(super) fn list(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// The fault of a value that is not of the type asked for.
pub(super) fn wrong_type(value: &Value<'_>, wanted: &str) -> Fault {
    Fault::at(value.span(), format!("expected {wanted}, found {}", value.get_ref().type_str()))
}
