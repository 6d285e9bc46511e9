//! How a replay ends: what became of each request, and whether that is what was promised.

use std::fmt::Write;

use super::config::ReplayConfig;
use super::photo_assignment::PhotoAssignment;
use super::result::ReplayResult;
use crate::output::terminal::{self, GREEN, PLAIN, RED, many, plain, wrap};
use crate::pipelines::PipelineKind;
use crate::schedule::Outcome;

/// A line per request, with what became of it and when.
pub(super) fn outcomes(
    text: &mut String,
    scene: &ReplayConfig,
    cast: &PhotoAssignment,
    performance: &ReplayResult,
    width: usize,
) {
    let name = |request| scene.word.letter(request);
    for (request, thumbnail) in performance.thumbnails.iter().enumerate() {
        let (outcome, colour) = match thumbnail {
            None => ("unfinished", PLAIN),
            Some(one) => (terminal::outcome(one.outcome), terminal::colour(one.outcome)),
        };
        let _ = write!(text, "{}  {colour}{outcome:<10}{PLAIN}  ", name(request));
        let role = &cast.roles[request];
        let owner: String = plain(&role.owner).chars().take(width - 20).collect();
        let _ = writeln!(text, "{owner}");
        let lost = performance.lost_at(request);
        let mixed = performance.mixed_at(request);
        let told = match (lost, mixed) {
            (Some((lost, by)), Some((mixed, whose))) => format!(
                "from step {lost}, where {} began, it could no longer be saved; at step \
                     {mixed} it took {}'s rows",
                name(by),
                name(whose)
            ),
            (Some((lost, by)), None) => {
                format!("from step {lost}, where {} began, it could no longer be saved", name(by))
            }
            (None, Some((mixed, whose))) => {
                format!("at step {mixed} it took {}'s rows", name(whose))
            }
            (None, None) => continue,
        };
        for line in wrap(&told, width - 3) {
            let _ = writeln!(text, "   {line}");
        }
    }
}

/// What it all comes to.
pub(super) fn closing(
    text: &mut String,
    scene: &ReplayConfig,
    performance: &ReplayResult,
    width: usize,
) {
    let finished = || performance.thumbnails.iter().flatten();
    let of = |outcome: Outcome| finished().filter(|one| one.outcome == outcome).count();
    let counts = format!(
        "{}: {} clean, {} torn, {} swapped",
        many(finished().count(), "thumbnail"),
        of(Outcome::Clean),
        of(Outcome::Torn),
        of(Outcome::Swapped)
    );
    let (colour, verdict) = match (performance.as_promised(), scene.kind) {
        (true, PipelineKind::Shared) => {
            (GREEN, "as the lap law says, band by band and byte by byte.")
        }
        (true, _) => (GREEN, "everybody has only their own rows, as promised."),
        (false, _) => (RED, "not what was promised:"),
    };
    text.push('\n');
    for line in wrap(&format!("{counts}; {verdict}"), width) {
        let _ = writeln!(text, "{colour}{line}{PLAIN}");
    }
    for difference in &performance.differences {
        for line in wrap(&difference.to_string(), width) {
            let _ = writeln!(text, "{RED}{line}{PLAIN}");
        }
    }
}
