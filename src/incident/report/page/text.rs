//! Writes the page's sentences and tables: headline, counts, what-ifs, and the source of each
//! value.

use maud::{Markup, html};

use crate::incident::report::json::relative_error;
use crate::incident::report::milestones::{
    event_text, published_time, simulated_time, timeline_rows,
};
use crate::incident::report::timeline::{
    PUBLISHED_OWNERS, PUBLISHED_VIEWERS, calibration, cells, load_cells,
};
use crate::incident::{Comparison, SimulationResults, by_load, parameters};
use crate::output::html::{table, wide};
use crate::output::terminal::grouped;
use crate::pipelines::PipelineKind;

/// Writes the headline.
pub(super) fn headline(results: &SimulationResults) -> String {
    let made = results.made;
    match results.first_wrong_us {
        None if made == 0 => "No thumbnail was requested, so no wrong thumbnail was shown.".into(),
        None => format!("None of {} thumbnails showed another person’s photo.", grouped(made)),
        Some(first) => format!(
            "From {} on, {} thumbnails showed another person’s photo: later requests overwrote \
             shared buffers (one of {} on a node) that earlier requests still used.",
            results.plan.scenario.start.time(first),
            grouped(results.wrong_made),
            results.plan.scenario.fleet.slots
        ),
    }
}

/// Tells the story for a reader without previous knowledge.
pub(super) fn story(results: &SimulationResults) -> Markup {
    let plan = &results.plan;
    html! {
        p {
            "A messenger’s album service makes small versions of people’s photos, "
            i { "thumbnails" } ", when a person views an album. An update made the service reuse a \
            few buffers for all requests. In the evening there were so many requests at once that \
            a buffer was given to the next photo before the previous thumbnail was done. Part of \
            the next person’s photo then came out in the previous person’s thumbnail. The service \
            and phones cached wrong thumbnails, and showed them again for days."
        }
        p {
            b { "This is a simulation, 1:" (plan.scale) ", and no record of the real event. " }
            "The operator published the times marked " b.published { "published" } ". The times \
            marked " b.simulated { "simulated" } " are results of this simulation. That buffers \
            were reused is an inference of this project: no publication says so."
            @if results.interrupted {
                " " b { "The simulation was interrupted: the results end at the interrupt." }
            }
        }
    }
}

/// Explains the numbers at the times, and the line that marks the number of slots.
pub(super) fn drawing_note(results: &SimulationResults) -> Markup {
    let fleet = &results.plan.scenario.fleet;
    html! {
        p {
            "The numbers above the hours are " b.published { "published" } " times, and those \
             below are " b.simulated { "simulated" } " times; the table names them."
        }
        @if fleet.pipeline == PipelineKind::Shared {
            p {
                "A conversion is in flight from its begin to its finish. A slot is a buffer in a \
                node’s ring, and a node has " (fleet.slots) " slots. With at most as many \
                conversions in flight as slots, mixing is rare, not impossible: a conversion that \
                takes very long can still be lapped (a later request overwrites its buffer)."
            }
        }
    }
}

/// Tabulates the confirmed counts, and apart from these the estimated counts.
pub(super) fn accounting(results: &SimulationResults) -> Markup {
    let estimate = results.estimated.as_ref();
    let rows = [
        (
            "exposed owners: people whose rows were shown to a stranger",
            results.exposed_owners(),
            estimate.and_then(|estimate| estimate.exposed_owners),
            PUBLISHED_OWNERS,
        ),
        (
            "affected viewers: people who were shown a stranger’s rows",
            results.affected_viewers(),
            estimate.and_then(|estimate| estimate.affected_viewers),
            PUBLISHED_VIEWERS,
        ),
    ];
    let about = |estimate: Option<f64>| {
        let about = |number| format!("about {}", grouped(format_args!("{number:.0}")));
        estimate.map_or("?".into(), about)
    };
    let error = |estimate: Option<f64>, count: u64| {
        let error = relative_error(estimate, count);
        error.map_or("–".into(), |error| format!("{:+.0} %", error * 100.0))
    };
    let scaled = |published: f64| published / f64::from(results.plan.scale.get());
    let notifications = results.notifications;
    let head = [
        "",
        "confirmed, by the ledger",
        "estimated, without a ledger",
        "error of the estimate",
        &format!("published, ÷ {}", results.plan.scale),
    ];
    let rows = html! {
        @for (name, count, estimate, published) in rows { tr {
            th scope="row" { (name) }
            td { (grouped(count)) } td { (about(estimate)) }
            td { (error(estimate, count)) }
            td { (about(Some(scaled(published)))) }
        } }
    };
    html! {
        (wide("affected people", &table("counts", None, &head, &rows)))
        p {
            "The two rows count different people and are never added. The estimate shows what an \
            operator without a ledger can do: people in the window times the rate in a sample"
            @if let Some(estimate) = estimate {
                ", here " (grouped(estimate.sampled_wrong)) " wrong thumbnails of "
                (grouped(estimate.sampled)) " examined"
            }
            ". The estimate names no person. The operator notified "
            (grouped(notifications.correct)) " affected people, and "
            (grouped(notifications.unneeded)) " people who were not affected. "
            (grouped(notifications.missed)) " affected people were not notified."
        }
    }
}

/// Explains the knee, and tabulates wrong thumbnails by load.
pub(super) fn knee(results: &SimulationResults) -> Markup {
    let head = ["load of the cores", "thumbnails of the new maker", "wrong", "share"];
    let rows = html! {
        @for row in by_load(&results.plan, &results.minutes) { tr.mixed[row.wrong > 0] {
            @let [load, share] = load_cells(&row);
            th scope="row" { (load) }
            td { (grouped(row.made)) } td { (grouped(row.wrong)) }
            td { (share) }
        } }
    };
    html! {
        p {
            "No value of the scenario says at which load photos mix. The pipeline’s own code \
            decides it. The more conversions are in flight, the longer each one takes, and the \
            more later requests take slots before it ends. So the share of wrong thumbnails rises \
            steeply from a certain load on, the knee. (" (calibration(results)) ".)"
        }
        (wide("wrong by load", &table("counts", None, &head, &rows)))
    }
}

/// Tabulates the what-ifs.
pub(super) fn what_ifs(compared: &Comparison) -> Markup {
    const HEAD: [&str; 9] = [
        "one thing changed",
        "wrong made",
        "exposed owners",
        "affected viewers",
        "min to detec\u{ad}tion",
        "hours to last copy",
        "correct notifi\u{ad}cations",
        "unneeded notifi\u{ad}cations",
        "missed people",
    ];
    let rows = html! {
        @for row in &compared.rows { tr.mixed[row.flag.is_none()] {
            th scope="row" { (row.name) }
            @for cell in cells(row) { td { (cell) } }
        } }
    };
    html! {
        p { "Each row simulates the whole day anew, 1:" (compared.scale) "." }
        (wide("what-ifs", &table("counts", None, &HEAD, &rows)))
    }
}

/// Tabulates every parameter with its source.
pub(super) fn all_parameters(results: &SimulationResults) -> Markup {
    let parameters = parameters(&results.plan.scenario).into_iter();
    let parameters = parameters.filter(|parameter| !parameter.path.starts_with("published."));
    let rows = html! {
        tr { td { "--scale" } td { (results.plan.scale) } td { "invented" } }
        tr { td { "--seed" } td { (results.plan.seed) } td { "invented" } }
        @for parameter in parameters { tr {
            td { (parameter.path) } td { (parameter.value) }
            td { @match parameter.source { Some(source) => (source), None => "changed" } }
        } }
    };
    html! {
        p {
            b { "Published" } ": by the operator, the ministry or the press. " b { "Inferred" }
            ": a conclusion of this project from published figures. " b { "Fitted" } ": chosen by \
            this project so that the results come near the published figures. Their nearness is \
            therefore no evidence. " b { "Invented" } ": chosen freely by this project. "
            b { "Changed" } ": set by the author of this scenario or by a flag."
        }
        (wide("parameters", &table("facts", None, &["parameter", "value", "source"], &rows)))
    }
}

/// Tabulates the published and the simulated times, numbered as in the drawing.
pub(super) fn milestones(results: &SimulationResults) -> Markup {
    let rows = html! {
        @for (row, number) in timeline_rows(results).iter().zip(1..) { tr {
            th scope="row" { (number) }
            td.published { (published_time(row.published)) }
            td.simulated {
                @if let Some(us) = row.simulated { (simulated_time(results, us)) }
            }
            td { (event_text(row.published)) }
        } }
    };
    let head = ["", "published", "simulated", "event"];
    wide("times", &table("facts milestones", None, &head, &rows))
}
