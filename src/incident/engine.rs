//! The day itself: events in the order of their virtual moments, one at a time, on one thread.
//!
//! It is an iterator over the log's rows, so that whoever counts, counts what the log says, and
//! nothing has to be held that was counted.

mod scheduled_events;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::num::NonZeroUsize;

use super::event_log::{LogRow, MadeRow, ServedFrom, ShownRow};
use super::lap_law_check::LapLawCheck;
use super::load_series::LoadSeries;
use super::node::{ConversionRequest, Finished, Node, StepCosts};
use super::plan::SimulationPlan;
use super::population::Population;
use super::recovery::Recovery;
use super::rng::{SplitMix64, Stream, share};
use super::thumbnail_caches::{FastMap, Lookup, ThumbnailCaches};
use super::traffic::{Opening, Traffic};
use super::versions::MakerVersion;
use scheduled_events::ScheduledEvent;

/// Orders of one album that wait for each other at most; one more is shed.
const MOST_WAITING: usize = 256;
/// Events between two questions whether to go on.
const EVENTS_A_LOOK: u64 = 4_096;

pub(super) struct Engine<'w> {
    plan: &'w SimulationPlan,
    world: &'w Population,
    traffic: Traffic,
    work: SplitMix64,
    fleet: Vec<Node>,
    /// When an instance's next step is due, by its changes then: out of date if there were more.
    calendar: BinaryHeap<Reverse<(u64, u32, u64)>>,
    turns: BinaryHeap<Reverse<(u64, ScheduledEvent)>>,
    /// Albums with a conversion in the fleet, and the orders that wait for it to be done: one
    /// album never has two thumbnails in the making, so none is ever mixed with its own.
    albums: FastMap<u32, VecDeque<ConversionRequest>>,
    store: ThumbnailCaches<'w>,
    rows: VecDeque<LogRow>,
    go_on: &'w dyn Fn() -> bool,
    /// Instances that have the new maker.
    rolled_out: u32,
    pub(super) remedies: Recovery,
    pub(super) minutes: LoadSeries,
    pub(super) law: LapLawCheck,
    pub(super) events: u64,
    pub(super) shed: u64,
    pub(super) interrupted: bool,
    pub(super) first_wrong_us: Option<u64>,
    pub(super) first_shown_us: Option<u64>,
    pub(super) last_shown_us: Option<u64>,
}

impl<'w> Engine<'w> {
    pub(super) fn new(
        plan: &'w SimulationPlan,
        world: &'w Population,
        go_on: &'w dyn Fn() -> bool,
    ) -> Self {
        let fleet = &plan.script.fleet;
        let slots = NonZeroUsize::new(fleet.slots as usize).unwrap_or(NonZeroUsize::MIN);
        let (bands, cores) = (fleet.bands, fleet.cores);
        let (decode_share, encode_share) = (fleet.decode_share, fleet.encode_share);
        let cut = StepCosts { bands, decode_share, encode_share };
        let instance = |_| Node::new(fleet.pipeline, slots, cores, cut);
        let mut day = Self {
            plan,
            world,
            traffic: Traffic::new(plan, world.people()),
            work: SplitMix64::new(plan.seed, Stream::Work),
            fleet: (0..fleet.instances).map(instance).collect(),
            calendar: BinaryHeap::new(),
            turns: BinaryHeap::new(),
            albums: FastMap::default(),
            store: ThumbnailCaches::new(world, plan.script.caches.clone()),
            rows: VecDeque::new(),
            go_on,
            rolled_out: 0,
            remedies: Recovery::new(plan),
            minutes: LoadSeries::default(),
            law: LapLawCheck::new(bands),
            events: 0,
            shed: 0,
            interrupted: false,
            first_wrong_us: None,
            first_shown_us: None,
            last_shown_us: None,
        };
        day.set_turns();
        day
    }

    /// Makes the next thing happen. `false`: nothing will any more.
    fn advance(&mut self) -> bool {
        self.events += 1;
        if self.events.is_multiple_of(EVENTS_A_LOOK) && !self.interrupted && !(self.go_on)() {
            // Nobody comes any more; what is at work is finished, so that the log is whole.
            self.interrupted = true;
            self.traffic.close();
            self.turns.clear();
        }
        while let Some(&Reverse((_, instance, changes))) = self.calendar.peek() {
            if self.fleet[instance as usize].changes == changes {
                break;
            }
            self.calendar.pop();
        }
        let turn = self.turns.peek().map(|&Reverse((at, turn))| (at, turn));
        let step = self.calendar.peek().map(|&Reverse((at, instance, _))| (at, instance));
        let opening_us = self.traffic.next_us().unwrap_or(u64::MAX);
        let step_us = step.map_or(u64::MAX, |(at, _)| at);
        match (turn, step) {
            (Some((at, turn)), _) if at <= step_us && at <= opening_us => {
                self.turns.pop();
                self.turn(at, turn);
            }
            (_, Some((at, instance))) if at <= opening_us => {
                self.calendar.pop();
                self.step(at, instance);
            }
            _ => match self.traffic.take() {
                Some(opening) => self.open(opening),
                None => return false,
            },
        }
        true
    }

    /// Somebody opens an album and looks at one row of it.
    fn open(&mut self, opening: Opening) {
        let Opening { at_us: now_us, person, draw } = opening;
        self.minutes.at(now_us).views += 1;
        let album = self.world.album_of(person);
        let photos = self.world.photos_in(album);
        let views = &self.plan.script.views;
        let rows = (photos.end - photos.start).div_ceil(views.thumbnails);
        let place = share(draw);
        let skewed = (1..views.newest_first).fold(place, |product, _| product * place);
        let row = photos.start + (skewed * f64::from(rows)) as u32 * views.thumbnails;
        for photo in row..photos.end.min(row + views.thumbnails) {
            let asking = Lookup { person, photo, row, now_us };
            if let Some(thumbnail) = self.store.on_device(asking, &self.remedies) {
                self.show(now_us, person, thumbnail, ServedFrom::Device);
            } else if !self.serve(asking, album) {
                let order = self.order(person, photo, album, false);
                self.ask(now_us, order);
            }
        }
    }

    fn order(&mut self, person: u32, photo: u32, album: u32, canary: bool) -> ConversionRequest {
        let spread = self.plan.script.fleet.spread;
        let times = 1.0 - spread + 2.0 * spread * self.work.share();
        let work_ns = (self.plan.conversion_ns() * times) as u64;
        ConversionRequest { person, photo, album, maker: MakerVersion::Before, work_ns, canary }
    }

    /// Serves from the service's cache, if it can.
    fn serve(&mut self, asking: Lookup, album: u32) -> bool {
        let maker = self.maker(asking.photo, album);
        let kept = self.store.on_service(asking, maker, &self.remedies);
        if let Some(thumbnail) = kept {
            self.store.keep_on_device(asking, thumbnail);
            self.show(asking.now_us, asking.person, thumbnail, ServedFrom::Service);
        }
        kept.is_some()
    }

    /// The instance that converts a photo: its row's, so that all have their part of the load.
    fn instance_of(&self, photo: u32, album: u32) -> u32 {
        let row = self.world.row_of(photo, album, self.plan.script.views.thumbnails);
        self.world.instance_of(row, self.fleet.len() as u32)
    }

    /// The maker that a photo has there now.
    fn maker(&self, photo: u32, album: u32) -> MakerVersion {
        if !self.world.aged(photo, album) {
            MakerVersion::Before
        } else if self.remedies.fixed_us.is_some() {
            MakerVersion::Fix
        } else if self.instance_of(photo, album) < self.rolled_out {
            MakerVersion::Rollout
        } else {
            MakerVersion::Before
        }
    }

    fn ask(&mut self, now_us: u64, order: ConversionRequest) {
        if let Some(waiting) = self.albums.get_mut(&order.album) {
            if waiting.len() < MOST_WAITING {
                return waiting.push_back(order);
            }
        } else if self.admit(now_us, order) {
            self.albums.insert(order.album, VecDeque::new());
            return;
        }
        self.shed(now_us);
    }

    fn shed(&mut self, now_us: u64) {
        self.shed += 1;
        self.minutes.at(now_us).shed += 1;
    }

    /// Takes an order to its instance: to work, or to wait. `false`: the instance is full.
    fn admit(&mut self, now_us: u64, order: ConversionRequest) -> bool {
        let fleet = &self.plan.script.fleet;
        let place = self.instance_of(order.photo, order.album);
        let instance = &mut self.fleet[place as usize];
        if instance.at_work() < fleet.at_work_most as usize {
            self.start(now_us, place, order);
            true
        } else if instance.queue.len() < fleet.queue_most as usize {
            instance.queue.push_back(order);
            true
        } else {
            false
        }
    }

    fn start(&mut self, now_us: u64, place: u32, mut order: ConversionRequest) {
        order.maker = self.maker(order.photo, order.album);
        let instance = &mut self.fleet[place as usize];
        instance.take(now_us, order);
        let minute = self.minutes.at(now_us);
        minute.at_work_most = minute.at_work_most.max(instance.at_work() as u32);
        self.foresee(place);
    }

    fn foresee(&mut self, place: u32) {
        let instance = &self.fleet[place as usize];
        let next = instance.next_us().map(|at| Reverse((at, place, instance.changes)));
        self.calendar.extend(next);
    }

    fn step(&mut self, now_us: u64, place: u32) {
        let instance = &mut self.fleet[place as usize];
        let Some(stepped) = instance.step(now_us) else { return };
        self.minutes.at(now_us).work_ms += stepped.work_ns / 1_000_000;
        let Some(finished) = stepped.finished else { return self.foresee(place) };
        if let Some(next) = instance.queue.pop_front() {
            self.start(now_us, place, next);
        } else {
            self.foresee(place);
        }
        self.finish(now_us, place, finished);
    }

    fn finish(&mut self, now_us: u64, instance: u32, finished: Finished) {
        let ConversionRequest { person, photo, album, maker, canary, .. } = finished.order;
        let bands: Vec<u32> =
            finished.made.bands.iter().flatten().map(|tag| tag.number as u32).collect();
        let wrong = bands.iter().any(|&band| band != photo);
        let thumbnail = self.store.made(photo, maker, wrong, now_us, !canary);
        self.law.hold(&finished, self.fleet[instance as usize].slots.as_ref(), thumbnail, now_us);
        let minute = self.minutes.at(now_us);
        minute.made += u32::from(maker == MakerVersion::Rollout);
        minute.wrong += u32::from(wrong);
        if wrong {
            self.first_wrong_us.get_or_insert(now_us);
        }
        let owner = self.world.owner_of(photo, album);
        let (slot, decode) = (finished.slot, finished.made.own.decode);
        let at_us = now_us;
        self.rows.push_back(LogRow::Made(MadeRow {
            at_us,
            thumbnail,
            photo,
            owner,
            maker,
            instance,
            slot,
            decode,
            bands,
        }));
        if canary && wrong {
            self.detect(now_us);
        }
        if !canary {
            let asking = Lookup { person, photo, row: photo, now_us };
            self.store.keep_on_device(asking, thumbnail);
        }
        self.show(now_us, person, thumbnail, ServedFrom::Fresh);
        self.next_of(album, now_us);
    }

    /// Lets the next who waits for an album have his turn.
    fn next_of(&mut self, album: u32, now_us: u64) {
        while let Some(next) = self.albums.get_mut(&album).and_then(VecDeque::pop_front) {
            let ConversionRequest { person, photo, canary, .. } = next;
            // Whoever waited behind the photo's own conversion finds it cached; none of its row
            // was cached before, or nobody would have waited.
            let asking = Lookup { person, photo, row: photo, now_us };
            if !canary && self.store.is_made(photo) && self.serve(asking, album) {
                continue;
            }
            if self.admit(now_us, next) {
                return;
            }
            self.shed(now_us);
        }
        self.albums.remove(&album);
    }

    fn show(&mut self, at_us: u64, viewer: u32, thumbnail: u32, from: ServedFrom) {
        self.rows.push_back(LogRow::Shown(ShownRow { at_us, thumbnail, viewer, from }));
        if self.store.is_wrong(thumbnail) {
            self.minutes.at(at_us).wrong_shown += 1;
            self.first_shown_us.get_or_insert(at_us);
            self.last_shown_us = Some(at_us);
            if self.remedies.detection_us().is_some_and(|from| from <= at_us) {
                self.detect(at_us);
            }
        }
    }

    /// The wrong copies of the day so far.
    pub(super) fn copies(&self) -> super::wrong_copies::WrongCopies {
        super::wrong_copies::WrongCopies::new(
            self.plan,
            self.world,
            &self.remedies,
            self.store.copies(),
        )
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
