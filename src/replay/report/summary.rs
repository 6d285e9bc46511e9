//! Prints the outcome of each request of a replay, and compares the replay with the lap law (which
//! predicts the owner of every band).

use std::fmt::Write;

use crate::output::terminal::{self, GREEN, PLAIN, RED, many, plain, wrap};
use crate::replay::ReplayResult;
use crate::schedule::Outcome;

/// Writes the outcome of each request, and the steps at which the request was lapped (overwritten
/// by a later request) and mixed.
pub(super) fn outcomes(text: &mut String, result: &ReplayResult, width: usize) {
    let name = |request| result.name(request);
    for (request, thumbnail) in result.thumbnails.iter().enumerate() {
        let (outcome, colour) = match thumbnail {
            None => ("unfinished", PLAIN),
            Some(thumbnail) => {
                (terminal::outcome(thumbnail.outcome), terminal::colour(thumbnail.outcome))
            }
        };
        let owner = plain(&result.assignment.photos[request].owner);
        let owner: String = owner.chars().take(width - 20).collect();
        let _ = writeln!(text, "{}  {colour}{outcome:<10}{PLAIN}  {owner}", name(request));
        let lapped = result.lapped_at(request).map(|(step, by)| {
            format!("lapped at step {step}, where {} decodes into its slot", name(by))
        });
        let mixed = result
            .mixed_at(request)
            .map(|(step, owner)| format!("from step {step} on with rows of {}", name(owner)));
        let notes: Vec<String> = lapped.into_iter().chain(mixed).collect();
        for line in wrap(&notes.join("; "), width - 3).lines() {
            let _ = writeln!(text, "   {line}");
        }
    }
}

/// Writes the number of thumbnails of each outcome, and the differences from the lap law.
pub(super) fn closing(text: &mut String, result: &ReplayResult, width: usize) {
    let counts = format!(
        "{}: {} clean, {} torn, {} swapped",
        many(result.thumbnails.iter().flatten().count(), "thumbnail"),
        result.count(Outcome::Clean),
        result.count(Outcome::Torn),
        result.count(Outcome::Swapped)
    );
    let (colour, verdict) = match (result.is_as_predicted(), result.config.has_ring()) {
        (true, true) => (GREEN, "as the lap law predicts, in every band and every byte."),
        (true, false) => (GREEN, "all rows are their owner's, as promised."),
        (false, _) => (RED, "not as predicted:"),
    };
    text.push('\n');
    for line in wrap(&format!("{counts}; {verdict}"), width).lines() {
        let _ = writeln!(text, "{colour}{line}{PLAIN}");
    }
    for difference in &result.differences {
        for line in wrap(&difference.to_string(), width).lines() {
            let _ = writeln!(text, "{RED}{line}{PLAIN}");
        }
    }
}
