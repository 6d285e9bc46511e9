//! Thumbnails that come back to another request than their own: stopped at the door, told to the
//! ledger, and never kept. The converter crosses them, each with the one before.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use double_exposure::album::RecordKind;
use double_exposure::codec::ImageError;
use double_exposure::pipelines::PipelineKind;
use double_exposure::server::converter::{Conversion, ConversionJob, Converter, converter};

use crate::client::refused;
use crate::service::{ASTRONAUT, ROCKET, Service, Setup, photo_of, truth};

/// Hands each thumbnail to the request after its own, as a connection does that a cancelled request
/// left its reply on.
#[derive(Default)]
struct OffByOne(Mutex<Option<Conversion>>);

impl Converter for OffByOne {
    fn convert(&self, job: ConversionJob, photo: Bytes) -> Result<Conversion, ImageError> {
        let done = converter(PipelineKind::Owned, NonZeroUsize::MIN).convert(job, photo)?;
        let earlier = self.0.lock().unwrap().replace(done.clone());
        Ok(earlier.unwrap_or(done))
    }
}

#[test]
fn a_thumbnail_that_is_not_of_what_was_asked_for_is_not_sent_and_not_kept() {
    let converter = Arc::new(OffByOne::default());
    let service = Service::with(Setup { converter, ..Setup::default() });
    let [(ann, _), (ben, _)] = ["Ann", "Ben"].map(|name| service.person(name));
    let [of_ann, of_ben] = [(&ann, *ASTRONAUT), (&ben, *ROCKET)]
        .map(|(owner, photo)| format!("{}/thumbnail", photo_of(owner, photo)));
    assert_eq!(ann.get(&of_ann).status, 200);
    let stopped = ben.get(&of_ben);
    assert_eq!(stopped.problem(), refused(503, "not-of-what-was-asked"));
    assert_eq!(service.metric("thumbnails_stopped_at_the_door_total"), 1);
    let ledger = service.ledger();
    let last = ledger.last().unwrap();
    assert_eq!(last.kind, RecordKind::Withheld);
    assert_ne!(last.event.requested, ledger[0].event.requested);
    assert_eq!(last.event.thumbnail_hash, ledger[0].event.thumbnail_hash, "it was Ann's");
    assert!(
        matches!(&ledger[ledger.len() - 2].kind, RecordKind::Made(making)
        if making.is_wrong(last.event.requested.photo)),
        "its making is evidence"
    );
    assert!(ben.get(&of_ben).body == truth(*ROCKET, 256), "his own came one late");
}

#[test]
fn neither_identical_bytes_nor_another_size_or_fit_of_a_photo_is_what_was_asked_for() {
    let converter = Arc::new(OffByOne::default());
    let service = Service::with(Setup { converter, ..Setup::default() });
    let [(ann, _), (ben, _)] = ["Ann", "Ben"].map(|name| service.person(name));
    let [of_ann, of_ben] = [&ann, &ben].map(|owner| photo_of(owner, *ASTRONAUT));
    assert_eq!(ann.get(&format!("{of_ann}/thumbnail?size=256")).status, 200);
    for crossed in ["size=256&fit=cover", "size=128&fit=cover", "size=128&fit=contain"] {
        let stopped = ben.get(&format!("{of_ben}/thumbnail?{crossed}"));
        assert_eq!(stopped.problem(), refused(503, "not-of-what-was-asked"), "{crossed}");
    }
}
