//! Fewer of the allocator's arenas: a server keeps half the memory, at the same rate.
//!
//! glibc lets threads have eight arenas for each processor, and each keeps what its threads held at
//! their most. How many there may be is read from the environment as the process begins; a call
//! that sets it later takes unsafe code. So the command begins once more, as the same process.

/// Arenas for each processor.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const A_PROCESSOR: usize = 2;

/// What says how many there may be, to glibc; whoever has set one of them is obeyed.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const SAID_BY: [&str; 2] = ["MALLOC_ARENA_MAX", "GLIBC_TUNABLES"];

/// Begins the process anew with few arenas, unless it is said already how many there may be.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(super) fn few() {
    use std::os::unix::process::CommandExt;
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let mut arguments = std::env::args_os();
    let (Ok(program), Some(name)) = (std::env::current_exe(), arguments.next()) else { return };
    if SAID_BY.iter().all(|name| std::env::var_os(name).is_none()) {
        let mut anew = std::process::Command::new(program);
        anew.arg0(name).args(arguments);
        // It only returns where it failed, and then more memory is the price.
        let _ = anew.env(SAID_BY[0], (A_PROCESSOR * processors).to_string()).exec();
    }
}

/// Other allocators are left as they are.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(super) fn few() {}
