//! Writes the files of a reproduction: its page, its document, and pictures of mixed thumbnails,
//! each beside the unmixed thumbnail.

use bytes::Bytes;

use super::{ReproDocument, ReproPage};
use crate::codec::ImageCodec;
use crate::output::{OutputDir, OutputError, terminal};
use crate::provenance::convert_undisturbed;
use crate::repro::{Exhibit, PhotoSet, ReproPlan, ReproResults};

/// Name of the JSON document in the folder of a reproduction.
pub const DOCUMENT: &str = "report.json";
const PAGE: &str = "index.html";

/// Writes document, page and pictures into a folder, in place of those of an earlier report.
/// `command` is the command line that the page shows for the same runs.
///
/// # Errors
/// Returns [`OutputError::Io`] if a file cannot be written, and [`OutputError::Unmixed`] if the
/// codec cannot make an unmixed thumbnail.
pub fn write(
    folder: &OutputDir,
    plan: &ReproPlan,
    photo_set: &PhotoSet,
    results: &ReproResults,
    command: &str,
) -> Result<(), OutputError> {
    folder.put_json(&ReproDocument::new(plan, photo_set, results))?;
    let codec = ImageCodec::new(plan.bands);
    let truths = results
        .exhibits
        .iter()
        .map(|exhibit| convert_undisturbed(&codec, &photo_set.requests[exhibit.photo]));
    let truths: Vec<Bytes> = truths.collect::<Result<_, _>>()?;
    let page = ReproPage { plan, photo_set, results, truths: &truths, command };
    folder.put(PAGE, page.html().as_bytes())?;
    let pairs = (1..).zip(results.exhibits.iter().zip(&truths));
    folder.replace_pictures(pairs.flat_map(|(number, (exhibit, truth))| {
        let name = file_name(number, exhibit, photo_set);
        [
            (format!("{name}.jpg"), exhibit.thumbnail.clone()),
            (format!("{name}-should-be.jpg"), truth.clone()),
        ]
    }))
}

/// Returns a name such as `07-astronaut-torn-with-coffee-rocket`, with at most three strangers.
fn file_name(number: usize, exhibit: &Exhibit, photo_set: &PhotoSet) -> String {
    let owner = photo_set.owner_of[exhibit.photo];
    let mut strangers: Vec<usize> =
        exhibit.bands.iter().filter_map(|&(_, shown)| shown.filter(|&o| o != owner)).collect();
    strangers.sort_unstable();
    strangers.dedup();
    let outcome = terminal::outcome(exhibit.outcome);
    let strangers: Vec<String> =
        strangers.into_iter().take(3).map(|owner| short(&photo_set.owners[owner])).collect();
    format!(
        "{number:02}-{}-{outcome}-with-{}",
        short(&photo_set.owners[owner]),
        strangers.join("-")
    )
}

/// Returns an owner's name for a file name: its letters and digits, at most 20.
fn short(owner: &str) -> String {
    owner.chars().filter(|c| c.is_alphanumeric()).take(20).collect()
}
