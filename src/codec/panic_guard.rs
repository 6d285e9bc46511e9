//! A wall round the decoders: their panics become refusals, and nobody need see them.
//!
//! The decoders are large, made by others, and fed by strangers. What one of them did not foresee
//! is the file's fault and not a reason to lose a thread.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};

use super::{Damage, Format, ImageError};

thread_local! {
    /// Whether this thread is inside a decoder.
    static DECODING: Cell<bool> = const { Cell::new(false) };
}

/// The folders of the decoders' sources, which a version follows in a registry.
const DECODERS: [&str; 6] = ["jpeg-decoder", "zune-jpeg", "png", "image-webp", "image", "fdeflate"];

/// Runs a decoder.
pub(super) fn decode<T>(
    format: Format,
    decoder: impl FnOnce() -> Result<T, ImageError>,
) -> Result<T, ImageError> {
    let outer = DECODING.replace(true);
    // What the decoder leaves half done it owns, and it is dropped here.
    let result = panic::catch_unwind(AssertUnwindSafe(decoder));
    DECODING.set(outer);
    result.unwrap_or(Err(ImageError::Damaged { format, damage: Damage::Panic }))
}

/// Keeps the panics of decoders off standard error, which are caught and become refusals. All
/// others go to the hook that was there before. For a program to call once, at its start.
///
/// `jpeg-decoder` makes colours on rayon's threads; their panics are told by the source file they
/// come from.
pub fn silence_decoder_panics() {
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if !is_a_decoders(panic) {
            previous(panic);
        }
    }));
}

fn is_a_decoders(panic: &PanicHookInfo<'_>) -> bool {
    DECODING.get() || panic.location().is_some_and(|location| is_decoder(location.file()))
}

/// Whether a source file is a decoder's: `.../jpeg-decoder-0.3.2/src/decoder.rs`.
fn is_decoder(file: &str) -> bool {
    let is_version = |rest: &str| rest.is_empty() || rest.starts_with("-0.");
    file.split(['/', '\\'])
        .any(|folder| DECODERS.iter().any(|name| folder.strip_prefix(name).is_some_and(is_version)))
}

#[cfg(test)]
mod tests {
    use std::{env, process, thread};

    use super::*;

    #[test]
    fn a_panic_inside_a_decoder_becomes_a_refusal() {
        let refused = decode::<()>(Format::Png, || panic!("words of a decoder"));
        let damage = Damage::Panic;
        assert_eq!(refused, Err(ImageError::Damaged { format: Format::Png, damage }));
        assert!(!DECODING.get(), "the next panic is not a decoder's");
    }

    /// The hook is one for the process, so a process of its own tries it.
    #[test]
    fn silenced_decoders_print_nothing_and_everyone_else_does() {
        const CHILD: &str = "DOUBLE_EXPOSURE_SILENCED";
        if env::var_os(CHILD).is_some() {
            silence_decoder_panics();
            let _ = decode::<()>(Format::Png, || panic!("words of a decoder"));
            let _ = thread::spawn(|| panic!("words of another thread")).join();
            return;
        }
        let child = process::Command::new(env::current_exe().unwrap())
            .args(["--nocapture", "silenced_decoders_print_nothing_and_everyone_else_does"])
            .env(CHILD, "1")
            .output()
            .unwrap();
        let printed = String::from_utf8_lossy(&child.stderr);
        assert!(child.status.success());
        assert!(!printed.contains("words of a decoder"), "{printed}");
        assert!(printed.contains("words of another thread"), "{printed}");
    }

    #[test]
    fn decoders_are_told_by_the_folders_of_their_sources() {
        for file in [
            "/home/me/.cargo/registry/src/index/jpeg-decoder-0.3.2/src/worker/multithreaded.rs",
            r"C:\me\registry\src\index\zune-jpeg-0.5.15\src\mcu.rs",
            "vendor/png/src/decoder/mod.rs",
        ] {
            assert!(is_decoder(file), "{file}");
        }
        for file in ["src/codec/jpeg/mod.rs", "src/codec/image_list.rs", "/pngs/photo-0.1/a.rs"] {
            assert!(!is_decoder(file), "{file}");
        }
    }
}
