//! Converts rows of the event log into records of the album's ledger, counts them, and drops them.
//!
//! As in the service, all knowledge of made and shown thumbnails comes from rows. The service's own
//! code then computes the impact from the records.

use std::io::{self, Write};
use std::num::NonZeroU32;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use uuid::Uuid;

use super::event_log::{LogRow, MadeRow, ShownRow};
use super::plan::{DAY_US, SimulationPlan};
use super::population::Population;
use super::versions::MakerVersion;
use crate::album::{
    AlbumId, Band, ForeignBand, ImpactQuery, MakingEvent, Moment, PersonId, PhotoRef, PhotoUuid,
    Record, RecordKind, RowId, ThumbnailRecord,
};
use crate::codec::ThumbnailSpec;

/// Maximum length of the estimate's window, for a day without a fix.
const MAX_WINDOW_US: u64 = DAY_US;

/// Records that a photo old enough for the new maker was shown in the estimate's window.
#[derive(Clone, Copy)]
struct WindowRow {
    at_us: u64,
    row: u64,
    thumbnail: u32,
    viewer: u32,
}

/// Describes a thumbnail made since the start.
#[derive(Clone, Copy)]
struct ThumbnailInfo {
    photo: u32,
    maker: MakerVersion,
}

/// Counts rows of the event log, and converts them into ledger records.
pub(super) struct LedgerAdapter<'p, 'l> {
    plan: &'p SimulationPlan,
    population: &'p Population,
    log: Option<&'l mut dyn Write>,
    log_error: Option<io::Error>,
    rows: u64,
    pub(super) made: u64,
    pub(super) wrong_made: u64,
    pub(super) shown: u64,
    /// Number of wrong thumbnails of a maker whose pipeline promises none.
    pub(super) wrong_by_others: u64,
    thumbnails: Vec<ThumbnailInfo>,
    /// The photo in each band of each wrong thumbnail.
    wrong_bands: FxHashMap<u32, Vec<u32>>,
    /// The names of the maker versions and their pipelines, as the ledger records them.
    makers: [(Arc<str>, Arc<str>); 3],
    window_us: Option<(u64, u64)>,
    window_rows: Vec<WindowRow>,
}

impl<'p, 'l> LedgerAdapter<'p, 'l> {
    pub(super) fn new(
        plan: &'p SimulationPlan,
        population: &'p Population,
        log: Option<&'l mut dyn Write>,
    ) -> Self {
        let window_start =
            plan.scenario.estimate.as_ref().map(|estimate| plan.scenario.us(&estimate.from));
        let names = |maker: MakerVersion| {
            let pipeline = maker.pipeline(plan.scenario.fleet.pipeline);
            (maker.to_string().into(), pipeline.to_string().into())
        };
        Self {
            plan,
            population,
            log,
            log_error: None,
            rows: 0,
            made: 0,
            wrong_made: 0,
            shown: 0,
            wrong_by_others: 0,
            thumbnails: Vec::new(),
            wrong_bands: FxHashMap::default(),
            makers: MakerVersion::ALL.map(names),
            window_us: window_start.map(|from| (from, from + MAX_WINDOW_US)),
            window_rows: Vec::new(),
        }
    }

    /// Logs and counts a row. Returns its ledger record if the row concerns a thumbnail of the new
    /// maker.
    pub(super) fn record(&mut self, row: &LogRow) -> Option<Record> {
        if let Some(log) = self.log.as_mut().filter(|_| self.log_error.is_none()) {
            let written = serde_json::to_writer(&mut *log, row).map_err(io::Error::from);
            self.log_error = written.and_then(|()| log.write_all(b"\n")).err();
        }
        self.rows += 1;
        match row {
            LogRow::Made(made) => self.record_made(made),
            LogRow::Shown(shown) => self.record_shown(shown),
        }
    }

    /// Flushes the log. Returns the first error of its writer.
    pub(super) fn close_log(&mut self) -> io::Result<()> {
        match self.log_error.take() {
            Some(error) => Err(error),
            None => self.log.as_mut().map_or(Ok(()), |log| log.flush()),
        }
    }

    fn record_made(&mut self, row: &MadeRow) -> Option<Record> {
        let &MadeRow { at_us, thumbnail, photo, maker, slot, decode, ref bands, .. } = row;
        let wrong = bands.iter().any(|&shown| shown != photo);
        self.made += 1;
        self.wrong_made += u64::from(wrong);
        self.thumbnails.push(ThumbnailInfo { photo, maker });
        if wrong {
            self.wrong_bands.insert(thumbnail, bands.clone());
        }
        if maker != MakerVersion::Rollout {
            self.wrong_by_others += u64::from(wrong);
            return None;
        }
        let band = |&photo: &u32| Some(Band { source: self.photo_ref(photo), decode });
        let bands = bands.iter().map(band).collect();
        let kind = RecordKind::Made(ThumbnailRecord { slot, decode, bands });
        let asked = self.photo_ref(photo);
        Some(self.ledger_record(at_us, self.rows, asked.owner, asked, maker, kind))
    }

    fn record_shown(&mut self, row: &ShownRow) -> Option<Record> {
        self.shown += 1;
        let ShownRow { at_us, thumbnail, viewer, .. } = *row;
        let row = WindowRow { at_us, row: self.rows, thumbnail, viewer };
        let in_window = self.window_us.is_some_and(|(from, to)| (from..to).contains(&at_us));
        let ThumbnailInfo { photo, maker } = self.info(thumbnail);
        if in_window && self.population.is_old(photo, self.population.album_with(photo)) {
            self.window_rows.push(row);
        }
        (maker == MakerVersion::Rollout).then(|| self.shown_record(row))
    }

    fn info(&self, thumbnail: u32) -> ThumbnailInfo {
        match thumbnail.checked_sub(self.population.photos()) {
            Some(index) => self.thumbnails[index as usize],
            None => ThumbnailInfo { photo: thumbnail, maker: MakerVersion::Before },
        }
    }

    fn shown_record(&self, row: WindowRow) -> Record {
        let WindowRow { at_us, row, thumbnail, viewer } = row;
        let ThumbnailInfo { photo, maker } = self.info(thumbnail);
        let bands = self.wrong_bands.get(&thumbnail).map_or(&[][..], Vec::as_slice);
        let others = bands.iter().filter(|&&band| band != photo);
        let viewers_album = self.population.album_of(viewer);
        let foreign: Vec<ForeignBand> = others
            .map(|&band| ForeignBand {
                source: Some(self.photo_ref(band)),
                stranger: self.population.album_with(band) != viewers_album,
            })
            .collect();
        let own = self.plan.scenario.fleet.bands - foreign.len() as u32;
        let kind = RecordKind::Shown { made: RowId::from(0), own_bands: own, foreign };
        self.ledger_record(at_us, row, person_id(viewer), self.photo_ref(photo), maker, kind)
    }

    fn ledger_record(
        &self,
        at_us: u64,
        row: u64,
        viewer: PersonId,
        asked: PhotoRef,
        maker: MakerVersion,
        what: RecordKind,
    ) -> Record {
        let (maker, pipeline) = self.makers[maker as usize].clone();
        let event = MakingEvent {
            viewer,
            requested: asked,
            photo_hash: NO_CONTENT.into(),
            thumbnail_hash: NO_CONTENT.into(),
            spec: ThumbnailSpec::default(),
            maker,
            pipeline,
        };
        Record { row: RowId::from(row as i64), at: moment(at_us), event, kind: what }
    }

    fn photo_ref(&self, photo: u32) -> PhotoRef {
        let album = self.population.album_with(photo);
        PhotoRef {
            photo: i64::from(photo).into(),
            name: PhotoUuid::from(Uuid::from_u128(photo.into())),
            album: AlbumId::from(Uuid::from_u128(album.into())),
            owner: person_id(self.population.owner_of(photo, album)),
        }
    }

    /// Returns the query for all records of the new maker.
    pub(super) fn query(&self) -> ImpactQuery {
        let maker = Some(Arc::clone(&self.makers[MakerVersion::Rollout as usize].0));
        let (from, to) = (moment(0), moment(u64::MAX / 2));
        ImpactQuery { from, to, maker, one_in: NonZeroU32::MIN }
    }

    /// Returns the query and the records of the estimate's window, for every maker.
    pub(super) fn window(
        &self,
        fixed_us: Option<u64>,
    ) -> Option<(ImpactQuery, impl Iterator<Item = Record>)> {
        let estimate = self.plan.scenario.estimate.as_ref()?;
        let (from, last) = self.window_us?;
        let scenario_fix_us =
            self.plan.scenario.fix.as_ref().map(|fix| self.plan.scenario.us(&fix.at));
        let to = fixed_us.or(scenario_fix_us).unwrap_or(last).min(last);
        let one_in = NonZeroU32::new(estimate.one_in).unwrap_or(NonZeroU32::MIN);
        let query = ImpactQuery { from: moment(from), to: moment(to), maker: None, one_in };
        let rows = self.window_rows.iter().filter(move |row| row.at_us < to);
        Some((query, rows.map(|row| self.shown_record(*row))))
    }

    /// Returns each person who was shown a thumbnail in the window, once.
    pub(super) fn viewers(&self, fixed_us: Option<u64>) -> Vec<u32> {
        let Some((_, rows)) = self.window(fixed_us) else { return Vec::new() };
        let mut viewers: Vec<u32> = rows.map(|row| person_number(row.event.viewer)).collect();
        viewers.sort_unstable();
        viewers.dedup();
        viewers
    }
}

/// The content hash of every photo: photos here are numbers without bytes.
const NO_CONTENT: [u8; 32] = [0; 32];

fn moment(us: u64) -> Moment {
    Moment::from_millis((us / 1_000) as i64)
}

fn person_id(number: u32) -> PersonId {
    Uuid::from_u128(number.into()).into()
}

/// Returns the number from which a person's id was made.
pub(super) fn person_number(person: PersonId) -> u32 {
    person.uuid().as_u128() as u32
}
