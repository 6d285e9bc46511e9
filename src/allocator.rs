//! Tells the system allocator to keep freed memory.

use std::hint::black_box;
use std::sync::Once;

/// The largest piece of memory that glibc maps by itself and still learns from when it is freed: 32
/// MiB, with what it adds.
const LARGEST_TO_LEARN_FROM: usize = (32 << 20) - (64 << 10);

/// Has glibc's allocator keep what is freed, up to 64 MiB in each arena; other allocators are left
/// as they are. By itself it gives memory back as soon as twice the largest piece that was freed so
/// far lies unused, and to take that anew, page by page, is what frames of one's own then cost
/// beside reused ones: 2 to 3 % at 64 in flight. Once a process is enough, and all that is done.
pub fn keep_freed_memory() {
    static ASKED: Once = Once::new();
    // Its thresholds grow with what is freed: mallopt(3), M_MMAP_THRESHOLD. Nothing is written
    // to this piece, so it is never really there. A second one would be kept, and cleared for a
    // third.
    ASKED.call_once(|| drop(black_box(vec![0_u8; LARGEST_TO_LEARN_FROM])));
}
