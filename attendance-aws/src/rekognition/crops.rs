//! The faces of a picture, each cut out as a picture of its own: Rekognition searches only for the largest of one.

use std::io::Cursor;

use attendance_core::domain::face::BoundingBox;
use attendance_core::ports::face_matcher::ImageProblem;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder as _, ImageReader, Rgb, RgbImage, imageops};

use super::picture::{self, MIN_SIDE};

/// What is left around a face, as a share of its box on each side: the guide asks for head and shoulders, "not cropped
/// to the face bounding box".
const MARGIN: f32 = 0.6;

/// Pixels along the shorter side of a face that is too small to be searched for: the smallest that Rekognition says it
/// finds.
const SMALLEST: f32 = 40.0;

/// The longest side of a crop in pixels: a face of it is far above what Rekognition needs, and its bytes far below what
/// it takes.
const LONGEST: u32 = 1280;

/// Of JPEG, 1 to 100.
const QUALITY: u8 = 95;

/// What other faces are painted with.
const GREY: Rgb<u8> = Rgb([128, 128, 128]);

/// A face with some of its surroundings.
#[derive(Debug)]
pub(super) struct Crop {
    /// JPEG.
    pub(super) bytes: Vec<u8>,
    /// Pixels across and down.
    pub(super) pixels: (u32, u32),
    /// Where the face is in it.
    pub(super) face: BoundingBox,
}

/// A rectangle of whole pixels inside of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Area {
    left: u32,
    top: u32,
    right: u32,
    bottom: u32,
}

/// Cuts the faces out of an encoded picture; `None` for one that is too small to be searched for. Takes a while.
pub(super) fn crops(bytes: &[u8], faces: &[BoundingBox]) -> Result<Vec<Option<Crop>>, ImageProblem> {
    let format = picture::format(bytes)?;
    let reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut decoder = reader.into_decoder().map_err(|_| ImageProblem::Damaged)?;
    let orientation = picture::orientation(format, &mut decoder);
    decoder.set_limits(image::Limits::no_limits()).map_err(|_| ImageProblem::Damaged)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|_| ImageProblem::Damaged)?;
    picture.apply_orientation(orientation);
    let picture = picture.into_rgb8();
    (0..faces.len()).map(|index| crop(&picture, faces, index)).collect()
}

fn crop(picture: &RgbImage, faces: &[BoundingBox], index: usize) -> Result<Option<Crop>, ImageProblem> {
    let (width, height) = picture.dimensions();
    let face = faces[index];
    if (face.width * width as f32).min(face.height * height as f32) < SMALLEST {
        return Ok(None);
    }
    let frame = frame(face, width, height);
    let size = (frame.right - frame.left, frame.bottom - frame.top);
    let mut cut = imageops::crop_imm(picture, frame.left, frame.top, size.0, size.1).to_image();
    let own = area(face, width, height);
    for (other, place) in faces.iter().enumerate() {
        if other != index {
            paint_over(&mut cut, area(*place, width, height), own, frame);
        }
    }
    let mut cut = DynamicImage::ImageRgb8(cut);
    if size.0.max(size.1) > LONGEST {
        cut = cut.resize(LONGEST, LONGEST, imageops::FilterType::Triangle);
    }
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, QUALITY);
    cut.write_with_encoder(encoder).map_err(|_| ImageProblem::Damaged)?;
    let face = BoundingBox {
        left: (face.left * width as f32 - frame.left as f32) / size.0 as f32,
        top: (face.top * height as f32 - frame.top as f32) / size.1 as f32,
        width: face.width * width as f32 / size.0 as f32,
        height: face.height * height as f32 / size.1 as f32,
    };
    Ok(Some(Crop { bytes, pixels: (cut.width(), cut.height()), face }))
}

/// The pixels of a box, as far as it lies in the picture.
fn area(place: BoundingBox, width: u32, height: u32) -> Area {
    let pixel = |ratio: f32, side: u32| (ratio * side as f32).round().clamp(0.0, side as f32) as u32;
    Area {
        left: pixel(place.left, width),
        top: pixel(place.top, height),
        right: pixel(place.left + place.width, width),
        bottom: pixel(place.top + place.height, height),
    }
}

/// A face with its margin, at least as large as an image has to be.
fn frame(face: BoundingBox, width: u32, height: u32) -> Area {
    let side = |start: f32, length: f32, pixels: u32| {
        let (start, length) = (start * pixels as f32, length * pixels as f32);
        let wanted = (length * (1.0 + 2.0 * MARGIN)).ceil().max(MIN_SIDE as f32).min(pixels as f32);
        let first = (start + (length - wanted) / 2.0).floor().clamp(0.0, pixels as f32 - wanted);
        (first as u32, (first + wanted) as u32)
    };
    let (left, right) = side(face.left, face.width, width);
    let (top, bottom) = side(face.top, face.height, height);
    Area { left, top, right, bottom }
}

/// Paints over a neighbour, so that it is never the one that is searched for; what it shares with the face stays.
fn paint_over(cut: &mut RgbImage, neighbour: Area, own: Area, frame: Area) {
    for y in neighbour.top.max(frame.top)..neighbour.bottom.min(frame.bottom) {
        for x in neighbour.left.max(frame.left)..neighbour.right.min(frame.right) {
            let is_own = (own.left..own.right).contains(&x) && (own.top..own.bottom).contains(&y);
            if !is_own {
                cut.put_pixel(x - frame.left, y - frame.top, GREY);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use image::ImageFormat;

    use super::*;

    const WHITE: Rgb<u8> = Rgb([255, 255, 255]);

    fn place(left: f32, top: f32, width: f32, height: f32) -> BoundingBox {
        BoundingBox { left, top, width, height }
    }

    fn white(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        RgbImage::from_pixel(width, height, WHITE).write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn a_face_is_cut_out_with_a_margin_that_stays_in_the_picture() {
        let in_the_middle = frame(place(0.4, 0.4, 0.2, 0.2), 1000, 500);
        assert_eq!(in_the_middle, Area { left: 280, top: 140, right: 720, bottom: 360 });
        let at_the_edge = frame(place(-0.05, 0.9, 0.2, 0.2), 1000, 500);
        assert_eq!(at_the_edge, Area { left: 0, top: 280, right: 440, bottom: 500 });
        let small = frame(place(0.5, 0.5, 0.01, 0.01), 1000, 500);
        assert_eq!((small.right - small.left, small.bottom - small.top), (80, 80));
        assert_eq!(frame(place(0.0, 0.0, 1.0, 1.0), 80, 90), Area { left: 0, top: 0, right: 80, bottom: 90 });
    }

    #[test]
    fn a_neighbour_is_painted_over_and_the_face_itself_is_not() {
        let faces = [place(0.2, 0.2, 0.2, 0.2), place(0.35, 0.2, 0.2, 0.2)];
        let crops = crops(&white(400, 400), &faces).unwrap();
        let cut = image::load_from_memory(&crops[0].as_ref().unwrap().bytes).unwrap().into_rgb8();
        let at = |x: u32, y: u32| cut.get_pixel(x - 32, y - 32).0[0];
        assert!(at(100, 100) > 240 && at(155, 100) > 240, "its own face, also where the other overlaps it");
        assert!(at(180, 100).abs_diff(128) < 8, "the neighbour");
    }

    #[test]
    fn a_face_is_told_where_it_is_in_its_crop_and_a_small_one_is_not_cut_out() {
        let faces = [place(0.25, 0.25, 0.5, 0.5), place(0.0, 0.0, 0.09, 0.5)];
        let crops = crops(&white(400, 400), &faces).unwrap();
        let crop = crops[0].as_ref().unwrap();
        assert_eq!((crop.pixels, crop.face), ((400, 400), faces[0]), "the margin is all there is");
        assert!(crops[1].is_none(), "36 pixels");
    }

    #[test]
    fn a_large_face_is_made_smaller() {
        let crops = crops(&white(3000, 3000), &[place(0.1, 0.1, 0.8, 0.8)]).unwrap();
        assert_eq!(crops[0].as_ref().unwrap().pixels, (1280, 1280));
    }
}
