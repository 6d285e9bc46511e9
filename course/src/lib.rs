//! Explores the orders in which a few requests may run, and tells whose data each of them showed.
//!
//! Every exercise is a [`Service`]: one type, shared by all requests, with one async method. The
//! method marks by [`step`] each place where the runtime may continue another request. This library
//! chooses the order, and it knows whose data every answer holds. A tool that finds such bugs needs
//! both.
//!
//! - `service` holds what an exercise names: the service, its answer, and its steps.
//! - `words` runs one order, or all of them.
//! - `guesses` compares guesses about repairs with what an exploration finds.
//! - `table` prints an order as a table, with a column for each request.
//! - `executor` runs requests without a word: one to its end, or several in turn.
//!
//! # Words
//! A *word* is an order, written with one letter for each turn. A capital letter lets that user's
//! request run up to its next step. A small letter drops the request, as a server does when the
//! client hangs up. In `ABA`, the request of A runs up to its first step, then the request of B,
//! then that of A again.

mod executor;
mod guesses;
mod service;
mod table;
mod words;

pub use executor::{block_on, in_turn, run_on_thread};
pub use guesses::{Guess, compare};
pub use service::{Answer, BLANK, Pause, Service, User, step, wait_until};
pub use table::show;
pub use words::{Outcome, Run, Turn, Words, every_word, replay};
