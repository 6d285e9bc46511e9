//! Starts the service with one of five mechanisms of the course inside, for learners to find.
//!
//! The mechanisms are the course's exercises themselves: an exercise decides whose photo a request
//! is shown, and the service renders that photo. So an audit finds the mistake that a learner has
//! repaired before, and none that is planted for the audit.

use std::io;
use std::net::SocketAddr;

use clap::ValueEnum;
use serde::Serialize;

use super::case::TARGET;
use super::kernel::Kernel;
use super::service::Service;

#[allow(warnings, clippy::all, reason = "the files are the learner's, and are linted there")]
mod copies {
    include!(concat!(env!("OUT_DIR"), "/course.rs"));
}
use copies::{exercises, solutions};

/// Names a mechanism that can be inside. Each has an exercise of the course by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum Mechanism {
    /// A buffer is used again, and holds the rows of the last upload.
    DirtyBuffer,
    /// A cache's key lacks the owner.
    CacheKey,
    /// Concurrent requests of different viewers share one result.
    SingleFlight,
    /// Files of different requests get the same name.
    TemporaryFile,
    /// An error path gives a buffer back to the pool a second time.
    GivenBackTwice,
}

impl Mechanism {
    /// Returns the mechanism that a seed chooses.
    pub fn of_seed(seed: u64) -> Self {
        let all = Self::value_variants();
        all[fastrand::Rng::with_seed(seed).usize(..all.len())]
    }

    /// Returns the name of the exercise, such as `dirty_buffer`.
    pub fn name(self) -> &'static str {
        match self {
            Self::DirtyBuffer => "dirty_buffer",
            Self::CacheKey => "cache_key",
            Self::SingleFlight => "single_flight",
            Self::TemporaryFile => "temporary_file",
            Self::GivenBackTwice => "given_back_twice",
        }
    }

    /// Returns the word that loses in the exercise.
    pub fn losing_word(self) -> &'static str {
        match self {
            Self::DirtyBuffer => "AABB",
            Self::CacheKey => "AAB",
            Self::SingleFlight => "ABAB",
            Self::TemporaryFile => "ABA",
            Self::GivenBackTwice => "AABCB",
        }
    }

    /// Returns true if requests that come one after the other already mix users' data.
    pub fn mixes_in_order(self) -> bool {
        matches!(self, Self::DirtyBuffer | Self::CacheKey)
    }

    /// Starts the exercise, or its solution if `is_repaired` is true.
    fn kernel(self, is_repaired: bool, seed: u64) -> io::Result<Kernel> {
        use exercises::{cache_key, dirty_buffer, given_back_twice, single_flight, temporary_file};
        match (self, is_repaired) {
            (Self::DirtyBuffer, false) => Kernel::start::<dirty_buffer::Previews>(seed),
            (Self::CacheKey, false) => Kernel::start::<cache_key::Thumbnails>(seed),
            (Self::SingleFlight, false) => Kernel::start::<single_flight::Tiles>(seed),
            (Self::TemporaryFile, false) => Kernel::start::<temporary_file::Claims>(seed),
            (Self::GivenBackTwice, false) => Kernel::start::<given_back_twice::Responses>(seed),
            (Self::DirtyBuffer, true) => Kernel::start::<solutions::dirty_buffer::Previews>(seed),
            (Self::CacheKey, true) => Kernel::start::<solutions::cache_key::Thumbnails>(seed),
            (Self::SingleFlight, true) => Kernel::start::<solutions::single_flight::Tiles>(seed),
            (Self::TemporaryFile, true) => Kernel::start::<solutions::temporary_file::Claims>(seed),
            (Self::GivenBackTwice, true) => {
                Kernel::start::<solutions::given_back_twice::Responses>(seed)
            }
        }
    }
}

/// Serves thumbnails on loopback, with a mechanism inside, until it is dropped.
pub struct Mystery {
    service: Service,
}

impl Mystery {
    /// Starts the service on a port of loopback, where port 0 takes a free port. If `is_repaired`
    /// is true, the solution of the exercise is inside, which mixes nothing.
    ///
    /// # Errors
    /// Returns the system's error if the port is taken, or if the system gives no threads.
    pub fn start(
        mechanism: Mechanism,
        is_repaired: bool,
        port: u16,
        seed: u64,
    ) -> io::Result<Self> {
        let kernel = mechanism.kernel(is_repaired, seed)?;
        Ok(Self { service: Service::start_kernel(kernel, port)? })
    }

    /// Returns the address of the service.
    pub fn address(&self) -> SocketAddr {
        self.service.address
    }

    /// Returns the file by which `audit` knows the service.
    pub fn target(&self) -> String {
        TARGET.replace("127.0.0.1:1", &self.address().to_string())
    }
}
