//! Implements the repair: the buffer moves into the job, and no other job can reach it.
//!
//! No lock is needed, because no buffer is shared. A job holds its own pixels from `begin` to
//! `finish`, and the compiler rejects a second holder.

use super::{Codec, Pipeline};

/// Makes thumbnails in buffers that the jobs own.
pub struct Owned<C: Codec> {
    codec: C,
}

/// Holds an unfinished thumbnail and the frame that its photo was decoded into.
pub struct Job<C: Codec> {
    frame: C::Frame,
    thumbnail: C::Thumbnail,
}

impl<C: Codec> Owned<C> {
    /// Creates a pipeline that keeps no buffer.
    pub fn new(codec: C) -> Self {
        Self { codec }
    }
}

impl<C: Codec> Pipeline for Owned<C> {
    type Codec = C;
    type Job = Job<C>;

    fn begin(&self, request: &C::Request) -> Result<Job<C>, C::Error> {
        let mut frame = C::Frame::default();
        let photo = self.codec.decode(request)?;
        let thumbnail = self.codec.fill(photo, &mut frame);
        Ok(Job { frame, thumbnail })
    }

    fn band(&self, job: &mut Job<C>) -> bool {
        self.codec.band(&job.frame, &mut job.thumbnail)
    }

    fn finish(&self, job: Job<C>) -> Result<C::Output, C::Error> {
        self.codec.encode(job.thumbnail)
    }
}
