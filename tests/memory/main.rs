//! The codec, the allocator and the judge of records take no more memory than documented.
//! Allocations of single steps are counted, and the memory of a process of its own is measured.

mod allocations;
#[cfg(target_os = "linux")]
mod conversions;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod kept_memory;
#[cfg(target_os = "linux")]
mod records;
