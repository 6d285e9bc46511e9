//! The failure itself, served: `shared` sends a torn thumbnail past every check at the door, and
//! the ledger knows. The overlap is forced; where there must be none, many run as they like.

use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use bytes::Bytes;
use double_exposure::album::RecordKind;
use double_exposure::codec::{ImageCodec, ImageError, ThumbnailRequest};
use double_exposure::pipeline::{Bounds, Owned, Pipeline, Pooled, Shared};
use double_exposure::pipelines::PipelineKind;
use double_exposure::provenance::{Numbered, TaggingCodec};
use double_exposure::server::converter::{Conversion, ConversionJob, Converter, codec, converter};
use double_exposure::server::thumbnailer::Maker;

use crate::service::{ASTRONAUT, PATIENCE, ROCKET, Service, Setup, photo_of, truth};

/// Runs a pipeline's steps, and stops the first conversion between its second band and its third.
struct Stepped<P> {
    pipeline: P,
    stop: Mutex<Option<(Sender<()>, Receiver<()>)>>,
}

impl<P: Pipeline<Codec = TaggingCodec<ImageCodec>>> Stepped<P> {
    fn new(pipeline: P) -> (Arc<Self>, Receiver<()>, Sender<()>) {
        let ((reached, reaches), (go_on, goes)) = (channel(), channel());
        let stop = Mutex::new(Some((reached, goes)));
        (Arc::new(Self { pipeline, stop }), reaches, go_on)
    }
}

impl<P: Pipeline<Codec = TaggingCodec<ImageCodec>> + Send + Sync> Converter for Stepped<P> {
    fn convert(&self, job: ConversionJob, photo: Bytes) -> Result<Conversion, ImageError> {
        let stop = self.stop.lock().unwrap().take();
        let request = ThumbnailRequest { photo, spec: job.spec };
        let mut making = self.pipeline.begin(&Numbered { number: job.number, request })?;
        self.pipeline.band(&mut making);
        let mut more = self.pipeline.band(&mut making);
        if let Some((reached, go_on)) = stop {
            reached.send(()).unwrap();
            let _ = go_on.recv_timeout(PATIENCE);
        }
        while more {
            more = self.pipeline.band(&mut making);
        }
        Ok(Conversion { job, made: self.pipeline.finish(making)? })
    }
}

/// Ann's thumbnail is stopped half-way, Ben's is made, Ann's goes on: what each is sent.
fn overlap<P>(pipeline: P, slots: bool) -> (Service, [Vec<u8>; 2])
where
    P: Pipeline<Codec = TaggingCodec<ImageCodec>> + Send + Sync + 'static,
{
    let (converter, half_way, go_on) = Stepped::new(pipeline);
    let make = Maker { slots, ..Setup::default().make };
    let service = Service::with(Setup { converter, make, ..Setup::default() });
    let ((ann, _), (ben, _)) = (service.person("Ann"), service.person("Ben"));
    let of_ann = format!("{}/thumbnail", photo_of(&ann, *ASTRONAUT));
    let of_ben = format!("{}/thumbnail", photo_of(&ben, *ROCKET));
    let anns = thread::spawn(move || ann.get(&of_ann));
    half_way.recv_timeout(PATIENCE).expect("Ann's conversion gets half-way in time");
    let bens = ben.get(&of_ben);
    go_on.send(()).unwrap();
    let anns = anns.join().unwrap();
    assert_eq!((anns.status, bens.status), (200, 200));
    (service, [anns.body, bens.body])
}

/// The check at the door compares what a job *says* that it is of: its photo and its owner, carried
/// from door to door. In `shared` they are right. The job is Ann's from begin to finish; only the
/// pixels that it found in its slot were not, and no field of any job knows that. What would know,
/// the witness's tags, is evidence for the ledger, and the door does not read it: a check that
/// needs a witness in every frame would be a second implementation of ownership, to be trusted in
/// place of the first.
#[test]
fn the_check_at_the_door_does_not_catch_a_torn_thumbnail_and_the_ledger_knows_of_it() {
    let (service, [anns, bens]) = overlap(Shared::new(codec(), NonZeroUsize::MIN), true);
    assert!(bens == truth(*ROCKET, 256));
    assert!(anns != truth(*ASTRONAUT, 256), "torn, and sent");
    assert_eq!(service.metric("thumbnails_stopped_at_the_door_total"), 0);

    let ledger = service.ledger();
    let (of_ann, making) = ledger
        .iter()
        .filter_map(|record| match &record.kind {
            RecordKind::Made(making) => Some((record, making)),
            _ => None,
        })
        .next_back()
        .unwrap();
    let of_ben = &ledger[0].event;
    let owners: Vec<_> = making.bands.iter().map(|band| band.unwrap().source.owner).collect();
    let (ann, ben) = (of_ann.event.requested.owner, of_ben.requested.owner);
    assert_eq!(owners, [ann, ann, ben, ben]);
    assert_eq!(making.slot, Some(0));
    let shown = ledger.last().unwrap();
    assert_eq!(shown.event.viewer, ann);
    let RecordKind::Shown { own_bands: own, foreign, .. } = &shown.kind else {
        panic!("{shown:?}")
    };
    assert_eq!((*own, foreign.len()), (2, 2));
    assert!(foreign.iter().all(|band| band.stranger && band.source.unwrap().owner == ben));
}

#[test]
fn the_same_overlap_leaves_owned_and_pooled_clean() {
    let bounds = Bounds { max_frames: 1, max_frame_bytes: 2048 * 2048 * 3 };
    for (service, [anns, bens]) in
        [overlap(Owned::new(codec()), false), overlap(Pooled::new(codec(), bounds), false)]
    {
        assert!(anns == truth(*ASTRONAUT, 256));
        assert!(bens == truth(*ROCKET, 256));
        for record in service.ledger() {
            if let RecordKind::Made(making) = record.kind {
                let asked = record.event.requested;
                assert!(making.bands.iter().all(|band| band.unwrap().source == asked));
                assert_eq!(making.slot, None);
            }
        }
    }
}

#[test]
fn owned_and_pooled_never_mix_with_many_in_flight() {
    for kind in [PipelineKind::Owned, PipelineKind::Pooled] {
        let converter = converter(kind, NonZeroUsize::new(2).unwrap());
        let service = Service::with(Setup { converter, ..Setup::default() });
        let people: Vec<_> = (0..8)
            .map(|number| {
                let (client, _) = service.person("one of many");
                let photo = if number % 2 == 0 { *ASTRONAUT } else { *ROCKET };
                let path = photo_of(&client, photo);
                (client, photo, path)
            })
            .collect();
        thread::scope(|scope| {
            for (client, photo, path) in &people {
                for size in [64, 100, 160, 256] {
                    scope.spawn(move || {
                        let answer = client.get(&format!("{path}/thumbnail?size={size}"));
                        assert_eq!(answer.status, 200);
                        assert!(answer.body == truth(photo, size), "{kind:?}, {size} px");
                    });
                }
            }
        });
        assert_eq!(service.metric("conversions_total"), 32);
    }
}
