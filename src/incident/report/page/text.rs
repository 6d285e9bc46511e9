//! What the page says in sentences: the claim, the counts, and what is whose invention.

use maud::{Markup, html};

use crate::incident::report::milestones::{lines, meant, told, written};
use crate::incident::report::timeline::{
    PUBLISHED_OWNERS, PUBLISHED_VIEWERS, calibration, cells, fine_percent, load,
};
use crate::incident::{ParameterSource, SimulationResults, WhatIfResult, by_load, parameters};

/// The one sentence that stands first.
pub(super) fn claim(findings: &SimulationResults) -> String {
    let made = findings.made;
    let fleet = &findings.plan.script.fleet;
    match findings.first_wrong_us {
        None if made == 0 => "Nobody asked for a thumbnail, so nobody saw anything wrong.".into(),
        None => format!("Of {made} thumbnails none showed anybody else’s photo."),
        Some(first) => format!(
            "From {} on, {} thumbnails showed somebody else’s photo: more was in the making than \
             a ring of {} reused buffers could keep apart.",
            findings.plan.script.start.time(first),
            findings.wrong_made,
            fleet.slots
        ),
    }
}

/// What a person needs who knows nothing of it.
pub(super) fn story(findings: &SimulationResults) -> Markup {
    let plan = &findings.plan;
    html! {
        p {
            "A messenger’s album makes small pictures of people’s photos, "
            i { "thumbnails" } ", when somebody looks. An update let it make them in a few buffers \
            that are used again and again. In the evening so many were asked for at once that a \
            buffer was given to the next photo before the last one was done, and part of the \
            next person’s photo came out in the last one’s thumbnail. Wrong ones were kept, by the \
            service and on phones, and shown again for days."
        }
        p {
            b { "This is a simulation, 1:" (plan.scale) ", and no record of the real event. " }
            "The moments marked " b.published { "published" } " are the operator’s; those marked "
            b.ours { "here" } " came out of this run. That it was reused buffers is this project’s \
            inference: nothing published says so."
            @if findings.interrupted {
                " " b { "It was interrupted: this is what was known by then." }
            }
        }
    }
}

/// Confirmed, and apart from it estimated.
pub(super) fn accounting(findings: &SimulationResults) -> Markup {
    let (owners, viewers) = (findings.exposed_owners(), findings.affected_viewers());
    let about = |guess: Option<f64>| guess.map_or("?".into(), |guess| format!("about {guess:.0}"));
    let error = |guess: Option<f64>, count: u64| match guess {
        Some(guess) if count > 0 => format!("{:+.0} %", (guess / count as f64 - 1.0) * 100.0),
        _ => "–".into(),
    };
    let guess = findings.estimated.as_ref();
    let owners_guess = guess.and_then(|guess| guess.exposed_owners);
    let viewers_guess = guess.and_then(|guess| guess.affected_viewers);
    let scaled = |published: f64| published / f64::from(findings.plan.scale.get());
    html! {
        div.wide tabindex="0" role="region" aria-label="who was concerned, scrolls sideways" {
            table.counts {
                thead { tr {
                    th scope="col" {}
                    th scope="col" { "confirmed, by the ledger" }
                    th scope="col" { "estimated, without one" }
                    th scope="col" { "its error" }
                    th scope="col" { "published, ÷ " (findings.plan.scale) }
                } }
                tbody {
                    tr {
                        th scope="row" { "exposed owners: whose rows reached a stranger" }
                        td { (owners) } td { (about(owners_guess)) }
                        td { (error(owners_guess, owners)) }
                        td { "about " (format!("{:.0}", scaled(PUBLISHED_OWNERS))) }
                    }
                    tr {
                        th scope="row" { "affected viewers: who was shown a stranger’s rows" }
                        td { (viewers) } td { (about(viewers_guess)) }
                        td { (error(viewers_guess, viewers)) }
                        td { "about " (format!("{:.0}", scaled(PUBLISHED_VIEWERS))) }
                    }
                }
            }
        }
        p {
            "Two counts of different people, never added. The estimate is what an operator without \
            a ledger can do: people in the window times the rate in a sample"
            @if let Some(guess) = guess {
                ", here " (guess.sampled_wrong) " wrong ones of " (guess.sampled) " looked at"
            }
            ". It names nobody. " (told_of(findings))
        }
    }
}

fn told_of(findings: &SimulationResults) -> String {
    let told = findings.told;
    format!(
        "So {} people were told rightly, {} without need, and {} who should have been were not.",
        told.rightly, told.wrongly, told.not_at_all
    )
}

/// The knee, by load.
pub(super) fn knee(findings: &SimulationResults) -> Markup {
    let rows = by_load(&findings.plan, &findings.minutes);
    html! {
        p {
            "Nothing in the script says at which load photos mix. It comes out of the pipeline’s \
            own code: the more is at work, the longer each conversion takes, and the more requests \
            take the slots after it meanwhile. (" (calibration(findings)) ".)"
        }
        div.wide tabindex="0" role="region" aria-label="mixed by load, scrolls sideways" {
            table.counts {
                thead { tr {
                    th scope="col" { "load of the cores" }
                    th scope="col" { "thumbnails of the new maker" }
                    th scope="col" { "mixed" } th scope="col" { "share" }
                } }
                tbody { @for row in rows { tr.mixed[row.wrong > 0] {
                    th scope="row" { (load(row.from_percent, row.to_percent)) }
                    td { (row.made) } td { (row.wrong) }
                    td { (fine_percent(row.wrong as f64 / row.made.max(1) as f64)) }
                } } }
            }
        }
    }
}

/// The same day with one thing changed.
pub(super) fn what_ifs(compared: &[WhatIfResult]) -> Markup {
    const HEAD: [&str; 8] = [
        "wrong made",
        "exposed owners",
        "affected viewers",
        "min to detec\u{ad}tion",
        "hours to last copy",
        "told rightly",
        "told without need",
        "not told",
    ];
    html! {
        @if compared.is_empty() {
            p { "No other day was played. " code { "double-exposure incident --what-ifs" }
                " plays eight of them." }
        } @else {
            div.wide tabindex="0" role="region" aria-label="what-ifs, scrolls sideways" {
                table.counts {
                    thead { tr {
                        th scope="col" { "one thing changed" }
                        @for name in HEAD { th scope="col" { (name) } }
                    } }
                    tbody { @for row in compared { tr.mixed[row.flag.is_none()] {
                        th scope="row" { (row.name) }
                        @for cell in cells(row) { td { (cell) } }
                    } } }
                }
            }
        }
    }
}

/// Every parameter, with where it comes from.
pub(super) fn all_parameters(findings: &SimulationResults) -> Markup {
    let all = parameters(&findings.plan.script);
    html! {
        p {
            b { "Published" } ": by the operator, the ministry or the press. " b { "Inferred" }
            ": worked out from published figures, or this project’s reading of them. "
            b { "Fitted" } ": ours, and chosen so that the day comes near the published figures: \
            that it does is no evidence for anything else. " b { "Invented" } ": ours. "
            b { "Changed" } ": by whoever wrote this script or gave a flag."
        }
        div.wide tabindex="0" role="region" aria-label="parameters, scrolls sideways" {
            table.facts {
                thead { tr {
                    th scope="col" { "parameter" } th scope="col" { "value" }
                    th scope="col" { "origin" }
                } }
                tbody {
                    tr { td { "--scale" } td { (findings.plan.scale) } td { "invented" } }
                    tr { td { "--seed" } td { (findings.plan.seed) } td { "invented" } }
                    @for one in all.iter().filter(|one| !one.path.starts_with("published.")) { tr {
                        td { (one.path) } td { (one.value) }
                        td { (one.origin.map_or("changed", ParameterSource::word)) }
                    } }
                }
            }
        }
    }
}

/// The moments in a table, by their numbers.
pub(super) fn moments(findings: &SimulationResults) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-label="moments, scrolls sideways" {
            table.facts.moments {
                thead { tr {
                    th scope="col" {} th scope="col" { "published" } th scope="col" { "here" }
                    th scope="col" { "what" }
                } }
                tbody {
                    @for (line, number) in
                        lines(findings).iter().zip(1..) { tr {
                        th scope="row" { (number) }
                        td.published {
                            (written(line.published))
                        }
                        td.ours { @if let Some(ours) = line.ours { (told(findings, ours)) } }
                        td {
                            (line.published.what)
                            @if let Some(meant) = meant(line.published) { " (" (meant) ")" }
                        }
                    } }
                }
            }
        }
    }
}
