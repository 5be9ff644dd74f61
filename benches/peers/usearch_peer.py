"""USearch: its exact search. It has no search by range: more rows are asked for until the last one is below it."""

import numpy
from usearch.index import MetricKind, search

from matching import Contender, serve


def build(load):
    def nearest(queries, rows):
        found = search(load.gallery, queries, rows, MetricKind.IP, exact=True, threads=load.threads)
        shape = (len(queries), rows)
        # Its distance is 1 - cosine.
        return found.keys.astype(numpy.int64).reshape(shape), 1 - found.distances.reshape(shape)

    def threshold(queries):
        asked = load.enough
        while True:
            rows, cosines = nearest(queries, asked)
            if asked == load.rows or (cosines.min(axis=1) < load.min_cosine).all():
                reached = [row >= load.min_cosine for row in cosines]
                return [r[k] for r, k in zip(rows, reached)], [c[k] for c, k in zip(cosines, reached)]
            asked = min(4 * asked, load.rows)

    return [Contender("usearch-exact", top=lambda queries: nearest(queries, load.enough), threshold=threshold)]


serve(build)
