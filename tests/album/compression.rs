//! Goal: after 35 days a photo is smaller, upright, without metadata and the same picture, or
//! exactly as it was. Method: photos of each kind, a clock set by the test, and changes made
//! between reading a photo and replacing it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use double_exposure::album::{
    COMPRESSION_AGE, CompressionSummary, ContentHash, Moment, PersonId, Photo, PhotoState,
    Recompressed, Store, Upload, UploadOutcome, compress_due, recompress,
};
use double_exposure::codec::{Fit, PhotoLimits, ProbedPhoto, Size, ThumbnailSpec, luma, probe};

use crate::fixture::{DAY, START, TestFile, append, contains, is_cached, jpeg, made, upload};

const MS: Duration = Duration::from_millis(1);

/// Text of the place in the EXIF block of [`with_exif`].
const PLACE: &[u8] = b"35.6895 N 139.6917 E";

fn compress(store: &Store) -> CompressionSummary {
    compress_due(store, PhotoLimits::default(), |_, _| true)
        .expect("the file can be read and written")
}

/// Returns the photo and its bytes as the file holds them now.
fn stored(store: &Store, viewer: PersonId, photo: &Photo) -> (Photo, Bytes) {
    let (photo, bytes) = store.photo_with_bytes(viewer, photo.name).expect("the photo is there");
    assert_eq!(photo.content, ContentHash::of(&bytes), "bytes of another state");
    assert_eq!(photo.bytes, bytes.len() as u64);
    (photo, bytes)
}

/// Adds an EXIF block with an orientation and a place to a JPEG.
fn with_exif(jpeg: &Bytes, orientation: u16) -> Bytes {
    let mut tiff = b"MM\0*\0\0\0\x08\0\x01".to_vec();
    tiff.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1]);
    tiff.extend(orientation.to_be_bytes());
    tiff.extend([0, 0, 0, 0, 0, 0]);
    tiff.extend(PLACE);
    let mut bytes = jpeg[..2].to_vec();
    bytes.extend([0xFF, 0xE1]);
    bytes.extend((8 + tiff.len() as u16).to_be_bytes());
    bytes.extend(b"Exif\0\0");
    bytes.extend(tiff);
    bytes.extend(&jpeg[2..]);
    bytes.into()
}

#[test]
fn a_photo_is_compressed_at_35_times_24_hours_and_not_a_millisecond_before() {
    let original = jpeg(2600, 1300, 97, 1);
    let (file, owner, photos) = TestFile::with_uploads([original.clone()]);
    let photo = &photos[0];
    let due = START.after(COMPRESSION_AGE);
    let store = file.open_at(due.before(MS));
    assert_eq!(compress(&store), CompressionSummary::default());
    assert_eq!(stored(&store, owner, photo), (photo.clone(), original.clone()));
    drop(store);

    let store = file.open_at(due);
    let summary = compress(&store);
    let (after, bytes) = stored(&store, owner, photo);
    assert_eq!((summary.due, summary.compressed, summary.unchanged, summary.failed), (1, 1, 0, 0));
    assert_eq!(summary.bytes_before, original.len() as u64);
    assert_eq!(summary.bytes_after, bytes.len() as u64);
    assert!(bytes.len() < original.len());
    assert_eq!((after.state, after.width, after.height), (PhotoState::Compressed, 2048, 1024));
    assert_eq!((after.id, after.uploaded_at), (photo.id, photo.uploaded_at));
    let luma = luma(&bytes).expect("it decodes");
    assert_eq!((luma.width, luma.height), (2048, 1024));
    assert_eq!(compress(&store), CompressionSummary::default(), "nothing is left to do");
    let again = store.put_photo(owner, photo.name, &Upload::new(original, 2600, 1300));
    assert_eq!(again, Ok(UploadOutcome::Same(after)), "the uploaded bytes are still known");
}

#[test]
fn orientation_is_applied_to_the_pixels_and_metadata_is_removed() {
    let turned = with_exif(&jpeg(640, 320, 95, 2), 6);
    assert!(contains(&turned, PLACE) && contains(&turned, b"Exif"));
    let header = probe(&turned).expect("it is a JPEG");
    assert_eq!((header.width, header.height), (320, 640), "turned by its EXIF");
    let Ok(Recompressed::Smaller { bytes, width, height }) = recompress(&turned) else {
        panic!("it did not become smaller")
    };
    assert_eq!((width, height), (320, 640));
    let luma = luma(&bytes).expect("it decodes");
    assert_eq!((luma.width, luma.height), (320, 640), "upright without EXIF");
    assert!(!contains(&bytes, PLACE) && !contains(&bytes, b"Exif"));
}

#[test]
fn a_photo_that_would_grow_stays_byte_for_byte_and_is_not_tried_again() {
    let small = jpeg(640, 480, 20, 3);
    let (file, owner, photos) = TestFile::with_uploads([small.clone()]);
    let store = file.open_at(START.after(COMPRESSION_AGE));
    let summary = compress(&store);
    assert_eq!((summary.due, summary.unchanged, summary.bytes_saved()), (1, 1, 0));
    assert_eq!(stored(&store, owner, &photos[0]), (photos[0].clone(), small));
    assert_eq!(compress(&store).due, 0);
}

#[test]
fn an_upright_jpeg_that_would_grow_loses_its_metadata_and_no_pixel() {
    let bare = jpeg(640, 480, 20, 3);
    let mut with_metadata = with_exif(&bare, 1).to_vec();
    with_metadata.extend(b"a preview behind the end, with a place");
    let expected = Recompressed::Smaller { bytes: bare.clone(), width: 640, height: 480 };
    assert_eq!(recompress(&with_metadata.into()), Ok(expected));
    assert_eq!(recompress(&bare), Ok(Recompressed::WouldGrow));
    let turned = with_exif(&bare, 6);
    assert_eq!(recompress(&turned), Ok(Recompressed::WouldGrow), "it needs its EXIF");
}

#[test]
fn a_photo_that_fails_stays_is_listed_and_is_tried_again_after_growing_delays() {
    let broken = Bytes::from("no photo at all");
    let (file, owner, photos) = TestFile::with_uploads([broken.clone(), jpeg(2100, 500, 97, 4)]);
    let photo = &photos[0];
    let mut at = START.after(COMPRESSION_AGE);
    let (hour, max_delay) = (Duration::from_secs(60 * 60), DAY * 7);
    for failures in 1..=10 {
        let store = file.open_at(at);
        let summary = compress(&store);
        let compressed = u64::from(failures == 1);
        assert_eq!((summary.failed, summary.compressed), (1, compressed), "the other is done");
        let failure = &summary.failures[0];
        assert_eq!((failure.photo, failure.name), (photo.id, photo.name.photo));
        assert_eq!(failure.failed_attempts, failures);
        assert_eq!(failure.reason, "this file is no JPEG, PNG or WebP: save it as one of them");
        let delay = (hour * 2_u32.pow(failures - 1)).min(max_delay);
        assert_eq!(failure.next_attempt, at.after(delay));
        assert_eq!(stored(&store, owner, photo), (photo.clone(), broken.clone()));
        drop(store);
        assert_eq!(compress(&file.open_at(at.after(delay).before(MS))).due, 0, "too early");
        at = at.after(delay);
    }
}

#[test]
fn thumbnails_of_replaced_bytes_are_deleted_and_those_of_younger_photos_stay() {
    let (file, store, owner, album) = TestFile::with_album();
    let old = upload(&store, owner, album, jpeg(2100, 500, 97, 5));
    drop(store);
    let store = file.open_at(START.after(DAY));
    let young = upload(&store, owner, album, jpeg(2100, 500, 97, 6));
    let entries = [&old, &young].map(|photo| made(photo, &[Some(photo)], true));
    append(&store, START, &entries);
    drop(store);
    let store = file.open_at(START.after(COMPRESSION_AGE));
    assert_eq!(compress(&store).compressed, 1);
    assert!(!is_cached(&store, &old), "made from bytes that were replaced");
    assert!(is_cached(&store, &young));
    drop(store);
    let left = file.number("SELECT count(*) FROM thumbnails");
    assert_eq!(left, 1, "a thumbnail that no viewer can reach any more");
}

#[test]
fn another_photo_of_the_same_upload_keeps_its_bytes() {
    let bytes = jpeg(2100, 500, 97, 30);
    let (file, store, owner, album) = TestFile::with_album();
    let old = upload(&store, owner, album, bytes.clone());
    drop(store);
    let store = file.open_at(START.after(DAY));
    let young = upload(&store, owner, album, bytes.clone());
    assert_eq!(old.content, young.content);
    drop(store);
    let store = file.open_at(START.after(COMPRESSION_AGE));
    assert_eq!(compress(&store).compressed, 1);
    let (compressed, smaller) = stored(&store, owner, &old);
    assert_eq!(compressed.state, PhotoState::Compressed);
    assert!(smaller.len() < bytes.len());
    assert_eq!(stored(&store, owner, &young), (young.clone(), bytes));
}

#[test]
fn a_photo_that_is_deleted_or_replaced_meanwhile_is_not_changed() {
    let (file, owner, photos) =
        TestFile::with_uploads([7, 8].map(|seed| jpeg(2100, 500, 97, seed)));
    let store = file.open_at(START.after(COMPRESSION_AGE));
    let new = jpeg(64, 64, 90, 9);
    // Both photos are on the page when the callback is called for the first.
    let mut first = true;
    let summary = compress_due(&store, PhotoLimits::default(), |_, _| {
        if std::mem::take(&mut first) {
            for photo in &photos {
                store.delete_photo(owner, photo.name).expect("the owner may delete it");
            }
            let upload = Upload::new(new.clone(), 64, 64);
            store.put_photo(owner, photos[1].name, &upload).expect("the name is free");
        }
        true
    });
    let summary = summary.expect("the file can be read and written");
    assert_eq!((summary.due, summary.skipped, summary.processed()), (2, 2, 2));
    let (photo, bytes) = stored(&store, owner, &photos[1]);
    assert_eq!((photo.state, bytes), (PhotoState::Original, new));
}

#[test]
fn a_photo_beyond_the_limits_stays_as_it_is_and_the_others_are_compressed() {
    let uploads = [jpeg(2100, 700, 97, 1), jpeg(2100, 1500, 97, 2)];
    let (file, owner, photos) = TestFile::with_uploads(uploads.clone());
    let run = |limits, now| {
        let mut needed = Vec::new();
        let summary = compress_due(&file.open_at(now), limits, |_, bytes| {
            needed.push(bytes);
            true
        });
        (summary.expect("the file can be read and written"), needed)
    };
    let now = START.after(COMPRESSION_AGE);
    let tight = PhotoLimits { max_memory_bytes: 8 << 20, ..PhotoLimits::MAX };
    let (summary, needed) = run(tight, now);
    assert_eq!((summary.compressed, summary.failed, needed), (0, 2, vec![0, 0]));
    let reason = &summary.failures[0].reason;
    assert!(reason.contains("MiB of memory; the limit is 8"), "{reason}");

    let (summary, needed) = run(PhotoLimits::of_megapixels(2), now.after(DAY));
    assert_eq!((summary.compressed, summary.failed), (1, 1));
    let reason = &summary.failures[0].reason;
    assert!(reason.contains("3.1 megapixels; the limit is 2 (--max-megapixels)"), "{reason}");
    let spec = ThumbnailSpec { size: Size::MAX, fit: Fit::Contain };
    let probed = ProbedPhoto::open(uploads[0].clone(), PhotoLimits::MAX).expect("it is whole");
    assert_eq!(needed, [probed.memory_bytes(spec), 0]);
    let (photo, bytes) = stored(&file.open_at(now), owner, &photos[1]);
    assert_eq!((photo.state, &bytes), (PhotoState::Original, &uploads[1]));
}

#[test]
fn two_runs_at_once_replace_each_photo_once() {
    let uploads = (10..16).map(|seed| jpeg(2100, 700, 97, seed));
    let (file, owner, photos) = TestFile::with_uploads(uploads);
    let stores = [(); 2].map(|()| Arc::new(file.open_at(START.after(COMPRESSION_AGE))));
    let summaries = std::thread::scope(|scope| {
        let threads = stores.each_ref().map(|store| scope.spawn(|| compress(store)));
        threads.map(|thread| thread.join().expect("no run panics"))
    });
    let compressed: u64 = summaries.iter().map(|summary| summary.compressed).sum();
    assert_eq!(compressed, 6);
    let photos: Vec<_> = photos.iter().map(|photo| stored(&stores[0], owner, photo).0).collect();
    assert!(photos.iter().all(|photo| photo.state == PhotoState::Compressed));
    let after: u64 = photos.iter().map(|photo| photo.bytes).sum();
    assert_eq!(summaries.iter().map(|summary| summary.bytes_after).sum::<u64>(), after);
}

#[test]
fn an_interrupted_run_reports_it_and_the_next_run_finishes() {
    let (file, ..) = TestFile::with_uploads((20..23).map(|seed| jpeg(2100, 500, 97, seed)));
    let store = file.open_at(START.after(COMPRESSION_AGE));
    let summary = compress_due(&store, PhotoLimits::default(), |so_far, _| so_far.processed() < 2);
    let summary = summary.expect("the file can be read and written");
    assert!(summary.interrupted);
    assert_eq!((summary.due, summary.compressed), (3, 2));
    let rest = compress(&store);
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
