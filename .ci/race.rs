// Runs nine requests at a time on eight slots, each on its own thread, and counts mixed thumbnails.
// `.ci/race` compiles it behind the shipped pipelines, the model's codec, a lock, and the number of
// thumbnails of each thread, EACH.

use std::{num::NonZeroUsize, process::ExitCode, thread};

use codec::ModelCodec;
use pipeline::{Pipeline, Shared};

const THREADS: u8 = 9;
const SLOTS: NonZeroUsize = NonZeroUsize::new(8).unwrap();

fn main() -> ExitCode {
    // Scoped threads and `Arc` are not used: std orders their ends with code that is compiled
    // without the detector, which would report it.
    let shared: &Shared<ModelCodec> = Box::leak(Box::new(Shared::new(ModelCodec::new(32), SLOTS)));
    let client = |owner: u8| {
        thread::spawn(move || {
            let thumbnails = (0..EACH).map(|_| shared.convert(&owner).expect("the photo is whole"));
            thumbnails.filter(|bands| bands.iter().any(|&band| band != owner)).count()
        })
    };
    let clients: Vec<_> = (b'A'..b'A' + THREADS).map(client).collect();
    let mixed: usize = clients.into_iter().map(|client| client.join().expect("no panic")).sum();
    println!("{mixed} of {} thumbnails are mixed", EACH * usize::from(THREADS));
    if mixed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
