//! The reproduction as one HTML page that a room can read.
//!
//! The page holds its pictures, its drawings and its style, runs no script, and its policy forbids
//! the browser to load anything: it can be mailed, projected, printed and opened in ten years.

mod charts;
mod contact_sheet;
mod counts;
mod diagram;
mod headline;
mod plot;

pub use crate::output::figure::MAX_PICTURE_BYTES;
pub use diagram::minimal;
pub(crate) use plot::recolouring;

use bytes::Bytes;
use maud::{Markup, html};

use crate::output::facts;
use crate::output::html::whole;
use crate::pipelines::PipelineKind;
use crate::repro::{PhotoSet, ReproPlan, ReproResults};

/// What a page is made from.
#[derive(Clone, Copy)]
pub struct ReproPage<'a> {
    /// What was to be run.
    pub plan: &'a ReproPlan,
    /// The photos and their owners.
    pub subjects: &'a PhotoSet,
    /// What was found.
    pub findings: &'a ReproResults,
    /// What each exhibit should have been, as JPEG, in the order of the exhibits.
    pub truths: &'a [Bytes],
    /// The command that makes the same runs.
    pub command: &'a str,
}

impl ReproPage<'_> {
    /// The page as HTML. Its pictures take [`MAX_PICTURE_BYTES`] at most, and a third more as
    /// text; the rest is some 100 kB, and grows with the number of runs only.
    pub fn html(&self) -> String {
        let claim = headline::claim(self.findings);
        let title = format!("double-exposure: {}", self.findings.verdict);
        let skip = ("#knee", "Skip to the figures");
        whole(&title, &recolouring(), skip, &self.opening(&claim), &self.sections())
    }

    fn opening(&self, claim: &str) -> Markup {
        let planned = self.plan.pipelines.len() * self.plan.in_flight.len();
        html! {
            h1 { (claim) }
            p {
                b.verdict { (self.findings.verdict) } ": " (headline::verdict(self.findings))
                @if let Some(shortfall) = headline::shortfall(self.findings, planned) {
                    " " (shortfall)
                }
                @if self.findings.exhibits.is_empty() {
                    " This page holds nobody’s photo."
                } @else {
                    " " b { "This page holds people’s photos and names: share it accordingly." }
                }
            }
        }
    }

    fn sections(&self) -> Markup {
        let Self { plan, subjects, findings, truths, command } = *self;
        html! {
            section #knee aria-label="mixed thumbnails and throughput under load" {
                (self.figures())
            }
            section aria-labelledby="sheet" {
                h2 #sheet { "Really mixed, each beside what it should have been" }
                (contact_sheet::sheet(subjects, findings, truths))
            }
            @if plan.pipelines.contains(&PipelineKind::Shared) {
                section aria-labelledby="interleaving" {
                    h2 #interleaving { "How it happens: one slot, read after it was given away" }
                    (diagram::diagram(plan.slots))
                }
            }
            section aria-labelledby="counts" {
                h2 #counts { "The counts" }
                (counts::counts(plan, subjects, findings))
            }
            section aria-labelledby="again" {
                h2 #again { "Run it again" }
                (again(plan, findings, command))
            }
            section aria-labelledby="published" {
                h2 #published { "What is published, and what we infer" }
                (facts::published())
            }
            section aria-labelledby="not-claimed" {
                h2 #not-claimed { "What this does not claim" }
                (facts::not_claimed())
            }
        }
    }

    fn figures(&self) -> Markup {
        let runs = &self.findings.runs;
        html! {
            @if charts::drawable(runs) {
                div.figures {
                    figure {
                        figcaption { b { "Thumbnails that are mixed" } }
                        (charts::knee(runs, self.plan.slots.get()))
                    }
                    figure {
                        figcaption { b { "Thumbnails per second" } }
                        (charts::throughput(runs))
                    }
                }
                p {
                    @if let Some(run) = headline::worst(self.findings) {
                        "With " (run.in_flight) " in flight on " (run.slots) " slots, "
                        (run.tally.exposed_owners.len()) " owners were exposed and "
                        (run.tally.affected_viewers.len()) " viewers affected. "
                    }
                    (charts::cut_short(runs))
                    "Left, the scale is stretched towards 0. The published share is the real \
                     event’s, of another service under another load."
                }
            } @else {
                p {
                    "No pipeline was run at two loads or more, so there is no line to draw: the "
                    a href="#counts" { "counts" } " below say what was seen."
                }
            }
        }
    }
}

/// The seed, the machine, and the command that makes the same runs.
fn again(plan: &ReproPlan, findings: &ReproResults, command: &str) -> Markup {
    html! {
        pre tabindex="0" { code {
            @for (place, option) in command.split(" --").enumerate() {
                @if place > 0 { " " span { "--" (option) } } @else { span { (option) } }
            }
        } }
        p {
            "Seed " (plan.seed) " fixes the photos’ order. It cannot fix the threads: on a machine \
             with " (findings.cores) (if findings.cores == 1 { " core" } else { " cores" })
            " like this one the shares come out alike, and not the same. Only a word replays an \
             interleaving exactly."
        }
    }
}
