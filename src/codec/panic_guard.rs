//! Turns panics of the decoders into errors, and silences their messages.
//!
//! The decoders are large libraries that read files of unknown origin. A file that makes a decoder
//! panic is refused as damaged, and must not end a thread.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};

use super::{Damage, Format, ImageError};

thread_local! {
    /// True while this thread runs a decoder.
    static DECODING: Cell<bool> = const { Cell::new(false) };
}

/// Names of the folders of the decoders' sources. In a registry, a version follows the name.
const DECODERS: [&str; 8] =
    ["jpeg-decoder", "zune-jpeg", "png", "image-webp", "image", "fdeflate", "moxcms", "pxfm"];

/// Runs a decoder, and returns an error if it panics.
pub(super) fn decode<T>(
    format: Format,
    decoder: impl FnOnce() -> Result<T, ImageError>,
) -> Result<T, ImageError> {
    let outer = DECODING.replace(true);
    // The decoder owns all state that it may leave half done, and is dropped here.
    let result = panic::catch_unwind(AssertUnwindSafe(decoder));
    DECODING.set(outer);
    result.unwrap_or(Err(ImageError::Damaged { format, damage: Damage::Panic }))
}

/// Keeps the panics of decoders, which become errors, off standard error. All other panics go to
/// the hook that was installed before. A program calls this once, at its start.
///
/// `jpeg-decoder` converts colours on rayon's threads. Panics there are recognised by their source
/// file.
pub fn silence_decoder_panics() {
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if !is_in_decoder(panic) {
            previous(panic);
        }
    }));
}

fn is_in_decoder(panic: &PanicHookInfo<'_>) -> bool {
    DECODING.get() || panic.location().is_some_and(|location| is_decoder_source(location.file()))
}

/// Returns true for the source file of a decoder, such as `.../jpeg-decoder-0.3.2/src/decoder.rs`.
fn is_decoder_source(file: &str) -> bool {
    let is_version = |rest: &str| rest.is_empty() || rest.starts_with("-0.");
    file.split(['/', '\\'])
        .any(|folder| DECODERS.iter().any(|name| folder.strip_prefix(name).is_some_and(is_version)))
}

#[cfg(test)]
mod tests {
    use std::{env, process, thread};

    use super::*;

    #[test]
    fn a_panic_inside_a_decoder_becomes_an_error() {
        let result = decode::<()>(Format::Png, || panic!("message of a decoder"));
        assert_eq!(result, Err(Format::Png.damaged(Damage::Panic)));
        assert!(!DECODING.get(), "the next panic is not a decoder's");
    }

    /// Runs in a process of its own, since a process has only one panic hook.
    #[test]
    fn silenced_decoders_print_nothing_and_other_code_does() {
        const CHILD: &str = "DOUBLE_EXPOSURE_SILENCED";
        if env::var_os(CHILD).is_some() {
            silence_decoder_panics();
            let _ = decode::<()>(Format::Png, || panic!("message of a decoder"));
            let _ = thread::spawn(|| panic!("message of another thread")).join();
            return;
        }
        let child = process::Command::new(env::current_exe().unwrap())
            .args(["--nocapture", "silenced_decoders_print_nothing_and_other_code_does"])
            .env(CHILD, "1")
            .output()
            .unwrap();
        let printed = String::from_utf8_lossy(&child.stderr);
        assert!(child.status.success());
        assert!(!printed.contains("message of a decoder"), "{printed}");
        assert!(printed.contains("message of another thread"), "{printed}");
    }

    #[test]
    fn decoders_are_recognised_by_the_folders_of_their_sources() {
        for file in [
            "/home/user/.cargo/registry/src/index/jpeg-decoder-0.3.2/src/worker/multithreaded.rs",
            r"C:\user\registry\src\index\zune-jpeg-0.5.15\src\mcu.rs",
            "vendor/png/src/decoder/mod.rs",
        ] {
            assert!(is_decoder_source(file), "{file}");
        }
        for file in ["src/codec/jpeg/mod.rs", "src/codec/image_list.rs", "/pngs/photo-0.1/a.rs"] {
            assert!(!is_decoder_source(file), "{file}");
        }
    }
}
