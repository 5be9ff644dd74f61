//! A face as 128 numbers: two templates of one person point the same way.

use super::VisionError;
use super::nets::ResNet;

/// Names everything that a template depends on: network, rounding, alignment. Templates of different models must not
/// be compared.
pub const MODEL: &str = "dlib-resnet-v1-int8+blazeface-front+2";

/// Numbers of a template.
pub const DIMENSIONS: usize = 128;

/// Mean of red, green and blue that dlib's network was trained to take away.
const MEAN: [f32; 3] = [122.782, 117.001, 104.298];

/// What is remembered of a face: a vector of unit length.
#[derive(Clone, PartialEq)]
pub struct Template([f32; DIMENSIONS]);

impl Template {
    /// Takes numbers that were stored and scales them to unit length; `None` where they have none, or are not finite.
    #[must_use]
    pub fn new(mut numbers: [f32; DIMENSIONS]) -> Option<Self> {
        let length = numbers.iter().map(|&n| f64::from(n) * f64::from(n)).sum::<f64>().sqrt();
        if !(length.is_finite() && length > f64::from(f32::MIN_POSITIVE)) {
            return None;
        }
        for number in &mut numbers {
            *number = (f64::from(*number) / length) as f32;
        }
        Some(Self(numbers))
    }

    /// The direction in the middle of these; `None` where there are none, or where they cancel each other out.
    pub(super) fn mean(templates: &[Self]) -> Option<Self> {
        match templates {
            [only] => Some(only.clone()),
            several => Self::new(std::array::from_fn(|i| several.iter().map(|template| template.0[i]).sum())),
        }
    }

    /// The numbers, of unit length together.
    #[must_use]
    pub fn as_slice(&self) -> &[f32; DIMENSIONS] {
        &self.0
    }

    /// Cosine of the angle between two templates, -1 to 1.
    #[must_use]
    pub fn cosine(&self, other: &Self) -> f32 {
        self.0.iter().zip(&other.0).map(|(a, b)| a * b).sum()
    }
}

/// Says nothing of the numbers: they are biometric data.
impl std::fmt::Debug for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Template(..)")
    }
}

#[derive(Debug)]
pub(super) struct Embedder {
    net: ResNet,
}

impl Embedder {
    pub(super) fn load(onnx: &[u8]) -> Result<Self, VisionError> {
        let net = ResNet::load(onnx).ok_or_else(|| VisionError::load("the embedder's file is not dlib's ResNet"))?;
        Ok(Self { net })
    }

    pub(super) fn embed(&self, chip: &[[f32; 3]]) -> Result<Template, VisionError> {
        let pixels: Vec<[f32; 3]> =
            chip.iter().map(|pixel| std::array::from_fn(|c| (pixel[c] - MEAN[c]) / 256.0)).collect();
        let numbers = self.net.run(&pixels).try_into().ok();
        let numbers = numbers.ok_or_else(|| VisionError::run("the embedder did not answer with 128 numbers"))?;
        Template::new(numbers).ok_or_else(|| VisionError::run("the embedder's answer has no direction"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_has_unit_length() {
        let template = Template::new([3.0; DIMENSIONS]).unwrap();
        assert!((template.cosine(&template) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn numbers_without_direction_are_no_template() {
        assert!(Template::new([0.0; DIMENSIONS]).is_none());
        assert!(Template::new([f32::NAN; DIMENSIONS]).is_none());
        assert!(Template::new([f32::INFINITY; DIMENSIONS]).is_none());
    }

    #[test]
    fn the_mean_of_templates_is_as_near_to_each() {
        let along = |axis: usize| Template::new(std::array::from_fn(|i| if i == axis { 1.0 } else { 0.0 })).unwrap();
        let mean = Template::mean(&[along(0), along(1)]).unwrap();
        assert!((mean.cosine(&along(0)) - 0.5_f32.sqrt()).abs() < 1e-6);
        assert!((mean.cosine(&along(1)) - 0.5_f32.sqrt()).abs() < 1e-6);
        assert_eq!(Template::mean(&[along(5)]), Some(along(5)));
        assert_eq!(Template::mean(&[]), None);
    }

    /// What 8-bit weights cost, on real chips; `weights/make.py --golden` writes what the network says without rounding.
    #[test]
    fn rounding_to_8_bits_keeps_the_direction_of_a_template() {
        let embedder = Embedder::load(super::super::EMBEDDER).unwrap();
        let expected = include_str!("../../testdata/chips/expected-f32.txt");
        for (line, png) in expected.lines().zip([
            include_bytes!("../../testdata/chips/astronaut.png").as_slice(),
            include_bytes!("../../testdata/chips/grace_hopper.png"),
        ]) {
            let (name, numbers) = line.split_once(' ').unwrap();
            let numbers: Vec<f32> = numbers.split(' ').map(|number| number.parse().unwrap()).collect();
            let exact = Template::new(numbers.try_into().unwrap()).unwrap();
            let chip = image::load_from_memory(png).unwrap().into_rgb8();
            let chip: Vec<_> = chip.pixels().map(|pixel| pixel.0.map(f32::from)).collect();
            let cosine = embedder.embed(&chip).unwrap().cosine(&exact);
            assert!(cosine > 0.9995, "{name}: {cosine}");
        }
    }

    #[test]
    fn a_template_is_never_printed() {
        assert_eq!(format!("{:?}", Template::new([1.0; DIMENSIONS]).unwrap()), "Template(..)");
    }
}
