//! Allocates the samples of an image: on the heap, or in large pages if there are very many.
//!
//! glibc serves allocations above 32 MiB with `mmap` and unmaps them on free (`malloc(3)`,
//! `M_MMAP_THRESHOLD`). In pages of 4 KiB that causes 9,000 page faults for a camera's photo of 12
//! megapixels, more than a quarter of the time that its decoding takes. So this module maps such
//! memory itself, and requests pages of 2 MiB from Linux. Where there are none, nothing is lost.

use std::mem;
use std::ops::{Deref, DerefMut};

use memmap2::MmapMut;

/// Bytes up to which the heap is used. The allocator can keep this much for its next use.
const MAX_HEAP_BYTES: usize = 32 << 20;

/// Holds samples in a vector, or in mapped pages if there are very many.
#[derive(Debug, Default)]
pub(super) struct PixelBuffer {
    /// The samples, unless they lie in `pages`.
    heap: Vec<u8>,
    pages: Option<MmapMut>,
}

impl PixelBuffer {
    /// Returns `length` samples that are all zero.
    pub(super) fn zeroed(length: usize) -> Self {
        let pages = if length > MAX_HEAP_BYTES { map(length) } else { None };
        let heap = if pages.is_some() { Vec::new() } else { vec![0; length] };
        Self { heap, pages }
    }

    /// Appends `length` samples that are zero, and returns them.
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

    /// Appends the samples of another buffer. A buffer without memory takes the memory of `others`.
    pub(super) fn append(&mut self, others: Self) {
        if self.capacity() == 0 {
            *self = others;
        } else {
            self.on_heap(others.len()).extend_from_slice(&others);
        }
    }

    /// Returns the samples on the heap with room for `more`; pages are copied to the heap. The room
    /// is exact, so that a frame holds no more than the limit on memory counts for it.
    fn on_heap(&mut self, more: usize) -> &mut Vec<u8> {
        if let Some(pages) = self.pages.take() {
            self.heap.reserve_exact(pages.len() + more);
            self.heap.extend_from_slice(&pages);
        }
        self.heap.reserve_exact(more);
        &mut self.heap
    }

    /// Returns the samples as a vector.
    pub(super) fn into_vec(mut self) -> Vec<u8> {
        mem::take(self.on_heap(0))
    }

    /// Removes the samples. Memory on the heap is kept, and pages are unmapped.
    pub(super) fn clear(&mut self) {
        self.pages = None;
        self.heap.clear();
    }

    /// Returns the number of bytes that are allocated.
    pub(super) fn capacity(&self) -> usize {
        self.pages.as_ref().map_or(self.heap.capacity(), |pages| pages.len())
    }
}

/// Maps anonymous memory. Returns `None` if that fails, and the caller falls back to the heap.
fn map(length: usize) -> Option<MmapMut> {
    let pages = MmapMut::map_anon(length).ok()?;
    #[cfg(target_os = "linux")]
    // A kernel without large pages refuses; small pages serve too.
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
    fn few_samples_lie_on_the_heap_and_very_many_in_pages() {
        let few = PixelBuffer::zeroed(MAX_HEAP_BYTES);
        assert!(few.pages.is_none());
        assert_eq!(few.len(), MAX_HEAP_BYTES);
        let many = PixelBuffer::zeroed(MAX_HEAP_BYTES + 1);
        assert!(many.pages.is_some());
        assert_eq!((many.len(), many.capacity()), (MAX_HEAP_BYTES + 1, MAX_HEAP_BYTES + 1));
        assert!(many.iter().all(|&sample| sample == 0));
    }

    #[test]
    fn samples_keep_their_values_when_others_are_appended() {
        let mut samples = PixelBuffer::zeroed(MAX_HEAP_BYTES + 2);
        (samples[0], samples[MAX_HEAP_BYTES + 1]) = (3, 7);
        samples.append(vec![9].into());
        samples.grow(1)[0] = 11;
        assert!(samples.pages.is_none());
        assert_eq!(samples.capacity(), MAX_HEAP_BYTES + 4, "no more than there are");
        assert_eq!(
            (samples[0], samples[1], &samples[MAX_HEAP_BYTES + 1..]),
            (3, 0, &[7, 9, 11][..])
        );
        assert_eq!(samples.into_vec().len(), MAX_HEAP_BYTES + 4);
    }

    #[test]
    fn clearing_unmaps_pages_and_keeps_the_heap() {
        let mut samples = PixelBuffer::zeroed(MAX_HEAP_BYTES + 1);
        samples.clear();
        assert_eq!((samples.len(), samples.capacity()), (0, 0));
        let mut samples = PixelBuffer::from(vec![1; 100]);
        samples.clear();
        assert_eq!(samples.len(), 0);
        assert!(samples.capacity() >= 100);
    }
}
