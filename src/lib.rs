//! Rebuilds a real privacy failure, two people's photos in one frame, in safe Rust and without a
//! data race; beside it stands the repair.
//!
//! On 28 November 2024 the albums of a large messenger showed people thumbnails with parts of
//! strangers' photos in them, once traffic had passed a certain level (LY Corporation, notice
//! 016673). Nothing published names the mechanism. This crate rebuilds the simplest one that fits
//! the published facts: a ring of reused buffers, in which a request keeps a *number* where it
//! should keep the *pixels*.
//!
//! # The mix-up
//!
//! A request makes a thumbnail in steps: `begin` decodes the photo into a *slot* (an index into the
//! ring of shared buffers), each *band* (one step of the resize) makes some rows of the thumbnail,
//! and `finish` returns it. In this example a photo is the name of its owner, and a thumbnail of
//! two bands lists the owner of each band. Ben's request begins between Ann's two bands:
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
//! Ann's request is *lapped* (a later request overwrote its slot), and her thumbnail is *torn*
//! (some of its rows show another photo). A thumbnail with only such rows is *swapped*. This
//! overlap is the [schedule](schedule::Schedule) `AABA…`. A schedule written as letters, one for
//! each step, is a *word*; the crate replays any word with real photos, byte for byte. The album's
//! ledger records the *maker* (the version of the thumbnail maker) of every thumbnail.
//!
//! # Map, in reading order
//!
//! - [`pipeline`]: the lesson. `mod.rs` states the promise, `shared.rs` is the failure, `owned.rs`
//!   the repair, and `pooled.rs` the repair that reuses memory.
//! - `sync`: the synchronisation primitives of pipelines; model checkers replace them.
//! - `runtime`: the primitives of shared state in the album and its server; a model checker
//!   replaces them.
//! - [`pipelines`]: the kinds of pipelines, and the one place that builds a pipeline of a kind.
//! - [`schedule`]: interleavings as data, and the lap law, which predicts the mixed ones.
//! - [`codec`]: images: probe, decode, resize and encode, within limits.
//! - [`kit`]: checks of other people's pipelines: words, model checkers and real threads.
//! - [`provenance`]: the origin of each row, from two oracles that must agree.
//! - [`output`]: terminal text, pages, JSON, JUnit and folders for all reports.
//! - [`sample_photos`]: the built-in photos, and folders of photos.
//! - [`allocator`]: a hint to glibc's allocator to keep freed memory.
//! - [`repro`]: the same load on each pipeline, with every row checked.
//! - `replay`: one schedule on a pipeline, step by step, or all schedules of a size.
//! - [`play`]: a page on which a learner chooses the order of requests.
//! - [`album`]: albums in one crash-safe file, the 35-day compression, and the ledger of views.
//! - [`server`]: the album over HTTP: admission control, single-flight, conversions, metrics.
//! - [`incident`]: 28 November 2024 as a discrete-event simulation, and the day with one change.
//! - [`audit`]: checks of any thumbnail service from outside, with watermarked photos.
//! - [`fuzzing`]: properties that hold for any input bytes.
//! - [`cli`]: the commands, their flags and exit codes.

#[cfg(feature = "app")]
pub mod album;
#[cfg(feature = "app")]
pub mod allocator;
#[cfg(feature = "app")]
pub mod audit;
#[cfg(feature = "app")]
pub mod cli;
#[cfg(feature = "app")]
pub mod codec;
#[cfg(feature = "app")]
pub mod fuzzing;
#[cfg(feature = "app")]
pub mod incident;
pub mod kit;
#[cfg(feature = "app")]
pub mod output;
pub mod pipeline;
#[cfg(feature = "app")]
pub mod pipelines;
#[cfg(feature = "app")]
pub mod play;
#[cfg(feature = "app")]
pub mod provenance;
#[cfg(feature = "app")]
mod replay;
#[cfg(feature = "app")]
pub mod repro;
#[cfg(feature = "app")]
mod runtime;
#[cfg(feature = "app")]
pub mod sample_photos;
pub mod schedule;
#[cfg(feature = "app")]
pub mod server;
mod sync;
