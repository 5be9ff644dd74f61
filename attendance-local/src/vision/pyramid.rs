//! Pixels at any scale, turned and moved: a picture with its halved copies, and a sampler that reads them.

/// An RGB picture of one size.
pub(super) struct Level {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

impl Level {
    pub(super) fn new(width: usize, height: usize, rgb: Vec<u8>) -> Self {
        debug_assert_eq!(rgb.len(), width * height * 3);
        Self { width, height, rgb }
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn height(&self) -> usize {
        self.height
    }

    pub(super) fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// Half as wide and high, each pixel the mean of four. An odd last row or column is left out, so that places keep
    /// their ratio of exactly two.
    fn halved(&self) -> Self {
        let (width, height) = (self.width / 2, self.height / 2);
        let mut rgb = Vec::with_capacity(width * height * 3);
        for rows in self.rgb.chunks_exact(self.width * 6).take(height) {
            let (upper, lower) = rows.split_at(self.width * 3);
            for (a, b) in upper.chunks_exact(6).zip(lower.chunks_exact(6)) {
                let channel = |c: usize| {
                    let sum = u16::from(a[c]) + u16::from(a[c + 3]) + u16::from(b[c]) + u16::from(b[c + 3]);
                    ((sum + 2) / 4) as u8
                };
                rgb.extend([channel(0), channel(1), channel(2)]);
            }
        }
        Self { width, height, rgb }
    }

    /// Bilinear value at a place whose pixel centres lie at whole numbers; black outside of the picture.
    fn bilinear(&self, x: f32, y: f32) -> [f32; 3] {
        let ((left, fx), (top, fy)) = (split(x), split(y));
        if left >= 0 && top >= 0 && left + 1 < self.width as isize && top + 1 < self.height as isize {
            let at = (top as usize * self.width + left as usize) * 3;
            let (upper, lower) = (&self.rgb[at..at + 6], &self.rgb[at + self.width * 3..at + self.width * 3 + 6]);
            // Not `array::from_fn`, which is not inlined here and costs a function call for each channel.
            let channel = |c: usize| {
                let above = f32::from(upper[c]) * (1.0 - fx) + f32::from(upper[c + 3]) * fx;
                let below = f32::from(lower[c]) * (1.0 - fx) + f32::from(lower[c + 3]) * fx;
                above * (1.0 - fy) + below * fy
            };
            return [channel(0), channel(1), channel(2)];
        }
        let mut value = [0.0; 3];
        for (dx, dy, share) in
            [(0, 0, (1.0 - fx) * (1.0 - fy)), (1, 0, fx * (1.0 - fy)), (0, 1, (1.0 - fx) * fy), (1, 1, fx * fy)]
        {
            let (column, row) = (left + dx, top + dy);
            if column >= 0 && row >= 0 && column < self.width as isize && row < self.height as isize {
                let at = (row as usize * self.width + column as usize) * 3;
                for (sum, channel) in value.iter_mut().zip(&self.rgb[at..at + 3]) {
                    *sum += share * f32::from(*channel);
                }
            }
        }
        value
    }
}

/// The whole number below a place, and what is left. Without `f32::floor`, which is a function call where a processor's
/// basic instructions must do.
fn split(place: f32) -> (isize, f32) {
    let whole = place as i32;
    let below = whole - i32::from(whole as f32 > place);
    (below as isize, place - below as f32)
}

/// A picture and its halved copies, the largest first.
pub(super) struct Pyramid {
    levels: Vec<Level>,
}

impl Pyramid {
    pub(super) fn new(full: Level) -> Self {
        let mut levels = vec![full];
        while let Some(last) = levels.last()
            && last.width.max(last.height) > 128
            && last.width.min(last.height) > 1
        {
            levels.push(last.halved());
        }
        Self { levels }
    }

    pub(super) fn full(&self) -> &Level {
        &self.levels[0]
    }

    /// Pixels of a `width` x `height` view, row by row, channels 0 to 255; `view` leads from a place in the view to a
    /// place in the picture. Reads the two copies whose scales are next to the view's and blends them, so that a large
    /// face does not alias and a small one does not blur.
    pub(super) fn sample(&self, view: &Placement, width: usize, height: usize) -> Vec<[f32; 3]> {
        let depth = view.scale().log2().clamp(0.0, (self.levels.len() - 1) as f32);
        let (near, share) = (depth.floor() as usize, depth.fract());
        let mut pixels = self.sample_level(near, view, width, height);
        if share > 0.05 && near + 1 < self.levels.len() {
            for (pixel, far) in pixels.iter_mut().zip(self.sample_level(near + 1, view, width, height)) {
                for c in 0..3 {
                    pixel[c] += share * (far[c] - pixel[c]);
                }
            }
        }
        pixels
    }

    fn sample_level(&self, depth: usize, view: &Placement, width: usize, height: usize) -> Vec<[f32; 3]> {
        let level = &self.levels[depth];
        let shrink = 1.0 / (1u32 << depth) as f32;
        let mut pixels = Vec::with_capacity(width * height);
        for row in 0..height {
            for column in 0..width {
                let (x, y) = view.apply((column as f32 + 0.5, row as f32 + 0.5));
                pixels.push(level.bilinear(x * shrink - 0.5, y * shrink - 0.5));
            }
        }
        pixels
    }
}

/// A place in pixels: from the left edge and from the top edge, so that the first pixel's centre is at (0.5, 0.5).
pub(super) type Point = (f32, f32);

/// Turns, scales and moves; keeps angles.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Placement {
    a: f32,
    b: f32,
    x: f32,
    y: f32,
}

impl Placement {
    /// Scales, then moves the origin to `to`.
    pub(super) fn scale_then_move(scale: f32, to: Point) -> Self {
        Self { a: scale, b: 0.0, x: to.0, y: to.1 }
    }

    /// The one that brings `from` nearest to `to`, by least squares, in which each place counts as its weight says;
    /// `None` where `from` is a single place.
    pub(super) fn fit(from: &[Point], to: &[Point], weights: &[f32]) -> Option<Self> {
        let (from_mean, to_mean) = (mean(from, weights), mean(to, weights));
        let (mut a, mut b, mut spread) = (0.0, 0.0, 0.0);
        for ((p, q), weight) in from.iter().zip(to).zip(weights) {
            let (px, py, qx, qy) = (p.0 - from_mean.0, p.1 - from_mean.1, q.0 - to_mean.0, q.1 - to_mean.1);
            a += weight * (px * qx + py * qy);
            b += weight * (px * qy - py * qx);
            spread += weight * (px * px + py * py);
        }
        if !(spread > f32::EPSILON && a.hypot(b) > f32::EPSILON) {
            return None;
        }
        let (a, b) = (a / spread, b / spread);
        let turned = (a * from_mean.0 - b * from_mean.1, b * from_mean.0 + a * from_mean.1);
        Some(Self { a, b, x: to_mean.0 - turned.0, y: to_mean.1 - turned.1 })
    }

    /// Leads back.
    pub(super) fn inverse(&self) -> Self {
        let square = self.a * self.a + self.b * self.b;
        let (a, b) = (self.a / square, -self.b / square);
        Self { a, b, x: -(a * self.x - b * self.y), y: -(b * self.x + a * self.y) }
    }

    pub(super) fn apply(&self, (x, y): Point) -> Point {
        (self.a * x - self.b * y + self.x, self.b * x + self.a * y + self.y)
    }

    /// How much longer a distance becomes.
    pub(super) fn scale(&self) -> f32 {
        self.a.hypot(self.b)
    }
}

fn mean(points: &[Point], weights: &[f32]) -> Point {
    let weighed = points.iter().zip(weights);
    let sum = weighed.fold((0.0, 0.0), |sum, (p, weight)| (sum.0 + p.0 * weight, sum.1 + p.1 * weight));
    let weight: f32 = weights.iter().sum();
    (sum.0 / weight, sum.1 / weight)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkerboard(side: usize) -> Pyramid {
        let rgb =
            (0..side * side).flat_map(|i| [if (i % side + i / side).is_multiple_of(2) { 255 } else { 0 }; 3]).collect();
        Pyramid::new(Level::new(side, side, rgb))
    }

    #[test]
    fn a_view_at_full_scale_is_the_picture_itself() {
        let board = checkerboard(130);
        let view = board.sample(&Placement::scale_then_move(1.0, (0.0, 0.0)), 130, 130);
        assert!(view.iter().zip(board.full().rgb().chunks(3)).all(|(a, b)| (a[0] - f32::from(b[0])).abs() < 0.01));
    }

    #[test]
    fn a_small_view_of_a_fine_pattern_is_its_mean_not_an_alias() {
        let view = checkerboard(1024).sample(&Placement::scale_then_move(8.0, (0.0, 0.0)), 128, 128);
        assert!(view.iter().all(|pixel| (pixel[0] - 127.5).abs() < 2.0));
    }

    #[test]
    fn outside_of_the_picture_is_black() {
        let view = checkerboard(130).sample(&Placement::scale_then_move(1.0, (-200.0, -200.0)), 50, 50);
        assert!(view.iter().all(|pixel| *pixel == [0.0; 3]));
    }

    #[test]
    fn a_fit_recovers_a_turn_a_scale_and_a_move() {
        let truth = Placement { a: 1.5, b: -0.7, x: 12.0, y: -3.0 };
        let from = [(0.0, 0.0), (10.0, 2.0), (4.0, 9.0)];
        let to = from.map(|p| truth.apply(p));
        let found = Placement::fit(&from, &to, &[1.0; 3]).unwrap();
        for (p, q) in from.iter().zip(to) {
            let r = found.apply(*p);
            assert!((r.0 - q.0).abs() < 1e-3 && (r.1 - q.1).abs() < 1e-3);
        }
        assert!(Placement::fit(&[(1.0, 1.0); 3], &to, &[1.0; 3]).is_none());
    }

    #[test]
    fn a_place_of_little_weight_hardly_moves_a_fit() {
        let from = [(0.0, 0.0), (10.0, 0.0), (5.0, 5.0)];
        let moved = [(0.0, 0.0), (10.0, 0.0), (8.0, 9.0)];
        let far = |weight: f32| {
            let place = Placement::fit(&from, &moved, &[1.0, 1.0, weight]).unwrap().apply((0.0, 0.0));
            place.0.hypot(place.1)
        };
        assert!(far(0.0) < 1e-5 && far(0.1) < far(1.0) / 3.0, "{} {}", far(0.1), far(1.0));
    }
}
