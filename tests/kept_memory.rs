//! What is freed stays at hand. Alone in its process, so that nothing else frees.
#![cfg(all(target_os = "linux", target_env = "gnu"))]

use std::fs;
use std::hint::black_box;

use double_exposure::allocator::keep_freed_memory;

/// Bytes that this process holds.
fn held() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() << 10
}

/// How much more is held, once so much was written to and freed.
fn kept_of(bytes: usize) -> i64 {
    let before = held();
    drop(black_box(vec![1_u8; bytes]));
    held() as i64 - before as i64
}

#[test]
fn what_is_freed_is_given_back_until_it_is_to_be_kept() {
    let bytes = 16 << 20;
    assert!(kept_of(bytes) < bytes as i64 / 4, "glibc maps and gives back");
    keep_freed_memory();
    assert!(kept_of(bytes) > bytes as i64 / 4 * 3, "and then keeps");
    let before = held();
    (0..4).for_each(|_| keep_freed_memory());
    assert!(held() < before + (bytes as u64) / 4, "to ask again takes nothing");
}
