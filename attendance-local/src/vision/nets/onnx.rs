//! The learned tensors of an ONNX file: no more of the format than the two networks need.
//!
//! The structure of both networks is written down in code, so that only the weights are read: of each `Conv` and
//! `MatMul`, in the order of the file, the weights and the bias. 8-bit weights (`DequantizeLinear`) become floats.

use std::collections::HashMap;

/// Numbers with their dimensions, in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tensor {
    pub(super) shape: Vec<usize>,
    pub(super) numbers: Vec<f32>,
}

/// A `Conv` or a `MatMul`.
#[derive(Debug)]
pub(super) struct Layer {
    pub(super) weights: Tensor,
    /// Empty where the layer has none.
    pub(super) bias: Vec<f32>,
}

/// A field of a protobuf message.
enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Other,
}

/// Reads the fields of a protobuf message one by one; ends early where the message is broken.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(bytes)
    }

    fn field(&mut self) -> Option<(u64, Field<'a>)> {
        let key = self.varint()?;
        let field = match key & 7 {
            0 => Field::Number(self.varint()?),
            1 => self.take(8).map(|_| Field::Other)?,
            2 => {
                let count = usize::try_from(self.varint()?).ok()?;
                Field::Bytes(self.take(count)?)
            }
            5 => self.take(4).map(|_| Field::Other)?,
            _ => return None,
        };
        Some((key >> 3, field))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = (u64, Field<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        self.field()
    }
}

/// Every layer of the network in the order of the file; `None` where it is not such a file.
pub(super) fn layers(model: &[u8]) -> Option<Vec<Layer>> {
    let graph = Fields(model).find_map(|field| match field {
        (7, Field::Bytes(graph)) => Some(graph),
        _ => None,
    })?;
    let (mut tensors, mut nodes) = (HashMap::new(), Vec::new());
    for field in Fields(graph) {
        match field {
            (1, Field::Bytes(node)) => nodes.push(Node::read(node)),
            (5, Field::Bytes(tensor)) => {
                let (name, tensor) = read_tensor(tensor)?;
                tensors.insert(name, tensor);
            }
            _ => {}
        }
    }
    let mut layers = Vec::new();
    for node in nodes {
        match (node.kind, node.inputs.as_slice()) {
            (b"DequantizeLinear", [grid, scale]) => {
                let (grid, scale) = (tensors.get(grid)?, tensors.get(scale)?);
                let floats = dequantised(grid, &scale.numbers, node.axis)?;
                tensors.insert(node.output, floats);
            }
            (b"Conv" | b"MatMul", [_, weights, bias @ ..]) => {
                let bias = bias.first().map(|bias| tensors.get(bias).cloned());
                let bias = bias.map_or(Some(Vec::new()), |bias| Some(bias?.numbers))?;
                layers.push(Layer { weights: tensors.get(weights)?.clone(), bias });
            }
            _ => {}
        }
    }
    Some(layers)
}

#[derive(Default)]
struct Node<'a> {
    kind: &'a [u8],
    inputs: Vec<&'a [u8]>,
    output: &'a [u8],
    axis: usize,
}

impl<'a> Node<'a> {
    fn read(message: &'a [u8]) -> Self {
        let mut node = Self::default();
        for field in Fields(message) {
            match field {
                (1, Field::Bytes(name)) => node.inputs.push(name),
                (2, Field::Bytes(name)) => node.output = name,
                (4, Field::Bytes(kind)) => node.kind = kind,
                (5, Field::Bytes(attribute)) => node.attribute(attribute),
                _ => {}
            }
        }
        node
    }

    fn attribute(&mut self, message: &'a [u8]) {
        let mut named = false;
        for field in Fields(message) {
            match field {
                (1, Field::Bytes(name)) => named = name == b"axis",
                (3, Field::Number(value)) if named => self.axis = value as usize,
                _ => {}
            }
        }
    }
}

fn read_tensor(message: &[u8]) -> Option<(&[u8], Tensor)> {
    let (mut name, mut shape, mut kind, mut raw): (&[u8], _, _, &[u8]) = (&[], Vec::new(), 0, &[]);
    let mut floats: &[u8] = &[];
    for field in Fields(message) {
        match field {
            (1, Field::Number(extent)) => shape.push(usize::try_from(extent).ok()?),
            (1, Field::Bytes(extents)) => {
                let mut extents = Fields(extents);
                while let Some(extent) = extents.varint() {
                    shape.push(usize::try_from(extent).ok()?);
                }
            }
            (2, Field::Number(number)) => kind = number,
            (4, Field::Bytes(bytes)) => floats = bytes,
            (8, Field::Bytes(bytes)) => name = bytes,
            (9, Field::Bytes(bytes)) => raw = bytes,
            _ => {}
        }
    }
    let little = |bytes: &[u8]| bytes.as_chunks().0.iter().map(|number| f32::from_le_bytes(*number)).collect();
    let numbers: Vec<f32> = match kind {
        1 if raw.is_empty() => little(floats),
        1 => little(raw),
        3 => raw.iter().map(|number| f32::from(*number as i8)).collect(),
        // Shapes and paddings: they are known.
        _ => return Some((name, Tensor { shape: Vec::new(), numbers: Vec::new() })),
    };
    (numbers.len() == shape.iter().product::<usize>()).then_some((name, Tensor { shape, numbers }))
}

fn dequantised(grid: &Tensor, scale: &[f32], axis: usize) -> Option<Tensor> {
    let inner: usize = grid.shape.get(axis + 1..)?.iter().product();
    if inner == 0 || grid.shape.get(axis) != Some(&scale.len()) {
        return None;
    }
    let numbers = grid.numbers.iter().enumerate().map(|(i, n)| n * scale[i / inner % scale.len()]).collect();
    Some(Tensor { shape: grid.shape.clone(), numbers })
}
