//! The repair: the buffer moves into the job, and nobody else can name it.
//!
//! There is nothing to lock, because there is nothing to share: a job holds its own pixels from its
//! begin to its finish, and the compiler refuses a second holder.

use super::{Codec, Pipeline};

/// Makes thumbnails in buffers that the jobs own.
pub struct Owned<C: Codec> {
    codec: C,
}

/// A thumbnail in the making, and the frame that its photo was decoded into.
pub struct Job<C: Codec> {
    frame: C::Frame,
    thumbnail: C::Thumbnail,
}

impl<C: Codec> Owned<C> {
    /// A pipeline that keeps no buffer.
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
