//! Runs this project as one of the libraries that `benches/peers/run` compares. It reads JPEG files
//! once, converts all of them for each `go` on standard input, and answers with the seconds. The
//! other libraries answer in the same way, so that rounds can be interleaved in one run.

use std::io::{BufRead, Write, stdin, stdout};
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use std::{env, fs, thread};

use bytes::Bytes;
use double_exposure::codec::{Fit, ImageCodec, Size, ThumbnailRequest, ThumbnailSpec, normalize};
use double_exposure::pipeline::{Owned, Pipeline};
use double_exposure::sample_photos;

/// Bands of a thumbnail, as in the service.
const BANDS: NonZeroU32 = NonZeroU32::new(4).unwrap();

/// Names the conversion of each file.
#[derive(Clone, Copy)]
enum Step {
    Thumbnail(Fit),
    Compress,
}

fn main() {
    let mut arguments = env::args().skip(1).filter(|argument| argument != "--bench");
    let Some(step) = arguments.next() else {
        // `cargo bench` and `cargo test --benches` name no step: check only that the bench runs.
        let photo = sample_photos::default_set().swap_remove(0).bytes;
        let seconds = convert_all(Step::Thumbnail(Fit::Contain), NonZeroUsize::MIN, &[photo]);
        println!("one photo in {seconds:.3} s; benches/peers/run compares");
        return;
    };
    let step = match step.as_str() {
        "contain" => Step::Thumbnail(Fit::Contain),
        "cover" => Step::Thumbnail(Fit::Cover),
        "compress" => Step::Compress,
        other => panic!("{other:?} is no step: contain, cover or compress"),
    };
    let threads = arguments.next().and_then(|text| text.parse().ok()).expect("a number of threads");
    let results: PathBuf = arguments.next().expect("a folder for results").into();
    let files: Vec<PathBuf> = arguments.map(PathBuf::from).collect();
    let photos: Vec<Bytes> =
        files.iter().map(|file| fs::read(file).expect("the file is there").into()).collect();
    for (file, photo) in files.iter().zip(&photos) {
        let result = results.join(file.file_name().map(Path::new).expect("a file has a name"));
        fs::write(result, convert(step, photo)).expect("the folder can be written");
    }
    let mut answers = stdout().lock();
    for line in stdin().lock().lines() {
        assert_eq!(line.expect("the comparison sends text"), "go");
        writeln!(answers, "{}", convert_all(step, threads, &photos))
            .and_then(|()| answers.flush())
            .expect("the comparison listens");
    }
}

/// Converts every photo once, with this number of threads, and returns the seconds.
fn convert_all(step: Step, threads: NonZeroUsize, photos: &[Bytes]) -> f64 {
    let next = AtomicUsize::new(0);
    let began = Instant::now();
    thread::scope(|scope| {
        for _ in 0..threads.get() {
            scope.spawn(|| {
                while let Some(photo) = photos.get(next.fetch_add(1, Ordering::Relaxed)) {
                    convert(step, photo);
                }
            });
        }
    });
    began.elapsed().as_secs_f64()
}

fn convert(step: Step, photo: &Bytes) -> Bytes {
    match step {
        Step::Compress => normalize(photo),
        Step::Thumbnail(fit) => {
            let request = ThumbnailRequest {
                photo: photo.clone(),
                spec: ThumbnailSpec { size: Size::default(), fit },
            };
            Owned::new(ImageCodec::new(BANDS)).convert(&request)
        }
    }
    .expect("the photos are whole")
}
