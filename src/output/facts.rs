//! States on every page what is published about the real event, what this project infers, and
//! what a run does not claim.

use maud::{Markup, html};

/// What is published about 28 November 2024, each with where.
const PUBLISHED: [(&str, &str); 8] = [
    (
        "It began with an update of the system that makes album thumbnails, rolled out gradually.",
        "operator’s notice",
    ),
    (
        "Thumbnails of photos of 35 days or older are made from a compressed copy.",
        "operator’s notice",
    ),
    (
        "It appeared only when traffic passed a certain level; under that load conversions ran \
         with image data mixed.",
        "operator’s notice",
    ),
    (
        "Part of the photo due to be processed next got into the photo being processed.",
        "ministry’s written guidance, 28 March 2025",
    ),
    ("Only album thumbnails were wrong; the photos themselves were not.", "operator’s notice"),
    ("Of the thumbnails in scope 0.3 % or fewer were wrong.", "operator, via the press"),
    (
        "About 135,000 people’s photos were shown to someone else. About 114,000 people were \
         shown someone else’s photo.",
        "operator’s notice",
    ),
    (
        "No log could tell exactly who was affected: the numbers of people are estimates.",
        "operator, via the press",
    ),
];

/// The published facts with their sources, and where inference begins.
pub(crate) fn published() -> Markup {
    html! {
        p {
            "On 28 November 2024 a messenger’s album service showed people other people’s photos \
             in its thumbnails. This project rebuilds a failure like it, to learn from it."
        }
        div.wide tabindex="0" role="region" aria-label="published facts, scrolls sideways" {
            table.facts {
                caption { "Published" }
                thead { tr { th scope="col" { "fact" } th scope="col" { "source" } } }
                tbody {
                    @for (fact, source) in PUBLISHED { tr { td { (fact) } td { (source) } } }
                }
            }
        }
        p {
            "Sources: LY Corporation’s notice 016673, “Issue where LINE Album displays images \
             from other users”; the written guidance of Japan’s Ministry of Internal Affairs and \
             Communications of 28 March 2025; ITmedia and Impress Watch, 5 December 2024."
        }
        p.inferred {
            b { "Inferred, by this project: " }
            "that buffers were shared under high load. It is the simplest mechanism we know that \
             meets all of the above together. Nothing published names a buffer, a thread, a pool, \
             a race, a library or a language."
        }
    }
}

/// The four things that nobody should take from this page.
pub(crate) fn not_claimed() -> Markup {
    html! {
        ul {
            li { "That this is the operator’s code, language or cause." }
            li {
                "That no mixed thumbnail in a run is a proof: " i { "n" } " clean ones bound the \
                 rate, at most 3/" i { "n" } " at 95 %. " code { "cargo test" } " holds the proofs."
            }
            li { "That a model says more than its size." }
            li {
                "That our share of mixed thumbnails is theirs: ours depends on the load, and the \
                 knee passes through 0.3 %."
            }
        }
    }
}
