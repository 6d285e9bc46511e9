//! Runs the simulation: processes events in the order of their virtual times, one at a time, on one
//! thread.
//!
//! [`Engine`] is an iterator over the rows of the event log. So every count is a count of logged
//! rows, and no row has to stay in memory after it is counted.

mod scheduled_events;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use rustc_hash::FxHashMap;

use super::event_log::{LogRow, MadeRow, ServedFrom, ShownRow};
use super::lap_law_check::LapLawCheck;
use super::load_series::LoadSeries;
use super::node::{ConversionRequest, Finished, Node};
use super::plan::SimulationPlan;
use super::population::Population;
use super::recovery::Recovery;
use super::rng::{SplitMix64, Stream, share};
use super::thumbnail_caches::{Lookup, ThumbnailCaches};
use super::traffic::{Traffic, View};
use super::versions::MakerVersion;
use super::wrong_copies::WrongCopies;
use scheduled_events::ScheduledEvent;

/// Maximum number of requests that wait for one album. Further requests are shed.
const MAX_WAITING_PER_ALBUM: usize = 256;
/// Number of events between two checks for an interrupt.
const INTERRUPT_CHECK_EVENTS: u64 = 4_096;

/// Holds the state of a running simulation.
pub(super) struct Engine<'p> {
    plan: &'p SimulationPlan,
    population: &'p Population,
    traffic: Traffic,
    work_rng: SplitMix64,
    nodes: Vec<Node<'p>>,
    /// The time of each node's next step, the node's index, and the node's revision at the time of
    /// scheduling. A step is out of date if the node's revision has changed since.
    steps: BinaryHeap<Reverse<(u64, u32, u64)>>,
    scheduled: BinaryHeap<Reverse<(u64, ScheduledEvent)>>,
    /// The waiting requests of each album that has a conversion in flight. An album never has two
    /// conversions in flight, so an album's photos are never mixed with each other.
    waiting: FxHashMap<u32, VecDeque<ConversionRequest>>,
    caches: ThumbnailCaches<'p>,
    rows: VecDeque<LogRow>,
    keep_running: &'p dyn Fn() -> bool,
    /// Number of nodes that have the new maker.
    updated_nodes: u32,
    pub(super) recovery: Recovery,
    pub(super) load_series: LoadSeries,
    pub(super) law_check: LapLawCheck,
    pub(super) events: u64,
    pub(super) shed: u64,
    pub(super) interrupted: bool,
    pub(super) first_wrong_us: Option<u64>,
    pub(super) first_wrong_shown_us: Option<u64>,
    pub(super) last_wrong_shown_us: Option<u64>,
}

impl<'p> Engine<'p> {
    pub(super) fn new(
        plan: &'p SimulationPlan,
        population: &'p Population,
        keep_running: &'p dyn Fn() -> bool,
    ) -> Self {
        let fleet = &plan.scenario.fleet;
        let mut engine = Self {
            plan,
            population,
            traffic: Traffic::new(plan, population.people()),
            work_rng: SplitMix64::new(plan.seed, Stream::Work),
            nodes: (0..fleet.nodes).map(|_| Node::new(fleet)).collect(),
            steps: BinaryHeap::new(),
            scheduled: BinaryHeap::new(),
            waiting: FxHashMap::default(),
            caches: ThumbnailCaches::new(population, plan.scenario.caches.clone()),
            rows: VecDeque::new(),
            keep_running,
            updated_nodes: 0,
            recovery: Recovery::new(plan),
            load_series: LoadSeries::default(),
            law_check: LapLawCheck::new(fleet.bands),
            events: 0,
            shed: 0,
            interrupted: false,
            first_wrong_us: None,
            first_wrong_shown_us: None,
            last_wrong_shown_us: None,
        };
        engine.schedule_events();
        engine
    }

    /// Processes the next event. Returns false if there is no further event.
    fn advance(&mut self) -> bool {
        self.events += 1;
        let check = self.events.is_multiple_of(INTERRUPT_CHECK_EVENTS);
        if check && !self.interrupted && !(self.keep_running)() {
            // No further view comes. Conversions in flight finish, so that the log is complete.
            self.interrupted = true;
            self.traffic.close();
            self.scheduled.clear();
        }
        while let Some(&Reverse((_, node, revision))) = self.steps.peek() {
            if self.nodes[node as usize].revision == revision {
                break;
            }
            self.steps.pop();
        }
        let event = self.scheduled.peek().map(|&Reverse((at, event))| (at, event));
        let step = self.steps.peek().map(|&Reverse((at, node, _))| (at, node));
        let view_us = self.traffic.next_us().unwrap_or(u64::MAX);
        let step_us = step.map_or(u64::MAX, |(at, _)| at);
        match (event, step) {
            (Some((at, event)), _) if at <= step_us && at <= view_us => {
                self.scheduled.pop();
                self.run_event(at, event);
            }
            (_, Some((at, node))) if at <= view_us => {
                self.steps.pop();
                self.step(at, node);
            }
            _ => match self.traffic.take() {
                Some(view) => self.view(view),
                None => return false,
            },
        }
        true
    }

    /// Opens an album for a person, and shows one row of it.
    fn view(&mut self, view: View) {
        let View { at_us: now_us, person, draw } = view;
        self.load_series.at(now_us).views += 1;
        let album = self.population.album_of(person);
        let photos = self.population.photos_in(album);
        let views = &self.plan.scenario.views;
        let rows = (photos.end - photos.start).div_ceil(views.thumbnails_per_row);
        // A product of equal draws prefers small numbers: the newest rows.
        let draw = share(draw);
        let skewed = (1..views.recency_bias).fold(draw, |product, _| product * draw);
        let row = photos.start + (skewed * f64::from(rows)) as u32 * views.thumbnails_per_row;
        for photo in row..photos.end.min(row + views.thumbnails_per_row) {
            let lookup = Lookup { person, photo, row, now_us };
            if let Some(thumbnail) = self.caches.on_device(lookup, &self.recovery) {
                self.show(now_us, person, thumbnail, ServedFrom::Device);
            } else if !self.serve_from_cache(lookup, album) {
                let request = self.request(person, photo, album, false);
                self.enqueue(now_us, request);
            }
        }
    }

    fn request(&mut self, person: u32, photo: u32, album: u32, canary: bool) -> ConversionRequest {
        let spread = self.plan.scenario.fleet.conversion_spread;
        let factor = 1.0 - spread + 2.0 * spread * self.work_rng.share();
        let work_ns = (self.plan.conversion_ns() * factor) as u64;
        ConversionRequest { person, photo, album, maker: MakerVersion::Before, work_ns, canary }
    }

    /// Shows the service's cached thumbnail if there is a valid one. Returns false if there is
    /// none.
    fn serve_from_cache(&mut self, lookup: Lookup, album: u32) -> bool {
        let maker = self.maker(lookup.photo, album);
        let cached = self.caches.on_service(lookup, maker, &self.recovery);
        if let Some(thumbnail) = cached {
            self.caches.store_on_device(lookup, thumbnail);
            self.show(lookup.now_us, lookup.person, thumbnail, ServedFrom::Service);
        }
        cached.is_some()
    }

    /// Returns the node that converts a photo. All photos of a row have the same node, and the rows
    /// spread the load over all nodes.
    fn node_of(&self, photo: u32, album: u32) -> u32 {
        let thumbnails_per_row = self.plan.scenario.views.thumbnails_per_row;
        let row = self.population.row_of(photo, album, thumbnails_per_row);
        self.population.node_of(row, self.nodes.len() as u32)
    }

    /// Returns the version of the maker that would now convert a photo.
    fn maker(&self, photo: u32, album: u32) -> MakerVersion {
        if !self.population.is_old(photo, album) {
            MakerVersion::Before
        } else if self.recovery.fixed_us.is_some() {
            MakerVersion::Fix
        } else if self.node_of(photo, album) < self.updated_nodes {
            MakerVersion::Rollout
        } else {
            MakerVersion::Before
        }
    }

    /// Admits a request, or queues it behind its album's conversion, or sheds it.
    fn enqueue(&mut self, now_us: u64, request: ConversionRequest) {
        if let Some(waiting) = self.waiting.get_mut(&request.album) {
            if waiting.len() < MAX_WAITING_PER_ALBUM {
                return waiting.push_back(request);
            }
        } else if self.admit(now_us, request) {
            self.waiting.insert(request.album, VecDeque::new());
            return;
        }
        self.shed(now_us);
    }

    fn shed(&mut self, now_us: u64) {
        self.shed += 1;
        self.load_series.at(now_us).shed += 1;
    }

    /// Starts a request on its node, or queues it there. Returns false if the node's queue is full.
    fn admit(&mut self, now_us: u64, request: ConversionRequest) -> bool {
        let fleet = &self.plan.scenario.fleet;
        let index = self.node_of(request.photo, request.album);
        let node = &mut self.nodes[index as usize];
        if node.in_flight() < fleet.max_conversions as usize {
            self.start(now_us, index, request);
            true
        } else if node.queue.len() < fleet.max_queue as usize {
            node.queue.push_back(request);
            true
        } else {
            false
        }
    }

    fn start(&mut self, now_us: u64, index: u32, mut request: ConversionRequest) {
        request.maker = self.maker(request.photo, request.album);
        let node = &mut self.nodes[index as usize];
        node.start(now_us, request);
        let minute = self.load_series.at(now_us);
        minute.peak_conversions = minute.peak_conversions.max(node.in_flight() as u32);
        self.schedule_next(index);
    }

    /// Schedules a node's next step.
    fn schedule_next(&mut self, index: u32) {
        let node = &self.nodes[index as usize];
        let step = node.next_step_us().map(|at| Reverse((at, index, node.revision)));
        self.steps.extend(step);
    }

    fn step(&mut self, now_us: u64, index: u32) {
        let node = &mut self.nodes[index as usize];
        let Some((work_ns, finished)) = node.step(now_us) else { return };
        self.load_series.at(now_us).work_ms += work_ns / 1_000_000;
        let Some(finished) = finished else { return self.schedule_next(index) };
        if let Some(next) = node.queue.pop_front() {
            self.start(now_us, index, next);
        } else {
            self.schedule_next(index);
        }
        self.finish(now_us, index, finished);
    }

    fn finish(&mut self, now_us: u64, node: u32, finished: Finished) {
        let ConversionRequest { person, photo, album, maker, canary, .. } = finished.request;
        let tags = finished.traced.bands.iter().flatten();
        let bands: Vec<u32> = tags.map(|tag| tag.number as u32).collect();
        let wrong = bands.iter().any(|&band| band != photo);
        let thumbnail = self.caches.add(photo, maker, wrong, now_us, !canary);
        let ring_model = self.nodes[node as usize].ring_model.as_ref();
        self.law_check.check(&finished, ring_model, thumbnail, now_us);
        let minute = self.load_series.at(now_us);
        minute.made += u32::from(maker == MakerVersion::Rollout);
        minute.wrong += u32::from(wrong);
        if wrong {
            self.first_wrong_us.get_or_insert(now_us);
        }
        self.rows.push_back(LogRow::Made(MadeRow {
            at_us: now_us,
            thumbnail,
            photo,
            owner: self.population.owner_of(photo, album),
            maker,
            node,
            slot: finished.slot,
            decode: finished.traced.own.decode,
            bands,
        }));
        if canary && wrong {
            self.detect(now_us);
        }
        if !canary {
            let lookup = Lookup { person, photo, row: photo, now_us };
            self.caches.store_on_device(lookup, thumbnail);
        }
        self.show(now_us, person, thumbnail, ServedFrom::Fresh);
        self.start_waiting(album, now_us);
    }

    /// Serves an album's waiting requests until a conversion starts or no request waits.
    fn start_waiting(&mut self, album: u32, now_us: u64) {
        while let Some(next) = self.waiting.get_mut(&album).and_then(VecDeque::pop_front) {
            let ConversionRequest { person, photo, canary, .. } = next;
            // A request that waited behind a conversion of the same photo is served from the cache.
            // Nothing of its row was cached before the start: otherwise it would not have waited.
            let lookup = Lookup { person, photo, row: photo, now_us };
            if !canary && self.caches.is_stored(photo) && self.serve_from_cache(lookup, album) {
                continue;
            }
            if self.admit(now_us, next) {
                return;
            }
            self.shed(now_us);
        }
        self.waiting.remove(&album);
    }

    fn show(&mut self, at_us: u64, viewer: u32, thumbnail: u32, served_from: ServedFrom) {
        self.rows.push_back(LogRow::Shown(ShownRow { at_us, thumbnail, viewer, served_from }));
        if self.caches.is_wrong(thumbnail) {
            self.load_series.at(at_us).wrong_shown += 1;
            self.first_wrong_shown_us.get_or_insert(at_us);
            self.last_wrong_shown_us = Some(at_us);
            if self.recovery.detection_us.is_some_and(|from_us| from_us <= at_us) {
                self.detect(at_us);
            }
        }
    }

    /// Returns the lifetimes of the wrong copies stored so far.
    pub(super) fn wrong_copies(&self) -> WrongCopies {
        WrongCopies::new(self.plan, self.population, &self.recovery, &self.caches.copies)
    }
}

impl Iterator for Engine<'_> {
    type Item = LogRow;

    fn next(&mut self) -> Option<LogRow> {
        loop {
            if let Some(row) = self.rows.pop_front() {
                return Some(row);
            }
            if !self.advance() {
                return None;
            }
        }
    }
}
