//! Reads EXIF's orientation, and writes stored pixels upright.

use image::metadata::Orientation;

use super::geometry::Area;

/// Number of columns of a turned photo that are written at a time.
const STRIP: usize = 64;

/// Number of the orientation's field, in EXIF's first directory.
const ORIENTATION: u16 = 0x0112;

/// Returns the orientation of an EXIF block; upright if the block is broken or names none. The
/// orientation may be an integer of any type, though EXIF asks for one of 16 bits.
pub(super) fn from_exif(exif: &[u8]) -> Orientation {
    let tiff = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
    let number = orientation_number(tiff).and_then(|number| number.try_into().ok());
    number.and_then(Orientation::from_exif).unwrap_or(Orientation::NoTransforms)
}

fn orientation_number(tiff: &[u8]) -> Option<u32> {
    let is_big_endian = match tiff.first_chunk()? {
        b"II*\0" => false,
        b"MM\0*" => true,
        _ => return None,
    };
    let integer = |at: usize, bytes: usize| {
        let digits = tiff.get(at..at.checked_add(bytes)?)?.iter();
        let add = |number: u32, &digit: &u8| number << 8 | u32::from(digit);
        Some(if is_big_endian { digits.fold(0, add) } else { digits.rev().fold(0, add) })
    };
    let directory = integer(4, 4)? as usize;
    let fields = (0..integer(directory, 2)? as usize).map(|index| directory + 2 + 12 * index);
    for at in fields {
        if integer(at, 2)? != u32::from(ORIENTATION) {
            continue;
        }
        let bytes = match integer(at + 2, 2)? {
            // BYTE and SBYTE, SHORT and SSHORT, LONG and SLONG. The numbers 1 to 8 have no sign.
            1 | 6 => 1,
            3 | 8 => 2,
            4 | 9 => 4,
            _ => return None,
        };
        // More than four bytes lie elsewhere.
        return match integer(at + 4, 4)? {
            0 => None,
            count if count > 4 / bytes => integer(integer(at + 8, 4)? as usize, bytes as usize),
            _ => integer(at + 8, bytes as usize),
        };
    }
    None
}

/// Returns the upright width and height for a stored width and height, or the reverse.
pub(super) fn turned<T>(orientation: Orientation, (across, down): (T, T)) -> (T, T) {
    let exchanges_sides = orientation.to_exif() >= 5;
    if exchanges_sides { (down, across) } else { (across, down) }
}

/// Describes the upright order of stored pixels, by a start and a step for each axis.
pub(super) struct OrientedPixels {
    /// Width of the upright pixels.
    pub(super) width: usize,
    /// Height of the upright pixels.
    pub(super) height: usize,
    orientation: Orientation,
    start: isize,
    along_row: isize,
    down: isize,
}

impl OrientedPixels {
    /// Returns the upright order of stored pixels of this width and height. Each stored row begins
    /// `stride` pixels behind the row before.
    pub(super) fn new(
        orientation: Orientation,
        (width, height): (usize, usize),
        stride: usize,
    ) -> Self {
        // Both fit: a photo's pixels are limited to 256 million.
        let (row, last_column) = (stride as isize, width as isize - 1);
        let last_row = row * (height as isize - 1);
        let (start, along_row, down) = match orientation {
            Orientation::NoTransforms => (0, 1, row),
            Orientation::FlipHorizontal => (last_column, -1, row),
            Orientation::Rotate180 => (last_row + last_column, -1, -row),
            Orientation::FlipVertical => (last_row, 1, -row),
            Orientation::Rotate90FlipH => (0, row, 1),
            Orientation::Rotate90 => (last_row, -row, 1),
            Orientation::Rotate270FlipH => (last_row + last_column, -row, -1),
            Orientation::Rotate270 => (last_column, row, -1),
        };
        let (width, height) = turned(orientation, (width, height));
        Self { width, height, orientation, start, along_row, down }
    }

    /// Returns two flags: true if upright columns run against the stored order, and true if upright
    /// rows do.
    pub(super) fn mirrors(&self) -> (bool, bool) {
        (self.along_row < 0, self.down < 0)
    }

    /// Returns the area of the upright pixels that the photo fills, from the columns and rows that
    /// it fills as stored.
    pub(super) fn valid_area(&self, stored: (f64, f64)) -> Area {
        let (width, height) = turned(self.orientation, stored);
        let (from_right, from_bottom) = self.mirrors();
        Area {
            left: if from_right { self.width as f64 - width } else { 0.0 },
            top: if from_bottom { self.height as f64 - height } else { 0.0 },
            width,
            height,
        }
    }

    /// Writes the pixels upright. Where an upright row is a stored column, each of its pixels lies
    /// far from the next. So a turned photo is written in strips of 64 columns, whose pixels stay
    /// in the processor's cache from row to row.
    pub(super) fn write<const N: usize, const M: usize>(
        &self,
        samples: &[u8],
        to: &mut [u8],
        convert: impl Fn(&[u8; N]) -> [u8; M],
    ) {
        let (pixels, _) = samples.as_chunks::<N>();
        let (to, _) = to.as_chunks_mut::<M>();
        let strip = if self.along_row.abs() == 1 { self.width } else { STRIP };
        for left in (0..self.width).step_by(strip) {
            let columns = left..self.width.min(left + strip);
            let mut row = self.start + left as isize * self.along_row;
            for to in to.chunks_exact_mut(self.width) {
                let to = &mut to[columns.clone()];
                if self.along_row == 1 {
                    to.iter_mut()
                        .zip(&pixels[row as usize..])
                        .for_each(|(to, pixel)| *to = convert(pixel));
                } else {
                    let mut at = row;
                    for to in to {
                        *to = convert(&pixels[at as usize]);
                        at += self.along_row;
                    }
                }
                row += self.down;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turned_photo_of_several_strips_is_upright() {
        let (width, height) = (3, STRIP * 2 + 5);
        let stored: Vec<u8> = (0..width * height).map(|at| (at % 251) as u8).collect();
        for exif in 5..=8 {
            let orientation = Orientation::from_exif(exif).unwrap();
            let mut upright = vec![0; stored.len()];
            let pixels = OrientedPixels::new(orientation, (width, height), width);
            pixels.write(&stored, &mut upright, |&sample: &[u8; 1]| sample);
            for (at, &sample) in upright.iter().enumerate() {
                let (x, y) = (at % height, at / height);
                // The meaning of EXIF's rows and columns: TIFF 6.0, tag 274.
                let column = if matches!(exif, 5 | 6) { y } else { width - 1 - y };
                let row = if matches!(exif, 5 | 8) { x } else { height - 1 - x };
                assert_eq!(sample, stored[row * width + column], "{exif}: {x}, {y}");
            }
        }
    }
}
