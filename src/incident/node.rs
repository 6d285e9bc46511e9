//! An instance: a few cores, shared evenly by the conversions at work on it.
//!
//! Nothing here says when photos mix. With more at work than cores each conversion takes longer,
//! and while it takes longer more of them begin: that is all there is to the knee. Time and work
//! are whole numbers, so that no machine rounds them otherwise.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::num::NonZeroUsize;

use super::ring_model::{Act, RingModel};
use super::versions::{Job, MakerVersion, Pipelines};
use crate::pipelines::PipelineKind;
use crate::provenance::Traced;

/// Nanoseconds of work that a core does in a microsecond.
const NS_A_US: u64 = 1_000;

/// Somebody waits for a thumbnail that nobody has made.
#[derive(Clone, Copy, Debug)]
pub(super) struct ConversionRequest {
    pub(super) person: u32,
    pub(super) photo: u32,
    pub(super) album: u32,
    pub(super) maker: MakerVersion,
    /// One core's time for it, in nanoseconds.
    pub(super) work_ns: u64,
    /// Whether it is a canary's, who believes no cache. Canaries are not divided by the scale, but
    /// a conversion's time is multiplied by it; so that they weigh no more than they would, theirs
    /// go at everybody's pace and take nobody's share.
    pub(super) canary: bool,
}

/// How a conversion's work is cut.
#[derive(Clone, Copy)]
pub(super) struct StepCosts {
    pub(super) bands: u32,
    pub(super) decode_share: f64,
    pub(super) encode_share: f64,
}

impl StepCosts {
    /// The work before a step: 0 is the begin, then the bands, then the finish.
    fn before(self, step: u32, work_ns: u64) -> u64 {
        let share = match step {
            0 => self.decode_share,
            step if step <= self.bands => {
                (1.0 - self.decode_share - self.encode_share).max(0.0) / f64::from(self.bands)
            }
            _ => self.encode_share,
        };
        (work_ns as f64 * share) as u64
    }
}

/// A conversion at work.
struct Conversion {
    order: ConversionRequest,
    job: Option<Job>,
    /// The next step.
    step: u32,
    /// On a ring: the slot by the law, its place in the order of decodes there, and what the law
    /// says of the bands so far.
    ring: Option<(usize, u64)>,
    predicted: Vec<u64>,
}

/// What a step came to.
pub(super) struct StepResult {
    /// Work done for it, in nanoseconds.
    pub(super) work_ns: u64,
    pub(super) finished: Option<Finished>,
}

/// A thumbnail as it left its maker.
pub(super) struct Finished {
    pub(super) order: ConversionRequest,
    pub(super) made: Traced<()>,
    /// Its slot, if it was made in a ring.
    pub(super) slot: Option<u32>,
    /// Whether slot and bands are what the lap law says.
    pub(super) lawful: bool,
}

pub(super) struct Node {
    makers: Pipelines,
    cut: StepCosts,
    cores: u64,
    /// Work that each conversion at work has been given so far, in nanoseconds, since the start.
    attained_ns: u64,
    /// Up to when that is counted.
    at_us: u64,
    /// For each conversion at work: where `given_ns` must stand for its next step.
    due: BinaryHeap<Reverse<(u64, u64, usize)>>,
    /// How many of these are canaries'.
    canaries: usize,
    /// Tells equals in `due` apart: who came first goes first.
    arrivals: u64,
    conversions: Vec<Option<Conversion>>,
    free: Vec<usize>,
    pub(super) queue: VecDeque<ConversionRequest>,
    /// The ring as the lap law has it, if the new maker has one.
    pub(super) slots: Option<RingModel>,
    /// Counts changes, so that what was foreseen before one can be told to be out of date.
    pub(super) changes: u64,
}

impl Node {
    pub(super) fn new(kind: PipelineKind, slots: NonZeroUsize, cores: u32, cut: StepCosts) -> Self {
        Self {
            makers: Pipelines::new(kind, slots, cut.bands),
            cut,
            cores: cores.into(),
            attained_ns: 0,
            at_us: 0,
            due: BinaryHeap::new(),
            canaries: 0,
            arrivals: 0,
            conversions: Vec::new(),
            free: Vec::new(),
            queue: VecDeque::new(),
            slots: (kind == PipelineKind::Shared).then(|| RingModel::new(slots)),
            changes: 0,
        }
    }

    /// Conversions at work.
    pub(super) fn at_work(&self) -> usize {
        self.due.len()
    }

    /// When the next step is due, if nobody comes before.
    pub(super) fn next_us(&self) -> Option<u64> {
        let &Reverse((due_ns, ..)) = self.due.peek()?;
        let (at_work, cores) = self.shares();
        let ns = u128::from(due_ns.saturating_sub(self.attained_ns)) * u128::from(at_work);
        let us = ns.div_ceil(u128::from(cores * NS_A_US)) as u64;
        Some(self.at_us + us)
    }

    /// Takes an order to work.
    pub(super) fn take(&mut self, now_us: u64, order: ConversionRequest) {
        self.advance(now_us);
        let conversion =
            Conversion { order, job: None, step: 0, ring: None, predicted: Vec::new() };
        let place = self.free.pop().unwrap_or(self.conversions.len());
        if place == self.conversions.len() {
            self.conversions.push(None);
        }
        self.conversions[place] = Some(conversion);
        self.canaries += usize::from(order.canary);
        self.await_step(place, 0, order.work_ns);
    }

    /// Makes the step that is due.
    pub(super) fn step(&mut self, now_us: u64) -> Option<StepResult> {
        self.advance(now_us);
        let Reverse((due_ns, _, place)) = self.due.pop()?;
        self.attained_ns = self.attained_ns.max(due_ns);
        self.changes += 1;
        let conversion = self.conversions[place].as_mut()?;
        let (step, work_ns) = (conversion.step, conversion.order.work_ns);
        let stepped = self.cut.before(step, work_ns);
        if step <= self.cut.bands {
            conversion.step += 1;
            self.work(place, step);
            self.await_step(place, step + 1, work_ns);
            return Some(StepResult { work_ns: stepped, finished: None });
        }
        let conversion = self.conversions[place].take()?;
        self.canaries -= usize::from(conversion.order.canary);
        self.free.push(place);
        Some(StepResult { work_ns: stepped, finished: Some(self.finish(conversion)?) })
    }

    /// The begin or a band, on the pipeline and by the law.
    fn work(&mut self, place: usize, step: u32) {
        let Some(conversion) = &mut self.conversions[place] else { return };
        let ConversionRequest { maker, photo, .. } = conversion.order;
        let slots = self.slots.as_mut().filter(|_| maker == MakerVersion::Rollout);
        if step == 0 {
            conversion.job = Some(self.makers.begin(maker, photo));
            conversion.ring = slots.map(RingModel::begin);
        } else if let Some(job) = &mut conversion.job {
            self.makers.band(maker, job);
            if let (Some(slots), Some(ring)) = (slots, conversion.ring) {
                conversion.predicted.push(slots.band(ring));
            }
        }
    }

    fn finish(&mut self, conversion: Conversion) -> Option<Finished> {
        let Conversion { order, job, ring, predicted, .. } = conversion;
        let made = self.makers.finish(order.maker, job?);
        let bands = made.bands.iter();
        let (slot, lawful) = match (ring, &mut self.slots) {
            (Some(ring), Some(slots)) => {
                slots.note(ring, Act::Finish);
                let decodes = bands.map(|band| band.map(|tag| tag.decode));
                let as_said = decodes.eq(predicted.iter().copied().map(Some));
                let (slot, decode) = ring;
                let placed = made.frame == slot as u64 && made.own.decode == decode;
                (Some(slot as u32), as_said && placed)
            }
            _ => (None, bands.flatten().all(|tag| *tag == made.own)),
        };
        Some(Finished { order, made, slot, lawful })
    }

    fn await_step(&mut self, place: usize, step: u32, work_ns: u64) {
        let due_ns = self.attained_ns + self.cut.before(step, work_ns);
        self.due.push(Reverse((due_ns, self.arrivals, place)));
        self.arrivals += 1;
        self.changes += 1;
    }

    /// Gives everybody at work his share of the time since.
    fn advance(&mut self, now_us: u64) {
        let (at_work, cores) = self.shares();
        let ns = u128::from((now_us - self.at_us) * NS_A_US) * u128::from(cores);
        self.attained_ns += (ns / u128::from(at_work)) as u64;
        self.at_us = now_us;
    }

    /// How many conversions share how many cores; none has more than one core.
    fn shares(&self) -> (u64, u64) {
        let at_work = self.due.len().saturating_sub(self.canaries).max(1) as u64;
        (at_work, at_work.min(self.cores))
    }
}
