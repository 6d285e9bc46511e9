//! Fine patterns keep their mean colour in thumbnails, whose chroma has half of the pixels across
//! and down. Patterns of single pixels are encoded in each format, and means are compared.

use bytes::Bytes;
use double_exposure::codec::{Fit, Size, normalize};
use double_exposure::pipeline::Codec;
use jpeg_encoder::SamplingFactor;

use crate::images::{CODEC, TestImage, decode, request};

/// Two colours whose mean, as chroma, goes with the luma of both.
const PAIR: [[u8; 3]; 2] = [[220, 40, 40], [40, 180, 40]];

/// Greatest difference of a mean colour, of 255.
const MAX_DIFFERENCE: f64 = 3.0;

fn patterns(width: u32, height: u32) -> [(&'static str, TestImage); 4] {
    let image = |index: fn(u32, u32) -> u32| {
        TestImage::new(width, height, |x, y| PAIR[index(x, y) as usize % 2])
    };
    [
        ("checker", image(|x, y| x + y)),
        ("columns", image(|x, _| x)),
        ("rows", image(|_, y| y)),
        ("weave", image(|x, y| x / 2 + y + u32::from(x % 3 == 0))),
    ]
}

fn mean(rgb: &[u8]) -> [f64; 3] {
    let (pixels, _) = rgb.as_chunks::<3>();
    let sum = |channel: usize| pixels.iter().map(|pixel| f64::from(pixel[channel])).sum::<f64>();
    std::array::from_fn(|channel| sum(channel) / pixels.len() as f64)
}

#[track_caller]
fn assert_same_mean(image: &TestImage, made: &Bytes, case: &str) {
    let (expected, found) = (mean(&image.rgb), mean(&decode(made).unwrap().rgb()));
    let is_near = expected.iter().zip(found).all(|(a, b)| (a - b).abs() <= MAX_DIFFERENCE);
    assert!(is_near, "{case}: {found:?}, not {expected:?}");
}

#[test]
fn patterns_of_single_pixels_keep_their_mean_colour() {
    for (width, height) in [(256, 256), (250, 200), (133, 71)] {
        for (name, image) in patterns(width, height) {
            let files = [
                ("PNG", image.png()),
                ("WebP", image.webp(None)),
                (
                    "JPEG",
                    image.jpeg(|encoder| {
                        encoder.set_quality(98);
                        encoder.set_sampling_factor(SamplingFactor::F_1_1);
                    }),
                ),
            ];
            for (format, file) in files {
                let case = format!("{name} of {width}x{height} in {format}");
                for size in [256, 60] {
                    let size = Size::try_from(size).unwrap();
                    let thumbnail = CODEC.thumbnail(&request(&file, size, Fit::Contain)).unwrap();
                    let thumbnail = CODEC.encode(thumbnail).unwrap();
                    assert_same_mean(&image, &thumbnail, &format!("{case} to {size}"));
                }
                if format != "JPEG" {
                    assert_same_mean(&image, &normalize(&file).unwrap(), &case);
                }
            }
        }
    }
}
