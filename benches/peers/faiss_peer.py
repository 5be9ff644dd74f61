"""Faiss: its flat index by best rows and by range, and an inverted file with 8-bit rows, which is approximate."""

import functools

import faiss
import numpy

from matching import Contender, serve

# Lists that one search of the approximate index looks into.
PROBES = 16
# What the approximate index is trained on, per list.
EXAMPLES = 40


def build(load):
    faiss.omp_set_num_threads(load.threads)
    flat = faiss.IndexFlatIP(load.dimension)
    flat.add(load.gallery)
    # Only if it is asked for, and before that is timed: the first search of each question does not count.
    inverted = functools.cache(lambda: build_inverted(load))
    # The range of an inner product excludes its end: the next smaller number makes it `at least`.
    least = float(numpy.nextafter(numpy.float32(load.min_cosine), numpy.float32(-1)))

    def top(index):
        return lambda queries: index().search(queries, load.enough)[::-1]

    def threshold(index):
        def of_range(queries):
            limits, cosines, rows = index().range_search(queries, least)
            parts = [slice(limits[i], limits[i + 1]) for i in range(len(queries))]
            return [rows[part] for part in parts], [cosines[part] for part in parts]

        return of_range

    return [
        Contender("faiss-flat", top=top(lambda: flat)),
        Contender("faiss-range", threshold=threshold(lambda: flat)),
        Contender("faiss-ivf-sq8", top=top(inverted), threshold=threshold(inverted), exact=False),
    ]


def build_inverted(load):
    lists = 1 << max(4, round(numpy.log2(load.rows) / 2))
    inner = faiss.METRIC_INNER_PRODUCT
    eight_bits = faiss.ScalarQuantizer.QT_8bit
    index = faiss.IndexIVFScalarQuantizer(faiss.IndexFlatIP(load.dimension), load.dimension, lists, eight_bits, inner)
    index.cp.niter = 8
    index.cp.max_points_per_centroid = EXAMPLES
    examples = load.gallery[:: max(1, load.rows // (EXAMPLES * lists))]
    index.train(numpy.ascontiguousarray(examples))
    index.add(load.gallery)
    index.nprobe = PROBES
    return index


serve(build)
