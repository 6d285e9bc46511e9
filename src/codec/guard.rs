//! A wall round the decoders: their panics become refusals, and nobody need see them.
//!
//! The decoders are large, made by others, and fed by strangers. What one of them did not foresee
//! is the file's fault and not a reason to lose a thread.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};

use super::{Damage, Format, Refusal};

thread_local! {
    /// Whether this thread is inside a decoder.
    static DECODING: Cell<bool> = const { Cell::new(false) };
}

/// Where decoders panic that work on threads of their own: their source folders.
const DECODERS: [&str; 6] =
    ["jpeg-decoder-", "zune-jpeg-", "png-", "image-webp-", "image-", "fdeflate-"];

/// Runs a decoder.
pub(super) fn decode<T>(
    format: Format,
    decoder: impl FnOnce() -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let outer = DECODING.replace(true);
    // What the decoder leaves half done it owns, and it is dropped here.
    let result = panic::catch_unwind(AssertUnwindSafe(decoder));
    DECODING.set(outer);
    result.unwrap_or(Err(Refusal::Damaged { format, damage: Damage::Panic }))
}

/// Keeps the panics of decoders off standard error, which are caught and become refusals. All
/// others go to the hook that was there before. For a program to call once, at its start.
///
/// `jpeg-decoder` works on threads of its own where a photo is wider than 128 px as decoded; their
/// panics are told by the source file they come from.
pub fn silence_decoder_panics() {
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if !is_a_decoders(panic) {
            previous(panic);
        }
    }));
}

fn is_a_decoders(panic: &PanicHookInfo<'_>) -> bool {
    let from_decoder = |file: &str| {
        file.split(['/', '\\']).any(|folder| DECODERS.iter().any(|name| folder.starts_with(name)))
    };
    DECODING.get() || panic.location().is_some_and(|location| from_decoder(location.file()))
}
