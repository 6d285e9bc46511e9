//! The samples of a picture: on the heap, or, where there are very many, in large pages.
//!
//! What is larger than 32 MiB glibc's allocator asks of the system each time and gives back at once
//! (`malloc(3)`, `M_MMAP_THRESHOLD`). In pages of 4 KiB that is 9,000 page faults for a camera's
//! photo of 12 megapixels, more than a quarter of the time that its decoding takes. So here it is
//! mapped, and Linux asked for pages of 2 MiB; where there are none, nothing is lost.

use std::mem;
use std::ops::{Deref, DerefMut};

use memmap2::MmapMut;

/// What the allocator keeps for its next use is not mapped.
const LARGE_BYTES: usize = 32 << 20;

/// A vector of samples, or so many that they lie in memory of their own.
#[derive(Debug, Default)]
pub(super) struct PixelBuffer {
    /// Empty beside pages.
    heap: Vec<u8>,
    pages: Option<MmapMut>,
}

impl PixelBuffer {
    /// So many, all zero.
    pub(super) fn zeroed(length: usize) -> Self {
        let pages = if length > LARGE_BYTES { map(length) } else { None };
        let heap = if pages.is_some() { Vec::new() } else { vec![0; length] };
        Self { heap, pages }
    }

    /// Appends so many that are zero, and gives them.
    pub(super) fn grow(&mut self, length: usize) -> &mut [u8] {
        if self.capacity() == 0 {
            *self = Self::zeroed(length);
            return self;
        }
        let heap = self.on_heap(length);
        let start = heap.len();
        heap.resize(start + length, 0);
        &mut heap[start..]
    }

    /// Appends others; for want of own memory it takes theirs.
    pub(super) fn append(&mut self, others: Self) {
        if self.capacity() == 0 {
            *self = others;
        } else {
            self.on_heap(others.len()).extend_from_slice(&others);
        }
    }

    /// The samples where so many can be appended: pages are copied to the heap. There is then
    /// exactly enough memory, so that a frame holds no more than the limit on memory counts for it.
    fn on_heap(&mut self, more: usize) -> &mut Vec<u8> {
        if let Some(pages) = self.pages.take() {
            self.heap.reserve_exact(pages.len() + more);
            self.heap.extend_from_slice(&pages);
        }
        self.heap.reserve_exact(more);
        &mut self.heap
    }

    pub(super) fn into_vec(mut self) -> Vec<u8> {
        mem::take(self.on_heap(0))
    }

    /// Forgets the samples. Memory on the heap is kept, pages are given back.
    pub(super) fn clear(&mut self) {
        self.pages = None;
        self.heap.clear();
    }

    /// Bytes that are kept.
    pub(super) fn capacity(&self) -> usize {
        self.pages.as_ref().map_or(self.heap.capacity(), |pages| pages.len())
    }
}

/// Memory of its own; none if the system has none, which the allocator then says.
fn map(length: usize) -> Option<MmapMut> {
    let pages = MmapMut::map_anon(length).ok()?;
    #[cfg(target_os = "linux")]
    // Refused by a kernel without large pages; small ones do.
    let _ = pages.advise(memmap2::Advice::HugePage);
    Some(pages)
}

impl From<Vec<u8>> for PixelBuffer {
    fn from(heap: Vec<u8>) -> Self {
        Self { heap, pages: None }
    }
}

impl Deref for PixelBuffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.pages.as_deref().unwrap_or(&self.heap)
    }
}

impl DerefMut for PixelBuffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        self.pages.as_deref_mut().unwrap_or(&mut self.heap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_lie_on_the_heap_and_very_many_in_pages() {
        let few = PixelBuffer::zeroed(LARGE_BYTES);
        assert!(few.pages.is_none());
        assert_eq!(few.len(), LARGE_BYTES);
        let many = PixelBuffer::zeroed(LARGE_BYTES + 1);
        assert!(many.pages.is_some());
        assert_eq!((many.len(), many.capacity()), (LARGE_BYTES + 1, LARGE_BYTES + 1));
        assert!(many.iter().all(|&sample| sample == 0));
    }

    #[test]
    fn samples_stay_what_they_are_when_others_are_appended() {
        let mut samples = PixelBuffer::zeroed(LARGE_BYTES + 2);
        (samples[0], samples[LARGE_BYTES + 1]) = (3, 7);
        samples.append(vec![9].into());
        samples.grow(1)[0] = 11;
        assert!(samples.pages.is_none());
        assert_eq!(samples.capacity(), LARGE_BYTES + 4, "no more than there are");
        assert_eq!((samples[0], samples[1], &samples[LARGE_BYTES + 1..]), (3, 0, &[7, 9, 11][..]));
        assert_eq!(samples.into_vec().len(), LARGE_BYTES + 4);
    }

    #[test]
    fn forgetting_them_gives_pages_back_and_keeps_the_heap() {
        let mut samples = PixelBuffer::zeroed(LARGE_BYTES + 1);
        samples.clear();
        assert_eq!((samples.len(), samples.capacity()), (0, 0));
        let mut samples = PixelBuffer::from(vec![1; 100]);
        samples.clear();
        assert_eq!(samples.len(), 0);
        assert!(samples.capacity() >= 100);
    }
}
