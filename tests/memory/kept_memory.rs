//! Tests that glibc keeps freed memory once the program has requested that. A process of its own,
//! in which no other test frees memory, measures its resident memory before and after.

use std::hint::black_box;
use std::process::Command;
use std::{env, fs};

use double_exposure::allocator::keep_freed_memory;

/// Environment variable that marks the child process.
const CHILD_VARIABLE: &str = "DOUBLE_EXPOSURE_KEPT_MEMORY";

/// Returns the resident memory of this process, in bytes.
fn resident_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() << 10
}

/// Writes to a block and frees it. Returns the growth of the resident memory, in bytes.
fn growth_after_freeing(bytes: usize) -> i64 {
    let before = resident_bytes();
    drop(black_box(vec![1_u8; bytes]));
    resident_bytes() as i64 - before as i64
}

#[test]
fn freed_memory_is_kept_only_after_the_request() {
    if env::var_os(CHILD_VARIABLE).is_none() {
        let child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "kept_memory::freed_memory_is_kept_only_after_the_request"])
            .env(CHILD_VARIABLE, "1")
            .output()
            .unwrap();
        assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
        return;
    }
    let bytes = 16 << 20;
    assert!(growth_after_freeing(bytes) < bytes as i64 / 4, "glibc maps and unmaps the block");
    keep_freed_memory();
    assert!(growth_after_freeing(bytes) > bytes as i64 / 4 * 3, "glibc keeps the block");
    let before = resident_bytes();
    (0..4).for_each(|_| keep_freed_memory());
    assert!(resident_bytes() < before + (bytes as u64) / 4, "further requests take no memory");
}
