//! The run's ledger: rows are counted as they come, turned into the records of the album's own
//! ledger, and forgotten.
//!
//! What was made and shown is known here from rows only, as in the service; the impact is then
//! worked out by the service's own code.

use std::io::{self, Write};
use std::num::NonZeroU32;
use std::sync::Arc;

use uuid::Uuid;

use super::event_log::{LogRow, MadeRow, ShownRow};
use super::plan::SimulationPlan;
use super::population::Population;
use super::thumbnail_caches::FastMap;
use super::versions::MakerVersion;
use crate::album::{
    AlbumId, Band, ForeignBand, ImpactQuery, MakingEvent, Moment, PersonId, PhotoRef, PhotoUuid,
    Record, RecordKind, RowId, ThumbnailRecord,
};
use crate::codec::ThumbnailSpec;

/// How long after its start the estimate's window is kept open for a fix.
const MOST_WINDOW_US: u64 = 24 * 60 * 60 * 1_000_000;

/// A showing in the window, of a photo that is old enough to be in question.
#[derive(Clone, Copy)]
pub(super) struct WindowRow {
    at_us: u64,
    row: u32,
    thumbnail: u32,
    viewer: u32,
}

/// What the books know of a thumbnail.
#[derive(Clone, Copy)]
struct ThumbnailInfo {
    photo: u32,
    maker: MakerVersion,
}

pub(super) struct LedgerAdapter<'w, 'l> {
    plan: &'w SimulationPlan,
    world: &'w Population,
    log: Option<&'l mut dyn Write>,
    pub(super) failed: Option<io::Error>,
    rows: u64,
    pub(super) made: u64,
    pub(super) made_wrong: u64,
    pub(super) shown: u64,
    /// Wrong thumbnails of a maker that may make none.
    pub(super) wrong_elsewhere: u64,
    known: Vec<ThumbnailInfo>,
    /// The photos in each wrong thumbnail's bands, with their places in the order of decodes.
    wrong: FastMap<u32, Vec<u32>>,
    makers: [Arc<str>; 3],
    pipelines: [Arc<str>; 3],
    window_us: Option<(u64, u64)>,
    pub(super) in_scope: Vec<WindowRow>,
}

impl<'w, 'l> LedgerAdapter<'w, 'l> {
    pub(super) fn new(
        plan: &'w SimulationPlan,
        world: &'w Population,
        log: Option<&'l mut dyn Write>,
    ) -> Self {
        let window = plan.script.estimate.as_ref().map(|estimate| plan.us(&estimate.from));
        let name = |maker: MakerVersion| maker.name().into();
        Self {
            plan,
            world,
            log,
            failed: None,
            rows: 0,
            made: 0,
            made_wrong: 0,
            shown: 0,
            wrong_elsewhere: 0,
            known: Vec::new(),
            wrong: FastMap::default(),
            makers: [MakerVersion::Before, MakerVersion::Rollout, MakerVersion::Fix].map(name),
            pipelines: [
                "owned".into(),
                plan.script.fleet.pipeline.to_string().into(),
                "owned".into(),
            ],
            window_us: window.map(|from| (from, from + MOST_WINDOW_US)),
            in_scope: Vec::new(),
        }
    }

    /// Enters a row: its record, if it is about a thumbnail of the maker in question.
    pub(super) fn enter(&mut self, row: &LogRow) -> Option<Record> {
        if let Some(log) = self.log.as_mut().filter(|_| self.failed.is_none()) {
            self.failed = row.write(log).err();
        }
        self.rows += 1;
        match row {
            LogRow::Made(made) => self.made(made),
            LogRow::Shown(shown) => self.shown(shown),
        }
    }

    fn made(&mut self, made: &MadeRow) -> Option<Record> {
        let wrong = made.is_wrong();
        self.made += 1;
        self.made_wrong += u64::from(wrong);
        self.known.push(ThumbnailInfo { photo: made.photo, maker: made.maker });
        if wrong {
            self.wrong.insert(made.thumbnail, made.bands.clone());
        }
        if made.maker != MakerVersion::Rollout {
            self.wrong_elsewhere += u64::from(wrong);
            return None;
        }
        let source = |&photo: &u32| Some(Band { source: self.source(photo), decode: made.decode });
        let bands = made.bands.iter().map(source).collect();
        let making = ThumbnailRecord { slot: made.slot, decode: made.decode, bands };
        let asked = self.source(made.photo);
        Some(self.record(
            made.at_us,
            self.rows,
            asked.owner,
            asked,
            made.maker,
            RecordKind::Made(making),
        ))
    }

    fn shown(&mut self, shown: &ShownRow) -> Option<Record> {
        self.shown += 1;
        let ShownRow { at_us, thumbnail, viewer, .. } = *shown;
        let within = self.window_us.is_some_and(|(from, to)| (from..to).contains(&at_us));
        let known = self.known(thumbnail);
        if within && self.world.aged(known.photo, self.world.album_with(known.photo)) {
            self.in_scope.push(WindowRow { at_us, row: self.rows as u32, thumbnail, viewer });
        }
        (known.maker == MakerVersion::Rollout)
            .then(|| self.showing(at_us, self.rows, thumbnail, viewer, known))
    }

    fn known(&self, thumbnail: u32) -> ThumbnailInfo {
        match thumbnail.checked_sub(self.world.photos()) {
            Some(place) => self.known[place as usize],
            None => ThumbnailInfo { photo: thumbnail, maker: MakerVersion::Before },
        }
    }

    fn showing(
        &self,
        at_us: u64,
        row: u64,
        thumbnail: u32,
        viewer: u32,
        known: ThumbnailInfo,
    ) -> Record {
        let asked = self.source(known.photo);
        let none = Vec::new();
        let bands = self.wrong.get(&thumbnail).unwrap_or(&none);
        let own = bands.iter().filter(|&&photo| photo == known.photo).count();
        let others = bands.iter().filter(|&&photo| photo != known.photo);
        let home = self.world.album_of(viewer);
        let foreign = others.map(|&photo| ForeignBand {
            source: Some(self.source(photo)),
            stranger: self.world.album_with(photo) != home,
        });
        let own = if bands.is_empty() { self.plan.script.fleet.bands } else { own as u32 };
        let what =
            RecordKind::Shown { made: RowId::from(0), own_bands: own, foreign: foreign.collect() };
        self.record(at_us, row, person(viewer), asked, known.maker, what)
    }

    fn record(
        &self,
        at_us: u64,
        row: u64,
        viewer: PersonId,
        asked: PhotoRef,
        maker: MakerVersion,
        what: RecordKind,
    ) -> Record {
        let event = MakingEvent {
            viewer,
            requested: asked,
            photo_hash: NOTHING.into(),
            thumbnail_hash: NOTHING.into(),
            spec: ThumbnailSpec::default(),
            maker: Arc::clone(&self.makers[maker as usize]),
            pipeline: Arc::clone(&self.pipelines[maker as usize]),
        };
        Record { row: RowId::from(row as i64), at: moment(at_us), event, kind: what }
    }

    fn source(&self, photo: u32) -> PhotoRef {
        let album = self.world.album_with(photo);
        PhotoRef {
            photo: i64::from(photo).into(),
            name: PhotoUuid::from(Uuid::from_u128(photo.into())),
            album: AlbumId::from(Uuid::from_u128(album.into())),
            owner: person(self.world.owner_of(photo, album)),
        }
    }

    /// All rows of the maker in question.
    pub(super) fn question(&self) -> ImpactQuery {
        let maker = Some(Arc::clone(&self.makers[MakerVersion::Rollout as usize]));
        let (from, to) = (moment(0), moment(u64::MAX / 2));
        ImpactQuery { from, to, maker, one_in: NonZeroU32::MIN }
    }

    /// The window that the operator could count in: when it was, and its rows, whatever the maker.
    pub(super) fn window(
        &self,
        fixed_us: Option<u64>,
    ) -> Option<(ImpactQuery, impl Iterator<Item = Record>)> {
        let estimate = self.plan.script.estimate.as_ref()?;
        let (from, last) = self.window_us?;
        let by_script = self.plan.script.fix.as_ref().map(|fix| self.plan.us(&fix.at));
        let to = fixed_us.or(by_script).unwrap_or(last).min(last);
        let one_in = NonZeroU32::new(estimate.one_in).unwrap_or(NonZeroU32::MIN);
        let question = ImpactQuery { from: moment(from), to: moment(to), maker: None, one_in };
        let rows = self.in_scope.iter().filter(move |row| row.at_us < to).map(|row| {
            let WindowRow { at_us, row, thumbnail, viewer } = *row;
            self.showing(at_us, row.into(), thumbnail, viewer, self.known(thumbnail))
        });
        Some((question, rows))
    }

    /// Everybody who was shown a thumbnail in the window, each once.
    pub(super) fn viewers(&self, fixed_us: Option<u64>) -> Vec<u32> {
        let Some((_, rows)) = self.window(fixed_us) else { return Vec::new() };
        let mut viewers: Vec<u32> = rows.map(|row| number(row.event.viewer)).collect();
        viewers.sort_unstable();
        viewers.dedup();
        viewers
    }
}

/// Nobody's bytes: a photo here is a number.
const NOTHING: [u8; 32] = [0; 32];

fn moment(us: u64) -> Moment {
    Moment::from_millis((us / 1_000) as i64)
}

fn person(number: u32) -> PersonId {
    Uuid::from_u128(number.into()).into()
}

/// The person's number.
pub(super) fn number(person: PersonId) -> u32 {
    person.uuid().as_u128() as u32
}
