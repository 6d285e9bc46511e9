//! Two people's photos on one frame: a real privacy failure rebuilt in safe Rust, without a data
//! race, beside its repair.
//!
//! On 28 November 2024 the albums of a large messenger showed people thumbnails with parts of
//! strangers' photos in them, once traffic had passed a certain level (LY Corporation, notice
//! 016673). Nothing published names the mechanism. This crate rebuilds the simplest one that fits
//! what is known: a ring of reused buffers, in which a request keeps a *number* where it should
//! keep the *pixels*.
//!
//! # The mix-up
//!
//! A thumbnail is made in steps: `begin` decodes the photo, each `band` resizes some of its rows,
//! `finish` gives the thumbnail away. Here a photo is its owner's name, and a thumbnail of two
//! bands lists whose photo each was made from. Ben's request begins between Ann's two bands:
//!
//! ```
//! use std::num::NonZeroUsize;
//!
//! use double_exposure::pipeline::{Owned, Pipeline, Shared};
//! # use double_exposure::pipeline::{Codec, Frame};
//! #
//! # /// A codec whose photos and frames are names.
//! # struct Names;
//! #
//! # #[derive(Default)]
//! # struct Name(&'static str);
//! #
//! # impl Frame for Name {
//! #     fn clear(&mut self) { self.0 = ""; }
//! #     fn capacity(&self) -> usize { 0 }
//! # }
//! #
//! # impl Codec for Names {
//! #     type Request = &'static str;
//! #     type Photo = &'static str;
//! #     type Frame = Name;
//! #     type Thumbnail = Vec<&'static str>;
//! #     type Output = Vec<&'static str>;
//! #     type Error = ();
//! #     fn decode(&self, photo: &&'static str) -> Result<&'static str, ()> { Ok(photo) }
//! #     fn fill(&self, photo: &'static str, frame: &mut Name) -> Vec<&'static str> {
//! #         frame.0 = photo;
//! #         Vec::new()
//! #     }
//! #     fn band(&self, frame: &Name, thumbnail: &mut Vec<&'static str>) -> bool {
//! #         thumbnail.push(frame.0);
//! #         thumbnail.len() < 2
//! #     }
//! #     fn encode(&self, thumbnail: Vec<&'static str>) -> Result<Vec<&'static str>, ()> {
//! #         Ok(thumbnail)
//! #     }
//! # }
//!
//! fn anns_thumbnail(pipeline: &impl Pipeline<Codec = Names>) -> Result<Vec<&'static str>, ()> {
//!     let mut ann = pipeline.begin(&"Ann")?;
//!     pipeline.band(&mut ann);
//!     let _ben = pipeline.begin(&"Ben")?;
//!     pipeline.band(&mut ann);
//!     pipeline.finish(ann)
//! }
//!
//! // One buffer, locked for every access: no data race, and still Ben in Ann's thumbnail.
//! let shared = Shared::new(Names, NonZeroUsize::MIN);
//! assert_eq!(anns_thumbnail(&shared)?, ["Ann", "Ben"]);
//!
//! // Each request owns its buffer, and there is nothing to lock.
//! let owned = Owned::new(Names);
//! assert_eq!(anns_thumbnail(&owned)?, ["Ann", "Ann"]);
//! # Ok::<(), ()>(())
//! ```
//!
//! Written as a [schedule](schedule::Word) this overlap is `AABA…`, a letter per step, and it can
//! be replayed with real photos, byte for byte.
//!
//! # Reading order
//!
//! 1. [`pipeline`]: the lesson. The promise in `mod.rs`, the failure in `shared.rs`, the repair in
//!    `owned.rs`, and the repair that reuses memory in `pooled.rs`.
//! 2. [`schedule`]: interleavings as words, and the law that says which of them mix.
//! 3. [`codec`]: real photos to pixels and back, within limits.
//! 4. [`witness`]: whose rows are these? Two oracles that must agree.
//! 5. [`album`]: where the failure happened. Albums in one crash-safe file, the 35-day compression,
//!    and a ledger that can tell who was shown what.
//! 6. [`server`]: the album over HTTP. One door, shared work, and the ledger before the first byte.
//! 7. [`photos`], [`load`], [`repro`] and [`report`]: what to convert, how many at once, what came
//!    of it, and what a run leaves behind. [`commands`] is the way in.
//! 8. [`incident`]: 28 November 2024 in virtual time, and the same day with one thing changed.
//! 9. [`mark`]: photos whose every row says whose it is, for services that nobody can look into.
//! 10. [`audit`]: any thumbnail service, asked from outside whether it mixes its users.
//! 11. [`fuzzing`]: what must hold for any bytes whatever.

pub mod album;
pub mod allocator;
pub mod audit;
pub mod cli;
pub mod codec;
pub mod fuzzing;
pub mod incident;
pub mod output;
pub mod pipeline;
pub mod pipelines;
pub mod provenance;
mod replay;
pub mod repro;
pub mod sample_photos;
pub mod schedule;
pub mod server;
mod sync;
