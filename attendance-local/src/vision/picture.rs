//! From the bytes of a photo to upright pixels, within bounds.

use std::fmt;
use std::io::Cursor;

use image::error::{ImageError, LimitErrorKind};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use super::pyramid::{Level, Pyramid};

/// What a photo may cost. The pixel limit is checked on the header, before anything is unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureLimits {
    /// Most bytes of the file. Default: 15 MB, Rekognition's own limit for a stored image.
    pub bytes: usize,
    /// Most pixels, width times height. Default: 50 million (all of today's phones). A picture takes 4 bytes a pixel
    /// while it is held; a progressive JPEG about three times that while it is decoded.
    pub pixels: u64,
    /// Least width and least height in pixels. Default: 80, as Rekognition asks for.
    pub shortest_side: u32,
}

impl Default for PictureLimits {
    fn default() -> Self {
        Self { bytes: 15 * 1024 * 1024, pixels: 50_000_000, shortest_side: 80 }
    }
}

/// Why a file can't be used as a photo.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
    /// No bytes at all.
    #[error("the picture is empty: send the bytes of a JPEG or PNG file")]
    Empty,
    /// Neither JPEG nor PNG.
    #[error("this is neither a JPEG nor a PNG picture: convert it to one of them")]
    UnsupportedFormat,
    /// A kind of JPEG or PNG that the decoder does not know.
    #[error("this kind of JPEG or PNG can't be read: save it again as an ordinary one")]
    UnsupportedKind(#[source] ImageError),
    /// The file ends before the picture does.
    #[error("the picture is cut off: send the whole file again")]
    Truncated,
    /// The file contradicts its format.
    #[error("the picture is damaged: take or send it again")]
    Corrupt(#[source] ImageError),
    /// More bytes than the limit.
    #[error("the picture has {bytes} bytes and the limit is {limit}: send a smaller one")]
    TooManyBytes {
        /// Bytes of the file.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// More pixels than the limit.
    #[error("the picture says it has {width} x {height} pixels and the limit is {limit} in all: send a smaller one")]
    TooManyPixels {
        /// Width that the header claims.
        width: u32,
        /// Height that the header claims.
        height: u32,
        /// The limit for width times height.
        limit: u64,
    },
    /// Too small for a face.
    #[error("the picture has {width} x {height} pixels and each side needs {min}: send a larger one")]
    TooSmall {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// Least width and height.
        min: u32,
    },
}

/// A decoded photo, upright, in 8-bit RGB, together with its halved copies (so that any size of face can be sampled
/// without aliasing).
pub struct Picture {
    pyramid: Pyramid,
}

impl Picture {
    /// Decodes a JPEG or PNG of any colour type and turns it upright as its EXIF orientation says. Transparency is
    /// dropped.
    ///
    /// # Errors
    /// A [`PictureError`] that names what is wrong; nothing big is allocated before the limits were checked.
    pub fn decode(bytes: &[u8], limits: &PictureLimits) -> Result<Self, PictureError> {
        if bytes.is_empty() {
            return Err(PictureError::Empty);
        }
        if bytes.len() > limits.bytes {
            return Err(PictureError::TooManyBytes { bytes: bytes.len(), limit: limits.bytes });
        }
        let format = image::guess_format(bytes).map_err(|_| PictureError::UnsupportedFormat)?;
        if !matches!(format, ImageFormat::Jpeg | ImageFormat::Png) {
            return Err(PictureError::UnsupportedFormat);
        }

        let mut decoder = ImageReader::with_format(Cursor::new(bytes), format).into_decoder().map_err(refused)?;
        let (width, height) = decoder.dimensions();
        if u64::from(width) * u64::from(height) > limits.pixels {
            return Err(PictureError::TooManyPixels { width, height, limit: limits.pixels });
        }
        if width < limits.shortest_side || height < limits.shortest_side {
            return Err(PictureError::TooSmall { width, height, min: limits.shortest_side });
        }
        if format == ImageFormat::Jpeg && !jpeg_is_whole(bytes) {
            return Err(PictureError::Truncated);
        }
        // Four 16-bit channels are the most that one pixel can take.
        let mut memory = Limits::no_limits();
        memory.max_alloc = Some(limits.pixels.saturating_mul(8).saturating_add(1 << 20));
        decoder.set_limits(memory).map_err(refused)?;
        let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let mut upright = DynamicImage::from_decoder(decoder).map_err(refused)?;
        upright.apply_orientation(orientation);
        let (width, height) = (upright.width() as usize, upright.height() as usize);
        Ok(Self { pyramid: Pyramid::new(Level::new(width, height, upright.into_rgb8().into_raw())) })
    }

    /// Width in pixels, upright.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.pyramid.full().width() as u32
    }

    /// Height in pixels, upright.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.pyramid.full().height() as u32
    }

    /// The upright pixels: red, green, blue, row by row from the top left.
    #[must_use]
    pub fn rgb(&self) -> &[u8] {
        self.pyramid.full().rgb()
    }

    pub(super) fn pyramid(&self) -> &Pyramid {
        &self.pyramid
    }
}

/// Says the size only: pixels of a face don't belong in a log.
impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Picture({} x {})", self.width(), self.height())
    }
}

fn refused(error: ImageError) -> PictureError {
    match error {
        ImageError::IoError(_) => PictureError::Truncated,
        ImageError::Unsupported(_) => PictureError::UnsupportedKind(error),
        ImageError::Limits(ref limit) if limit.kind() != LimitErrorKind::DimensionError => {
            PictureError::UnsupportedKind(error)
        }
        _ => PictureError::Corrupt(error),
    }
}

/// Whether a JPEG reaches its end-of-image marker. The decoder paints what is missing grey and says nothing, hence this
/// walk over the markers (ITU T.81, annex B); an embedded thumbnail sits inside a segment and is skipped with it.
fn jpeg_is_whole(bytes: &[u8]) -> bool {
    const END_OF_IMAGE: u8 = 0xD9;
    const START_OF_SCAN: u8 = 0xDA;
    let mut at = 2;
    loop {
        // Inside of a scan 0xFF is followed by 0 (a stuffed byte) or a restart marker; anything else ends the scan.
        let Some(found) = bytes.get(at..).and_then(|rest| rest.iter().position(|&byte| byte == 0xFF)) else {
            return false;
        };
        at += found + 1;
        match bytes.get(at) {
            None => return false,
            Some(&END_OF_IMAGE) => return true,
            Some(0xFF) => {}
            Some(0x00 | 0x01 | 0xD0..=0xD8) => at += 1,
            Some(&marker) => {
                let Some(&[high, low]) = bytes.get(at + 1..at + 3).and_then(|length| length.first_chunk()) else {
                    return false;
                };
                at += 1 + usize::from(u16::from_be_bytes([high, low]));
                if marker == START_OF_SCAN && at >= bytes.len() {
                    return false;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};

    use super::*;

    const JPEG: &[u8] = include_bytes!("../../testdata/grace_hopper.jpg");
    const PNG: &[u8] = include_bytes!("../../testdata/astronaut.png");

    fn decode(bytes: &[u8]) -> Result<Picture, PictureError> {
        Picture::decode(bytes, &PictureLimits::default())
    }

    /// A PNG whose header claims a size and which holds nothing else.
    fn png_that_claims(width: u32, height: u32) -> Vec<u8> {
        let mut png = PNG[..33].to_vec();
        png[16..20].copy_from_slice(&width.to_be_bytes());
        png[20..24].copy_from_slice(&height.to_be_bytes());
        let sum = crc32(&png[12..29]);
        png[29..33].copy_from_slice(&sum.to_be_bytes());
        png.extend_from_slice(&[0, 0, 0, 0, b'I', b'D', b'A', b'T', 0x35, 0xAF, 0x06, 0x1E]);
        png
    }

    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0u32, |sum, &byte| {
            (0..8).fold(sum ^ u32::from(byte), |s, _| (s >> 1) ^ (0xEDB8_8320 & (s & 1).wrapping_neg()))
        })
    }

    #[test]
    fn a_jpeg_and_a_png_are_decoded() {
        let jpeg = decode(JPEG).unwrap();
        assert_eq!((jpeg.width(), jpeg.height()), (512, 600));
        let png = decode(PNG).unwrap();
        assert_eq!((png.width(), png.height(), png.rgb().len()), (512, 512, 512 * 512 * 3));
    }

    #[test]
    fn every_colour_type_becomes_rgb() {
        let kinds = [
            (ExtendedColorType::L8, 1),
            (ExtendedColorType::La8, 2),
            (ExtendedColorType::Rgba8, 4),
            (ExtendedColorType::L16, 2),
            (ExtendedColorType::Rgb16, 6),
            (ExtendedColorType::Rgba16, 8),
        ];
        for (kind, bytes_a_pixel) in kinds {
            let mut png = Vec::new();
            PngEncoder::new(&mut png).write_image(&vec![200; 90 * 80 * bytes_a_pixel], 90, 80, kind).unwrap();
            let picture = decode(&png).unwrap();
            assert_eq!((picture.width(), picture.height()), (90, 80), "{kind:?}");
            assert!(picture.rgb().iter().all(|&value| value.abs_diff(200) <= 1), "{kind:?}");
        }
    }

    #[test]
    fn a_cmyk_jpeg_looks_as_its_rgb_original() {
        let cmyk = decode(include_bytes!("../../testdata/astronaut-cmyk.jpg")).unwrap();
        let original = decode(PNG).unwrap();
        let mean = |p: &Picture| p.rgb().iter().map(|&v| f64::from(v)).sum::<f64>() / p.rgb().len() as f64;
        assert!((mean(&cmyk) - mean(&original)).abs() < 8.0, "{} {}", mean(&cmyk), mean(&original));
    }

    #[test]
    fn a_jpeg_that_is_cut_off_anywhere_is_refused() {
        for cut in [4, 100, JPEG.len() / 10, JPEG.len() / 2, JPEG.len() * 9 / 10, JPEG.len() - 100, JPEG.len() - 1] {
            assert!(
                matches!(decode(&JPEG[..cut]), Err(PictureError::Truncated | PictureError::Corrupt(_))),
                "cut at {cut}: {:?}",
                decode(&JPEG[..cut])
            );
        }
        let mut trailing = JPEG.to_vec();
        trailing.extend_from_slice(b"appended by a camera");
        assert!(decode(&trailing).is_ok());
    }

    #[test]
    fn a_png_that_is_cut_off_anywhere_is_refused() {
        for cut in [20, 40, PNG.len() / 10, PNG.len() / 2, PNG.len() - 1000] {
            let error = decode(&PNG[..cut]).unwrap_err();
            assert!(matches!(error, PictureError::Truncated | PictureError::Corrupt(_)), "cut at {cut}: {error:?}");
        }
    }

    #[test]
    fn a_picture_that_claims_gigapixels_is_refused_by_its_header() {
        let error = decode(&png_that_claims(60_000, 60_000)).unwrap_err();
        assert!(matches!(error, PictureError::TooManyPixels { width: 60_000, height: 60_000, .. }), "{error:?}");
    }

    #[test]
    fn empty_text_tiny_and_huge_files_each_have_their_error() {
        assert!(matches!(decode(b""), Err(PictureError::Empty)));
        assert!(matches!(decode(b"this is a text, not a picture"), Err(PictureError::UnsupportedFormat)));
        assert!(matches!(decode(b"GIF89a\x01\x00\x01\x00"), Err(PictureError::UnsupportedFormat)));
        assert!(matches!(decode(&png_that_claims(1, 1)), Err(PictureError::TooSmall { width: 1, height: 1, min: 80 })));
        let huge = vec![0xFF; 30_000_000];
        assert!(matches!(decode(&huge), Err(PictureError::TooManyBytes { bytes: 30_000_000, .. })));
        assert!(decode(&png_that_claims(0, 0)).is_err());
    }
}
