//! What a JPEG file says of itself, and whether its scans are all there.
//!
//! One walk over the pieces, before anything is decoded: dimensions, orientation and colours, the
//! limits, and every way of ending early that can be told without decoding.

use image::metadata::Orientation;
use jpeg_decoder::ColorTransform;

use super::frame_header::FrameHeader;
#[cfg(feature = "turbojpeg")]
use super::huffman_tables::Tables;
use super::scan::{Progress, Scan};
use super::segments::{Kind, Segment, Segments, damaged, ends_early, field, marker, unsupported};
use crate::codec::{Damage, Feature, ImageError, Part, decoded, limits};

/// A JPEG that is whole as far as its structure tells, and within the limits.
#[derive(Clone, Debug)]
pub(super) struct JpegInfo {
    pub(super) frame: FrameHeader,
    pub(super) orientation: Orientation,
    /// The transform that an Adobe segment names.
    pub(super) adobe: Option<u8>,
    /// Whether there is a JFIF segment.
    pub(super) jfif: bool,
    /// Whether one baseline scan without restarts holds everything, as most cameras write it.
    pub(super) one_stretch: bool,
    /// The Huffman tables that it brings and names.
    #[cfg(feature = "turbojpeg")]
    pub(super) tables: Tables,
}

impl JpegInfo {
    pub(super) fn of(file: &[u8]) -> Result<Self, ImageError> {
        let mut reading = Reading::default();
        for piece in Segments::new(file) {
            reading.take(file, &piece?)?;
        }
        reading.finish(file)
    }

    /// How the components make colours, by the rules that every reader follows: JFIF means YCbCr,
    /// else Adobe's segment decides, else the components' names.
    pub(super) fn color_transform(&self) -> ColorTransform {
        let Self { frame, adobe, jfif, .. } = self;
        let ids: Vec<u8> = frame.components.iter().map(|component| component.id).collect();
        match (ids.len(), adobe) {
            (1, _) => ColorTransform::Grayscale,
            (3, _) if *jfif => ColorTransform::YCbCr,
            (3, Some(0)) => ColorTransform::RGB,
            (3, None) if ids == *b"RGB" => ColorTransform::RGB,
            (3, _) => ColorTransform::YCbCr,
            (_, None | Some(0)) => ColorTransform::CMYK,
            (_, _) => ColorTransform::YCCK,
        }
    }
}

/// The survey while it is made.
#[derive(Default)]
struct Reading {
    frame: Option<FrameHeader>,
    orientation: Option<Orientation>,
    adobe: Option<u8>,
    jfif: bool,
    restart_interval: u16,
    scans: u32,
    scanned_px: u64,
    /// The scan whose coded data comes next.
    scan: Option<Scan>,
    progress: Progress,
    #[cfg(feature = "turbojpeg")]
    tables: Tables,
}

impl Reading {
    fn take(&mut self, file: &[u8], piece: &Segment) -> Result<(), ImageError> {
        let at = piece.range.start;
        match piece.kind {
            Kind::Start => Ok(()),
            Kind::Segment(code) => {
                self.finish_scan(at)?;
                self.segment(code, &file[at + 4..piece.range.end], at)
            }
            Kind::Coded => match &mut self.scan {
                Some(scan) => scan.coded(&file[piece.range.clone()], at),
                None => Ok(()),
            },
            Kind::Restart(number) => match &mut self.scan {
                Some(scan) => scan.restart(number, at),
                None => Ok(()),
            },
            Kind::End => self.finish_scan(at),
        }
    }

    fn segment(&mut self, code: u8, payload: &[u8], at: usize) -> Result<(), ImageError> {
        match code {
            marker::DHT => {
                #[cfg(feature = "turbojpeg")]
                self.tables.bring(payload);
            }
            marker::DQT if has_zero_step(payload) => return Err(field(at)),
            marker::DAC => return Err(unsupported(Feature::ArithmeticCoding)),
            marker::DHP | marker::EXP => return Err(unsupported(Feature::HierarchicalCoding)),
            marker::DNL => return Err(unsupported(Feature::LateHeight)),
            marker::JPG => return Err(misplaced(at)),
            marker::SOF0..=marker::SOF15 if self.frame.is_some() => return Err(misplaced(at)),
            marker::SOF0..=marker::SOF15 => {
                let frame = FrameHeader::read(code, payload, at)?;
                limits::check_dimensions(frame.width.into(), frame.height.into())?;
                limits::check_memory(frame.memory_bytes())?;
                self.frame = Some(frame);
            }
            marker::SOS => self.begin_scan(payload, at)?,
            marker::DRI => {
                let interval = payload.try_into().map_err(|_| field(at))?;
                self.restart_interval = u16::from_be_bytes(interval);
            }
            marker::APP0 if payload.starts_with(b"JFIF\0") => self.jfif = true,
            marker::APP1 if payload.starts_with(b"Exif\0\0") => {
                self.orientation.get_or_insert_with(|| decoded::orientation(payload));
            }
            marker::APP14 if payload.starts_with(b"Adobe") => {
                self.adobe = payload.get(11).copied().or(self.adobe);
            }
            _ => {}
        }
        Ok(())
    }

    fn begin_scan(&mut self, payload: &[u8], at: usize) -> Result<(), ImageError> {
        let frame = self.frame.as_ref().ok_or_else(|| misplaced(at))?;
        self.scans += 1;
        if self.scans > limits::SCANS {
            return Err(ImageError::Scans { limit: limits::SCANS, found: self.scans });
        }
        let scan = Scan::read(frame, payload, self.restart_interval, at)?;
        #[cfg(feature = "turbojpeg")]
        self.tables.name(payload);
        self.scanned_px += scan.pixels(frame);
        if self.scanned_px > limits::SCANNED_PIXELS {
            let limit_px = limits::SCANNED_PIXELS;
            return Err(ImageError::ScannedPixels { limit_px, found_px: self.scanned_px });
        }
        self.progress.note(&scan);
        self.scan = Some(scan);
        Ok(())
    }

    fn finish_scan(&mut self, at: usize) -> Result<(), ImageError> {
        self.scan.take().map_or(Ok(()), |scan| scan.finish(at))
    }

    fn finish(self, file: &[u8]) -> Result<JpegInfo, ImageError> {
        let frame = self.frame.ok_or_else(|| ends_early(file.len(), Part::Picture))?;
        if !self.progress.is_complete(&frame) {
            return Err(ends_early(file.len(), Part::Scans));
        }
        let orientation = self.orientation.unwrap_or(Orientation::NoTransforms);
        let one_stretch = self.scans == 1 && self.restart_interval == 0 && !frame.progressive;
        Ok(JpegInfo {
            frame,
            orientation,
            adobe: self.adobe,
            jfif: self.jfif,
            one_stretch,
            #[cfg(feature = "turbojpeg")]
            tables: self.tables,
        })
    }
}

/// Whether a quantization table has a step of zero, which no photo was ever divided by.
fn has_zero_step(mut tables: &[u8]) -> bool {
    while let Some((&kind, rest)) = tables.split_first() {
        // 64 steps of one byte, or of two.
        let wide = kind >> 4 != 0;
        let (steps, next) = rest.split_at(rest.len().min(if wide { 128 } else { 64 }));
        let zero = if wide { steps.as_chunks().0.contains(&[0, 0]) } else { steps.contains(&0) };
        if zero {
            return true;
        }
        tables = next;
    }
    false
}

fn misplaced(at: usize) -> ImageError {
    damaged(Damage::Misplaced { at_byte: at as u64 })
}
