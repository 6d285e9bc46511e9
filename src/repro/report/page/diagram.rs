//! Draws one minimal interleaving as a space-time diagram: time to the right, a lane for each
//! request, and a lane for the content of the slot (an index into the ring of shared buffers).
//!
//! The word (a schedule written as letters) is the smallest for the run's number of slots in which
//! both a torn thumbnail and the request that tore it are finished. The drawing is made from the
//! word, and the lap law predicts the owner of each band.

use std::num::{NonZeroU32, NonZeroUsize};

use maud::{Markup, html};

use crate::output::html::wide;
use crate::schedule::{Act, Schedule, predict};

/// Bands of the thumbnails in the diagram: one before A is lapped (its slot is overwritten by a
/// later request), and one after.
const BANDS: NonZeroU32 = NonZeroU32::new(2).unwrap();
/// Upper bound of the slots for which a word has enough letters: it needs one request more than
/// there are slots.
const MAX_SLOTS: usize = 25;

/// Width of the view box, in its own units.
const WIDTH: usize = 1200;
/// Left edge of the lanes, in units of the view box.
const LEFT: usize = 130;
/// Width of a column, in units of the view box.
const COLUMN: usize = 104;
/// Height of a lane, in units of the view box.
const LANE: usize = 84;
/// Top edge of the first lane, in units of the view box.
const TOP: usize = 52;
/// Height of a step's box, in units of the view box.
const BOX: usize = 56;

/// Returns the smallest word in which A is torn in a ring of `slots`, and the number of slots that
/// the word is drawn with: 1 if there are too many for the letters. The word is A's first band, a
/// `begin` in every other slot, one more `begin` in A's slot, and A's second band.
pub fn minimal(slots: NonZeroUsize) -> (Schedule, NonZeroUsize) {
    let slots = if slots.get() > MAX_SLOTS { NonZeroUsize::MIN } else { slots };
    let letters: Vec<char> = ('A'..='Z').take(slots.get() + 1).collect();
    let last = letters[slots.get()];
    let begins: String = letters[1..].iter().collect();
    let word = format!("AA{begins}A{last}A{last}{last}");
    (word.parse().expect("these are letters"), slots)
}

/// Describes one column of the diagram.
struct Column {
    lane: usize,
    label: String,
    /// Second line of the label: the owner whose photo a band shows, or a number of requests.
    below: Option<String>,
    /// Step on A's slot; `None` if the request has another slot.
    act: Option<Act>,
}

/// Describes the diagram: a lane for each request, and a column for each step of the word.
struct Diagram {
    /// Names of the lanes: request A, the requests between if there are any, and the last request.
    lanes: Vec<String>,
    columns: Vec<Column>,
    /// Index of the column in which A is lapped.
    lap: usize,
    /// Letter of the last request.
    last: char,
    /// Owners of each band, in the thumbnails of A and of the last request.
    owners: [Vec<char>; 2],
}

/// Returns the diagram of the smallest word for a ring of `slots`, with an explanation.
pub(super) fn diagram(slots: NonZeroUsize) -> Markup {
    let (word, drawn) = minimal(slots);
    let diagram = layout(&word, drawn);
    let last = diagram.last;
    html! {
        figure {
            figcaption {
                "The word " code.word { (word) } ": each letter is a step of the request it names"
                @if drawn != slots {
                    ", drawn with one slot in place of " (slots)
                }
                ". " (last) " begins in the slot that A still reads, "
                "and A’s second band shows " (last) "’s photo."
                @if drawn.get() > 1 {
                    " Two requests in flight are enough if A stalls: the requests between them \
                     only use up the other slots."
                }
            }
            (wide("diagram", &draw(&diagram)))
            p {
                "Every access to the slot is locked, but no lock is held from one box to the next. \
                 A’s job kept the number of the slot, and not the photo."
            }
        }
    }
}

fn layout(word: &Schedule, slots: NonZeroUsize) -> Diagram {
    let last = word.requests() - 1;
    let folded = last - 1;
    let others = usize::from(folded > 0);
    let (mut columns, mut in_slot, mut lap) = (Vec::new(), 'A', 0);
    for step in word.steps() {
        let letter = word.letter(step.request);
        let act = step.act(BANDS).expect("no request has more steps than it needs");
        let lane = match step.request {
            0 => 0,
            request if request == last => 1 + others,
            1 => {
                let below = (folded > 1).then(|| format!("{folded} times"));
                columns.push(Column { lane: 1, label: "begin".into(), below, act: None });
                continue;
            }
            _ => continue,
        };
        if act == Act::Begin {
            in_slot = letter;
            lap = columns.len();
        }
        let (label, below) = match act {
            Act::Begin => ("begin".into(), None),
            Act::Band(band) => (format!("band {}", band + 1), Some(format!("shows {in_slot}"))),
            Act::Finish => ("finish".into(), None),
        };
        columns.push(Column { lane, label, below, act: Some(act) });
    }
    let name = |request: usize| word.letter(request);
    let mut lanes = vec!["A".to_owned()];
    lanes.extend(match folded {
        0 => None,
        1 => Some("B".to_owned()),
        _ => Some(format!("{} to {}", name(1), name(folded))),
    });
    lanes.push(name(last).to_string());
    let shown = predict(word, BANDS, slots);
    let owners = [0, last].map(|request| {
        let bands = shown[request].iter().flatten();
        bands.map(|&owner| name(owner)).collect()
    });
    Diagram { lanes, columns, lap, last: name(last), owners }
}

fn draw(diagram: &Diagram) -> Markup {
    let slot = TOP + diagram.lanes.len() * LANE;
    let height = slot + LANE + 16;
    let lap = LEFT + diagram.lap * COLUMN;
    html! {
        svg.diagram viewBox={ "0 0 " (WIDTH) " " (height) } role="img"
            aria-label=(description(diagram)) {
            text x="0" y="30" { "time →" }
            text.made x=(WIDTH) y="30" text-anchor="end" { "thumbnail" }
            @for (lane, name) in diagram.lanes.iter().enumerate() {
                (lane_line(TOP + lane * LANE, name))
            }
            (slot_lane(diagram, slot))
            @for (index, column) in diagram.columns.iter().enumerate() {
                (step(index, column, slot))
            }
            @for (owners, lane) in diagram.owners.iter().zip([0, diagram.lanes.len() - 1]) {
                (thumbnail(owners, TOP + lane * LANE))
            }
            line.lap x1=(lap) x2=(lap) y1="40" y2=(height) {}
            text.lap x=(lap) y="30" text-anchor="middle" {
                "A is lapped"
            }
        }
    }
}

fn lane_line(y: usize, name: &str) -> Markup {
    let middle = y + LANE / 2;
    html! {
        text x="0" y=(middle + 8) { (name) }
        line.lane x1=(LEFT) x2=(WIDTH - 130) y1=(middle) y2=(middle) {}
    }
}

/// Draws the content of the slot: A's photo until A is lapped, then the last request's.
fn slot_lane(diagram: &Diagram, y: usize) -> Markup {
    let (lap, end) = (LEFT + diagram.lap * COLUMN, WIDTH - 130);
    let (top, text) = (y + (LANE - BOX) / 2, y + LANE / 2 + 8);
    html! {
        text x="0" y=(text) { "A’s slot" }
        rect.first x=(LEFT) y=(top) width=(lap - LEFT) height=(BOX) {}
        text.first x=((LEFT + lap) / 2) y=(text) text-anchor="middle" { "A’s photo" }
        rect.last x=(lap) y=(top) width=(end - lap) height=(BOX) {}
        text.last x=((lap + end) / 2) y=(text) text-anchor="middle" { (diagram.last) "’s photo" }
    }
}

/// Draws a step's box, with an arrow down to the slot for a decode, or up from it for a band.
fn step(index: usize, column: &Column, slot: usize) -> Markup {
    let x = LEFT + index * COLUMN + 4;
    let width = COLUMN - 8;
    let middle = x + width / 2;
    let top = TOP + column.lane * LANE + (LANE - BOX) / 2;
    let (bottom, slot) = (top + BOX, slot + (LANE - BOX) / 2);
    html! {
        @if column.act == Some(Act::Begin) {
            line.way x1=(middle) x2=(middle) y1=(bottom) y2=(slot - 8) {}
            (arrow(middle, slot, slot - 14))
        }
        @if matches!(column.act, Some(Act::Band(_))) {
            line.way x1=(middle) x2=(middle) y1=(slot) y2=(bottom + 8) {}
            (arrow(middle, bottom, bottom + 14))
        }
        rect.step x=(x) y=(top) width=(width) height=(BOX) {}
        @if let Some(below) = &column.below {
            text.step x=(middle) y=(top + 24) text-anchor="middle" { (column.label) }
            text.step x=(middle) y=(top + 48) text-anchor="middle" { (below) }
        } @else {
            text.step x=(middle) y=(top + BOX / 2 + 8) text-anchor="middle" { (column.label) }
        }
    }
}

fn arrow(x: usize, tip: usize, base: usize) -> Markup {
    let points = format!("{x},{tip} {},{base} {},{base}", x - 9, x + 9);
    html! { polygon.way points=(points) {} }
}

/// Draws a finished thumbnail: its bands, each with the letter of its owner.
fn thumbnail(owners: &[char], y: usize) -> Markup {
    let height = (LANE - 12) / owners.len().max(1);
    html! {
        @for (band, &owner) in owners.iter().enumerate() {
            @let top = y + 6 + band * height;
            rect.first[owner == 'A'].last[owner != 'A'] x=(WIDTH - 100) y=(top) width="98"
                height=(height) {}
            text.first[owner == 'A'].last[owner != 'A'] x=(WIDTH - 51) y=(top + height / 2 + 8)
                text-anchor="middle" { (owner) }
        }
    }
}

fn description(diagram: &Diagram) -> String {
    let steps: Vec<_> = diagram
        .columns
        .iter()
        .map(|column| {
            let below = column.below.as_ref().map_or(String::new(), |below| format!(" {below}"));
            format!("{} {}{below}", diagram.lanes[column.lane], column.label)
        })
        .collect();
    let last = diagram.last;
    format!(
        "Steps in order of time: {}. A’s slot holds A’s photo until {last} begins, then {last}’s \
         photo.",
        steps.join(", ")
    )
}
