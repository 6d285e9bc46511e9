//! Simulates a node: a few cores, shared equally by all conversions in flight (a processor-sharing
//! server).
//!
//! No code here decides when photos mix. With more conversions than cores each conversion takes
//! longer, and so more conversions begin before it ends. That alone causes the knee (the load from
//! which on thumbnails are wrong). Times and work are whole numbers, so every machine rounds them
//! in the same way.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::num::NonZeroUsize;

use super::ring_model::{RingModel, RingPosition};
use super::scenario::Fleet;
use super::versions::{Job, MakerVersion, Pipelines};
use crate::pipelines::PipelineKind;
use crate::provenance::Traced;

/// Work that a core does in a microsecond, in nanoseconds.
const NS_PER_US: u64 = 1_000;

/// Requests a conversion for a person who waits for a thumbnail.
#[derive(Clone, Copy, Debug)]
pub(super) struct ConversionRequest {
    pub(super) person: u32,
    pub(super) photo: u32,
    pub(super) album: u32,
    pub(super) maker: MakerVersion,
    /// One core's time for the conversion, in nanoseconds.
    pub(super) work_ns: u64,
    /// True if a canary account issued the request. Canaries bypass caches. `--scale` slows
    /// conversions but does not reduce canaries, so their conversions use no CPU share: otherwise
    /// they would weigh more at a larger scale.
    pub(super) canary: bool,
}

/// Returns the part of a conversion's work before a step, in nanoseconds. Step 0 is the begin, the
/// bands follow, and the finish is last.
fn step_ns(fleet: &Fleet, step: u32, work_ns: u64) -> u64 {
    let &Fleet { bands, decode_share, encode_share, .. } = fleet;
    let share = match step {
        0 => decode_share,
        step if step <= bands => (1.0 - decode_share - encode_share).max(0.0) / f64::from(bands),
        _ => encode_share,
    };
    (work_ns as f64 * share) as u64
}

/// Holds a conversion in flight.
struct Conversion {
    request: ConversionRequest,
    job: Option<Job>,
    next_step: u32,
    /// The position in the ring by the lap law, if the maker has a ring.
    ring_position: Option<RingPosition>,
    /// The decodes that the lap law predicts for the bands made so far.
    predicted: Vec<u64>,
}

/// Holds a finished thumbnail.
pub(super) struct Finished {
    pub(super) request: ConversionRequest,
    pub(super) traced: Traced<Vec<usize>>,
    /// The slot (an index into the ring of shared buffers), if the maker has a ring.
    pub(super) slot: Option<u32>,
    /// True if slot and bands are as the lap law says.
    pub(super) lawful: bool,
}

/// Simulates one node.
pub(super) struct Node<'p> {
    pipelines: Pipelines,
    fleet: &'p Fleet,
    /// Work that each conversion in flight has received since the start (its attained service), in
    /// nanoseconds.
    attained_ns: u64,
    /// The time up to which the attained service is counted.
    at_us: u64,
    /// The next step of each conversion in flight, as the attained service at which the step is
    /// due, the arrival number, and the index of the conversion. Of two steps that are due together
    /// the step with the lower arrival number is first.
    due: BinaryHeap<Reverse<(u64, u64, usize)>>,
    /// Number of canary conversions in flight.
    canaries: usize,
    arrivals: u64,
    conversions: Vec<Option<Conversion>>,
    free_indices: Vec<usize>,
    pub(super) queue: VecDeque<ConversionRequest>,
    /// The model of the ring by the lap law, if the new maker has a ring.
    pub(super) ring_model: Option<RingModel>,
    /// Counts changes, so that the engine can tell when a scheduled step is out of date.
    pub(super) revision: u64,
}

impl<'p> Node<'p> {
    pub(super) fn new(fleet: &'p Fleet) -> Self {
        let slots = NonZeroUsize::new(fleet.slots as usize).unwrap_or(NonZeroUsize::MIN);
        let has_ring = fleet.pipeline == PipelineKind::Shared;
        Self {
            pipelines: Pipelines::new(fleet.pipeline, slots, fleet.bands),
            fleet,
            attained_ns: 0,
            at_us: 0,
            due: BinaryHeap::new(),
            canaries: 0,
            arrivals: 0,
            conversions: Vec::new(),
            free_indices: Vec::new(),
            queue: VecDeque::new(),
            ring_model: has_ring.then(|| RingModel::new(slots)),
            revision: 0,
        }
    }

    /// Returns the number of conversions in flight.
    pub(super) fn in_flight(&self) -> usize {
        self.due.len()
    }

    /// Returns the time at which the next step is due if no further conversion starts.
    pub(super) fn next_step_us(&self) -> Option<u64> {
        let &Reverse((due_ns, ..)) = self.due.peek()?;
        let (sharing, cores) = self.sharing();
        let ns = u128::from(due_ns.saturating_sub(self.attained_ns)) * u128::from(sharing);
        let us = ns.div_ceil(u128::from(cores * NS_PER_US)) as u64;
        Some(self.at_us + us)
    }

    /// Starts a conversion.
    pub(super) fn start(&mut self, now_us: u64, request: ConversionRequest) {
        self.advance(now_us);
        let conversion = Conversion {
            request,
            job: None,
            next_step: 0,
            ring_position: None,
            predicted: Vec::new(),
        };
        let index = self.free_indices.pop().unwrap_or(self.conversions.len());
        if index == self.conversions.len() {
            self.conversions.push(None);
        }
        self.conversions[index] = Some(conversion);
        self.canaries += usize::from(request.canary);
        self.schedule_step(index, 0, request.work_ns);
    }

    /// Runs the step that is due. Returns the work done for it, in nanoseconds, and the thumbnail
    /// if the step finished one.
    pub(super) fn step(&mut self, now_us: u64) -> Option<(u64, Option<Finished>)> {
        self.advance(now_us);
        let Reverse((due_ns, _, index)) = self.due.pop()?;
        self.attained_ns = self.attained_ns.max(due_ns);
        self.revision += 1;
        let conversion = self.conversions[index].as_mut()?;
        let (step, request_ns) = (conversion.next_step, conversion.request.work_ns);
        let work_ns = step_ns(self.fleet, step, request_ns);
        if step <= self.fleet.bands {
            conversion.next_step += 1;
            self.run_step(index, step);
            self.schedule_step(index, step + 1, request_ns);
            return Some((work_ns, None));
        }
        let conversion = self.conversions[index].take()?;
        self.canaries -= usize::from(conversion.request.canary);
        self.free_indices.push(index);
        Some((work_ns, Some(self.finish(conversion)?)))
    }

    /// Runs the begin or a band, on the pipeline and on the ring model.
    fn run_step(&mut self, index: usize, step: u32) {
        let Some(conversion) = &mut self.conversions[index] else { return };
        let ConversionRequest { maker, photo, .. } = conversion.request;
        let ring_model = self.ring_model.as_mut().filter(|_| maker == MakerVersion::Rollout);
        if step == 0 {
            conversion.job = Some(self.pipelines.begin(maker, photo));
            conversion.ring_position = ring_model.map(RingModel::begin);
        } else if let Some(job) = &mut conversion.job {
            self.pipelines.band(maker, job);
            if let (Some(model), Some(position)) = (ring_model, conversion.ring_position) {
                conversion.predicted.push(model.band(position));
            }
        }
    }

    fn finish(&mut self, conversion: Conversion) -> Option<Finished> {
        let Conversion { request, job, ring_position, predicted, .. } = conversion;
        let traced = self.pipelines.finish(request.maker, job?);
        let bands = traced.bands.iter();
        let (slot, lawful) = match (ring_position, &mut self.ring_model) {
            (Some(position), Some(model)) => {
                model.finish(position);
                let decodes = bands.map(|band| band.map(|tag| tag.decode));
                let bands_agree = decodes.eq(predicted.iter().copied().map(Some));
                let (slot, decode) = position;
                let slot_agrees = traced.frame == slot as u64 && traced.own.decode == decode;
                (Some(slot as u32), bands_agree && slot_agrees)
            }
            _ => (None, bands.flatten().all(|tag| *tag == traced.own)),
        };
        Some(Finished { request, traced, slot, lawful })
    }

    fn schedule_step(&mut self, index: usize, step: u32, work_ns: u64) {
        let due_ns = self.attained_ns + step_ns(self.fleet, step, work_ns);
        self.due.push(Reverse((due_ns, self.arrivals, index)));
        self.arrivals += 1;
        self.revision += 1;
    }

    /// Gives each conversion in flight its share of the time since the last change.
    fn advance(&mut self, now_us: u64) {
        let (sharing, cores) = self.sharing();
        let ns = u128::from((now_us - self.at_us) * NS_PER_US) * u128::from(cores);
        self.attained_ns += (ns / u128::from(sharing)) as u64;
        self.at_us = now_us;
    }

    /// Returns the number of conversions that share the cores, and the number of cores in use. A
    /// conversion uses at most one core.
    fn sharing(&self) -> (u64, u64) {
        let sharing = self.due.len().saturating_sub(self.canaries).max(1) as u64;
        (sharing, sharing.min(self.fleet.cores.into()))
    }
}
