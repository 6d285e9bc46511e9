//! Goal: making thumbnails again agrees with the ledger, and would find it out if it lied. Method:
//! an overlap played step by step on the ring, written down by the witness, and made again.

use std::num::{NonZeroU32, NonZeroUsize};

use bytes::Bytes;
use double_exposure::album::{
    Band, ContentHash, Entry, ImpactQuery, MakingEvent, Photo, PhotoRef, Store, ThumbnailRecord,
    Verification,
};
use double_exposure::codec::{ImageCodec, ThumbnailRequest, ThumbnailSpec};
use double_exposure::pipeline::{Owned, Pipeline, Shared};
use double_exposure::provenance::{Numbered, Tag, TaggingCodec, Traced};

use crate::scene::{DAY, MAKER, START, Scene, event, jpeg, owner, post};

type Codec = TaggingCodec<ImageCodec>;

fn codec() -> Codec {
    TaggingCodec::new(ImageCodec::new(NonZeroU32::new(4).expect("four bands")))
}

fn question() -> ImpactQuery {
    let maker = Some(MAKER.into());
    ImpactQuery { from: START, to: START.after(DAY), maker, one_in: NonZeroU32::MIN }
}

/// Two requests of which the second begins after the first's second band.
fn overlap<P: Pipeline<Codec = Codec>>(
    pipeline: &P,
    [first, second]: [&Bytes; 2],
) -> [Traced<Bytes>; 2] {
    let asked = |number, photo: &Bytes| {
        let request = ThumbnailRequest {
            photo: photo.clone(),
            spec: ThumbnailSpec { size: Default::default(), fit: Default::default() },
        };
        Numbered { number, request }
    };
    let mut one = pipeline.begin(&asked(0, first)).expect("the photo is good");
    pipeline.band(&mut one);
    pipeline.band(&mut one);
    let two = pipeline.convert(&asked(1, second)).expect("the photo is good");
    while pipeline.band(&mut one) {}
    [pipeline.finish(one).expect("the thumbnail is encoded"), two]
}

fn entry(photos: &[&Photo; 2], made: &Traced<Bytes>) -> Entry {
    let band = |tag: &Option<Tag>| {
        tag.map(|tag| Band { source: PhotoRef::from(photos[tag.number]), decode: tag.decode })
    };
    let asked = photos[made.own.number];
    let content_out = ContentHash::of(&made.output);
    Entry::Made {
        event: MakingEvent { content_out, ..event(asked.owner, asked) },
        making: ThumbnailRecord {
            slot: Some(0),
            decode: made.own.decode,
            bands: made.bands.iter().map(band).collect(),
        },
        keep: None,
    }
}

fn posted(store: &Store) -> ([Photo; 2], [Bytes; 2]) {
    let bytes = [1, 5].map(|seed| jpeg(640, 480, 90, seed));
    let photos = bytes.each_ref().map(|bytes| {
        let (owner, album) = owner(store);
        post(store, owner, album, bytes)
    });
    (photos, bytes)
}

#[test]
fn making_a_batch_again_finds_what_the_witness_saw() {
    let scene = Scene::new();
    let store = scene.open();
    let (photos, bytes) = posted(&store);
    let (photos, bytes) = (photos.each_ref(), bytes.each_ref());
    let torn = overlap(&Shared::new(codec(), NonZeroUsize::MIN), bytes);
    let clean = overlap(&Owned::new(codec()), bytes);
    let entries: Vec<_> = torn.iter().chain(&clean).map(|made| entry(&photos, made)).collect();
    store.append([(START, &entries[..])].into_iter()).expect("the rows are written");
    let found = store.verify_ledger(&question(), |_| true).expect("the file answers");
    assert_eq!(found, Verification { remade: 4, different: 1, ..Verification::default() });
    let confirmed = store.impact(&question()).expect("the file answers").confirmed;
    assert_eq!(confirmed.made_wrong, 1);

    store.delete_photo(photos[0].owner, photos[0].name).expect("its owner may");
    let found = store.verify_ledger(&question(), |_| true).expect("the file answers");
    assert_eq!(found, Verification { remade: 2, gone: 2, ..Verification::default() });
}

#[test]
fn a_ledger_that_lies_either_way_is_found_out() {
    let scene = Scene::new();
    let store = scene.open();
    let (photos, bytes) = posted(&store);
    let photos = photos.each_ref();
    let [mut torn, mut clean] = overlap(&Shared::new(codec(), NonZeroUsize::MIN), bytes.each_ref());
    assert_eq!(torn.bands[3].map(|tag| tag.number), Some(1), "the overlap mixed nothing");
    torn.bands = vec![Some(torn.own); torn.bands.len()];
    clean.bands[0] = Some(torn.own);
    let entries = [entry(&photos, &torn), entry(&photos, &clean)];
    let rows = store.append([(START, &entries[..])].into_iter()).expect("the rows are written");
    let rows = rows[0].clone().expect("the group is written");
    let found = store.verify_ledger(&question(), |_| true).expect("the file answers");
    let expected = Verification { remade: 2, different: 1, gone: 0, disagreements: 2, rows };
    assert_eq!(found, expected);
}
