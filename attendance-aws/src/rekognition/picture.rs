//! An image as Rekognition is given it, and what can be said of it before a call is paid for.

use std::io::Cursor;

use attendance_core::ports::face_matcher::ImageProblem;
use attendance_core::ports::image_store::ContentType;
use aws_sdk_rekognition::types::{Image, S3Object};
use aws_smithy_types::Blob;
use bytes::Bytes;
use image::metadata::Orientation;
use image::{ImageDecoder as _, ImageFormat, ImageReader};

/// The most bytes of an image in a request: 5 MiB (Rekognition's guide, Guidelines and quotas).
pub(super) const MAX_BYTES: u64 = 5 * 1024 * 1024;

/// The most bytes of an image in S3: 15 MB (the same).
pub(super) const MAX_STORED_BYTES: u64 = 15 * 1024 * 1024;

/// The least pixels along each side of an image (the same).
pub(super) const MIN_SIDE: u32 = 80;

/// The most pixels of an image: 10,000 x 10,000, which the same guide says of labels. It bounds what is decoded here.
pub(super) const MAX_PIXELS: u64 = 100_000_000;

/// An image that may be offered to Rekognition.
#[derive(Clone)]
pub(super) struct Picture {
    pub(super) source: Source,
    /// Pixels across and down, upright. `None` for an image in S3 of which nothing was read.
    pub(super) pixels: Option<(u32, u32)>,
}

/// Where Rekognition finds the image.
#[derive(Clone)]
pub(super) enum Source {
    /// In the request.
    Bytes(Bytes),
    /// In S3.
    Object {
        /// The bucket's name.
        bucket: String,
        /// The object's key.
        key: String,
    },
}

impl Picture {
    /// An image that is sent with each request.
    pub(super) fn of_bytes(bytes: Bytes) -> Result<Self, ImageProblem> {
        let pixels = Some(check(&bytes, bytes.len() as u64, MAX_BYTES)?);
        Ok(Self { source: Source::Bytes(bytes), pixels })
    }

    /// What the SDK calls an image.
    pub(super) fn image(&self) -> Image {
        let image = Image::builder();
        match &self.source {
            Source::Bytes(bytes) => image.bytes(Blob::from_maybe_shared(bytes.clone())).build(),
            Source::Object { bucket, key } => {
                image.s3_object(S3Object::builder().bucket(bucket).name(key).build()).build()
            }
        }
    }
}

/// Checks an image by its beginning and by how many bytes it has in all, and answers its upright size in pixels.
pub(super) fn check(start: &[u8], bytes: u64, limit: u64) -> Result<(u32, u32), ImageProblem> {
    if bytes == 0 {
        return Err(ImageProblem::Empty);
    }
    if bytes > limit {
        return Err(ImageProblem::TooManyBytes { bytes, limit });
    }
    let (width, height) = upright_size(start)?;
    if width < MIN_SIDE || height < MIN_SIDE {
        return Err(ImageProblem::TooSmall { width, height, min: MIN_SIDE });
    }
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(ImageProblem::TooManyPixels { width, height, limit: MAX_PIXELS });
    }
    Ok((width, height))
}

/// The format that the first bytes tell.
pub(super) fn format(start: &[u8]) -> Result<ImageFormat, ImageProblem> {
    match ContentType::sniff(start) {
        Some(ContentType::Jpeg) => Ok(ImageFormat::Jpeg),
        Some(ContentType::Png) => Ok(ImageFormat::Png),
        None => Err(ImageProblem::Unsupported),
    }
}

/// Width and height once the image is turned as Rekognition turns it.
fn upright_size(start: &[u8]) -> Result<(u32, u32), ImageProblem> {
    let format = format(start)?;
    let reader = ImageReader::with_format(Cursor::new(start), format);
    let mut decoder = reader.into_decoder().map_err(|_| ImageProblem::Damaged)?;
    let (width, height) = decoder.dimensions();
    let on_its_side = matches!(
        orientation(format, &mut decoder),
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH
    );
    Ok(if on_its_side { (height, width) } else { (width, height) })
}

/// How Rekognition turns an image: as the EXIF data of a JPEG say, and a PNG never (`DetectFaces` in its reference).
pub(super) fn orientation(format: ImageFormat, decoder: &mut impl image::ImageDecoder) -> Orientation {
    match format {
        ImageFormat::Jpeg => decoder.orientation().unwrap_or(Orientation::NoTransforms),
        _ => Orientation::NoTransforms,
    }
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, ImageEncoder as _, codecs::jpeg::JpegEncoder};

    use super::*;

    fn encoded(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::new_rgb8(width, height).write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn an_image_is_checked_without_a_call() {
        let check = |bytes: &[u8]| Picture::of_bytes(Bytes::copy_from_slice(bytes)).map(|picture| picture.pixels);
        assert_eq!(check(b""), Err(ImageProblem::Empty));
        assert_eq!(check(b"This is a letter."), Err(ImageProblem::Unsupported));
        assert_eq!(check(b"\x89PNG\r\n\x1a\n"), Err(ImageProblem::Damaged));
        for format in [ImageFormat::Jpeg, ImageFormat::Png] {
            assert_eq!(check(&encoded(120, 80, format)), Ok(Some((120, 80))));
            let small = ImageProblem::TooSmall { width: 120, height: 79, min: 80 };
            assert_eq!(check(&encoded(120, 79, format)), Err(small));
        }
        let long = vec![0xff; 5 * 1024 * 1024 + 1];
        let too_many = ImageProblem::TooManyBytes { bytes: 5 * 1024 * 1024 + 1, limit: 5 * 1024 * 1024 };
        assert_eq!(check(&long), Err(too_many));
    }

    #[test]
    fn the_beginning_of_an_image_tells_its_size() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png] {
            let bytes = encoded(1000, 900, format);
            assert_eq!(check(&bytes[..bytes.len() / 2], bytes.len() as u64, MAX_STORED_BYTES), Ok((1000, 900)));
        }
    }

    #[test]
    fn a_jpeg_on_its_side_is_measured_upright() {
        // A TIFF header, little-endian, with one entry: orientation 6.
        let exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        let mut bytes = Vec::new();
        let mut encoder = JpegEncoder::new(&mut bytes);
        encoder.set_exif_metadata(exif.to_vec()).unwrap();
        encoder.encode_image(&DynamicImage::new_rgb8(200, 100)).unwrap();
        assert_eq!(check(&bytes, bytes.len() as u64, MAX_BYTES), Ok((100, 200)));
    }
}
