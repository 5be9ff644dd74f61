//! Measures how small faces are found: `... --example recall -- FOLDER [CROPS]` pastes portraits of FOLDER
//! at known sizes into Full HD pictures, prints what was found, and writes what is no pasted face into CROPS.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use attendance_local::vision::{DetectedFace, Picture, Vision};
use image::codecs::jpeg::JpegEncoder;
use image::{RgbImage, imageops};

const WIDTH: u32 = 1920;
const HEIGHT: u32 = 1080;
const SIZES: [u32; 7] = [30, 40, 50, 64, 80, 120, 200];
const FACES: usize = 120;
const COLUMNS: u32 = 5;
const ROWS: u32 = 3;

/// What is cut out of a portrait, in sides of its face: hair and collar belong to what a detector sees.
const CUT: f32 = 1.6;

/// How far from a face background starts, in sides of the face.
const CLEAR: f32 = 0.25;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Left, top, right and bottom in pixels.
#[derive(Clone, Copy)]
struct Place([f32; 4]);

impl Place {
    fn of(face: &DetectedFace, width: u32, height: u32) -> Self {
        let (b, width, height) = (face.bounding_box, width as f32, height as f32);
        Self([b.left * width, b.top * height, (b.left + b.width) * width, (b.top + b.height) * height])
    }

    fn area(&self) -> f32 {
        let [left, top, right, bottom] = self.0;
        (right - left).max(0.0) * (bottom - top).max(0.0)
    }

    /// Intersection over union.
    fn overlap(&self, other: &Self) -> f32 {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
        let shared = Self([a.max(e), b.max(f), c.min(g), d.min(h)]).area();
        shared / (self.area() + other.area() - shared)
    }
}

/// A face with its surroundings.
struct Portrait {
    cut: RgbImage,
    face: Place,
}

#[derive(Default)]
struct Tally {
    found: usize,
    doubles: usize,
    wrong: usize,
    times: Vec<Duration>,
}

fn main() -> Outcome<()> {
    let mut arguments = std::env::args_os().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("usage: recall FOLDER [CROPS]")?);
    let crops = arguments.next().map(PathBuf::from);
    let vision = Vision::load()?;
    let (portraits, backgrounds) = material(&vision, &folder)?;
    println!("{} faces, {} strips of background", portraits.len(), backgrounds.len());
    println!("pixels  found      doubles  wrong in pictures  median ms");
    for size in SIZES {
        let mut tally = Tally::default();
        for (number, some) in portraits.chunks((COLUMNS * ROWS) as usize).enumerate() {
            look(&vision, &backgrounds, some, (size, number), &mut tally, crops.as_deref())?;
        }
        tally.times.sort();
        let (pictures, median) = (tally.times.len(), tally.times[tally.times.len() / 2]);
        let Tally { found, doubles, wrong, .. } = tally;
        let share = format!("{found}/{}", portraits.len());
        println!("{size:6}  {share:9} {doubles:8}  {wrong:5} in {pictures:<8}  {:9.0}", median.as_secs_f64() * 1e3);
    }
    Ok(())
}

/// Evenly chosen portraits with a single face, and what stands beside the faces.
fn material(vision: &Vision, folder: &Path) -> Outcome<(Vec<Portrait>, Vec<RgbImage>)> {
    let mut files: Vec<_> = std::fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|file| file.extension().is_some_and(|kind| kind == "jpg" || kind == "png"));
    files.sort();
    let (mut portraits, mut backgrounds) = (Vec::new(), Vec::new());
    for file in files.iter().step_by((files.len() / FACES / 2).max(1)) {
        let picture = Vision::decode(&std::fs::read(file)?)?;
        let [face] = vision.all(&picture)?[..] else { continue };
        let (width, height) = (picture.width(), picture.height());
        let pixels = pixels(&picture)?;
        let Place([left, top, right, bottom]) = Place::of(&face, width, height);
        let side = (right - left).max(bottom - top);
        for (from, to) in [(0.0, left - CLEAR * side), (right + CLEAR * side, width as f32)] {
            if to - from >= 32.0 {
                backgrounds.push(imageops::crop_imm(&pixels, from as u32, 0, (to - from) as u32, height).to_image());
            }
        }
        let (x, y) = ((left + right - CUT * side) / 2.0, (top + bottom - CUT * side) / 2.0);
        if portraits.len() < FACES && x >= 0.0 && y >= 0.0 {
            let cut = imageops::crop_imm(&pixels, x as u32, y as u32, (CUT * side) as u32, (CUT * side) as u32);
            let (x, y) = (x.floor(), y.floor());
            portraits.push(Portrait { cut: cut.to_image(), face: Place([left - x, top - y, right - x, bottom - y]) });
        }
    }
    if portraits.is_empty() || backgrounds.is_empty() {
        return Err("the folder has no portraits with space around a single face".into());
    }
    Ok((portraits, backgrounds))
}

fn look(
    vision: &Vision,
    backgrounds: &[RgbImage],
    portraits: &[Portrait],
    (size, number): (u32, usize),
    tally: &mut Tally,
    crops: Option<&Path>,
) -> Outcome<()> {
    let mut hall = hall(backgrounds, size as usize * 31 + number * 97);
    let mut places = Vec::new();
    for (i, portrait) in portraits.iter().enumerate() {
        let Place(face) = portrait.face;
        let scale = size as f32 / (face[2] - face[0]);
        let side = |pixels: u32| (pixels as f32 * scale).round().max(1.0) as u32;
        let (width, height) = (side(portrait.cut.width()), side(portrait.cut.height()));
        let pasted = imageops::resize(&portrait.cut, width, height, imageops::FilterType::CatmullRom);
        let (cell_width, cell_height, i) = (WIDTH / COLUMNS, HEIGHT / ROWS, i as u32);
        // Spread over what the cell leaves free, so that faces lie anywhere in the search's tiles.
        let free = |cell: u32, side: u32, step: u32| (i * step + size) % (cell.saturating_sub(side)).max(1);
        let x = i % COLUMNS * cell_width + free(cell_width, width, 137);
        let y = i / COLUMNS * cell_height + free(cell_height, height, 71);
        imageops::replace(&mut hall, &pasted, x.into(), y.into());
        let (x, y) = (x as f32, y as f32);
        let [left, top, right, bottom] = face.map(|place| place * scale);
        places.push(Place([x + left, y + top, x + right, y + bottom]));
    }
    let mut jpeg = Vec::new();
    hall.write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, 90))?;
    let picture = Vision::decode(&jpeg)?;
    let start = Instant::now();
    let faces = vision.all(&picture)?;
    tally.times.push(start.elapsed());

    let mut seen = vec![0usize; places.len()];
    for face in &faces {
        let place = Place::of(face, WIDTH, HEIGHT);
        if let Some(i) = places.iter().position(|truth| truth.overlap(&place) > 0.3) {
            seen[i] += 1;
            continue;
        }
        tally.wrong += 1;
        if let Some(folder) = crops {
            let [left, top, right, _] = place.0.map(|pixels| pixels.max(0.0) as u32);
            let side = right - left;
            let (x, y) = (left.saturating_sub(side / 2), top.saturating_sub(side / 2));
            let name = format!("{:03.0}-{side}-{size}-{number}-{}.png", face.quality.confidence, tally.wrong);
            imageops::crop_imm(&hall, x, y, side * 2, side * 2).to_image().save(folder.join(name))?;
        }
    }
    tally.found += seen.iter().filter(|times| **times > 0).count();
    tally.doubles += seen.iter().map(|times| times.saturating_sub(1)).sum::<usize>();
    Ok(())
}

/// A Full HD picture of strips of background, another one for every seed.
fn hall(backgrounds: &[RgbImage], seed: usize) -> RgbImage {
    let mut hall = RgbImage::new(WIDTH, HEIGHT);
    let (mut next, mut y) = (seed, 0);
    while y < HEIGHT {
        let (mut x, mut low) = (0, HEIGHT);
        while x < WIDTH {
            let strip = &backgrounds[next % backgrounds.len()];
            imageops::replace(&mut hall, strip, x.into(), y.into());
            (x, low, next) = (x + strip.width(), low.min(strip.height()), next + 1);
        }
        y += low;
    }
    hall
}

fn pixels(picture: &Picture) -> Outcome<RgbImage> {
    let pixels = RgbImage::from_raw(picture.width(), picture.height(), picture.rgb().to_vec());
    pixels.ok_or_else(|| "a picture has three numbers a pixel".into())
}
