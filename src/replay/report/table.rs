//! Prints a replay as a table: a column per request, a row per step, and a column per slot (buffer
//! in the ring).
//!
//! The table fits a terminal of any width. If words do not fit, a column is one letter wide. If
//! letters do not fit either, each step is a line without columns.

use std::fmt::Write;

use super::summary;
use crate::output::terminal::{self, PLAIN, RED, YELLOW, many, wrap};
use crate::replay::{ReplayConfig, ReplayResult};
use crate::schedule::{Act, TraceStep};

/// Formats the replay as text with ANSI colour, in lines of at most `width` columns, where `width`
/// is at least 40.
pub(crate) fn table(result: &ReplayResult, width: usize) -> String {
    let table = Table { config: &result.config, result, width };
    let mut text = table.title();
    let layout = table.layout();
    text += &(wrap(table.legend(layout), table.width) + "\n");
    match layout {
        Layout::Words => table.columns(&mut text, CELL, SLOT, ""),
        Layout::Letters => table.columns(&mut text, 1, 1, "  "),
        Layout::Lines => table.lines(&mut text),
    }
    text.push('\n');
    summary::outcomes(&mut text, result, table.width);
    summary::closing(&mut text, result, table.width);
    text
}

/// Selects the width of a column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// A column holds words.
    Words,
    /// A column holds one letter.
    Letters,
    /// A step is a line without columns.
    Lines,
}

struct Table<'a> {
    config: &'a ReplayConfig,
    result: &'a ReplayResult,
    width: usize,
}

/// Pads a cell of `columns` visible columns to `width` columns. The cell may hold ANSI colour.
fn padded(cell: String, columns: usize, width: usize) -> String {
    cell + &" ".repeat(width.saturating_sub(columns))
}

/// Columns of the step number and the blanks after it.
const STEP: usize = 6;
/// Columns of a request in words, such as `12 ← B!`.
const CELL: usize = 9;
/// Columns of the slot of a begin, such as `in slot 12`.
const BEGIN_SLOT: usize = 12;
/// Columns of a slot in words, such as `slot 0`.
const SLOT: usize = 8;

impl Table<'_> {
    fn layout(&self) -> Layout {
        let (requests, slots) = (self.config.word.requests(), self.slots());
        if STEP + CELL * requests + SLOT * slots <= self.width {
            Layout::Words
        } else if STEP + requests + 2 + slots <= self.width {
            Layout::Letters
        } else {
            Layout::Lines
        }
    }

    fn slots(&self) -> usize {
        self.config.ring().get().min(self.config.word.requests())
    }

    fn name(&self, request: usize) -> char {
        self.result.name(request)
    }

    /// Names a slot of the ring, or the frame of a request that owns its frame.
    fn slot_name(&self, slot: usize) -> String {
        if self.config.has_ring() {
            format!("slot {slot}")
        } else {
            format!("{} has", self.name(slot))
        }
    }

    fn title(&self) -> String {
        let ReplayConfig { word, bands, slots, pipeline, spec } = self.config;
        let ring = if self.config.has_ring() {
            format!(", {}", many(slots, "slot"))
        } else {
            ", a frame for each request".into()
        };
        let bands = many(bands, "band");
        let facts = format!("{pipeline}{ring} · {bands} · {} px, {}", spec.size.get(), spec.fit);
        let letters: Vec<char> = word.to_string().chars().collect();
        let mut text = String::new();
        for line in letters.chunks(self.width).map(|line| line.iter().collect::<String>()) {
            let _ = writeln!(text, "{line}");
        }
        text + &wrap(&facts, self.width) + "\n\n"
    }

    fn legend(&self, layout: Layout) -> &'static str {
        match (layout, self.config.has_ring()) {
            (Layout::Letters, true) => {
                "Left, a column per request: b begins, f finishes, a capital letter is the owner \
                 of the band's rows. Right, a column per slot: the owner of the photo in the slot."
            }
            (Layout::Letters, false) => {
                "Left, a column per request: b begins, f finishes, a capital letter is the owner \
                 of the band's rows. Right, the same requests: the owner of the photo in the frame."
            }
            _ => "2 ← B: band 2 is made from B's photo, with ! if B is another request",
        }
    }

    /// Writes a column of `cell` columns per request and of `slot` columns per slot, with `gap`
    /// after the requests and after the slots. A column of width 1 holds a letter instead of words.
    fn columns(&self, text: &mut String, cell: usize, slot: usize, gap: &str) {
        let requests = self.config.word.requests();
        let in_letters = cell == 1;
        let mut head = format!("{:<STEP$}", "step");
        for request in 0..requests {
            let _ = write!(head, "{:<cell$}", self.name(request));
        }
        head += gap;
        for index in 0..self.slots() {
            let name = match (in_letters, self.config.has_ring()) {
                (false, _) => self.slot_name(index),
                (true, true) => (index % 10).to_string(),
                (true, false) => self.name(index).to_string(),
            };
            let _ = write!(head, "{name:<slot$}");
        }
        let _ = writeln!(text, "{}", head.trim_end());
        for (step, number) in self.result.steps.iter().zip(1..) {
            let mut row = format!("{number:>4}  ");
            for request in 0..requests {
                let content = match step.act {
                    _ if request != step.step.request => self.idle(request, number).into(),
                    _ if !in_letters => self.cell(step),
                    Act::Begin => "b".into(),
                    Act::Finish => "f".into(),
                    Act::Band(_) => self.shown(step).to_string(),
                };
                let columns = content.chars().count();
                row += &padded(self.request_cell(step, request, &content), columns, cell);
            }
            row += gap;
            for (index, owner) in step.slots.iter().enumerate() {
                let owner = owner.map_or('·', |owner| self.name(owner)).to_string();
                row += &padded(self.slot_cell(step, index, &owner), 1, slot);
            }
            row += gap;
            let used = STEP + cell * requests + slot * self.slots() + 2 * gap.len();
            self.finish_row(text, row, used, step, number);
        }
    }

    fn lines(&self, text: &mut String) {
        for (step, number) in self.result.steps.iter().zip(1..) {
            let (name, cell) = (self.name(step.step.request), self.cell(step));
            let mut row = format!("{number:>4}  {name} ");
            let coloured = self.request_cell(step, step.step.request, &cell);
            row += &padded(coloured, cell.chars().count(), CELL);
            let slot = match step.act {
                Act::Begin => format!("in {}", self.slot_name(step.slot)),
                _ => String::new(),
            };
            row += &padded(self.slot_cell(step, step.slot, &slot), slot.len(), BEGIN_SLOT);
            self.finish_row(text, row, STEP + 2 + CELL + BEGIN_SLOT, step, number);
        }
    }

    /// Ends a row of `used` columns with the step's note, on the same line if the note fits.
    fn finish_row(
        &self,
        text: &mut String,
        row: String,
        used: usize,
        step: &TraceStep,
        number: usize,
    ) {
        let note = self.note(step, number);
        if !note.is_empty() && used + note.chars().count() <= self.width {
            let _ = writeln!(text, "{row}{YELLOW}{note}{PLAIN}");
            return;
        }
        let _ = writeln!(text, "{}", row.trim_end());
        for line in wrap(&note, self.width - STEP).lines() {
            let _ = writeln!(text, "{:STEP$}{YELLOW}{line}{PLAIN}", "");
        }
    }

    /// Describes a lap (a slot overwritten too early), the first foreign rows and a mixed thumbnail
    /// at a step.
    fn note(&self, step: &TraceStep, number: usize) -> String {
        let mut notes = Vec::new();
        if let Some(lapped) = step.laps {
            notes.push(format!("^ {} is lapped", self.name(lapped)));
        }
        let request = step.step.request;
        if let Some((first, owner)) = self.result.mixed_at(request)
            && first == number
        {
            notes.push(format!("^ {} shows {}'s rows", self.name(request), self.name(owner)));
        }
        if let (Act::Finish, Some(thumbnail)) = (step.act, &self.result.thumbnails[request])
            && thumbnail.outcome.mixed()
        {
            let outcome = terminal::outcome(thumbnail.outcome);
            notes.push(format!("^ {} is {outcome}", self.name(request)));
        }
        notes.join("; ")
    }

    /// Describes a step in words.
    fn cell(&self, step: &TraceStep) -> String {
        match step.act {
            Act::Begin => "begins".into(),
            Act::Finish => "finishes".into(),
            Act::Band(band) => {
                let mark = if self.is_foreign(step) { "!" } else { "" };
                format!("{} ← {}{mark}", band + 1, self.shown(step))
            }
        }
    }

    fn shown(&self, step: &TraceStep) -> char {
        self.result.shows(step).map_or('?', |owner| self.name(owner))
    }

    fn is_foreign(&self, step: &TraceStep) -> bool {
        self.result.shows(step).is_some_and(|owner| owner != step.step.request)
    }

    /// Returns the cell of a request that does not make the step: a dot between its begin and
    /// finish.
    fn idle(&self, request: usize, number: usize) -> &'static str {
        let before = &self.result.steps[..number - 1];
        let made = |act: fn(Act) -> bool| {
            before.iter().any(|step| step.step.request == request && act(step.act))
        };
        let in_progress = made(|act| act == Act::Begin) && !made(|act| act == Act::Finish);
        if in_progress { "·" } else { " " }
    }

    /// Colours a request's cell red if its band shows foreign rows.
    fn request_cell(&self, step: &TraceStep, request: usize, cell: &str) -> String {
        if request == step.step.request && self.is_foreign(step) {
            format!("{RED}{cell}{PLAIN}")
        } else {
            cell.into()
        }
    }

    /// Colours a slot's cell yellow if the step laps a request in the slot.
    fn slot_cell(&self, step: &TraceStep, slot: usize, cell: &str) -> String {
        if step.laps.is_some() && slot == step.slot {
            format!("{YELLOW}{cell}{PLAIN}")
        } else {
            cell.into()
        }
    }
}
