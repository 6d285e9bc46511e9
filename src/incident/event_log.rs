//! A row of the log: a thumbnail made, or a thumbnail shown.

use std::io::{self, Write};

use super::versions::MakerVersion;

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum LogRow {
    /// A thumbnail was made.
    Made(MadeRow),
    /// A thumbnail was shown.
    Shown(ShownRow),
}

/// A thumbnail made.
#[derive(Clone, Debug, PartialEq)]
pub struct MadeRow {
    /// Microseconds since the start.
    pub at_us: u64,
    /// Its number.
    pub thumbnail: u32,
    /// The photo that was asked for.
    pub photo: u32,
    /// Whose photo that is.
    pub owner: u32,
    /// Which maker.
    pub maker: MakerVersion,
    /// On which instance.
    pub instance: u32,
    /// In which slot, if its pipeline has slots.
    pub slot: Option<u32>,
    /// Its place in the order of its maker's decodes on that instance.
    pub decode: u64,
    /// The photo that each band shows, top to bottom.
    pub bands: Vec<u32>,
}

/// A thumbnail shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShownRow {
    /// Microseconds since the start.
    pub at_us: u64,
    /// Its number. One that was made before the start has its photo's.
    pub thumbnail: u32,
    /// To whom.
    pub viewer: u32,
    /// Where it came from.
    pub from: ServedFrom,
}

/// Where a thumbnail that is shown comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServedFrom {
    /// It was made for this.
    Fresh,
    /// From the service's cache.
    Service,
    /// From the viewer's own device.
    Device,
}

impl MadeRow {
    /// Whether any band shows another photo than was asked for.
    pub fn is_wrong(&self) -> bool {
        self.bands.iter().any(|&photo| photo != self.photo)
    }
}

impl LogRow {
    /// When it happened, in microseconds since the start.
    pub fn at_us(&self) -> u64 {
        match self {
            Self::Made(made) => made.at_us,
            Self::Shown(shown) => shown.at_us,
        }
    }

    /// Writes it as a line of JSON.
    ///
    /// # Errors
    /// The writer's.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let at_us = self.at_us();
        write!(out, "{{\"at_s\":{}.{:06},", at_us / 1_000_000, at_us % 1_000_000)?;
        match self {
            Self::Made(made) => {
                let MadeRow { thumbnail, photo, owner, instance, decode, .. } = made;
                write!(
                    out,
                    "\"event\":\"made\",\"thumbnail\":{thumbnail},\"photo\":{photo},\
                     \"owner\":{owner},\"maker\":\"{}\",\"instance\":{instance},",
                    made.maker.name()
                )?;
                match made.slot {
                    Some(slot) => write!(out, "\"slot\":{slot},")?,
                    None => out.write_all(b"\"slot\":null,")?,
                }
                write!(out, "\"decode\":{decode},\"bands\":[")?;
                for (place, photo) in made.bands.iter().enumerate() {
                    let comma = if place > 0 { "," } else { "" };
                    write!(out, "{comma}{photo}")?;
                }
                out.write_all(b"]}\n")
            }
            Self::Shown(ShownRow { thumbnail, viewer, from, .. }) => {
                let from = match from {
                    ServedFrom::Fresh => "fresh",
                    ServedFrom::Service => "service",
                    ServedFrom::Device => "device",
                };
                writeln!(
                    out,
                    "\"event\":\"shown\",\"thumbnail\":{thumbnail},\"viewer\":{viewer},\
                     \"from\":\"{from}\"}}"
                )
            }
        }
    }
}
