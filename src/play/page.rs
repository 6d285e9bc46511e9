//! Writes the levels as one page that loads nothing.

use std::num::NonZeroU32;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{PreEscaped, html};
use serde::Serialize;

use super::levels::{Level, levels};
use crate::codec::{Fit, ImageCodec, ImageError, Size, ThumbnailRequest, ThumbnailSpec};
use crate::output::html;
use crate::pipeline::Codec;
use crate::sample_photos::{self, SamplePhoto};

const SCRIPT: &str = include_str!("play.js");
const STYLE: &str = include_str!("play.css");

/// Side of a photo in the page, in pixels.
const PHOTO_PX: u32 = 96;

/// Owners of the built-in photos that stand for the users A, B and C.
const OWNERS: [&str; 3] = ["coffee", "rocket", "cat"];

/// Holds what the script reads of a level.
#[derive(Serialize)]
struct LevelDocument {
    name: &'static str,
    title: &'static str,
    goal: &'static str,
    lesson: &'static str,
    users: &'static str,
    code: Vec<&'static str>,
    /// Each node: moves as letter and index, the requests' lines and rows, the slots, the turns to
    /// a mixed answer, and the mixed and all continuations.
    nodes: Vec<NodeDocument>,
}

type NodeDocument =
    (Vec<(char, usize)>, Vec<(Option<usize>, String)>, String, Option<u32>, u64, u64);

impl LevelDocument {
    fn new(level: Level) -> Self {
        let Level { name, title, goal, lesson, users, code, graph } = level;
        let nodes = graph.nodes.into_iter().map(|node| {
            let requests = node.state.requests.into_iter();
            let requests = requests.map(|request| (request.line, request.rows)).collect();
            (
                node.moves,
                requests,
                node.state.slots,
                node.turns_to_mixed,
                node.mixed_words,
                node.words,
            )
        });
        Self { name, title, goal, lesson, users, code, nodes: nodes.collect() }
    }
}

/// Returns the page, which needs no network and no other file. It has less than 150 KB.
///
/// # Errors
/// Returns an [`ImageError`] if a built-in photo cannot be converted.
///
/// # Panics
/// Never panics: the levels are plain data, which JSON can hold.
pub fn page() -> Result<String, ImageError> {
    let levels: Vec<_> = levels().into_iter().map(LevelDocument::new).collect();
    let words = levels.iter().map(|level| (level.title, shortest_word(level)));
    let words: Vec<(&str, Option<String>)> = words.collect();
    // In a script no text may look like its end.
    let data =
        serde_json::to_string(&levels).expect("levels are plain data").replace('<', "\\u003c");
    let script = format!("const LEVELS = {data};\n{SCRIPT}");
    let style = OWNERS.into_iter().zip('A'..).map(|(owner, letter)| {
        let data = STANDARD.encode(photo(owner)?);
        Ok(format!(".photo-{letter} {{ background-image: url(data:image/jpeg;base64,{data}); }}\n"))
    });
    let style = style.collect::<Result<String, ImageError>>()? + STYLE;
    let header = html! {
        h1 { "Be the scheduler" }
        p { "You choose who runs next. Show a user another user's data." }
    };
    let main = html! {
        nav aria-label="Levels" { ol #levels {} }
        p #goal {}
        div #board {
            pre #code tabindex="0" role="region" aria-label="Code of each request" {}
            div #requests {}
            div #slots {}
        }
        div #turn {
            p #said role="status" aria-live="polite" {}
            div #moves role="group" aria-label="Next turn" {}
        }
        div #tools role="group" aria-label="Help" {}
        p #word {}
        noscript {
            p { "Without JavaScript: the words that lose in the fewest turns." }
            table {
                @for (title, word) in &words {
                    tr { th scope="row" { (title) } td { (word.as_deref().unwrap_or("none")) } }
                }
            }
        }
        script { (PreEscaped(&script)) }
    };
    let skip = ("#moves", "Skip to the next turn");
    Ok(html::page_with_script("Be the scheduler", &style, skip, &header, &main, &script))
}

/// Returns the alphabetically first word that mixes in the fewest turns, if there is one.
fn shortest_word(level: &LevelDocument) -> Option<String> {
    let (mut word, mut at) = (String::new(), 0);
    loop {
        let (moves, _, _, turns, ..) = &level.nodes[at];
        let turns = (*turns)?;
        let is_next =
            |&&(_, to): &&(char, usize)| level.nodes[to].3.is_some_and(|t| t + 1 == turns);
        let Some(&(letter, to)) = moves.iter().find(is_next).filter(|_| turns > 0) else {
            return Some(word);
        };
        word.push(letter);
        at = to;
    }
}

/// Returns a built-in photo as a square JPEG.
fn photo(owner: &str) -> Result<Vec<u8>, ImageError> {
    let mut photos = sample_photos::default_set().into_iter();
    let SamplePhoto { bytes: photo, .. } =
        photos.find(|photo| photo.owner == owner).expect("the photo is built in");
    let size = Size::try_from(PHOTO_PX).expect("a size within the limits");
    let codec = ImageCodec::new(NonZeroU32::MIN);
    let spec = ThumbnailSpec { size, fit: Fit::Cover };
    let thumbnail = codec.thumbnail(&ThumbnailRequest { photo, spec })?;
    Ok(codec.encode(thumbnail)?.into())
}
