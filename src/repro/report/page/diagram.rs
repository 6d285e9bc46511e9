//! One minimal interleaving as a space-time diagram: time to the right, a lane per request, and a
//! lane for what lies in the slot.
//!
//! The word is the smallest with this run's slots in which both a torn thumbnail and the one that
//! tore it are finished; the picture is drawn from the word, and the law says whose rows are whose.

use std::num::{NonZeroU32, NonZeroUsize};

use maud::{Markup, html};

use crate::schedule::{Act, Schedule, predict};

/// Bands of the thumbnails in the diagram: one before the lap and one after.
const BANDS: NonZeroU32 = NonZeroU32::new(2).unwrap();
/// The most slots for which a word has letters: one request more than slots is needed.
const MOST_SLOTS: usize = 25;

/// Units of the drawing.
const WIDTH: usize = 1200;
const LEFT: usize = 130;
const COLUMN: usize = 104;
const LANE: usize = 84;
const TOP: usize = 52;
const BOX: usize = 56;

/// The smallest word in which A is torn in a ring of so many slots, and how many slots it is drawn
/// with: A's first band, then a begin in every other slot and one more in A's, then A's second.
pub fn minimal(slots: NonZeroUsize) -> (Schedule, NonZeroUsize) {
    let slots = if slots.get() > MOST_SLOTS { NonZeroUsize::MIN } else { slots };
    let letters: Vec<char> = ('A'..='Z').take(slots.get() + 1).collect();
    let last = letters[slots.get()];
    let begins: String = letters[1..].iter().collect();
    let word = format!("AA{begins}A{last}A{last}{last}");
    (word.parse().expect("these are letters"), slots)
}

/// What a column of the diagram shows.
struct Column {
    lane: usize,
    label: String,
    /// A second line: whose photo a band shows, or how many requests are meant.
    below: Option<String>,
    /// What is done with A's slot; nothing by those whose slots are others.
    act: Option<Act>,
}

/// The lanes of requests, and the columns of the word's steps.
struct Chart {
    /// Names of the lanes: A, the others if there are any, and the last.
    lanes: Vec<String>,
    columns: Vec<Column>,
    /// The column in which A is lapped.
    lap: usize,
    last: char,
    /// Whose rows are in the thumbnails of A and the last, by band.
    rows: [Vec<char>; 2],
}

/// The diagram, with the word and what to type to see it happen.
pub(super) fn diagram(slots: NonZeroUsize) -> Markup {
    let (word, drawn) = minimal(slots);
    let chart = chart(&word, drawn);
    let last = chart.last;
    html! {
        figure {
            figcaption {
                "The word " code.word { (word) } ": a letter per step, a letter per request"
                @if drawn != slots {
                    ", drawn with one slot in place of " (slots)
                }
                ". " (last) " begins in the slot that A still reads from, "
                "and A’s second band shows " (last) "."
                @if drawn.get() > 1 {
                    " Two requests are enough for that if one of them stalls: the others here \
                     only fill the ring."
                }
            }
            div.wide tabindex="0" role="region" aria-label="diagram, scrolls sideways" {
                (draw(&chart))
            }
            p {
                "Every access is locked, and no lock is held from one box to the next. A’s job \
                 kept the number of the slot, and not the photo."
            }
        }
    }
}

fn chart(word: &Schedule, slots: NonZeroUsize) -> Chart {
    let last = word.requests() - 1;
    let folded = last - 1;
    let others = usize::from(folded > 0);
    let (mut columns, mut in_slot, mut lap) = (Vec::new(), 'A', 0);
    for step in word.steps() {
        let letter = word.letter(step.request);
        let act = step.act(BANDS).expect("no letter is one too many");
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
    let rows = [0, last].map(|request| {
        let bands = shown[request].iter().flatten();
        bands.map(|&owner| name(owner)).collect()
    });
    Chart { lanes, columns, lap, last: name(last), rows }
}

fn draw(chart: &Chart) -> Markup {
    let slot = TOP + chart.lanes.len() * LANE;
    let height = slot + LANE + 16;
    let lap = LEFT + chart.lap * COLUMN;
    html! {
        svg.diagram viewBox={ "0 0 " (WIDTH) " " (height) } role="img"
            aria-label=(in_words(chart)) {
            text x="0" y="30" { "time →" }
            text.made x=(WIDTH) y="30" text-anchor="end" { "thumbnail" }
            @for (lane, name) in chart.lanes.iter().enumerate() {
                (lane_line(TOP + lane * LANE, name))
            }
            (slot_lane(chart, slot))
            @for (place, column) in chart.columns.iter().enumerate() {
                (step(place, column, slot))
            }
            @for (rows, lane) in chart.rows.iter().zip([0, chart.lanes.len() - 1]) {
                (thumbnail(rows, TOP + lane * LANE))
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

/// What lies in the slot: A's photo until the lap, the last one's from there on.
fn slot_lane(chart: &Chart, y: usize) -> Markup {
    let (lap, end) = (LEFT + chart.lap * COLUMN, WIDTH - 130);
    let (top, text) = (y + (LANE - BOX) / 2, y + LANE / 2 + 8);
    html! {
        text x="0" y=(text) { "A’s slot" }
        rect.first x=(LEFT) y=(top) width=(lap - LEFT) height=(BOX) {}
        text.first x=((LEFT + lap) / 2) y=(text) text-anchor="middle" { "A’s photo" }
        rect.last x=(lap) y=(top) width=(end - lap) height=(BOX) {}
        text.last x=((lap + end) / 2) y=(text) text-anchor="middle" { (chart.last) "’s photo" }
    }
}

/// A step's box, and its way to the slot: down for a decode, up for a band.
fn step(place: usize, column: &Column, slot: usize) -> Markup {
    let x = LEFT + place * COLUMN + 4;
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

/// A finished thumbnail: its bands, each with the letter of its owner.
fn thumbnail(rows: &[char], y: usize) -> Markup {
    let height = (LANE - 12) / rows.len().max(1);
    html! {
        @for (band, &owner) in rows.iter().enumerate() {
            @let top = y + 6 + band * height;
            rect.first[owner == 'A'].last[owner != 'A'] x=(WIDTH - 100) y=(top) width="98"
                height=(height) {}
            text.first[owner == 'A'].last[owner != 'A'] x=(WIDTH - 51) y=(top + height / 2 + 8)
                text-anchor="middle" { (owner) }
        }
    }
}

fn in_words(chart: &Chart) -> String {
    let steps: Vec<_> = chart
        .columns
        .iter()
        .map(|column| {
            let below = column.below.as_ref().map_or(String::new(), |below| format!(" {below}"));
            format!("{} {}{below}", chart.lanes[column.lane], column.label)
        })
        .collect();
    let last = chart.last;
    format!(
        "Steps in order of time: {}. A’s slot holds A’s photo until {last} begins, then {last}’s.",
        steps.join(", ")
    )
}
