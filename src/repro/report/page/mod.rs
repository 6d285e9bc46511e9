//! Writes a reproduction as one HTML page, large enough to be projected.
//!
//! The page holds its pictures, its charts and its style, and runs no script. Its content security
//! policy forbids the browser to load anything, so it can be mailed, printed, and opened offline.

mod charts;
mod contact_sheet;
mod counts;
mod diagram;

pub use crate::output::figure::MAX_PICTURE_BYTES;
pub use diagram::minimal;

use bytes::Bytes;
use maud::{Markup, html};

use super::text;
use crate::output::facts;
use crate::output::html::{page, section};
use crate::output::terminal::many;
use crate::pipelines::PipelineKind;
use crate::repro::{PhotoSet, ReproPlan, ReproResults};

/// Holds what a page is made from.
#[derive(Clone, Copy)]
pub struct ReproPage<'a> {
    /// Parameters of the reproduction.
    pub plan: &'a ReproPlan,
    /// Photos and their owners.
    pub photo_set: &'a PhotoSet,
    /// Results of the reproduction.
    pub results: &'a ReproResults,
    /// Unmixed thumbnail of each exhibit, as JPEG, in the order of the exhibits.
    pub truths: &'a [Bytes],
    /// Command line that makes the same runs.
    pub command: &'a str,
}

impl ReproPage<'_> {
    /// Returns the page as HTML. Its pictures have at most [`MAX_PICTURE_BYTES`], and a third more
    /// as text. The rest is about 100 kB, and grows with the number of runs only.
    pub fn html(&self) -> String {
        let title = format!("double-exposure: {}", self.results.verdict);
        let skip = ("#knee", "Skip to the figures");
        page(&title, "", skip, &self.opening(), &self.sections())
    }

    fn opening(&self) -> Markup {
        html! {
            h1 { (text::headline(self.results)) }
            p {
                b.verdict { (self.results.verdict) } ": " (text::meaning(self.results.verdict))
                @if let Some(shortfall) = text::shortfall(self.plan, self.results) {
                    " " (shortfall)
                }
                @if self.results.exhibits.is_empty() {
                    " This page holds no photos of people."
                } @else {
                    " " b { "This page holds people’s photos and names: share it accordingly." }
                }
            }
        }
    }

    fn sections(&self) -> Markup {
        let Self { plan, photo_set, results, truths, command } = *self;
        html! {
            @if plan.pipelines.contains(&PipelineKind::Shared) {
                (section(
                    "interleaving",
                    "How it happens: a request reads an overwritten slot",
                    &diagram::diagram(plan.slots),
                ))
            }
            section #knee aria-label="mixed thumbnails and throughput under load" {
                (self.figures())
            }
            (section(
                "sheet",
                "Mixed thumbnails, each beside what it should have been",
                &contact_sheet::sheet(photo_set, results, truths),
            ))
            (section("counts", "The counts", &counts::counts(plan, photo_set, results)))
            (section("again", "Run it again", &rerun(plan, results, command)))
            (section("published", "Published facts, and our inference", &facts::published()))
            (section("not-claimed", "What this does not claim", &facts::not_claimed()))
        }
    }

    fn figures(&self) -> Markup {
        let runs = &self.results.runs;
        html! {
            @if charts::drawable(runs) {
                div.figures {
                    figure {
                        figcaption { b { "Thumbnails that are mixed" } }
                        (charts::mixed_share(runs, self.plan.slots.get()))
                    }
                    figure {
                        figcaption { b { "Thumbnails per second" } ", with their range" }
                        (charts::throughput(runs))
                    }
                }
                p {
                    @if let Some(run) = text::worst(self.results) {
                        "The run with " (run.in_flight) " in flight on " (many(run.slots, "slot"))
                        " exposed " (many(run.stats.exposed_owners.len(), "owner"))
                        " and affected " (many(run.stats.affected_viewers.len(), "viewer")) ". "
                    }
                    (charts::cut_short(runs))
                    "The left scale is stretched near 0. With at most as many in flight as slots \
                     a mixed thumbnail is rare, not impossible. The published share, 0.3 % or \
                     less (operator, via the press), is that of the real event, of another \
                     service under another load."
                }
                p {
                    "A range reaches from the slowest to the fastest fifth of a run. "
                    (charts::noise(runs))
                }
            } @else {
                p {
                    "There is no line to draw, because no pipeline was run at two loads or more. \
                     The " a href="#counts" { "counts" } " below show the results."
                }
            }
        }
    }
}

/// Shows the command that makes the same runs, and explains what the seed does not fix.
fn rerun(plan: &ReproPlan, results: &ReproResults, command: &str) -> Markup {
    html! {
        pre tabindex="0" { code {
            @for (index, option) in command.split(" --").enumerate() {
                @if index > 0 { " " span { "--" (option) } } @else { span { (option) } }
            }
        } }
        p {
            "Seed " (plan.seed) " fixes the order of the photos. It does not fix the order of the \
             threads: on a machine with " (results.cores)
            (if results.cores == 1 { " core" } else { " cores" })
            " like this one the shares are similar, but not equal. Only a word (a schedule \
             written as letters) replays an interleaving exactly."
        }
    }
}
