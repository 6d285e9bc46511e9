//! Hands out the work of one step of the load: uploads, and requests for thumbnails.
//!
//! A repeated answer may come from a cache, and says nothing about conversions. So a step asks for
//! thumbnails that no other request asks for. Where the target has no more of them, the step
//! uploads copies of the photos, as many at once as it has requests in flight, and reads the copies
//! afterwards.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::Instant;

use super::spec::{LoadWork, Mode, Target};
use super::workload::{NUMBERS_PER_STEP, PlannedRequest, Workload};

/// Interval, in requests, between two requests that repeat an earlier one of the step.
const REPEAT_INTERVAL: u64 = 8;

/// Number of earlier requests that may be repeated.
const MAX_RECENT: usize = 64;

/// Number of uploads of a round, for each request in flight.
const UPLOADS_PER_CLIENT: u64 = 4;

/// Upper bound of the uploads of a round.
const MAX_ROUND_UPLOADS: u64 = 256;

/// Upper bound of the sizes in which a copy is requested.
const MAX_SIZES_PER_COPY: u64 = 4;

/// Describes what a client does next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Work {
    /// Uploads a copy of a photo.
    Upload { photo: usize, copy: u64 },
    /// Requests a thumbnail.
    Thumbnail(PlannedRequest),
}

/// Hands out the work of a step to its clients.
pub(super) struct WorkQueue {
    workload: Arc<Workload>,
    step: u64,
    /// Number of uploads of a round, or 0 if the load does not upload.
    uploads_per_round: u64,
    end: Instant,
    state: Mutex<QueueState>,
}

struct QueueState {
    next_number: u64,
    /// Index of the next thumbnail that no other request asks for.
    next_thumbnail: u64,
    has_thumbnails: bool,
    uploads_left: u64,
    /// Uploads in a row that were refused.
    refused: u64,
    round_end: Instant,
    /// Photo, copy and size of the thumbnails of uploaded copies.
    unread: VecDeque<(usize, u64, u32)>,
    recent: VecDeque<PlannedRequest>,
    is_turn_of_copies: bool,
}

/// Returns the work of the load: that of the target, else both if the target can upload copies.
pub(super) fn load_work(target: &Target) -> LoadWork {
    target.load.unwrap_or(match target.mode {
        Mode::Push if target.can_upload_copies() => LoadWork::Both,
        Mode::Push | Mode::Pull | Mode::Post => LoadWork::Thumbnails,
    })
}

impl WorkQueue {
    /// Creates the queue of a step with this number of requests in flight, which ends at `end`.
    pub(super) fn new(
        workload: &Arc<Workload>,
        step: usize,
        in_flight: usize,
        end: Instant,
    ) -> Self {
        let work = load_work(&workload.target);
        let uploads = (in_flight as u64 * UPLOADS_PER_CLIENT).min(MAX_ROUND_UPLOADS);
        Self {
            workload: Arc::clone(workload),
            step: step as u64,
            uploads_per_round: if work == LoadWork::Thumbnails { 0 } else { uploads },
            end,
            state: Mutex::new(QueueState {
                next_number: NUMBERS_PER_STEP * step as u64,
                next_thumbnail: 0,
                has_thumbnails: work != LoadWork::Uploads,
                uploads_left: 0,
                refused: 0,
                round_end: end,
                unread: VecDeque::new(),
                recent: VecDeque::new(),
                is_turn_of_copies: false,
            }),
        }
    }

    /// Returns the next work of a client.
    pub(super) fn next(&self) -> Work {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.uploads_left == 0 && state.unread.is_empty() && self.can_upload(&state) {
            state.uploads_left = self.uploads_per_round;
            let now = Instant::now();
            state.round_end = now + self.end.saturating_duration_since(now) / 2;
        }
        if state.uploads_left > 0 && self.can_upload(&state) && Instant::now() < state.round_end {
            state.uploads_left -= 1;
            if let Some(copy) = self.workload.copies.begin() {
                return Work::Upload { photo: self.workload.photo_to_copy(copy), copy };
            }
            state.refused = u64::MAX;
        }
        state.uploads_left = 0;
        let number = state.next_number;
        state.next_number += 1;
        Work::Thumbnail(self.thumbnail(&mut state, number))
    }

    /// Queues the thumbnails of a copy that the target accepted.
    pub(super) fn uploaded(&self, photo: usize, copy: u64) {
        let sizes = self.workload.target.thumbnail.sizes.get();
        let count = sizes.len() as u64;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.refused = 0;
        let lap = (copy - 1) / self.workload.photos.all.len() as u64;
        let stride = (count / MAX_SIZES_PER_COPY).max(1);
        let sizes = (0..count.min(MAX_SIZES_PER_COPY)).map(|index| {
            // Spread over all sizes, and other ones in the next lap.
            let index = (lap + index * stride) % count;
            (photo, copy, sizes[index as usize])
        });
        state.unread.extend(sizes);
    }

    /// Counts a refused upload. A target that refuses all uploads of a round gets no more of them
    /// in this step.
    pub(super) fn refused(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.refused = state.refused.saturating_add(1);
    }

    fn can_upload(&self, state: &QueueState) -> bool {
        state.refused < self.uploads_per_round
    }

    fn thumbnail(&self, state: &mut QueueState, number: u64) -> PlannedRequest {
        let workload = &self.workload;
        if number % REPEAT_INTERVAL == REPEAT_INTERVAL - 1 && !state.recent.is_empty() {
            let index = workload.random(number).usize(..state.recent.len());
            let PlannedRequest { photo, copy, size, .. } = state.recent[index];
            return workload.planned(number, photo, copy, number / REPEAT_INTERVAL, size);
        }
        state.is_turn_of_copies = !state.is_turn_of_copies;
        let is_turn = state.is_turn_of_copies || !state.has_thumbnails;
        let of_copy = if is_turn { state.unread.pop_front() } else { None };
        let request = match of_copy {
            Some((photo, copy, size)) => workload.planned(number, photo, copy, copy, size),
            None => self.photo(state, number),
        };
        if state.recent.len() == MAX_RECENT {
            state.recent.pop_front();
        }
        state.recent.push_back(request);
        request
    }

    /// Plans a thumbnail that no other request asks for, else one that was asked for before.
    fn photo(&self, state: &mut QueueState, number: u64) -> PlannedRequest {
        while state.has_thumbnails {
            let index = state.next_thumbnail;
            state.next_thumbnail += 1;
            if let Some(request) = self.workload.new_thumbnail(self.step, index, number) {
                return request;
            }
            // Truncated photos are few, and run out before the whole ones.
            state.has_thumbnails = self.workload.is_truncated(index);
        }
        let index = state.next_thumbnail;
        state.next_thumbnail += 1;
        self.workload.any_thumbnail(index, number)
    }
}
