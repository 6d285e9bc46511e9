//! A replay as a table: a column per request, a row per step, and what lies in each slot after it.
//!
//! It must be read on paper of any width. Where words do not fit, a column is one letter wide;
//! where these do not fit either, there is a line per step and no columns.

use std::fmt::Write;

use super::config::ReplayConfig;
use super::photo_assignment::PhotoAssignment;
use super::result::ReplayResult;
use super::summary;
use crate::output::terminal::{self, PLAIN, RED, YELLOW, many, wrap};
use crate::pipelines::PipelineKind;
use crate::schedule::{Act, TraceStep};

/// The replay as text with ANSI colour, in lines of at most `width` columns from 40 up.
pub(super) fn table(
    scene: &ReplayConfig,
    cast: &PhotoAssignment,
    performance: &ReplayResult,
    width: usize,
) -> String {
    let page = Page { scene, performance, width: width.max(40) };
    let mut text = page.title();
    let form = page.form();
    for line in wrap(page.legend(form), page.width) {
        let _ = writeln!(text, "{line}");
    }
    match form {
        Form::Words => page.words(&mut text),
        Form::Letters => page.letters(&mut text),
        Form::Lines => page.lines(&mut text),
    }
    text.push('\n');
    summary::outcomes(&mut text, scene, cast, performance, page.width);
    summary::closing(&mut text, scene, performance, page.width);
    text
}

/// How much room a column has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A column holds words.
    Words,
    /// A column holds one letter.
    Letters,
    /// There are no columns.
    Lines,
}

struct Page<'a> {
    scene: &'a ReplayConfig,
    performance: &'a ReplayResult,
    width: usize,
}

/// A cell that is `columns` wide without its colour, filled up to `room`.
fn padded(cell: String, columns: usize, room: usize) -> String {
    cell + &" ".repeat(room.saturating_sub(columns))
}

/// Columns of the step's number and the blanks behind it.
const STEP: usize = 6;
/// Columns of a request in words, such as `12 ← B!`.
const CELL: usize = 9;
/// Columns of the place of a begin, such as `in slot 12`.
const PLACE: usize = 12;
/// Columns of a slot in words, such as `slot 0`.
const SLOT: usize = 8;

impl Page<'_> {
    fn form(&self) -> Form {
        let (requests, slots) = (self.scene.word.requests(), self.slots());
        if STEP + CELL * requests + SLOT * slots <= self.width {
            Form::Words
        } else if STEP + requests + 2 + slots <= self.width {
            Form::Letters
        } else {
            Form::Lines
        }
    }

    fn slots(&self) -> usize {
        self.scene.ring().get().min(self.scene.word.requests())
    }

    fn name(&self, request: usize) -> char {
        self.scene.word.letter(request)
    }

    /// What a frame is called that lies in this place: a slot, or a job's own.
    fn place(&self, slot: usize) -> String {
        match self.scene.kind {
            PipelineKind::Shared => format!("slot {slot}"),
            _ => format!("{} has", self.name(slot)),
        }
    }

    fn title(&self) -> String {
        let ReplayConfig { word, bands, slots, kind, size, fit } = self.scene;
        let ring = match kind {
            PipelineKind::Shared => format!(", {}", many(slots, "slot")),
            _ => ", a frame for each request".into(),
        };
        let bands = many(bands, "band");
        let facts = format!("{kind}{ring} · {bands} · {} px, {fit}", size.get());
        let letters: Vec<char> = word.to_string().chars().collect();
        let mut text = String::new();
        for line in letters.chunks(self.width).map(|line| line.iter().collect::<String>()) {
            let _ = writeln!(text, "{line}");
        }
        for line in wrap(&facts, self.width) {
            let _ = writeln!(text, "{line}");
        }
        text + "\n"
    }

    fn legend(&self, form: Form) -> &'static str {
        match (form, self.scene.kind) {
            (Form::Letters, PipelineKind::Shared) => {
                "Left, a column per request: b begins, a capital is whose rows a band took, f \
                 finishes. Right, a column per slot: whose photo lies there."
            }
            (Form::Letters, _) => {
                "Left, a column per request: b begins, a capital is whose rows a band took, f \
                 finishes. Right, the same requests: whose photo lies in its frame."
            }
            _ => "2 ← B: band 2 is made from B's photo, with ! where that is a stranger's",
        }
    }

    fn words(&self, text: &mut String) {
        let mut head = format!("{:<STEP$}", "step");
        for request in 0..self.scene.word.requests() {
            let _ = write!(head, "{:<CELL$}", self.name(request));
        }
        for slot in 0..self.slots() {
            let _ = write!(head, "{:<SLOT$}", self.place(slot));
        }
        let _ = writeln!(text, "{}", head.trim_end());
        for (moment, step) in self.performance.moments.iter().zip(1..) {
            let mut row = format!("{step:>4}  ");
            for request in 0..self.scene.word.requests() {
                let cell = if request == moment.step.request {
                    self.cell(moment)
                } else {
                    self.idle(request, step).into()
                };
                row += &padded(self.dyed(moment, request, &cell), cell.chars().count(), CELL);
            }
            for (slot, lies) in moment.slots.iter().enumerate() {
                let lies = lies.map_or('·', |owner| self.name(owner));
                row += &padded(self.changed(moment, slot, &lies.to_string()), 1, SLOT);
            }
            let used = STEP + CELL * self.scene.word.requests() + SLOT * self.slots();
            self.finish_row(text, row, used, moment, step);
        }
    }

    fn letters(&self, text: &mut String) {
        let requests = self.scene.word.requests();
        let names: String = (0..requests).map(|request| self.name(request)).collect();
        let own_frames = self.scene.kind != PipelineKind::Shared;
        let places: String = match own_frames {
            true => names.clone(),
            false => (0..self.slots()).map(|slot| char::from(b'0' + (slot % 10) as u8)).collect(),
        };
        let _ = writeln!(text, "{:<STEP$}{names}  {places}", "step");
        for (moment, step) in self.performance.moments.iter().zip(1..) {
            let mut row = format!("{step:>4}  ");
            for request in 0..requests {
                let cell = match moment.act {
                    _ if request != moment.step.request => self.idle(request, step),
                    Act::Begin => "b",
                    Act::Finish => "f",
                    Act::Band(_) => {
                        row += &self.dyed(moment, request, &self.shown(moment).to_string());
                        continue;
                    }
                };
                row += cell;
            }
            row += "  ";
            for (slot, lies) in moment.slots.iter().enumerate() {
                let lies = lies.map_or('·', |owner| self.name(owner)).to_string();
                row += &self.changed(moment, slot, &lies);
            }
            row += "  ";
            let used = STEP + requests + 2 + self.slots() + 2;
            self.finish_row(text, row, used, moment, step);
        }
    }

    fn lines(&self, text: &mut String) {
        for (moment, step) in self.performance.moments.iter().zip(1..) {
            let (name, cell) = (self.name(moment.step.request), self.cell(moment));
            let mut row = format!("{step:>4}  {name} ");
            let dyed = self.dyed(moment, moment.step.request, &cell);
            row += &padded(dyed, cell.chars().count(), CELL);
            let place = match moment.act {
                Act::Begin => format!("in {}", self.place(moment.slot)),
                _ => String::new(),
            };
            row += &padded(self.changed(moment, moment.slot, &place), place.len(), PLACE);
            self.finish_row(text, row, STEP + 2 + CELL + PLACE, moment, step);
        }
    }

    /// Ends a row with what it means: beside it if there is room, else below it.
    fn finish_row(
        &self,
        text: &mut String,
        row: String,
        used: usize,
        moment: &TraceStep,
        step: usize,
    ) {
        let note = self.note(moment, step);
        if note.is_empty() {
            let _ = writeln!(text, "{}", row.trim_end());
        } else if used + note.chars().count() <= self.width {
            let _ = writeln!(text, "{row}{YELLOW}{note}{PLAIN}");
        } else {
            let _ = writeln!(text, "{}", row.trim_end());
            for line in wrap(&note, self.width - STEP) {
                let _ = writeln!(text, "{:STEP$}{YELLOW}{line}{PLAIN}", "");
            }
        }
    }

    /// What a person should see at a step, if anything.
    fn note(&self, moment: &TraceStep, step: usize) -> String {
        let mut notes = Vec::new();
        if let Some(lapped) = moment.laps {
            notes.push(format!("^ {} can no longer be saved", self.name(lapped)));
        }
        let request = moment.step.request;
        if let Some((first, whose)) = self.performance.mixed_at(request)
            && first == step
        {
            notes.push(format!("^ {} takes {}'s rows", self.name(request), self.name(whose)));
        }
        if let (Act::Finish, Some(thumbnail)) = (moment.act, &self.performance.thumbnails[request])
            && thumbnail.outcome.mixed()
        {
            let outcome = terminal::outcome(thumbnail.outcome);
            notes.push(format!("^ {} is {outcome}", self.name(request)));
        }
        notes.join("; ")
    }

    /// What a step does, in words.
    fn cell(&self, moment: &TraceStep) -> String {
        match moment.act {
            Act::Begin => "begins".into(),
            Act::Finish => "finishes".into(),
            Act::Band(band) => {
                let foreign = if self.foreign(moment) { "!" } else { "" };
                format!("{} ← {}{foreign}", band + 1, self.shown(moment))
            }
        }
    }

    fn shown(&self, moment: &TraceStep) -> char {
        self.performance.shows(moment).map_or('?', |owner| self.name(owner))
    }

    fn foreign(&self, moment: &TraceStep) -> bool {
        self.performance.shows(moment).is_some_and(|owner| owner != moment.step.request)
    }

    /// What a request shows that waits while another steps.
    fn idle(&self, request: usize, step: usize) -> &'static str {
        let mine = |moments: &[TraceStep], act: fn(Act) -> bool| {
            moments.iter().any(|moment| moment.step.request == request && act(moment.act))
        };
        let before = &self.performance.moments[..step - 1];
        let at_work =
            mine(before, |act| act == Act::Begin) && !mine(before, |act| act == Act::Finish);
        if at_work { "·" } else { " " }
    }

    /// A request's cell: red where its band takes somebody else's rows.
    fn dyed(&self, moment: &TraceStep, request: usize, cell: &str) -> String {
        if request == moment.step.request && self.foreign(moment) {
            format!("{RED}{cell}{PLAIN}")
        } else {
            cell.into()
        }
    }

    /// A slot's cell: yellow where its photo changed under a request that still needed the old.
    fn changed(&self, moment: &TraceStep, slot: usize, cell: &str) -> String {
        if moment.laps.is_some() && slot == moment.slot {
            format!("{YELLOW}{cell}{PLAIN}")
        } else {
            cell.into()
        }
    }
}
