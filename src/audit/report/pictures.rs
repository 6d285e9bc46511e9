//! Shows what was asked for, what came, and whose photo it was, side by side.

use bytes::Bytes;
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};
use maud::{Markup, html};

use crate::audit::watermark::{Raster, YCbCrImage, person_colour};
use crate::audit::{AuditResults, Finding, FindingKind, MAX_IMAGE_PX};
use crate::codec::{InspectedPixels, inspect_first_rows, inspect_pixels};
use crate::output::figure::data_uri;

/// Share of rows below which a difference is shown magnified.
const SMALL_SHARE: f64 = 0.25;

/// Largest factor by which a difference is magnified.
const MAX_GAIN: u32 = 8;

/// Rank, of 1,000, of the difference that becomes the brightest one. Fewer samples are outliers.
const BRIGHTEST: usize = 990;

/// Returns a person's name with the colour of the person's photos.
pub(super) fn person(owner: usize) -> Markup {
    html! { span.person style={ "--person:" (css_colour(owner)) } { "person " (owner + 1) } }
}

fn css_colour(owner: usize) -> String {
    let [red, green, blue] = person_colour(owner);
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// Holds the pictures of a finding.
pub(super) struct Pictures<'f> {
    finding: &'f Finding,
    /// Image that the service should have sent.
    asked: Option<Bytes>,
    /// The same thumbnail of the photo that was shown.
    other: Option<Bytes>,
    difference: Option<(Bytes, u32)>,
    /// Width and height of the image that came, in pixels.
    dimensions: (u32, u32),
}

impl<'f> Pictures<'f> {
    /// Makes the pictures of a finding.
    pub(super) fn new(results: &AuditResults, finding: &'f Finding) -> Self {
        let asked = results.expected_image(finding);
        let got = decoded(&finding.image);
        let is_other = finding.evidence.photo.filter(|photo| *photo != finding.request.photo);
        let other = is_other.and_then(|photo| results.expected_image_of(photo, finding));
        let height = got.as_ref().map_or(1, |got| got.height);
        let evidence = &finding.evidence;
        let is_small = matches!(evidence.kind, FindingKind::Blend | FindingKind::Planes)
            || (evidence.rows.len() as f64) < SMALL_SHARE * f64::from(height);
        let difference =
            got.as_ref().zip(asked.as_ref()).filter(|_| is_small && evidence.kind.is_mixing());
        let difference =
            difference.and_then(|(got, asked)| magnified_difference(got, &decoded(asked)?));
        let dimensions = got.map_or((1, 1), |got| (got.width, got.height));
        Self { finding, asked, other, difference, dimensions }
    }

    /// Returns the finding that the pictures show.
    pub(super) fn finding(&self) -> &'f Finding {
        self.finding
    }

    /// Returns the bytes of all pictures.
    pub(super) fn bytes(&self) -> usize {
        let others = [&self.asked, &self.other].into_iter().flatten().map(Bytes::len);
        let difference = self.difference.as_ref().map_or(0, |(difference, _)| difference.len());
        self.finding.image.len() + others.sum::<usize>() + difference
    }

    /// Shows the pictures beside each other, each with its name and its owner.
    pub(super) fn show(&self, results: &AuditResults) -> Markup {
        let photos = &results.photos;
        let Finding { request, evidence, image, .. } = self.finding;
        let own = photos.all[request.photo].owner;
        let name = |photo: usize| {
            html! {
                (person(photos.all[photo].owner)) ", photo " (photos.all[photo].number + 1)
            }
        };
        let rows = (evidence.rows.start, evidence.rows.end.min(self.dimensions.1));
        let marked = Some(rows).filter(|_| evidence.photo != Some(request.photo));
        let got = got_caption(self.finding, results);
        let asked = self.asked.as_ref().map(|asked| {
            let alt = format!("photo of person {}", own + 1);
            self.shot("asked for", &name(request.photo), asked, &alt, None)
        });
        let other = self.other.as_ref().zip(evidence.photo).map(|(other, photo)| {
            let title = whose(own, photos.all[photo].owner);
            self.shot(title, &name(photo), other, "the photo that was shown", None)
        });
        let difference = self.difference.as_ref().map(|(difference, gain)| {
            let caption = html! { "of got and asked for, " (gain) " times as strong" };
            self.shot("difference", &caption, difference, "the difference, magnified", None)
        });
        html! {
            div.trio {
                @if let Some(asked) = asked { (asked) }
                (self.shot("got", &got, image, "the answer, with its wrong rows marked", marked))
                @if let Some(other) = other { (other) }
                @if let Some(difference) = difference { (difference) }
            }
        }
    }

    fn shot(
        &self,
        title: &str,
        caption: &Markup,
        picture: &Bytes,
        alt: &str,
        rows: Option<(u32, u32)>,
    ) -> Markup {
        let (width, height) = self.dimensions;
        let percent = |rows: u32| format!("{:.3}", 100.0 * f64::from(rows) / f64::from(height));
        let ratio = format!("{:.4}", f64::from(width) / f64::from(height));
        html! {
            figure.shot {
                figcaption { b { (title) } (caption) }
                div.photo style={ "--ratio:" (ratio) } {
                    img src=(data_uri(picture)) alt=(alt);
                    @if let Some((from, to)) = rows.filter(|(from, to)| from < to) {
                        span.rows.stranger[self.finding.evidence.kind.is_mixing()] style={
                            "top:" (percent(from)) "%;height:" (percent(to - from)) "%"
                        } {}
                    }
                }
            }
        }
    }
}

fn whose(own: usize, other: usize) -> &'static str {
    if own == other { "the other photo" } else { "the other person’s" }
}

/// Says which rows of the answer show whose photo.
fn got_caption(finding: &Finding, results: &AuditResults) -> Markup {
    let evidence = &finding.evidence;
    let last = evidence.rows.end.saturating_sub(1);
    let rows = match evidence.kind {
        FindingKind::Whole | FindingKind::Crossed => "all rows".to_owned(),
        _ if evidence.rows.len() == 1 => format!("row {last}"),
        _ => format!("rows {} to {last}", evidence.rows.start),
    };
    let shown = evidence.photo.map(|photo| results.photos.all[photo].owner);
    let share = (evidence.share < 1.0).then(|| format!("{:.0} % ", evidence.share * 100.0));
    html! {
        (rows) ": "
        @if let Some(share) = share { (share) "of " }
        @match shown {
            Some(owner) => (person(owner)),
            None => "an unknown photo",
        }
        @if evidence.kind == FindingKind::Planes { " (" (evidence.planes) " only)" }
    }
}

/// Decodes an image, or the rows that its file holds above grey ones.
fn decoded(file: &[u8]) -> Option<YCbCrImage> {
    Some(match inspect_pixels(file, MAX_IMAGE_PX) {
        Ok((width, height, InspectedPixels::YCbCr(pixels))) => {
            YCbCrImage::from_ycbcr(width, height, &pixels)
        }
        Ok((width, height, InspectedPixels::Rgb(rgb))) => {
            YCbCrImage::from_rgb(&Raster { width, height, rgb })
        }
        Err(_) => {
            let mut cut = inspect_first_rows(file, MAX_IMAGE_PX).ok()?;
            cut.pixels.resize(cut.width as usize * cut.height as usize * 3, 128);
            YCbCrImage::from_ycbcr(cut.width, cut.height, &cut.pixels)
        }
    })
}

/// Returns the difference of two images of the same dimensions as a PNG in grey, and by how much it
/// is magnified.
fn magnified_difference(got: &YCbCrImage, asked: &YCbCrImage) -> Option<(Bytes, u32)> {
    if (got.width, got.height) != (asked.width, asked.height) {
        return None;
    }
    let planes = [(&got.y, &asked.y), (&got.cb, &asked.cb), (&got.cr, &asked.cr)];
    let difference = |pixel: usize| {
        planes.iter().map(|(got, asked)| u32::from(got[pixel].abs_diff(asked[pixel]))).max()
    };
    let differences: Vec<u32> =
        (0..got.y.len()).map(|pixel| difference(pixel).unwrap_or_default()).collect();
    let mut sorted = differences.clone();
    sorted.sort_unstable();
    let brightest = sorted.get(sorted.len() * BRIGHTEST / 1000).copied().unwrap_or_default();
    let gain = (255 / brightest.max(1)).clamp(1, MAX_GAIN);
    let grey: Vec<u8> = differences.iter().map(|d| (d * gain).min(255) as u8).collect();
    let mut file = Vec::new();
    PngEncoder::new(&mut file)
        .write_image(&grey, got.width, got.height, ExtendedColorType::L8)
        .ok()?;
    Some((file.into(), gain))
}
