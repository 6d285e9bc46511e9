//! Defines the trials of an evaluation. The seed and a number fix the setting and the tampering.
//!
//! All combinations of settings occur, because faults often need several settings at once: a narrow
//! thumbnail that is also sharpened and badly compressed.

use std::fmt;

use double_exposure::audit::watermark::{Codebook, Detection, MAX_IDS, MarkId, Raster, embed};
use fastrand::Rng;

use super::{Effect, Encoding, Filter, SimulatedService, Tampering};
use crate::detect;

/// Widths of the photo's centre square in a thumbnail, in px.
pub(crate) const WIDTHS: [u32; 7] = [56, 64, 96, 128, 160, 200, 256];

const ENCODINGS: [Encoding; 12] = [
    Encoding::Lossless,
    Encoding::Jpeg420(40),
    Encoding::Jpeg420(60),
    Encoding::Jpeg420(75),
    Encoding::Jpeg420(85),
    Encoding::Jpeg420(95),
    Encoding::Jpeg444(40),
    Encoding::Jpeg444(75),
    Encoding::Webp(40),
    Encoding::Webp(60),
    Encoding::Webp(75),
    Encoding::Webp(90),
];

/// Effects that hide no row. A logo could hide the tampering.
const EFFECTS_WITHOUT_LOGO: usize = 4;

/// Widths and heights of photos in px.
const SHAPES: [(u32, u32); 5] = [(640, 480), (480, 640), (500, 500), (800, 420), (420, 800)];

/// Trials per intact thumbnail. The kinds of tampering share the rest equally.
const CLEAN_EVERY: u64 = 2;

/// Describes a thumbnail that is made, tampered with and read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trial {
    pub(crate) number: u64,
    pub(crate) tampering: Tampering,
    /// Width of the centre square in the thumbnail, in px.
    pub(crate) width: u32,
    service: SimulatedService,
    /// Width and height of the photos in px.
    shape: (u32, u32),
    /// True if the watermarks are embedded over a background image.
    has_background: bool,
    /// Indices of the ids in the codebook.
    ids: [usize; 2],
    background_seed: u64,
}

impl Trial {
    pub(crate) fn new(number: u64, seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let tampering = if number.is_multiple_of(CLEAN_EVERY) {
            Tampering::Clean
        } else {
            Tampering::ALL[(number / CLEAN_EVERY % Tampering::ALL.len() as u64) as usize]
        };
        let square = rng.u8(..4) > 0;
        let shape = SHAPES[rng.usize(..SHAPES.len())];
        let width = WIDTHS[rng.usize(..WIDTHS.len())];
        // The thumbnail of a whole photo is larger, so that its centre square has this width too.
        let longest = width * shape.0.max(shape.1) / shape.0.min(shape.1);
        let effects = match tampering {
            Tampering::Clean => &Effect::ALL[..],
            _ => &Effect::ALL[..EFFECTS_WITHOUT_LOGO],
        };
        let service = SimulatedService {
            size: if square { width } else { longest },
            square,
            filter: Filter::ALL[rng.usize(..Filter::ALL.len())],
            effect: effects[rng.usize(..effects.len())],
            encoding: ENCODINGS[rng.usize(..ENCODINGS.len())],
        };
        let ids = [rng.usize(..MAX_IDS), rng.usize(..MAX_IDS)];
        let has_background = rng.u8(..8) == 0;
        let background_seed = rng.u64(..);
        Self { number, tampering, width, service, shape, has_background, ids, background_seed }
    }

    /// Returns the first trials that have at least `min_rows` rows together.
    pub(super) fn for_rows(min_rows: u64, seed: u64) -> Vec<Self> {
        let mut rows = 0;
        let trials = (0..).map(|number| Self::new(number, seed));
        let is_needed = |trial: &Self| {
            let is_needed = rows < min_rows;
            rows += u64::from(trial.service.thumbnail_size(trial.shape).1);
            is_needed
        };
        trials.take_while(is_needed).collect()
    }

    /// Returns the id of the expected photo, and of the photo that tampering mixes in.
    pub(crate) fn ids(&self, codebook: &Codebook) -> [MarkId; 2] {
        let [own, other] = self.ids;
        let other = if other == own { (other + 1) % codebook.ids().len() } else { other };
        [codebook.ids()[own], codebook.ids()[other]]
    }

    /// Makes the thumbnail and detects its photos.
    pub(crate) fn detect(&self, codebook: &Codebook) -> Detection {
        let ids = self.ids(codebook);
        let [own, other] = ids.map(|id| self.photo(id));
        let thumbnail = self.tampering.send(&self.service, &own, &other);
        detect(codebook, ids[0], self.shape, &thumbnail)
    }

    fn photo(&self, id: MarkId) -> Raster {
        let (width, height) = self.shape;
        let seed = self.background_seed ^ u64::from(id.get());
        let background = self.has_background.then(|| scenery(width, height, seed));
        embed(id, width, height, background.as_ref()).expect("the shapes have room for a watermark")
    }

    /// Returns the settings by which intact thumbnails are counted, each with its group.
    pub(super) fn settings(&self) -> [(usize, String); 6] {
        let SimulatedService { square, filter, effect, encoding, .. } = self.service;
        let shape = if square { "centre square" } else { "whole photo" };
        let background = if self.has_background { "over a background" } else { "alone" };
        [
            (0, format!("{:3} px", self.width)),
            (1, encoding_name(encoding)),
            (2, format!("{filter:?}")),
            (3, format!("{effect:?}")),
            (4, shape.into()),
            (4, background.into()),
        ]
    }
}

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings = self.settings().map(|(_, setting)| setting).join(", ");
        let (width, height) = self.shape;
        write!(f, "{}; {}, {width}x{height} px", self.tampering.name(), settings.trim_start())
    }
}

fn encoding_name(encoding: Encoding) -> String {
    match encoding {
        Encoding::Lossless => "Lossless".into(),
        Encoding::Jpeg420(quality) => format!("JPEG 4:2:0, quality {quality}"),
        Encoding::Jpeg444(quality) => format!("JPEG 4:4:4, quality {quality}"),
        Encoding::Webp(quality) => format!("WebP, quality {quality}"),
    }
}

/// Creates an image that resembles a photo: a sky, hills, and hard vertical and horizontal edges.
fn scenery(width: u32, height: u32, seed: u64) -> Raster {
    let mut rng = Rng::with_seed(seed);
    let waves: Vec<[f32; 4]> = (0..5)
        .map(|_| [rng.f32() * 0.2, rng.f32() * 0.2, rng.f32() * 6.3, 15.0 + 40.0 * rng.f32()])
        .collect();
    let boxes: Vec<[u32; 5]> = (0..6)
        .map(|_| {
            let (x, y) = (rng.u32(..width), rng.u32(..height));
            [x, y, x + rng.u32(..width / 3), y + rng.u32(..height / 3), rng.u32(..256)]
        })
        .collect();
    let mut rgb = Vec::with_capacity((width * height * 3) as usize);
    for y in 0..height {
        for x in 0..width {
            let wave = |[across, down, phase, amplitude]: &[f32; 4]| {
                (across * x as f32 + down * y as f32 + phase).sin() * amplitude
            };
            let level = 128.0 + waves.iter().map(wave).sum::<f32>();
            let is_inside = |b: &&[u32; 5]| (b[0]..b[2]).contains(&x) && (b[1]..b[3]).contains(&y);
            let level = boxes.iter().find(is_inside).map_or(level, |b| b[4] as f32);
            let tint = 20.0 * (x as f32 / width as f32 - 0.5);
            let colour = [level + tint, level, level - tint];
            rgb.extend(colour.map(|sample| sample.clamp(0.0, 255.0) as u8));
        }
    }
    Raster { width, height, rgb }
}
