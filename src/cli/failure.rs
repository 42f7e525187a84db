//! The library's errors as miette shows them.

use drogue::scenario::ScenarioError;
use miette::{LabeledSpan, MietteDiagnostic, NamedSource, Report};

/// Any error of the library, with its causes.
#[derive(Debug)]
pub(crate) struct Failure(Box<dyn std::error::Error + Send + Sync>);

impl Failure {
    /// An error that has no place in a scenario.
    pub fn of(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self(Box::new(error))
    }
}

impl From<Failure> for Report {
    fn from(failure: Failure) -> Self {
        let mut message = failure.0.to_string();
        let mut cause = failure.0.source();
        while let Some(source) = cause {
            // Libraries differ on whether an error repeats its cause.
            let text = source.to_string();
            if !message.contains(&text) {
                message = format!("{message}: {text}");
            }
            cause = source.source();
        }
        MietteDiagnostic::new(message).into()
    }
}

/// The faults of a scenario, each pointing at its line.
pub(crate) fn scenario(error: ScenarioError) -> Report {
    let ScenarioError::Faulty { origin, text, faults } = error else {
        return Failure::of(error).into();
    };
    let labels: Vec<LabeledSpan> = faults
        .iter()
        .filter_map(|fault| {
            let label = match &fault.help {
                Some(help) => format!("{}: {help}", fault.message),
                None => fault.message.clone(),
            };
            Some(LabeledSpan::new_with_span(Some(label), fault.span.clone()?))
        })
        .collect();
    let without_place: Vec<String> = faults
        .iter()
        .filter(|fault| fault.span.is_none())
        .map(|fault| match &fault.help {
            Some(help) => format!("{} ({help})", fault.message),
            None => fault.message.clone(),
        })
        .collect();
    let mut message = format!("{} cannot be used", origin.display());
    if !without_place.is_empty() {
        message = format!("{message}: {}", without_place.join("; "));
    }
    let diagnostic = MietteDiagnostic::new(message).with_labels(labels);
    Report::new(diagnostic).with_source_code(NamedSource::new(origin.display().to_string(), text))
}
