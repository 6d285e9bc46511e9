//! A day in virtual time as one HTML page that a room can read.
//!
//! Like the reproduction's, it holds its pictures and its style, runs no script and loads nothing.

mod axis;
mod swimlanes;
mod text;

use maud::{Markup, html};

use crate::incident::{SampleImage, SimulationResults, WhatIfResult};
use crate::output::facts;
use crate::output::figure::{self, Rows};
use crate::output::html;

const OWN_STYLE: &str = include_str!("style.css");

/// What a page is made from.
#[derive(Clone, Copy)]
pub struct IncidentPage<'a> {
    /// The day.
    pub findings: &'a SimulationResults,
    /// Other days beside it.
    pub compared: &'a [WhatIfResult],
    /// Mixed thumbnails of the day.
    pub pictures: &'a [SampleImage],
}

impl IncidentPage<'_> {
    /// The page as HTML.
    pub fn html(&self) -> String {
        let title = &self.findings.plan.script.title;
        let header = html! {
            p { (title) ", replayed in virtual time" }
            h1 { (text::claim(self.findings)) }
            (text::story(self.findings))
        };
        let title = format!("double-exposure: {title}");
        html::page(&title, OWN_STYLE, ("#day", "Skip to the day"), &header, &self.sections())
    }

    fn sections(&self) -> Markup {
        let Self { findings, compared, .. } = *self;
        html! {
            section #day aria-label="the day and the days after it" {
                figure {
                    div.wide tabindex="0" role="region" aria-label="drawing, scrolls sideways" {
                        (swimlanes::lanes(findings))
                    }
                    figcaption {
                        "Wrong copies on devices that would still be shown, by platform:"
                        (swimlanes::key(findings))
                    }
                }
                (text::moments(findings))
            }
            section aria-labelledby="who" {
                h2 #who { "Who was concerned, and who was told" }
                (text::accounting(findings))
            }
            section aria-labelledby="helped" {
                h2 #helped { "The same day with one thing changed" }
                (text::what_ifs(compared))
            }
            section aria-labelledby="torn" {
                h2 #torn { "Thumbnails of that evening, each beside what it should have been" }
                (self.pictures())
            }
            section aria-labelledby="knee" {
                h2 #knee { "Why in the evening" }
                (text::knee(findings))
            }
            section aria-labelledby="published" {
                h2 #published { "What is published, what is inferred, what is invented" }
                (facts::published())
                (text::all_parameters(findings))
            }
            section aria-labelledby="not-claimed" {
                h2 #not-claimed { "What this does not claim" }
                (facts::not_claimed())
            }
        }
    }

    fn pictures(&self) -> Markup {
        let start = &self.findings.plan.script.start;
        html! {
            @if self.pictures.is_empty() {
                p { "No thumbnail of this day was mixed, so there is nothing to show." }
            } @else {
                p {
                    "The simulation has no pixels. These are thumbnails of its log, played again \
                    as they came about, with real photos in a ring of one slot: what each \
                    shows is what the log says of it, row by row. People and photos are stand-ins."
                }
                div.sheet { @for picture in self.pictures { (pair(picture, start)) } }
            }
        }
    }
}

fn pair(picture: &SampleImage, start: &crate::incident::Timestamp) -> Markup {
    let sample = &picture.sample;
    let kind = if sample.is_torn() { "torn" } else { "swapped" };
    let name = |letter: usize| picture.owners[letter].as_str();
    let mut rows: Vec<(std::ops::Range<u32>, usize)> = Vec::new();
    for (place, letter) in &picture.rows {
        match rows.last_mut() {
            Some((above, same)) if same == letter => above.end = place.end,
            _ => rows.push((place.clone(), *letter)),
        }
    }
    let caption = html! {
        b { (start.time(sample.at_us)) ", " (kind) } ": " b { (name(0)) } " asked. "
        code { "replay " (sample.word) }
    };
    let rows: Vec<Rows<'_>> = rows
        .into_iter()
        .map(|(rows, letter)| Rows { rows, is_stranger: letter != 0, name: name(letter) })
        .collect();
    figure::pair(&caption, name(0), &rows, &picture.made, &picture.truth)
}
