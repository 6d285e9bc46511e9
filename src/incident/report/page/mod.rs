//! Renders the results of a simulation as an HTML page for a classroom.
//!
//! Like the page of `repro`, the page contains its images and its style, runs no script and loads
//! nothing.

mod axis;
mod swimlanes;
mod text;

use maud::{Markup, html};

use crate::incident::{Comparison, SampleImage, SimulationResults, Timestamp};
use crate::output::facts;
use crate::output::figure;
use crate::output::html::{self, section};

const OWN_STYLE: &str = include_str!("style.css");

/// Holds the content of a page.
#[derive(Clone, Copy)]
pub struct IncidentPage<'a> {
    /// The results of the simulation.
    pub results: &'a SimulationResults,
    /// The what-if table.
    pub compared: &'a Comparison,
    /// Images of wrong thumbnails.
    pub images: &'a [SampleImage],
}

impl IncidentPage<'_> {
    /// Renders the page as HTML.
    pub fn html(&self) -> String {
        let title = &self.results.plan.scenario.title;
        let header = html! {
            p { (title) ", simulated in virtual time" }
            h1 { (text::headline(self.results)) }
            (text::story(self.results))
        };
        let title = format!("double-exposure: {title}");
        html::page(&title, OWN_STYLE, ("#day", "Skip to the day"), &header, &self.sections())
    }

    fn sections(&self) -> Markup {
        let Self { results, compared, .. } = *self;
        html! {
            section #day aria-label="the day and the days after it" {
                figure {
                    (swimlanes::swimlanes(results, &axis::PROJECTOR))
                    (swimlanes::swimlanes(results, &axis::PHONE))
                    figcaption {
                        (text::drawing_note(results))
                        "Wrong copies on devices that a view would show, by platform:"
                        (swimlanes::key(results))
                    }
                }
                (text::milestones(results))
            }
            (section("who", "Affected and notified people", &text::accounting(results)))
            @if !compared.rows.is_empty() {
                (section(
                    "helped",
                    "The same day with one thing changed",
                    &text::what_ifs(compared),
                ))
            }
            (section(
                "torn",
                "Wrong thumbnails of that evening, each next to the correct thumbnail",
                &self.images(),
            ))
            (section("knee", "Why in the evening", &text::knee(results)))
            (section("published", "Published, inferred and invented values", &html! {
                (facts::published())
                (text::all_parameters(results))
            }))
            (section("not-claimed", "What this does not claim", &facts::not_claimed()))
        }
    }

    fn images(&self) -> Markup {
        let start = &self.results.plan.scenario.start;
        html! {
            @if self.images.is_empty() {
                p { "No thumbnail of this day was wrong, so there are no images." }
            } @else {
                p {
                    "The simulation has no pixels. Each image replays a thumbnail of the log with \
                    real photos in a ring of one slot. Its rows are compared with the log. People \
                    and photos are stand-ins. A torn thumbnail shows rows of its own photo and of \
                    another photo; a swapped thumbnail shows only rows of other photos."
                }
                div.sheet { @for image in self.images { (pair(image, start)) } }
            }
        }
    }
}

fn pair(image: &SampleImage, start: &Timestamp) -> Markup {
    let sample = &image.sample;
    let kind = if sample.is_torn() { "torn" } else { "swapped" };
    let name = |letter: usize| image.owners[letter].as_str();
    let caption = html! {
        b { (start.time(sample.at_us)) ", " (kind) } ": request for a photo of " b { (name(0)) }
        ". " code { "replay " (sample.word) }
    };
    let rows = figure::rows(&image.rows, 0, name);
    figure::pair(&caption, name(0), &rows, &image.made, &image.truth)
}
