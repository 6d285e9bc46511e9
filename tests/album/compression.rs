//! Goal: after 35 days photos are smaller, upright, bare and the same picture, or as they were;
//! never anything between. Method: photos of each kind, a clock by hand, and interference between
//! reading a photo and replacing it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use double_exposure::album::{
    AGE, CacheKey, CompressionSummary, ContentHash, Entry, Moment, PersonId, Photo, PhotoState,
    Recompressed, Store, Upload, compress_due, recompress,
};
use double_exposure::codec::{ThumbnailSpec, luma, probe};

use crate::scene::{
    DAY, MAKER, PLACE, START, Scene, event, holds, jpeg, making, owner, post, with_exif,
};

const MS: Duration = Duration::from_millis(1);

fn run(store: &Store) -> CompressionSummary {
    compress_due(store, |_| true).expect("the file can be read and written")
}

fn now(store: &Store, viewer: PersonId, photo: &Photo) -> (Photo, Bytes) {
    let (photo, bytes) = store.photo_with_bytes(viewer, photo.name).expect("the photo is there");
    assert_eq!(photo.content, ContentHash::of(&bytes), "bytes of another state");
    assert_eq!(photo.bytes, bytes.len() as u64);
    (photo, bytes)
}

#[test]
fn a_photo_is_compressed_at_35_times_24_hours_and_not_a_millisecond_before() {
    let scene = Scene::new();
    let (ann, photo, original) = {
        let store = scene.open();
        let (ann, album) = owner(&store);
        let original = jpeg(2600, 1300, 97, 1);
        (ann, post(&store, ann, album, &original), original)
    };
    let due = START.after(AGE);
    let store = scene.open_at(due.before(MS));
    assert_eq!(run(&store), CompressionSummary::default());
    assert_eq!(now(&store, ann, &photo), (photo.clone(), original.clone()));
    drop(store);

    let store = scene.open_at(due);
    let summary = run(&store);
    let (after, bytes) = now(&store, ann, &photo);
    assert_eq!((summary.due, summary.compressed, summary.kept, summary.failed), (1, 1, 0, 0));
    assert_eq!(summary.bytes_before, original.len() as u64);
    assert_eq!(summary.bytes_after, bytes.len() as u64);
    assert!(bytes.len() < original.len());
    assert_eq!((after.state, after.width, after.height), (PhotoState::Compressed, 2048, 1024));
    assert_eq!((after.id, after.posted), (photo.id, photo.posted));
    let luma = luma(&bytes).expect("it decodes");
    assert_eq!((luma.width, luma.height), (2048, 1024));
    assert_eq!(run(&store), CompressionSummary::default(), "done is done");
    let again = store.put_photo(ann, photo.name, &Upload::new(original, 2600, 1300));
    assert_eq!(again, Ok(double_exposure::album::UploadOutcome::Same(after)), "known as uploaded");
}

#[test]
fn orientation_is_baked_in_and_metadata_is_gone() {
    let tall = with_exif(&jpeg(640, 320, 95, 2), 6);
    assert!(holds(&tall, PLACE) && holds(&tall, b"Exif"));
    let header = probe(&tall).expect("it is a JPEG");
    assert_eq!((header.width, header.height), (320, 640), "turned by its EXIF");
    let Ok(Recompressed::Smaller { bytes, width, height }) = recompress(&tall) else {
        panic!("it did not become smaller")
    };
    assert_eq!((width, height), (320, 640));
    let luma = luma(&bytes).expect("it decodes");
    assert_eq!((luma.width, luma.height), (320, 640), "upright without EXIF");
    assert!(!holds(&bytes, PLACE) && !holds(&bytes, b"Exif"));
}

#[test]
fn what_would_grow_stays_byte_for_byte_and_is_not_tried_again() {
    let scene = Scene::new();
    let small = jpeg(640, 480, 20, 3);
    let (ann, photo) = {
        let store = scene.open();
        let (ann, album) = owner(&store);
        (ann, post(&store, ann, album, &small))
    };
    let store = scene.open_at(START.after(AGE));
    let summary = run(&store);
    assert_eq!((summary.due, summary.kept, summary.bytes_saved()), (1, 1, 0));
    assert_eq!(now(&store, ann, &photo), (photo, small));
    assert_eq!(run(&store).due, 0);
}

#[test]
fn an_upright_jpeg_that_would_grow_loses_its_metadata_and_no_pixel() {
    let bare = jpeg(640, 480, 20, 3);
    let mut told = with_exif(&bare, 1).to_vec();
    told.extend(b"a preview behind the end, with a place");
    let expected = Recompressed::Smaller { bytes: bare.clone(), width: 640, height: 480 };
    assert_eq!(recompress(&told.into()), Ok(expected));
    assert_eq!(recompress(&bare), Ok(Recompressed::WouldGrow));
    assert_eq!(recompress(&with_exif(&bare, 6)), Ok(Recompressed::WouldGrow), "it needs its EXIF");
}

#[test]
fn a_photo_that_fails_is_left_named_and_tried_again_later_and_later() {
    let scene = Scene::new();
    let broken = Bytes::from_static(b"no photo at all");
    let (ann, photo) = {
        let store = scene.open();
        let (ann, album) = owner(&store);
        let broken = post(&store, ann, album, &broken);
        post(&store, ann, album, &jpeg(2100, 500, 97, 4));
        (ann, broken)
    };
    let mut at = START.after(AGE);
    let hour = Duration::from_secs(60 * 60);
    let longest = DAY * 7;
    for failures in 1..=10 {
        let store = scene.open_at(at);
        let summary = run(&store);
        let compressed = u64::from(failures == 1);
        assert_eq!((summary.failed, summary.compressed), (1, compressed), "the other is done");
        let failure = &summary.failures[0];
        assert_eq!((failure.photo, failure.name), (photo.id, photo.name.photo));
        assert_eq!(failure.failures, failures);
        assert_eq!(failure.reason, "this file is no JPEG, PNG or WebP: save it as one of them");
        let delay = (hour * 2_u32.pow(failures - 1)).min(longest);
        assert_eq!(failure.next_try, at.after(delay));
        assert_eq!(now(&store, ann, &photo), (photo.clone(), broken.clone()));
        drop(store);
        assert_eq!(run(&scene.open_at(at.after(delay).before(MS))).due, 0, "too early");
        at = at.after(delay);
    }
}

#[test]
fn younger_photos_thumbnails_stay_and_those_of_the_old_bytes_go() {
    let scene = Scene::new();
    let store = scene.open();
    let (ann, album) = owner(&store);
    let old = post(&store, ann, album, &jpeg(2100, 500, 97, 5));
    drop(store);
    let store = scene.open_at(START.after(DAY));
    let young = post(&store, ann, album, &jpeg(2100, 500, 97, 6));
    let keep = |photo: &Photo| {
        let keep = Some(b"thumbnail"[..].into());
        Entry::Made { event: event(ann, photo), making: making(&[Some(photo)]), keep }
    };
    let entries = [keep(&old), keep(&young)];
    store.append([(START, &entries[..])].into_iter()).expect("they are kept");
    drop(store);
    let store = scene.open_at(START.after(AGE));
    assert_eq!(run(&store).compressed, 1);
    let wanted = CacheKey { spec: ThumbnailSpec::default(), maker: MAKER };
    let kept = |photo: &Photo| {
        store.thumbnail(ann, photo.name, &wanted).expect("the photo is there").thumbnail.is_some()
    };
    assert!(!kept(&old), "made from bytes that are gone");
    assert!(kept(&young));
    drop(store);
    let left: i64 = scene
        .sqlite()
        .query_row("SELECT count(*) FROM thumbnails", [], |row| row.get(0))
        .expect("thumbnails are counted");
    assert_eq!(left, 1, "a thumbnail that nobody can reach any more");
}

#[test]
fn a_photo_deleted_or_replaced_meanwhile_is_not_touched() {
    let scene = Scene::new();
    let (ann, photos) = {
        let store = scene.open();
        let (ann, album) = owner(&store);
        (ann, [7, 8].map(|seed| post(&store, ann, album, &jpeg(2100, 500, 97, seed))))
    };
    let store = scene.open_at(START.after(AGE));
    let new = jpeg(64, 64, 90, 9);
    // Both photos are on the list when the first is asked about.
    let mut first = true;
    let summary = compress_due(&store, |_| {
        if std::mem::take(&mut first) {
            for photo in &photos {
                store.delete_photo(ann, photo.name).expect("ann may delete it");
            }
            let upload = Upload::new(new.clone(), 64, 64);
            store.put_photo(ann, photos[1].name, &upload).expect("the name is free");
        }
        true
    });
    let summary = summary.expect("the file can be read and written");
    assert_eq!((summary.due, summary.gone, summary.done()), (2, 2, 2));
    let (photo, bytes) = store.photo_with_bytes(ann, photos[1].name).expect("the new photo");
    assert_eq!((photo.state, bytes), (PhotoState::Original, new));
}

#[test]
fn two_runs_at_once_replace_each_photo_once() {
    let scene = Scene::new();
    let originals: Vec<Bytes> = (10..16).map(|seed| jpeg(2100, 700, 97, seed)).collect();
    let (ann, photos) = {
        let store = scene.open();
        let (ann, album) = owner(&store);
        (ann, originals.iter().map(|bytes| post(&store, ann, album, bytes)).collect::<Vec<_>>())
    };
    let stores = [(); 2].map(|()| Arc::new(scene.open_at(START.after(AGE))));
    let summaries = std::thread::scope(|scope| {
        let threads = stores.each_ref().map(|store| scope.spawn(|| run(store)));
        threads.map(|thread| thread.join().expect("no run panics"))
    });
    let compressed: u64 = summaries.iter().map(|summary| summary.compressed).sum();
    assert_eq!(compressed, 6);
    for photo in &photos {
        assert_eq!(now(&stores[0], ann, photo).0.state, PhotoState::Compressed);
    }
    let after: u64 = photos.iter().map(|photo| now(&stores[0], ann, photo).0.bytes).sum();
    assert_eq!(summaries.iter().map(|summary| summary.bytes_after).sum::<u64>(), after);
}

#[test]
fn a_run_that_is_stopped_says_so_and_the_next_one_ends_it() {
    let scene = Scene::new();
    {
        let store = scene.open();
        let (ann, album) = owner(&store);
        for seed in 20..23 {
            post(&store, ann, album, &jpeg(2100, 500, 97, seed));
        }
    }
    let store = scene.open_at(START.after(AGE));
    let summary = compress_due(&store, |so_far| so_far.done() < 2);
    let summary = summary.expect("the file can be read and written");
    assert!(summary.interrupted);
    assert_eq!((summary.due, summary.compressed), (3, 2));
    let rest = run(&store);
    assert!(!rest.interrupted);
    assert_eq!((rest.due, rest.compressed), (1, 1));
}

#[test]
fn a_moment_is_read_and_written_by_rfc_3339() {
    for (text, ms) in [
        ("1970-01-01T00:00:00Z", 0),
        ("2024-11-28T15:35:00+09:00", START.millis()),
        ("1969-12-31T23:59:59.5Z", -500),
    ] {
        assert_eq!(text.parse(), Ok(Moment::from_millis(ms)), "{text}");
    }
    assert_eq!(START.to_string(), "2024-11-28T06:35:00Z");
    for text in ["", "yesterday", "2024-11-28", "2024-11-28T15:35:00", "2024-13-28T15:35:00Z"] {
        assert!(text.parse::<Moment>().is_err(), "{text}");
    }
}
