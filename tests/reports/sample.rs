//! Makes results of a reproduction by hand: owners with hostile names, runs of every pipeline, and
//! mixed thumbnails that are real JPEGs.

use std::collections::BTreeSet;
use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Instant;

use bytes::Bytes;
use double_exposure::codec::{ImageCodec, ThumbnailRequest, ThumbnailSpec};
use double_exposure::pipelines::PipelineKind;
use double_exposure::provenance::{MixStats, PixelOracle};
use double_exposure::repro::report::ReproPage;
use double_exposure::repro::{
    Exhibit, Expectation, PhotoSet, ReproPlan, ReproResults, ReproVerdict, Run,
};
use double_exposure::schedule::Outcome;

pub(crate) const MARKUP: &str = r#"<script>alert("Ann & 'Bo'")</script>"#;
pub(crate) const JAPANESE: &str = "渡辺・櫻";
pub(crate) const COMMAND: &str = "double-exposure repro --seed 7 --photos '/a/b & c'";

const BANDS: NonZeroU32 = NonZeroU32::new(4).unwrap();
const SIDE: u16 = 64;

/// Holds what a page is made from.
pub(crate) struct Sample {
    pub(crate) plan: ReproPlan,
    pub(crate) photo_set: PhotoSet,
    pub(crate) results: ReproResults,
    pub(crate) truths: Vec<Bytes>,
}

impl Sample {
    /// Makes a sample of three pipelines at seven loads; `shared` mixed photos at the higher ones.
    pub(crate) fn reproduced() -> Self {
        let mut sample =
            Self::of(&[PipelineKind::Shared, PipelineKind::Owned, PipelineKind::Pooled], 7);
        sample.results.exhibits = exhibits();
        sample.truths = sample.results.exhibits.iter().map(|e| jpeg(e.photo as u8)).collect();
        sample
    }

    /// Makes runs of `pipelines` at this number of loads; `shared` mixes from 4 in flight on.
    pub(crate) fn of(pipelines: &[PipelineKind], loads: u32) -> Self {
        let in_flight: Vec<usize> = (0..loads).map(|power| 1 << power).collect();
        let runs = pipelines
            .iter()
            .flat_map(|&kind| in_flight.iter().map(move |&in_flight| run(kind, in_flight)))
            .collect();
        let results = ReproResults {
            runs,
            verdict: ReproVerdict::Reproduced,
            cores: 2,
            exhibits: Vec::new(),
            interrupted: false,
        };
        let plan = plan(pipelines, in_flight);
        Self { plan, photo_set: photo_set(), results, truths: Vec::new() }
    }

    /// Returns the page as HTML.
    pub(crate) fn page(&self) -> String {
        let Self { plan, photo_set, results, truths } = self;
        ReproPage { plan, photo_set, results, truths, command: COMMAND }.html()
    }
}

fn plan(pipelines: &[PipelineKind], in_flight: Vec<usize>) -> ReproPlan {
    ReproPlan {
        pipelines: pipelines.to_vec(),
        in_flight,
        slots: NonZeroUsize::new(8).unwrap(),
        bands: BANDS,
        thumbnails: 600,
        spec: ThumbnailSpec::default(),
        seed: 7,
        expect: Expectation::Reproduced,
        deadline: Instant::now(),
    }
}

/// Makes a run with a different number in each of its counts.
fn run(kind: PipelineKind, in_flight: usize) -> Run {
    let mixes = kind == PipelineKind::Shared && in_flight >= 4;
    let (torn, swapped) = if mixes { (in_flight as u64, 17) } else { (0, 0) };
    let people = |max: usize| -> BTreeSet<usize> { (0..if mixes { max } else { 0 }).collect() };
    let stats = MixStats {
        thumbnails: 600,
        clean: 600 - torn - swapped,
        torn,
        swapped,
        exposed_owners: people(3),
        affected_viewers: people(2),
        rows_from_later: 64 * (torn + swapped),
        rows_from_earlier: torn / 4,
        ambiguous_rows: 40 + in_flight as u64,
        oracle_faults: 0,
    };
    let slots = NonZeroUsize::new(8).unwrap();
    let per_second = 123.4 + in_flight as f64;
    let per_second_range = [per_second - 10.0, per_second + 10.0];
    Run {
        kind,
        slots,
        bands: BANDS.get(),
        in_flight,
        planned: 600,
        stats,
        per_second,
        per_second_range,
    }
}

fn photo_set() -> PhotoSet {
    let long = format!("{}-long", "x".repeat(200));
    let owners = vec![MARKUP.to_owned(), JAPANESE.to_owned(), long];
    let request = ThumbnailRequest { photo: Bytes::new(), spec: ThumbnailSpec::default() };
    PhotoSet {
        requests: vec![request; 3],
        heights: vec![u32::from(SIDE); 3],
        owner_of: vec![0, 1, 2],
        owners,
        skipped: Vec::new(),
        unused: 0,
        oracle: PixelOracle::new(&ImageCodec::new(BANDS), &[]).unwrap(),
    }
}

fn exhibits() -> Vec<Exhibit> {
    let bands = |owners: [usize; 4]| {
        (0..4).map(|b| (b * 16..(b + 1) * 16, Some(owners[b as usize]))).collect()
    };
    let exhibit = |photo, outcome, owners: [usize; 4]| Exhibit {
        kind: PipelineKind::Shared,
        in_flight: 64,
        photo,
        outcome,
        bands: bands(owners),
        thumbnail: jpeg(owners[3] as u8),
    };
    vec![
        exhibit(0, Outcome::Torn, [0, 0, 1, 1]),
        exhibit(1, Outcome::Torn, [1, 2, 0, 2]),
        exhibit(2, Outcome::Swapped, [0, 0, 0, 0]),
    ]
}

/// Makes a picture that differs by `shade`.
pub(crate) fn jpeg(shade: u8) -> Bytes {
    let pixels: Vec<u8> = (0..SIDE * SIDE).map(|i| (i % 251) as u8 ^ (shade << 6)).collect();
    let mut jpeg = Vec::new();
    jpeg_encoder::Encoder::new(&mut jpeg, 80)
        .encode(&pixels, SIDE, SIDE, jpeg_encoder::ColorType::Luma)
        .unwrap();
    jpeg.into()
}
