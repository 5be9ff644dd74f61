"""SimSIMD: all scores by its own kernels, then those that matter by NumPy."""

import numpy
import simsimd

from matching import Contender, best_of, of_each, reaching, serve


def build(load):
    def scores(queries):
        products = simsimd.cdist(queries, load.gallery, metric="inner", out_dtype="f32", threads=load.threads)
        return numpy.asarray(products).reshape(len(queries), load.rows)

    return [
        Contender(
            "simsimd",
            top=lambda queries: of_each(scores(queries), best_of, load.enough),
            threshold=lambda queries: of_each(scores(queries), reaching, load.min_cosine),
        )
    ]


serve(build)
