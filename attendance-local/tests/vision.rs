//! The networks on real portraits: what is found, who is told apart, and what a photo may go through on its way.

use std::error::Error;
use std::path::PathBuf;

use attendance_local::vision::{DetectedFace, Picture, PictureLimits, Template, Vision, VisionError, calibration};
use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, imageops};

type Outcome = Result<(), Box<dyn Error>>;

const GRACE: &[u8] = include_bytes!("../testdata/grace_hopper.jpg");
const ASTRONAUT: &[u8] = include_bytes!("../testdata/astronaut.png");

fn only_face(vision: &Vision, bytes: &[u8]) -> Result<(DetectedFace, Template), Box<dyn Error>> {
    let picture = Vision::decode(bytes)?;
    let (face, others) = vision.largest(&picture)?;
    let face = face.ok_or("no face")?;
    assert_eq!(others, 0);
    Ok((face, vision.embed(&picture, &face)?))
}

fn jpeg(picture: &DynamicImage, quality: u8) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut bytes = Vec::new();
    picture.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, quality))?;
    Ok(bytes)
}

/// The JPEG with an EXIF segment that holds nothing but this orientation.
fn with_orientation(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut bytes = jpeg[..2].to_vec();
    bytes.extend_from_slice(b"\xFF\xE1\x00\x22Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0");
    bytes.extend_from_slice(&[orientation, 0, 0, 0, 0, 0, 0, 0]);
    bytes.extend_from_slice(&jpeg[2..]);
    bytes
}

fn same_box(a: &DetectedFace, b: &DetectedFace, within: f32) -> bool {
    let (a, b) = (a.bounding_box, b.bounding_box);
    [a.left - b.left, a.top - b.top, a.width - b.width, a.height - b.height].iter().all(|d| d.abs() < within)
}

#[test]
fn each_portrait_shows_exactly_one_face_that_both_searches_agree_on() -> Outcome {
    let vision = Vision::load()?;
    for bytes in [GRACE, ASTRONAUT] {
        let picture = Vision::decode(bytes)?;
        let (largest, others) = vision.largest(&picture)?;
        let all = vision.all(&picture)?;
        let largest = largest.ok_or("no face")?;
        assert_eq!((all.len(), others), (1, 0));
        assert!(same_box(&all[0], &largest, 0.02), "{all:?} {largest:?}");
        let quality = largest.quality;
        assert!(quality.size > 80 && quality.sharpness > 40.0 && quality.confidence > 80.0, "{quality:?}");
        assert!((20.0..90.0).contains(&quality.brightness), "{quality:?}");
        assert!(quality.pose.yaw.abs() < 30.0 && quality.pose.roll.abs() < 20.0, "{quality:?}");
    }
    Ok(())
}

#[test]
fn a_photo_is_the_same_in_all_eight_exif_orientations() -> Outcome {
    let vision = Vision::load()?;
    let upright = image::load_from_memory(ASTRONAUT)?;
    let (face, template) = only_face(&vision, &jpeg(&upright, 95)?)?;
    for exif in 1..=8 {
        let mut stored = upright.clone();
        stored.apply_orientation(match Orientation::from_exif(exif).ok_or("no orientation")? {
            Orientation::Rotate90 => Orientation::Rotate270,
            Orientation::Rotate270 => Orientation::Rotate90,
            itself => itself,
        });
        let (turned, other) = only_face(&vision, &with_orientation(&jpeg(&stored, 95)?, exif))?;
        assert!(same_box(&turned, &face, 0.01), "orientation {exif}: {turned:?} {face:?}");
        assert!(template.cosine(&other) > 0.99, "orientation {exif}: {}", template.cosine(&other));
    }
    Ok(())
}

#[test]
fn altered_copies_stay_above_the_threshold_and_two_people_stay_below() -> Outcome {
    let vision = Vision::load()?;
    let (_, grace) = only_face(&vision, GRACE)?;
    let (_, astronaut) = only_face(&vision, ASTRONAUT)?;
    for (bytes, template, other) in [(GRACE, &grace, &astronaut), (ASTRONAUT, &astronaut, &grace)] {
        let original = image::load_from_memory(bytes)?;
        let (width, height) = (original.width(), original.height());
        let copies = [
            original.resize(width / 2, height / 2, imageops::FilterType::Triangle),
            original.resize(width * 3, height * 3, imageops::FilterType::Triangle),
            original.brighten(35),
            original.brighten(-35),
            original.fliph(),
            original.blur(1.5),
            original.grayscale(),
            original.crop_imm(width / 10, 0, width * 8 / 10, height * 8 / 10),
        ];
        for (index, copy) in copies.iter().enumerate() {
            let (_, altered) = only_face(&vision, &jpeg(copy, 60)?)?;
            let percent = calibration::percent(template.cosine(&altered));
            assert!(percent > calibration::THRESHOLD, "copy {index}: {percent}");
            assert!(calibration::percent(other.cosine(&altered)) < calibration::THRESHOLD, "copy {index}");
        }
    }
    Ok(())
}

#[test]
fn small_faces_of_a_large_picture_are_found_once_each() -> Outcome {
    let vision = Vision::load()?;
    let mut hall = DynamicImage::new_rgb8(1920, 1080);
    imageops::vertical_gradient(&mut hall, &image::Rgba([90, 80, 70, 255]), &image::Rgba([190, 200, 210, 255]));
    let portrait = image::load_from_memory(ASTRONAUT)?;
    let side = vision.all(&Vision::decode(ASTRONAUT)?)?[0].bounding_box.width;
    let mut places = Vec::new();
    for (index, pixels) in [40.0f32, 48.0, 64.0, 96.0, 160.0].into_iter().enumerate() {
        let width = (pixels / side).round() as u32;
        let copy = portrait.resize_exact(width, width, imageops::FilterType::Lanczos3);
        let (x, y) = (37 + 310 * index as i64, 51 + 97 * index as i64);
        imageops::overlay(&mut hall, &copy, x, y);
        places.push((x as f32, y as f32, width as f32));
    }
    let mut bytes = std::io::Cursor::new(Vec::new());
    hall.to_rgb8().write_to(&mut bytes, image::ImageFormat::Png)?;
    let faces = vision.all(&Vision::decode(bytes.get_ref())?)?;
    assert_eq!(faces.len(), places.len(), "{faces:?}");
    for (face, (x, y, width)) in faces.iter().zip(places) {
        let (eye_x, eye_y) = face.keypoints.right_eye;
        assert!(eye_x > x && eye_x < x + width && eye_y > y && eye_y < y + width, "{face:?}");
    }
    Ok(())
}

#[test]
fn a_picture_without_a_face_has_none() -> Outcome {
    let vision = Vision::load()?;
    let mut empty = DynamicImage::new_rgb8(640, 480);
    imageops::horizontal_gradient(&mut empty, &image::Rgba([10, 60, 90, 255]), &image::Rgba([250, 230, 200, 255]));
    let picture = Vision::decode(&jpeg(&empty, 90)?)?;
    assert!(vision.all(&picture)?.is_empty());
    assert_eq!(vision.largest(&picture)?, (None, 0));
    Ok(())
}

#[test]
fn many_pictures_at_once_have_the_same_templates_as_one_after_another() -> Outcome {
    let vision = Vision::load()?;
    let (_, alone) = only_face(&vision, GRACE)?;
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..8)
            .map(|_| {
                let vision = vision.clone();
                scope.spawn(move || only_face(&vision, GRACE).map(|(_, template)| template).map_err(|e| e.to_string()))
            })
            .collect();
        for run in runs {
            assert_eq!(run.join().expect("a thread panicked"), Ok(alone.clone()));
        }
    });
    Ok(())
}

/// The folder of portraits that `ATTENDANCE_FACES` names, or `None` after a line that says what was skipped.
fn faces() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("ATTENDANCE_FACES") {
        return Some(folder.into());
    }
    assert!(
        std::env::var_os("ATTENDANCE_REQUIRE_BACKENDS").is_none_or(|value| value != "1"),
        "ATTENDANCE_FACES must name a folder of portraits"
    );
    println!("skipped: set ATTENDANCE_FACES to a folder of portraits named FamilyN-NameN.jpg");
    None
}

/// Person (`Family1-Dad`), number and template.
type Portrait = (String, String, Template);

/// Every portrait of the folder, as it checks in.
fn portraits(vision: &Vision, folder: &PathBuf) -> Result<Vec<Portrait>, Box<dyn Error>> {
    portraits_by(vision, folder, Vision::embed)
}

/// Every portrait of the folder, as it is enrolled.
fn enrolled_portraits(vision: &Vision, folder: &PathBuf) -> Result<Vec<Portrait>, Box<dyn Error>> {
    portraits_by(vision, folder, Vision::embed_to_enrol)
}

fn portraits_by(
    vision: &Vision,
    folder: &PathBuf,
    embed: fn(&Vision, &Picture, &DetectedFace) -> Result<Template, VisionError>,
) -> Result<Vec<Portrait>, Box<dyn Error>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        if name.starts_with("Family") && path.extension().is_some_and(|e| e == "jpg") {
            let picture = Vision::decode(&std::fs::read(&path)?)?;
            assert_eq!(vision.all(&picture)?.len(), 1, "{name}");
            let (face, others) = vision.largest(&picture)?;
            assert_eq!(others, 0, "{name}");
            let (person, number) = name.split_at(name.len() - 1);
            found.push((person.into(), number.into(), embed(vision, &picture, &face.ok_or("no face")?)?));
        }
    }
    found.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
    Ok(found)
}

/// Who a face is among the enrolled, as the recommended policy says: a name, `ambiguous`, or `stranger`.
fn named<'a>(face: &Template, enrolled: &[&'a Portrait]) -> &'a str {
    let mut ranked: Vec<_> =
        enrolled.iter().map(|(name, _, one)| (calibration::percent(face.cosine(one)), name.as_str())).collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    println!("{ranked:.1?}");
    match ranked[..] {
        [(best, _), ..] if best < calibration::THRESHOLD => "stranger",
        [(best, _), (second, _), ..] if best - second < calibration::MARGIN => "ambiguous",
        [(_, name), ..] => name,
        [] => "stranger",
    }
}

#[test]
fn families_are_told_apart_and_strangers_stay_strangers() -> Outcome {
    let Some(folder) = faces() else { return Ok(()) };
    let vision = Vision::load()?;
    let portraits = portraits(&vision, &folder)?;
    let enrolled = enrolled_portraits(&vision, &folder)?;
    let enrolled: Vec<_> = enrolled.iter().filter(|p| p.1 == "1" && !p.0.starts_with("Family3")).collect();
    assert_eq!(enrolled.len(), 6);
    for (person, number, template) in &portraits {
        println!("{person}{number}");
        let answer = named(template, &enrolled);
        if person.starts_with("Family3") {
            assert_eq!(answer, "stranger", "{person}{number}");
        } else {
            let sibling = person == "Family1-Daughter" || person == "Family1-Son";
            assert!(answer == person || sibling && answer == "ambiguous", "{person}{number}: {answer}");
        }
    }
    let first = |name: &str| enrolled.iter().find(|p| p.0 == name).map(|p| &p.2).ok_or("not enrolled");
    let siblings = first("Family1-Daughter")?.cosine(first("Family1-Son")?);
    assert!(calibration::percent(siblings) < calibration::DUPLICATE);

    let group = Vision::decode(&std::fs::read(folder.join("identification1.jpg"))?)?;
    let seen = vision.all(&group)?;
    assert_eq!(seen.len(), 4);
    for (face, person) in seen.iter().zip(["Family1-Son", "Family1-Dad", "Family1-Mom", "Family1-Daughter"]) {
        let answer = named(&vision.embed(&group, face)?, &enrolled);
        let sibling = person == "Family1-Daughter" || person == "Family1-Son";
        assert!(answer == person || sibling && answer == "ambiguous", "{person}: {answer}");
    }
    Ok(())
}

/// Whether both are the two siblings of the portraits, who look alike.
fn siblings(a: &str, b: &str) -> bool {
    a != b && [a, b].iter().all(|person| ["Family1-Son", "Family1-Daughter"].contains(person))
}

#[test]
fn every_two_portraits_of_one_person_are_more_alike_than_any_of_two_who_are_no_siblings() -> Outcome {
    let Some(folder) = faces() else { return Ok(()) };
    let vision = Vision::load()?;
    let checked_in = portraits(&vision, &folder)?;
    let enrolled = enrolled_portraits(&vision, &folder)?;
    let (mut least, mut most) = ((f32::MAX, String::new()), (f32::MIN, String::new()));
    for (person, number, template) in &enrolled {
        for (other, other_number, seen) in &checked_in {
            let cosine = template.cosine(seen);
            let pair = || (cosine, format!("{person}{number} {other}{other_number}"));
            if person == other && number != other_number && cosine < least.0 {
                least = pair();
            } else if person != other && !siblings(person, other) && cosine > most.0 {
                most = pair();
            }
        }
    }
    println!("one person, least alike: {least:?}; two people, most alike: {most:?}");
    assert!(least.0 > most.0, "{least:?} {most:?}");
    Ok(())
}

#[test]
fn limits_of_ones_own_are_obeyed() {
    let limits = PictureLimits { pixels: 100_000, ..PictureLimits::default() };
    let error = Picture::decode(GRACE, &limits).map(|_| ()).expect_err("512 x 600 is too much");
    assert_eq!(
        error.to_string(),
        "the picture says it has 512 x 600 pixels and the limit is 100000 in all: send a smaller one"
    );
}
