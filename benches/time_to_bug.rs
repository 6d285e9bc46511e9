//! How long until somebody notices: executions and time to the first mixed thumbnail of the ring,
//! by whoever looks, at three sizes. Each searches with 20 seeds up to a stated cap; plain threads
//! take no seed and are run 20 times, loom and the words have an order of their own.
//!
//! `cargo bench --bench time_to_bug` prints the table; without `--bench`, as under
//! `cargo test --benches`, the caps are small and the figures mean nothing.

#[path = "../tests/model/ending.rs"]
#[allow(dead_code, reason = "shared with tests that use more of it")]
mod ending;
#[path = "time_to_bug/search.rs"]
mod search;
#[path = "time_to_bug/table.rs"]
mod table;
#[path = "../tests/model/under_loom.rs"]
#[allow(dead_code, reason = "shared with tests that use more of it")]
mod under_loom;
#[path = "../tests/model/under_shuttle.rs"]
#[allow(dead_code, reason = "shared with tests that use more of it")]
mod under_shuttle;
#[path = "../tests/model/under_std.rs"]
#[allow(dead_code, reason = "shared with tests that use more of it")]
mod under_std;

use std::num::NonZeroUsize;

use search::{Size, Tool};
use table::Line;

/// How far each looks.
struct Caps {
    seeds: u64,
    /// Executions of plain threads in one run.
    threads: usize,
    /// Executions of shuttle with one seed.
    executions: usize,
    /// Executions of loom.
    explored: usize,
    words: usize,
}

const FULL: Caps =
    Caps { seeds: 20, threads: 200, executions: 1_000, explored: 50_000, words: 200_000 };
const SMOKE: Caps = Caps { seeds: 2, threads: 5, executions: 20, explored: 100, words: 100 };

fn main() {
    let caps = if std::env::args().any(|word| word == "--bench") { FULL } else { SMOKE };
    let Caps { seeds, threads, executions, explored, words } = caps;
    println!("Seeds {seeds}; executions at most: plain threads {threads}, shuttle {executions},");
    println!("loom {explored}, words {words}.\n");
    table::head();
    for (requests, slots) in [(2, 1), (3, 2), (9, 8)] {
        let slots = NonZeroUsize::new(slots).expect("a slot");
        let size = Size { requests, slots, bands: 2 };
        for tool in Tool::ALL {
            let (seeds, cap) = match tool {
                Tool::Threads => (seeds, threads),
                Tool::Random | Tool::Urw | Tool::Pct(_) => (seeds, executions),
                Tool::Loom => (1, explored),
                Tool::Words => (1, words),
            };
            let searched = (0..seeds).map(|seed| tool.search(size, seed, cap)).collect();
            println!("{}", Line { size, tool, cap, searched });
        }
    }
}
