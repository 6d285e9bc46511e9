//! The reproduction as one HTML page that a room can read.
//!
//! The page holds its pictures, its drawings and its style, runs no script, and its policy forbids
//! the browser to load anything: it can be mailed, projected, printed and opened in ten years.

mod charts;
mod claim;
pub(super) mod context;
mod counts;
mod diagram;
mod plot;
pub(super) mod print;
mod sheet;

pub use diagram::minimal;
pub(super) use plot::recolouring;
pub use print::MOST_PICTURE_BYTES;

use bytes::Bytes;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::repro::{Findings, Kind, Plan, Subjects};

const STYLE: &str = include_str!("style.css");

/// What browsers may do for this page: show pictures that lie in it, and apply its own style.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; \
                      base-uri 'none'; form-action 'none'";

/// What a page is made from.
#[derive(Clone, Copy)]
pub struct Page<'a> {
    /// What was to be run.
    pub plan: &'a Plan,
    /// The photos and their owners.
    pub subjects: &'a Subjects,
    /// What was found.
    pub findings: &'a Findings,
    /// What each exhibit should have been, as JPEG, in the order of the exhibits.
    pub truths: &'a [Bytes],
    /// The command that makes the same runs.
    pub command: &'a str,
}

/// A whole document: what every page here has round its own content. `style` is what it adds to
/// the style of all.
pub(super) fn whole(
    title: &str,
    style: &str,
    skip: (&str, &str),
    header: &Markup,
    main: &Markup,
) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                link rel="icon" href="data:,";
                title { (title) }
                style { (PreEscaped(STYLE)) (PreEscaped(style)) }
            }
            body {
                a.skip href=(skip.0) { (skip.1) }
                header { (header) }
                main { (main) }
                footer { p { "Made by double-exposure " (env!("CARGO_PKG_VERSION")) "." } }
            }
        }
    }
    .into_string()
}

impl Page<'_> {
    /// The page as HTML. Its pictures take [`MOST_PICTURE_BYTES`] at most, and a third more as
    /// text; the rest is some 100 kB, and grows with the number of runs only.
    pub fn html(&self) -> String {
        let claim = claim::claim(self.findings);
        let title = format!("double-exposure: {}", self.findings.verdict);
        let skip = ("#knee", "Skip to the figures");
        whole(&title, &recolouring(), skip, &self.opening(&claim), &self.sections())
    }

    fn opening(&self, claim: &str) -> Markup {
        let planned = self.plan.pipelines.len() * self.plan.in_flight.len();
        html! {
            h1 { (claim) }
            p {
                b.verdict { (self.findings.verdict) } ": " (claim::verdict(self.findings))
                @if let Some(shortfall) = claim::shortfall(self.findings, planned) {
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
                (sheet::sheet(subjects, findings, truths))
            }
            @if plan.pipelines.contains(&Kind::Shared) {
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
                (context::again(plan, findings, command))
            }
            section aria-labelledby="published" {
                h2 #published { "What is published, and what we infer" }
                (context::published())
            }
            section aria-labelledby="not-claimed" {
                h2 #not-claimed { "What this does not claim" }
                (context::not_claimed())
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
                    @if let Some(run) = claim::worst(self.findings) {
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
