//! Pictures: two portraits in the public domain, and what is made of them.

use std::io::Cursor;
use std::sync::OnceLock;

use attendance_core::ports::face_matcher::ImageRef;
use bytes::Bytes;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageEncoder as _, ImageFormat, imageops};

pub(crate) const GRACE: &[u8] = include_bytes!("../../../attendance-local/testdata/grace_hopper.jpg");
pub(crate) const ASTRONAUT: &[u8] = include_bytes!("../../../attendance-local/testdata/astronaut.png");

pub(crate) struct Pictures {
    /// Grace, otherwise.
    pub(crate) again: Bytes,
    /// Grace and the astronaut, she the larger.
    pub(crate) both: Bytes,
    /// As `both`, on its side, with EXIF data that say so.
    pub(crate) both_on_its_side: Bytes,
    pub(crate) no_face: Bytes,
}

pub(crate) fn pictures() -> &'static Pictures {
    static PICTURES: OnceLock<Pictures> = OnceLock::new();
    PICTURES.get_or_init(|| {
        let grace = image::load_from_memory(GRACE).unwrap();
        let astronaut = image::load_from_memory(ASTRONAUT).unwrap();
        let again = grace.crop_imm(30, 20, 450, 560).fliph().brighten(25);
        let nearer = astronaut.crop_imm(110, 10, 240, 300).resize_exact(360, 450, imageops::FilterType::Triangle);
        let mut both = DynamicImage::new_rgb8(872, 600);
        imageops::overlay(&mut both, &grace, 0, 0);
        imageops::overlay(&mut both, &nearer, 512, 75);
        let mut no_face = DynamicImage::new_rgb8(640, 480);
        let (dark, light) = (image::Rgba([10, 60, 90, 255]), image::Rgba([250, 230, 200, 255]));
        imageops::horizontal_gradient(&mut no_face, &dark, &light);
        Pictures {
            again: file(&again, ImageFormat::Jpeg),
            both: file(&both, ImageFormat::Jpeg),
            both_on_its_side: turned(&both),
            no_face: file(&no_face, ImageFormat::Png),
        }
    })
}

pub(crate) fn grace() -> ImageRef {
    ImageRef::bytes(GRACE)
}

pub(crate) fn astronaut() -> ImageRef {
    ImageRef::bytes(ASTRONAUT)
}

pub(crate) fn file(picture: &DynamicImage, format: ImageFormat) -> Bytes {
    let mut bytes = Cursor::new(Vec::new());
    picture.to_rgb8().write_to(&mut bytes, format).unwrap();
    bytes.into_inner().into()
}

/// A JPEG that is shown upright once it is turned clockwise.
fn turned(picture: &DynamicImage) -> Bytes {
    // A TIFF header, little-endian, with one entry: orientation 6.
    let exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 95);
    encoder.set_exif_metadata(exif.to_vec()).unwrap();
    encoder.encode_image(&DynamicImage::ImageRgb8(picture.rotate270().to_rgb8())).unwrap();
    bytes.into()
}

/// A PNG whose header claims 60,000 x 60,000 pixels.
pub(crate) fn gigapixels() -> Bytes {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    png.extend(60_000_u32.to_be_bytes());
    png.extend(60_000_u32.to_be_bytes());
    png.extend([8, 2, 0, 0, 0]);
    png.extend(0x0fb0_e215_u32.to_be_bytes());
    png.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e\0\0\0\0IEND\xae\x42\x60\x82");
    png.into()
}
