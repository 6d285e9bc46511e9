//! Tests the check that a thumbnail is of what was asked for. The converter returns to each request
//! the thumbnail of the one before. The server must not send it, must not cache it, and must record
//! it in the ledger.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use double_exposure::album::{
    AlbumId, ContentHash, Moment, PersonId, Photo, PhotoName, PhotoRef, PhotoState, PhotoUuid,
    RecordKind,
};
use double_exposure::codec::{Fit, ImageError, Size, ThumbnailSpec};
use double_exposure::pipelines::PipelineKind;
use double_exposure::server::converter::{Conversion, ConversionJob, Converter, converter};

use crate::client::problem;
use crate::test_server::{ASTRONAUT, ROCKET, Setup, TestServer, expected_thumbnail};

/// Returns each thumbnail to the request after its own, as a pooled connection does on which a
/// cancelled request left its response.
#[derive(Default)]
struct OffByOne(Mutex<Option<Conversion>>);

impl Converter for OffByOne {
    fn convert(&self, job: ConversionJob, photo: Bytes) -> Result<Conversion, ImageError> {
        let own = converter(PipelineKind::Owned, NonZeroUsize::MIN).convert(job, photo)?;
        let earlier = self.0.lock().unwrap().replace(own.clone());
        Ok(earlier.unwrap_or(own))
    }
}

#[test]
fn a_thumbnail_of_another_request_is_not_sent_and_not_cached() {
    let converter = Arc::new(OffByOne::default());
    let server = TestServer::with(Setup { converter, ..Setup::default() });
    let [(ann, _), (ben, _)] = ["Ann", "Ben"].map(|name| server.person(name));
    let [of_ann, of_ben] = [(&ann, *ASTRONAUT), (&ben, *ROCKET)]
        .map(|(owner, photo)| owner.upload_for_thumbnail(photo));
    assert_eq!(ann.get(&of_ann).status, 200);
    let withheld = ben.get(&of_ben);
    assert_eq!(withheld.problem(), problem(503, "wrong-thumbnail"));
    assert_eq!(server.metric("wrong_thumbnails_total"), 1);
    let ledger = server.ledger();
    let last = ledger.last().unwrap();
    assert_eq!(last.kind, RecordKind::Withheld);
    assert_ne!(last.event.requested, ledger[0].event.requested);
    assert_eq!(last.event.thumbnail_hash, ledger[0].event.thumbnail_hash, "the thumbnail is Ann's");
    assert!(
        matches!(&ledger[ledger.len() - 2].kind, RecordKind::Made(making)
        if making.is_wrong(last.event.requested.photo)),
        "the ledger says how it was made"
    );
    assert!(
        ben.get(&of_ben).body == expected_thumbnail(*ROCKET, 256),
        "Ben's own thumbnail came one late"
    );
}

#[test]
fn a_job_is_of_one_photo_in_one_version_and_one_spec() {
    let (size, fit) = (Size::try_from(256).unwrap(), Fit::Cover);
    let spec = ThumbnailSpec { size, fit };
    let photo = Photo {
        id: 1.into(),
        name: PhotoName { album: AlbumId::random(), photo: PhotoUuid::random() },
        owner: PersonId::random(),
        uploaded_at: Moment::from_millis(0),
        state: PhotoState::Original,
        bytes: 5,
        width: 8,
        height: 8,
        content: ContentHash::of(b"photo"),
    };
    let source = PhotoRef::from(&photo);
    let job = ConversionJob { number: 0, source, content: photo.content, spec };
    assert!(job.is_of(&photo, spec));
    let other_fit = ThumbnailSpec { size, fit: Fit::Contain };
    let other_size = ThumbnailSpec { size: Size::try_from(64).unwrap(), fit };
    assert!(!job.is_of(&photo, other_fit) && !job.is_of(&photo, other_size));
    let other_name = PhotoName { photo: PhotoUuid::random(), ..photo.name };
    let other_album = PhotoName { album: AlbumId::random(), ..photo.name };
    for other in [
        Photo { id: 2.into(), ..photo.clone() },
        Photo { name: other_name, ..photo.clone() },
        Photo { name: other_album, ..photo.clone() },
        Photo { owner: PersonId::random(), ..photo.clone() },
        Photo { content: ContentHash::of(b"smaller"), ..photo.clone() },
    ] {
        assert!(!job.is_of(&other, spec), "{other:?}");
    }
}

#[test]
fn identical_bytes_or_another_size_or_fit_are_not_what_was_asked_for() {
    let converter = Arc::new(OffByOne::default());
    let server = TestServer::with(Setup { converter, ..Setup::default() });
    let [(ann, _), (ben, _)] = ["Ann", "Ben"].map(|name| server.person(name));
    let [of_ann, of_ben] = [&ann, &ben].map(|owner| owner.upload(*ASTRONAUT));
    assert_eq!(ann.get(&format!("{of_ann}/thumbnail?size=256")).status, 200);
    for crossed in ["size=256&fit=cover", "size=128&fit=cover", "size=128&fit=contain"] {
        let withheld = ben.get(&format!("{of_ben}/thumbnail?{crossed}"));
        assert_eq!(withheld.problem(), problem(503, "wrong-thumbnail"), "{crossed}");
    }
}
