//! Square pictures of many channels: rows of pixels, the channels of a pixel next to each other (NHWC), and around them
//! a border of one pixel of zeros, so that the windows of a 3 x 3 convolution never leave it.

/// What the channels of a pixel are filled up to a multiple of, with zeros.
const GROUP: usize = 8;

/// How many numbers a pixel of these channels has.
pub(super) fn filled(channels: usize) -> usize {
    channels.next_multiple_of(GROUP)
}

/// Makes room for a plane and clears its border; the pixels are whatever was there.
pub(super) fn bordered(numbers: &mut Vec<f32>, side: usize, pixel: usize) {
    let row = (side + 2) * pixel;
    numbers.resize(row * (side + 2), 0.0);
    numbers[..row].fill(0.0);
    for row in numbers[row..].chunks_exact_mut(row).take(side) {
        row[..pixel].fill(0.0);
        row[(side + 1) * pixel..].fill(0.0);
    }
    numbers[row * (side + 1)..].fill(0.0);
}

/// Where pixels of a plane start, row by row.
pub(super) fn places(side: usize, pixel: usize) -> impl Iterator<Item = usize> {
    windows(side, side, 1, 1, pixel)
}

/// Where the windows of `outputs` x `outputs` results start that are `stride` pixels apart, in a plane of `side`; the
/// first one starts `first` pixels from its upper left corner, in both directions.
pub(super) fn windows(
    outputs: usize,
    side: usize,
    stride: usize,
    first: usize,
    pixel: usize,
) -> impl Iterator<Item = usize> {
    grid(outputs, side + 2, stride, first, pixel)
}

/// The same in rows of `width` pixels without a border.
pub(super) fn grid(
    outputs: usize,
    width: usize,
    stride: usize,
    first: usize,
    pixel: usize,
) -> impl Iterator<Item = usize> {
    (0..outputs * outputs).map(move |i| {
        let (y, x) = (i / outputs * stride + first, i % outputs * stride + first);
        (y * width + x) * pixel
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_border_is_cleared_and_no_pixel() {
        let mut numbers = vec![1.0; 4 * 4 * 8];
        bordered(&mut numbers, 2, 8);
        let pixels: Vec<usize> = places(2, 8).collect();
        assert_eq!(pixels, [40, 48, 72, 80]);
        for (i, number) in numbers.iter().enumerate() {
            assert_eq!(*number == 1.0, pixels.contains(&(i / 8 * 8)), "{i}");
        }
    }
}
