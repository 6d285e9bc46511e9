//! One thumbnail of the table: a setting and a plant, drawn by the trial's number.
//!
//! Every setting meets every other sooner or later, since faults like company: a narrow thumbnail
//! that is also sharpened and badly compressed.

use fastrand::Rng;

use super::super::wear::{Coding, Filter, Service, Touch};
use super::super::{Codebook, Detection, Detector, ExpectedImage, MarkId, Raster, RowOwner, embed};
use super::print::alone;
use super::{Counts, Plant, count};

/// Widths of thumbnails, in px.
pub const WIDTHS: [u32; 7] = [56, 64, 96, 128, 160, 200, 256];

/// Ways to encode.
pub const CODINGS: [Coding; 12] = [
    Coding::Lossless,
    Coding::Jpeg420(40),
    Coding::Jpeg420(60),
    Coding::Jpeg420(75),
    Coding::Jpeg420(85),
    Coding::Jpeg420(95),
    Coding::Jpeg444(40),
    Coding::Jpeg444(75),
    Coding::Webp(40),
    Coding::Webp(60),
    Coding::Webp(75),
    Coding::Webp(90),
];

/// Touches.
pub const TOUCHES: [Touch; 5] =
    [Touch::Plain, Touch::Sharpen, Touch::Gamma, Touch::Colours, Touch::Watermark];

/// Touches that leave all rows to be seen; what is planted under a sign cannot be asked for.
const SEEN: usize = 4;

/// Shapes of photos in px.
const SHAPES: [(u32, u32); 5] = [(640, 480), (480, 640), (500, 500), (800, 420), (420, 800)];

/// One thumbnail in this many has nothing planted in it; of the others each plant has its share.
const CLEAN: u64 = 2;

/// A thumbnail that is made, mixed and read.
#[derive(Clone, Copy, Debug)]
pub struct Trial {
    /// Which it is; with the seed, all that makes it.
    pub number: u64,
    /// What makes it.
    pub service: Service,
    /// What is mixed into it.
    pub plant: Plant,
    /// The width of the centre square in the thumbnail, in px.
    pub width: u32,
    /// The photos' shape in px.
    pub shape: (u32, u32),
    /// Whether the marks are woven into pictures.
    pub woven: bool,
    ids: [usize; 2],
    seed: u64,
}

impl Trial {
    /// The trial of a number.
    pub fn new(number: u64, seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let plant = if number.is_multiple_of(CLEAN) {
            Plant::Clean
        } else {
            Plant::ALL[(number / CLEAN % Plant::ALL.len() as u64) as usize]
        };
        let square = rng.u8(..4) > 0;
        let (width, height) = SHAPES[rng.usize(..SHAPES.len())];
        let size = WIDTHS[rng.usize(..WIDTHS.len())];
        // Whole photos are asked for so that their centre square is as wide as that of others.
        let longest = size * width.max(height) / width.min(height);
        let touches = if plant == Plant::Clean { &TOUCHES[..] } else { &TOUCHES[..SEEN] };
        let service = Service {
            size: if square { size } else { longest },
            square,
            filter: Filter::ALL[rng.usize(..Filter::ALL.len())],
            touch: touches[rng.usize(..touches.len())],
            coding: CODINGS[rng.usize(..CODINGS.len())],
        };
        let ids = [rng.usize(..super::IDS), rng.usize(..super::IDS)];
        let woven = rng.u8(..8) == 0;
        let shape = (width, height);
        Self { number, service, plant, shape, width: size, woven, ids, seed: rng.u64(..) }
    }

    /// How many trials read so many rows.
    pub(super) fn needed(rows: u64, seed: u64) -> u64 {
        let mut so_far = 0;
        (0..)
            .find(|&number| {
                let enough = so_far >= rows;
                so_far += Self::new(number, seed).rows();
                enough
            })
            .unwrap_or(0)
    }

    fn rows(&self) -> u64 {
        let (width, height) = self.shape;
        let size = u64::from(self.service.size);
        if self.service.square {
            return size;
        }
        let high = f64::from(height) * size as f64 / f64::from(width.max(height));
        (high.round() as u64).max(1)
    }

    /// Whose thumbnail it is, and who is mixed into it if anybody is.
    pub fn people(&self, issued: &Codebook) -> [MarkId; 2] {
        let all = issued.ids();
        let own = all[self.ids[0]];
        let other = match all[self.ids[1]] {
            same if same == own => all[(self.ids[1] + 1) % all.len()],
            other => other,
        };
        [own, other]
    }

    /// Makes it and reads it.
    pub fn read(&self, issued: &Codebook) -> Detection {
        let [own, other] = self.people(issued);
        let photos = [own, other].map(|id| self.photo(id));
        let sent = self.plant.send(&self.service, &photos[0], &photos[1]);
        let expect = ExpectedImage { width: self.shape.0, height: self.shape.1, fit: None };
        Detector::new(issued, expect).read(own, sent.planes())
    }

    /// Makes it, reads it, counts it; how many rows it had.
    pub(super) fn run(&self, issued: &Codebook, counts: &mut Counts) -> u64 {
        let [own, other] = self.people(issued);
        let reading = self.read(issued);
        let known = |read: RowOwner| match read {
            RowOwner::Own | RowOwner::Unknown => true,
            RowOwner::Other(id) => id == other && self.plant != Plant::Clean,
            RowOwner::NotIssued(_) => false,
        };
        let wrong_rows =
            reading.rows.iter().filter(|row| ![row.y, row.cb, row.cr].into_iter().all(known));
        let accused = reading.findings.iter().filter(|finding| {
            finding.found != Some(own)
                && (self.plant == Plant::Clean || finding.found != Some(other))
        });
        let count = super::Count {
            thumbnails: 1,
            rows: reading.rows.len() as u64,
            read: u64::from(reading.read),
            wrong_rows: wrong_rows.count() as u64,
            wrong_findings: accused.count() as u64,
            found: u64::from(self.plant.is_found(&reading, other)),
        };
        counts.count(self, &count);
        if count.wrong_rows + count.wrong_findings > 0 {
            counts.wrong(self.number, alone(self, issued));
        }
        count.rows
    }

    /// It in words: the setting, and what is mixed into it.
    pub fn words(&self) -> String {
        let Self { service, plant, width, shape: (wide, high), woven, .. } = self;
        let Service { square, filter, touch, .. } = service;
        let shape = if *square { "centre square" } else { "whole photo" };
        let ground = if *woven { "woven" } else { "alone" };
        let (plant, coding) = (plant.name(), count::coding(service.coding));
        format!(
            "{plant}; {width} px, {coding}, {filter:?}, {touch:?}, {shape} of {wide}x{high}, \
             {ground}"
        )
    }

    fn photo(&self, id: MarkId) -> Raster {
        let (width, height) = self.shape;
        let under = self.woven.then(|| scenery(width, height, self.seed ^ u64::from(id.get())));
        embed(id, width, height, under.as_ref()).expect("the table's shapes have room for a mark")
    }
}

/// Something like a photo: a sky, hills, and hard edges upright and level.
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
            let wave = |[across, down, phase, high]: &[f32; 4]| {
                (across * x as f32 + down * y as f32 + phase).sin() * high
            };
            let level = 128.0 + waves.iter().map(wave).sum::<f32>();
            let inside = |b: &&[u32; 5]| (b[0]..b[2]).contains(&x) && (b[1]..b[3]).contains(&y);
            let level = boxes.iter().find(inside).map_or(level, |b| b[4] as f32);
            let tint = 20.0 * (x as f32 / width as f32 - 0.5);
            let colour = [level + tint, level, level - tint];
            rgb.extend(colour.map(|sample| sample.clamp(0.0, 255.0) as u8));
        }
    }
    Raster { width, height, rgb }
}
