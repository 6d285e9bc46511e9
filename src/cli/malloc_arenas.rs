//! Limits glibc's malloc arenas: a server then needs half the memory, at the same rate.
//!
//! glibc gives threads up to eight arenas for each processor, and each arena keeps as much memory
//! as its threads once used. glibc reads the limit from the environment when the process starts; a
//! later call that sets it takes unsafe code. So the command executes itself again with the limit
//! in its environment, as the same process.

/// Arenas for each processor.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const ARENAS_PER_PROCESSOR: usize = 2;

/// Environment variables that set glibc's limit; a value that the operator set is kept.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const VARIABLES: [&str; 2] = ["MALLOC_ARENA_MAX", "GLIBC_TUNABLES"];

/// Executes the process again with a limit on arenas, unless the environment has a limit already.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(super) fn limit() {
    use std::os::unix::process::CommandExt;
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let mut arguments = std::env::args_os();
    let (Ok(program), Some(name)) = (std::env::current_exe(), arguments.next()) else { return };
    if VARIABLES.iter().all(|name| std::env::var_os(name).is_none()) {
        let mut command = std::process::Command::new(program);
        command.arg0(name).args(arguments);
        // `exec` returns only if it fails; the server then runs on, and needs more memory.
        let _ = command.env(VARIABLES[0], (ARENAS_PER_PROCESSOR * processors).to_string()).exec();
    }
}

/// Does nothing: other allocators have no such limit.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(super) fn limit() {}
