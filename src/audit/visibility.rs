//! Measures what the detector can find in thumbnails of each size, before the audit.
//!
//! The self-test mixes thumbnails in known ways, and keeps the smallest mix of each kind that the
//! detector finds. A clean verdict covers these kinds only, and names the others.

use std::sync::Arc;
use std::{fmt, thread};

use serde::Serialize;

use super::bound::upper_bound;
use super::response_check::ResponseChecker;
use super::self_test::{encoded, rendered};
use super::spec::Target;
use super::stats::StepStats;
use super::test_photos::TestPhotos;
use crate::audit::watermark::Raster;
use crate::codec::Fit;

/// Upper bound of the sizes that are measured.
const MAX_MEASURED: usize = 6;

/// Numbers of rows that are tried. The last stands for the whole image.
const ROWS: [u32; 7] = [2, 4, 8, 16, 32, 64, u32::MAX];

/// Shares of a blend that are tried, in percent.
const BLENDS: [u32; 9] = [2, 3, 4, 6, 8, 12, 16, 25, 50];

/// Largest share of a blend, in percent, from which blends count as visible.
const MAX_VISIBLE_BLEND: u32 = 6;

/// Largest number of rows from which rows count as visible: a row of JPEG's blocks.
const MAX_VISIBLE_ROWS: u32 = 16;

/// Names the ways in which a thumbnail can show another person's photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum MixKind {
    /// Rows of another photo, or all of it.
    Rows,
    /// The colour of another photo, under the brightness of the right one.
    Colour,
    /// Another photo blended into the right one.
    Blends,
}

impl MixKind {
    /// Lists all kinds.
    pub const ALL: [Self; 3] = [Self::Rows, Self::Colour, Self::Blends];
}

impl fmt::Display for MixKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// Holds the smallest mixes that the detector found in thumbnails of one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Visibility {
    /// Requested size, in pixels.
    pub size: u32,
    /// Shorter side of the thumbnail, in pixels.
    pub side: u32,
    /// Smallest number of rows of another photo that was found.
    pub rows: Option<u32>,
    /// Smallest number of rows with another photo's colour that was found.
    pub colour_rows: Option<u32>,
    /// Smallest share of a blend that was found, in percent.
    pub blend_percent: Option<u32>,
}

impl Visibility {
    /// Returns the smallest mix of a kind that was found.
    pub fn smallest(&self, kind: MixKind) -> Option<u32> {
        match kind {
            MixKind::Rows => self.rows,
            MixKind::Colour => self.colour_rows,
            MixKind::Blends => self.blend_percent,
        }
    }

    /// Returns true if mixes of a kind count as visible.
    pub fn is_visible(&self, kind: MixKind) -> bool {
        self.smallest(kind).is_some_and(|smallest| match kind {
            MixKind::Rows => smallest <= MAX_VISIBLE_ROWS,
            MixKind::Colour => true,
            MixKind::Blends => smallest <= MAX_VISIBLE_BLEND,
        })
    }
}

/// Holds what an audit says about one kind of mix.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Coverage {
    /// Kind of mix.
    pub kind: MixKind,
    /// Smallest mix that was found at every size of the counted conversions, else at the largest
    /// size: a number of rows, or percent of a blend. `None` if none was found.
    pub smallest: Option<u32>,
    /// Conversions at sizes at which the kind is visible.
    pub conversions: u64,
    /// Upper bound of the share of such mixes with 95 % confidence, if there is a conversion.
    pub bound: Option<f64>,
}

impl Coverage {
    /// Returns true if the audit could see mixes of the kind.
    pub fn is_visible(&self) -> bool {
        self.conversions > 0
    }
}

/// Sums up, for each kind, the conversions of the steps at sizes at which the kind is visible.
pub(crate) fn coverage(measured: &[Visibility], steps: &[&StepStats]) -> Vec<Coverage> {
    let of_kind = |kind| {
        let (mut conversions, mut smallest) = (0, None);
        let sides = steps.iter().flat_map(|step| &step.conversions_by_side);
        for (&side, &count) in sides {
            let at_side = at_side(measured, side).filter(|at_side| at_side.is_visible(kind));
            if let Some(found) = at_side.and_then(|at_side| at_side.smallest(kind)) {
                conversions += count;
                smallest = smallest.max(Some(found));
            }
        }
        let largest = measured.iter().max_by_key(|visibility| visibility.side);
        let smallest = smallest.or_else(|| largest.and_then(|largest| largest.smallest(kind)));
        let bound = (conversions > 0).then(|| upper_bound(conversions));
        Coverage { kind, smallest, conversions, bound }
    };
    MixKind::ALL.map(of_kind).to_vec()
}

/// Returns what was measured at the largest size that is not larger than a thumbnail.
fn at_side(measured: &[Visibility], side: u32) -> Option<&Visibility> {
    // Services round sides up or down.
    let smaller = measured.iter().filter(|visibility| visibility.side <= side + 1);
    smaller.max_by_key(|visibility| visibility.side)
}

/// Measures the smallest mixes at the sizes of the target, at most six of them. Each size is
/// measured on a thread of its own.
pub(crate) fn measure(target: &Arc<Target>, photos: &Arc<TestPhotos>) -> Vec<Visibility> {
    let (sizes, fit) = (measured_sizes(target.thumbnail.sizes.get()), target.thumbnail.fit);
    thread::scope(|scope| {
        let threads = sizes.into_iter().map(|size| {
            scope.spawn(move || {
                measure_size(&ResponseChecker::new(target, photos), photos, (size, fit))
            })
        });
        let threads: Vec<_> = threads.collect();
        threads.into_iter().filter_map(|thread| thread.join().ok().flatten()).collect()
    })
}

/// Selects the sizes to measure: the smallest one, and the next ones in about equal ratios.
fn measured_sizes(sizes: &[u32]) -> Vec<u32> {
    let mut sizes = sizes.to_vec();
    sizes.sort_unstable();
    sizes.dedup();
    let (Some(&min), Some(&max)) = (sizes.first(), sizes.last()) else { return Vec::new() };
    let ratio = (f64::from(max) / f64::from(min)).powf(1.0 / (MAX_MEASURED - 1) as f64).max(1.15);
    let mut measured: Vec<u32> = vec![min];
    for size in sizes {
        let last = measured.last().copied().unwrap_or(min);
        if f64::from(size) >= f64::from(last) * ratio && measured.len() < MAX_MEASURED {
            measured.push(size);
        }
    }
    measured
}

fn measure_size(
    checker: &ResponseChecker,
    photos: &TestPhotos,
    (size, fit): (u32, Option<Fit>),
) -> Option<Visibility> {
    let other_photo = photos.spec.per_person;
    let own = rendered(photos, 0, size, fit).ok()?;
    let other = rendered(photos, other_photo, size, fit).ok()?;
    let is_found = |image: &Raster| {
        let check = encoded(image).and_then(|file| checker.check_image(0, fit, &file));
        check.is_some_and(|check| {
            let mut evidence = check.evidence.iter();
            evidence.any(|evidence| evidence.is_sufficient && evidence.photo == Some(other_photo))
        })
    };
    // The rows begin at an edge of JPEG's blocks, so that no block shows both photos above them.
    let rows = |count: u32| {
        let start = if count >= own.height { 0 } else { own.height / 32 * 16 };
        start..start.saturating_add(count).min(own.height)
    };
    let with_rows = |count: u32| {
        let mut image = own.clone();
        image.splice(&other, rows(count));
        is_found(&image)
    };
    let with_colour = |count: u32| {
        let mut image = own.clone();
        image.replace_chroma(&other, rows(count));
        is_found(&image)
    };
    let with_blend = |percent: u32| {
        let mut image = own.clone();
        image.blend(&other, percent as f32 / 100.0);
        is_found(&image)
    };
    let smallest_rows =
        |found: &dyn Fn(u32) -> bool| smallest(&ROWS, found).map(|count| count.min(own.height));
    Some(Visibility {
        size,
        side: own.width.min(own.height),
        rows: smallest_rows(&with_rows),
        colour_rows: smallest_rows(&with_colour),
        blend_percent: smallest(&BLENDS, &with_blend),
    })
}

/// Returns the first of ascending numbers that is found, and whose next number is found too.
fn smallest(ascending: &[u32], is_found: &dyn Fn(u32) -> bool) -> Option<u32> {
    let mut earlier = None;
    for &number in ascending {
        let is_found = is_found(number);
        if is_found && earlier.is_some() {
            return earlier;
        }
        earlier = is_found.then_some(number);
    }
    earlier
}
