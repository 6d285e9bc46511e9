//! Validates the structure of a JPEG file without decoding it.
//!
//! One pass over the segments reads dimensions, orientation and colour transform, checks the
//! limits, and detects every truncation that can be detected without decoding. Bytes that belong to
//! nothing are no reason to refuse a file; it must then be repaired before it is decoded.

use jpeg_decoder::ColorTransform;

use super::frame_header::FrameHeader;
use super::scan::{CoefficientBits, Scan};
use super::segments::{Kind, Segment, Segments, marker, restart_interval};
use crate::codec::color::{ColorModel, ColorTag, IccParts};
use crate::codec::{Damage, Feature, Format, ImageError, Orientation, Part, limits, orientation};

/// Describes a JPEG whose structure is whole and within the limits.
#[derive(Clone, Debug)]
pub(in crate::codec) struct JpegInfo {
    pub(in crate::codec) frame: FrameHeader,
    pub(in crate::codec) orientation: Orientation,
    pub(in crate::codec) color: ColorTag,
    /// The colour transform that an Adobe segment names.
    adobe: Option<u8>,
    /// True if the file has a JFIF segment.
    jfif: bool,
    /// True if one baseline scan without restarts holds all data, as in files of most cameras.
    pub(in crate::codec) single_scan: bool,
    /// Pixels of all scans together.
    pub(in crate::codec) scanned_px: u64,
    /// True if the decoders would refuse the file as it is, or would not see all of its damage.
    pub(super) needs_repair: bool,
}

impl JpegInfo {
    /// Reads and validates the structure of a file.
    pub(super) fn read(file: &[u8]) -> Result<Self, ImageError> {
        let mut reader = StructureReader::default();
        let mut segments = Segments::new(file);
        for segment in segments.by_ref() {
            match segment {
                Ok(segment) => reader.take(file, &segment)?,
                // Whatever stands behind the last scan, and has no end marker before it.
                Err(_) if reader.is_complete() => reader.is_over = true,
                Err(error) => return Err(error),
            }
            if reader.is_over {
                reader.needs_repair = true;
                break;
            }
        }
        reader.needs_repair |= segments.skipped();
        reader.finish(file)
    }

    /// Returns the components that a colour profile is for.
    pub(in crate::codec) fn color_model(&self) -> ColorModel {
        match self.frame.components.len() {
            1 => ColorModel::Grey,
            3 => ColorModel::Rgb,
            _ => ColorModel::Cmyk,
        }
    }

    /// Returns how the components make colours, by the rules that every reader follows: JFIF means
    /// YCbCr; otherwise Adobe's segment decides, and without it the components' names.
    pub(in crate::codec) fn color_transform(&self) -> ColorTransform {
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

/// Collects the structure of a file, segment by segment.
#[derive(Default)]
struct StructureReader {
    frame: Option<FrameHeader>,
    orientation: Option<Orientation>,
    icc: IccParts,
    adobe: Option<u8>,
    jfif: bool,
    restart_interval: u16,
    scans: u32,
    scanned_px: u64,
    /// The scan whose coded data comes next.
    scan: Option<Scan>,
    coefficients: CoefficientBits,
    has_huffman_tables: bool,
    needs_repair: bool,
    /// True if the last scan was read and no end marker came.
    is_over: bool,
}

impl StructureReader {
    fn take(&mut self, file: &[u8], segment: &Segment) -> Result<(), ImageError> {
        let at = segment.range.start;
        match segment.kind {
            Kind::Start => Ok(()),
            Kind::Segment(code) => {
                self.finish_scan(at)?;
                let payload = &file[at + 4..segment.range.end];
                match code {
                    marker::DNL => self.check_height(payload, at),
                    _ => match self.segment(code, file, payload, at) {
                        Err(
                            ImageError::Damaged { .. }
                            | ImageError::EndsEarly { .. }
                            | ImageError::Unsupported { .. },
                        ) if self.is_complete() => {
                            self.is_over = true;
                            Ok(())
                        }
                        result => result,
                    },
                }
            }
            Kind::Coded => {
                let data = &file[segment.range.clone()];
                let Some(scan) = &self.scan else { return Ok(()) };
                match scan.coded(data, at) {
                    Ok(is_tidy) => self.needs_repair |= !is_tidy,
                    Err(ImageError::Damaged { .. }) if segment.range.end == file.len() => {}
                    Err(error) => return Err(error),
                }
                Ok(())
            }
            Kind::Restart(number) => {
                if let Some(scan) = &mut self.scan {
                    self.needs_repair |= !scan.restart(number);
                }
                Ok(())
            }
            Kind::End => self.finish_scan(at),
        }
    }

    fn segment(
        &mut self,
        code: u8,
        file: &[u8],
        payload: &[u8],
        at: usize,
    ) -> Result<(), ImageError> {
        match code {
            // The code lies among those of the frame headers.
            marker::DHT => self.has_huffman_tables = true,
            marker::DQT if has_zero_step(payload) => return Err(Format::Jpeg.invalid_field(at)),
            marker::DAC => return Err(Format::Jpeg.unsupported(Feature::ArithmeticCoding)),
            marker::DHP | marker::EXP => {
                return Err(Format::Jpeg.unsupported(Feature::HierarchicalCoding));
            }
            marker::JPG => return Err(Format::Jpeg.misplaced(at)),
            marker::SOF0..=marker::SOF15 if self.frame.is_some() => {
                return Err(Format::Jpeg.misplaced(at));
            }
            marker::SOF0..=marker::SOF15 => self.begin_frame(code, file, payload, at)?,
            marker::SOS => self.begin_scan(payload, at)?,
            marker::DRI => self.restart_interval = restart_interval(payload, at)?,
            marker::APP0 if payload.starts_with(b"JFIF\0") => self.jfif = true,
            marker::APP1 if payload.starts_with(b"Exif\0\0") => {
                self.orientation.get_or_insert_with(|| orientation::from_exif(payload));
            }
            marker::APP2 => self.icc.take(payload, at + 4),
            marker::APP14 if payload.starts_with(b"Adobe") => {
                self.adobe = payload.get(11).copied().or(self.adobe);
            }
            _ => {}
        }
        Ok(())
    }

    fn begin_frame(
        &mut self,
        code: u8,
        file: &[u8],
        payload: &[u8],
        at: usize,
    ) -> Result<(), ImageError> {
        let mut frame = FrameHeader::read(code, payload, at)?;
        if frame.height == 0 {
            frame.height = late_height(file)
                .ok_or_else(|| Format::Jpeg.ends_early(file.len(), Part::Height))?;
            self.needs_repair = true;
        }
        limits::check_dimensions(frame.width.into(), frame.height.into())?;
        self.frame = Some(frame);
        Ok(())
    }

    /// Checks the height behind the first scan against the one in the header.
    fn check_height(&mut self, payload: &[u8], at: usize) -> Result<(), ImageError> {
        let frame = self.frame.as_ref().ok_or_else(|| Format::Jpeg.misplaced(at))?;
        let &[high, low] = payload else { return Err(Format::Jpeg.invalid_field(at)) };
        let (width, height) = (frame.width.into(), u16::from_be_bytes([high, low]).into());
        if height != u32::from(frame.height) {
            let first = (width, frame.height.into());
            return Err(Format::Jpeg.damaged(Damage::Sizes { first, second: (width, height) }));
        }
        self.needs_repair = true;
        Ok(())
    }

    /// Returns true if the scans so far bring every bit of every coefficient.
    fn is_complete(&self) -> bool {
        self.frame.as_ref().is_some_and(|frame| self.coefficients.is_complete(frame))
    }

    fn begin_scan(&mut self, payload: &[u8], at: usize) -> Result<(), ImageError> {
        let frame = self.frame.as_ref().ok_or_else(|| Format::Jpeg.misplaced(at))?;
        self.scans += 1;
        if self.scans > limits::MAX_SCANS {
            return Err(ImageError::Scans { limit: limits::MAX_SCANS, found: self.scans });
        }
        let scan = Scan::read(frame, payload, self.restart_interval, at)?;
        self.scanned_px += scan.pixels(frame);
        if self.scanned_px > limits::MAX_SCANNED_PIXELS {
            let limit_px = limits::MAX_SCANNED_PIXELS;
            return Err(ImageError::ScannedPixels { limit_px, found_px: self.scanned_px });
        }
        self.needs_repair |= !frame.progressive && !self.has_huffman_tables;
        self.coefficients.record(&scan);
        self.scan = Some(scan);
        Ok(())
    }

    fn finish_scan(&mut self, at: usize) -> Result<(), ImageError> {
        self.scan.take().map_or(Ok(()), |scan| scan.finish(at))
    }

    fn finish(mut self, file: &[u8]) -> Result<JpegInfo, ImageError> {
        self.finish_scan(file.len())?;
        let frame = self.frame.ok_or_else(|| Format::Jpeg.ends_early(file.len(), Part::Picture))?;
        if !self.coefficients.is_complete(&frame) {
            return Err(Format::Jpeg.ends_early(file.len(), Part::Scans));
        }
        let orientation = self.orientation.unwrap_or(Orientation::NoTransforms);
        let single_scan = self.scans == 1 && self.restart_interval == 0 && !frame.progressive;
        let color = self.icc.finish();
        let Self { adobe, jfif, scanned_px, needs_repair, .. } = self;
        Ok(JpegInfo {
            frame,
            orientation,
            color,
            adobe,
            jfif,
            single_scan,
            scanned_px,
            needs_repair,
        })
    }
}

/// Returns the height that a segment behind a scan names (DNL).
fn late_height(file: &[u8]) -> Option<u16> {
    let mut segments = Segments::new(file).map_while(Result::ok);
    segments.find(|segment| segment.kind == Kind::Segment(marker::SOS))?;
    let height = segments.find(|segment| segment.kind == Kind::Segment(marker::DNL))?;
    let payload = &file[height.range.start + 4..height.range.end];
    payload.try_into().ok().map(u16::from_be_bytes).filter(|&height| height > 0)
}

/// Returns true if a quantization table has a step of zero. No encoder divides by zero.
fn has_zero_step(mut tables: &[u8]) -> bool {
    while let Some((&kind, rest)) = tables.split_first() {
        // A table has 64 steps, of one byte or of two.
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
