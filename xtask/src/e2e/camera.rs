//! What Chromium's fake camera plays: one picture, frame after frame.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use image::codecs::jpeg::JpegEncoder;
use image::{RgbImage, imageops};

/// The size of a frame in pixels. Chromium wants all frames alike.
const SIZE: (u32, u32) = (640, 480);

/// How often the frame is repeated: a second; Chromium begins again at the end.
const FRAMES: usize = 30;

/// Writes `{picture's name}.mjpeg` into `folder` and answers where it is.
///
/// # Errors
/// If the picture can't be read or the file can't be written.
pub(crate) fn film(picture: &Path, folder: &Path) -> Result<PathBuf> {
    let name = picture.file_stem().context("the picture has a name")?;
    let photo = image::open(picture).with_context(|| format!("{} can't be read", picture.display()))?;
    let film = folder.join(name).with_extension("mjpeg");
    std::fs::write(&film, frame(&photo)?.repeat(FRAMES))?;
    Ok(film)
}

/// The whole picture in the middle of a grey frame, as a JPEG.
fn frame(photo: &image::DynamicImage) -> Result<Vec<u8>> {
    let fitted = photo.resize(SIZE.0, SIZE.1, imageops::FilterType::CatmullRom);
    let mut frame = RgbImage::from_pixel(SIZE.0, SIZE.1, image::Rgb([128, 128, 128]));
    let (x, y) = ((SIZE.0 - fitted.width()) / 2, (SIZE.1 - fitted.height()) / 2);
    imageops::replace(&mut frame, &fitted.to_rgb8(), x.into(), y.into());
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, 92).encode_image(&frame)?;
    Ok(jpeg)
}

#[cfg(test)]
mod tests {
    use image::GenericImageView as _;

    use super::*;

    #[test]
    fn a_frame_has_the_cameras_size_and_the_whole_picture_in_its_middle() {
        let portrait = image::DynamicImage::from(RgbImage::from_pixel(100, 200, image::Rgb([255, 0, 0])));
        let frame = image::load_from_memory(&frame(&portrait).unwrap()).unwrap();
        assert_eq!(frame.dimensions(), SIZE);
        let red = |x, y| frame.get_pixel(x, y).0[0] > 200;
        assert!(red(320, 5) && red(320, 475) && red(210, 240) && red(430, 240));
        assert!(!red(190, 240) && !red(450, 240));
    }
}
