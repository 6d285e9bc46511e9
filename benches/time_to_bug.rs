//! Measures the executions and the time until each checker finds the first mixed thumbnail of the
//! ring, at three sizes. Each checker searches with 20 seeds up to a stated cap. Plain threads take
//! no seed and run 20 times. loom and the words (schedules written as letters) have a fixed order.
//!
//! `cargo bench --bench time_to_bug` prints the table. Without `--bench`, as under `cargo test
//! --benches`, the caps are small and the figures mean nothing.

#[path = "../tests/model/exploration.rs"]
#[allow(dead_code, reason = "shared with tests that use more of it")]
mod exploration;
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

/// Limits the searches.
struct Caps {
    seeds: u64,
    /// Upper bound of the executions of plain threads in one run.
    threads: usize,
    /// Upper bound of the executions of shuttle with one seed.
    shuttle: usize,
    /// Upper bound of the executions of loom.
    loom: usize,
    words: usize,
}

const FULL: Caps = Caps { seeds: 20, threads: 200, shuttle: 1_000, loom: 50_000, words: 200_000 };
const SMOKE: Caps = Caps { seeds: 2, threads: 5, shuttle: 20, loom: 100, words: 100 };

fn main() {
    let caps = if std::env::args().any(|word| word == "--bench") { FULL } else { SMOKE };
    let Caps { seeds, threads, shuttle, loom, words } = caps;
    println!("Seeds {seeds}; caps of executions: plain threads {threads}, shuttle {shuttle},");
    println!("loom {loom}, words {words}.\n");
    table::head();
    for (requests, slots) in [(2, 1), (3, 2), (9, 8)] {
        let slots = NonZeroUsize::new(slots).expect("a slot");
        let size = Size { requests, slots, bands: 2 };
        for tool in Tool::ALL {
            let (seeds, cap) = match tool {
                Tool::Threads => (seeds, threads),
                Tool::Random | Tool::Urw | Tool::Pct(_) => (seeds, shuttle),
                Tool::Loom => (1, loom),
                Tool::Words => (1, words),
            };
            let searches = (0..seeds).map(|seed| tool.search(size, seed, cap)).collect();
            println!("{}", Line { size, tool, cap, searches });
        }
    }
}
