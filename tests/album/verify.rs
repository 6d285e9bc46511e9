//! Goal: making thumbnails again agrees with the ledger, and a ledger with wrong rows is detected.
//! Method: two overlapping requests run step by step on the ring, recorded by the tagging codec,
//! and made again.

use std::num::{NonZeroU32, NonZeroUsize};

use bytes::Bytes;
use double_exposure::album::{
    Band, ContentHash, Entry, ImpactQuery, MakingEvent, Photo, PhotoRef, ThumbnailRecord,
    Verification,
};
use double_exposure::codec::{ImageCodec, ThumbnailRequest, ThumbnailSpec};
use double_exposure::pipeline::{Owned, Pipeline, Shared};
use double_exposure::provenance::{Numbered, Tag, TaggingCodec, Traced};

use crate::fixture::{DAY, MAKER, START, TestFile, append, event, jpeg};

type Codec = TaggingCodec<ImageCodec>;

fn codec() -> Codec {
    TaggingCodec::new(ImageCodec::new(NonZeroU32::new(4).expect("four bands")))
}

fn query() -> ImpactQuery {
    let maker = Some(MAKER.into());
    ImpactQuery { from: START, to: START.after(DAY), maker, one_in: NonZeroU32::MIN }
}

/// Runs two requests, of which the second begins after the first's second band.
fn overlap<P: Pipeline<Codec = Codec>>(pipeline: &P, photos: &[Bytes; 2]) -> [Traced<Bytes>; 2] {
    let request = |number: usize| {
        let photo = photos[number].clone();
        let request = ThumbnailRequest { photo, spec: ThumbnailSpec::default() };
        Numbered { number, request }
    };
    let mut first = pipeline.begin(&request(0)).expect("the photo decodes");
    pipeline.band(&mut first);
    pipeline.band(&mut first);
    let second = pipeline.convert(&request(1)).expect("the photo decodes");
    while pipeline.band(&mut first) {}
    [pipeline.finish(first).expect("the thumbnail is encoded"), second]
}

fn entry(photos: &[Photo], made: &Traced<Bytes>) -> Entry {
    let band = |tag: &Option<Tag>| {
        tag.map(|tag| Band { source: PhotoRef::from(&photos[tag.number]), decode: tag.decode })
    };
    let thumbnail_hash = ContentHash::of(&made.output);
    Entry::Made {
        event: MakingEvent { thumbnail_hash, ..event(&photos[made.own.number]) },
        record: ThumbnailRecord {
            slot: Some(0),
            decode: made.own.decode,
            bands: made.bands.iter().map(band).collect(),
        },
        cache: None,
    }
}

fn jpegs() -> [Bytes; 2] {
    [1, 5].map(|seed| jpeg(640, 480, 90, seed))
}

#[test]
fn making_a_batch_again_agrees_with_the_recorded_rows() {
    let jpegs = jpegs();
    let (file, owner, photos) = TestFile::with_uploads(jpegs.clone());
    let store = file.open();
    let torn = overlap(&Shared::new(codec(), NonZeroUsize::MIN), &jpegs);
    let clean = overlap(&Owned::new(codec()), &jpegs);
    let entries: Vec<_> = torn.iter().chain(&clean).map(|made| entry(&photos, made)).collect();
    append(&store, START, &entries);
    let verify = || store.verify_ledger(&query(), |_| true).expect("the file is read");
    assert_eq!(verify(), Verification { remade: 4, different: 1, ..Verification::default() });
    let confirmed = store.impact(&query()).expect("the file is read").confirmed;
    assert_eq!(confirmed.made_wrong, 1);

    store.delete_photo(owner, photos[0].name).expect("its owner may");
    assert_eq!(verify(), Verification { remade: 2, unavailable: 2, ..Verification::default() });
}

#[test]
fn a_ledger_whose_rows_are_wrong_either_way_is_detected() {
    let jpegs = jpegs();
    let (file, _owner, photos) = TestFile::with_uploads(jpegs.clone());
    let store = file.open();
    let [mut torn, mut clean] = overlap(&Shared::new(codec(), NonZeroUsize::MIN), &jpegs);
    assert_eq!(torn.bands[3].map(|tag| tag.number), Some(1), "the overlap mixed no band");
    torn.bands = vec![Some(torn.own); torn.bands.len()];
    clean.bands[0] = Some(torn.own);
    let rows = append(&store, START, &[entry(&photos, &torn), entry(&photos, &clean)]);
    let expected = Verification { remade: 2, different: 1, unavailable: 0, disagreements: 2, rows };
    let verification = store.verify_ledger(&query(), |_| true).expect("the file is read");
    assert_eq!(verification, expected);
}
