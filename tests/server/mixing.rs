//! Tests the failure itself in the server: `shared` sends a torn thumbnail (with rows of two
//! photos) past every check, and the ledger records it; `owned` and `pooled` mix none. The first
//! tests force one overlap, the last runs many requests at once.

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

use crate::test_server::{ASTRONAUT, ROCKET, Setup, TEST_TIMEOUT, TestServer, expected_thumbnail};

/// Runs a pipeline's steps, and pauses the first conversion between its second band and its third.
struct PausingConverter<P> {
    pipeline: P,
    pause: Mutex<Option<(Sender<()>, Receiver<()>)>>,
}

impl<P: Pipeline<Codec = TaggingCodec<ImageCodec>>> PausingConverter<P> {
    fn new(pipeline: P) -> (Arc<Self>, Receiver<()>, Sender<()>) {
        let ((pauses, paused), (go_on, resumed)) = (channel(), channel());
        let pause = Mutex::new(Some((pauses, resumed)));
        (Arc::new(Self { pipeline, pause }), paused, go_on)
    }
}

impl<P: Pipeline<Codec = TaggingCodec<ImageCodec>> + Send + Sync> Converter
    for PausingConverter<P>
{
    fn convert(&self, job: ConversionJob, photo: Bytes) -> Result<Conversion, ImageError> {
        let pause = self.pause.lock().unwrap().take();
        let request = ThumbnailRequest { photo, spec: job.spec };
        let mut running = self.pipeline.begin(&Numbered { number: job.number, request })?;
        self.pipeline.band(&mut running);
        let mut more = self.pipeline.band(&mut running);
        if let Some((pauses, resumed)) = pause {
            pauses.send(()).unwrap();
            let _ = resumed.recv_timeout(TEST_TIMEOUT);
        }
        while more {
            more = self.pipeline.band(&mut running);
        }
        Ok(Conversion { job, traced: self.pipeline.finish(running)? })
    }
}

/// Pauses Ann's conversion half-way, runs Ben's, resumes Ann's, and returns both thumbnails.
fn overlap<P>(pipeline: P, has_slots: bool) -> (TestServer, [Vec<u8>; 2])
where
    P: Pipeline<Codec = TaggingCodec<ImageCodec>> + Send + Sync + 'static,
{
    let (converter, paused, go_on) = PausingConverter::new(pipeline);
    let maker = Maker { has_slots, ..Setup::default().maker };
    let server = TestServer::with(Setup { converter, maker, ..Setup::default() });
    let ((ann, _), (ben, _)) = (server.person("Ann"), server.person("Ben"));
    let of_ann = ann.upload_for_thumbnail(*ASTRONAUT);
    let of_ben = ben.upload_for_thumbnail(*ROCKET);
    let anns = ann.get_on_thread(&of_ann);
    paused.recv_timeout(TEST_TIMEOUT).expect("Ann's conversion pauses in time");
    let bens = ben.get(&of_ben);
    go_on.send(()).unwrap();
    let anns = anns.join().unwrap();
    assert_eq!((anns.status, bens.status), (200, 200));
    (server, [anns.body, bens.body])
}

/// Shows the limit of the server's check, which compares what a job *says* it is of: the photo and
/// the owner that it carries. In `shared` both are right. The job is Ann's from begin to finish;
/// only the pixels in its slot (an index into the ring of shared buffers) were not, and no field of
/// a job records that. The tags of the tagging codec record it. They are evidence for the ledger,
/// and the check does not read them: a check that needs a tag in every frame would be a second
/// implementation of ownership, to be trusted in place of the first.
#[test]
fn the_check_of_the_job_does_not_catch_a_torn_thumbnail_and_the_ledger_records_it() {
    let (server, [anns, bens]) = overlap(Shared::new(codec(), NonZeroUsize::MIN), true);
    assert!(bens == expected_thumbnail(*ROCKET, 256));
    assert!(anns != expected_thumbnail(*ASTRONAUT, 256), "the torn thumbnail was sent");
    assert_eq!(server.metric("wrong_thumbnails_total"), 0);

    let ledger = server.ledger();
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
    for (server, [anns, bens]) in
        [overlap(Owned::new(codec()), false), overlap(Pooled::new(codec(), bounds), false)]
    {
        assert!(anns == expected_thumbnail(*ASTRONAUT, 256));
        assert!(bens == expected_thumbnail(*ROCKET, 256));
        for record in server.ledger() {
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
        let server = TestServer::with(Setup { converter, ..Setup::default() });
        let people: Vec<_> = (0..8)
            .map(|number| {
                let (client, _) = server.person("Ann");
                let photo = if number % 2 == 0 { *ASTRONAUT } else { *ROCKET };
                let path = client.upload(photo);
                (client, photo, path)
            })
            .collect();
        thread::scope(|scope| {
            for (client, photo, path) in &people {
                for size in [64, 100, 160, 256] {
                    scope.spawn(move || {
                        let response = client.get(&format!("{path}/thumbnail?size={size}"));
                        assert_eq!(response.status, 200);
                        assert!(
                            response.body == expected_thumbnail(photo, size),
                            "{kind:?}, {size} px"
                        );
                    });
                }
            }
        });
        assert_eq!(server.metric("conversions_total"), 32);
    }
}
