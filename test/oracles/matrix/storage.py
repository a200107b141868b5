"""How the datasets of the matrix are stored: shapes, layouts, chunks, filters, fill values."""
import zlib
from dataclasses import dataclass

from h5py import h5d, h5p, h5s, h5z

from libhdf5 import call

LZF = 32000


@dataclass(frozen=True)
class Storage:
    """`dims` None is H5S_NULL. With `chunks`, libhdf5 chooses the index by `max_dims` and `alloc` from the 1.10 format on: named so."""
    dims: tuple | None
    max_dims: tuple | None = None
    chunks: tuple | None = None
    compact: bool = False
    alloc: int | None = None


EARLY, LATE = h5d.ALLOC_TIME_EARLY, h5d.ALLOC_TIME_LATE
N = h5s.UNLIMITED

STORAGES = {
    "null": Storage(None),
    "scalar": Storage(()),
    "scalar-compact": Storage((), compact=True),
    "zero": Storage((0,)),
    "zero-rows": Storage((3, 0)),
    "zero-chunked": Storage((0, 4), (N, 4), (2, 4)),
    "compact": Storage((5,), compact=True),
    "compact-3d": Storage((2, 1, 3), compact=True),
    "contiguous": Storage((7,)),
    "contiguous-early": Storage((3, 5), alloc=EARLY),
    "contiguous-4d": Storage((2, 3, 1, 4), alloc=LATE),
    "single": Storage((6, 5), (6, 5), (6, 5)),
    "single-early": Storage((4,), (4,), (4,), alloc=EARLY),
    "single-growing": Storage((3, 2), (4, 4), (4, 4)),
    "implicit": Storage((7, 10), (7, 10), (2, 3), alloc=EARLY),
    "implicit-growing": Storage((5, 4), (9, 6), (2, 3), alloc=EARLY),
    "fixed-array": Storage((7, 10), (7, 10), (2, 3)),
    "fixed-array-growing": Storage((7, 4), (9, 13), (2, 3), alloc=LATE),
    "fixed-array-paged": Storage((1100,), (1100,), (1,)),
    "fixed-array-5d": Storage((2, 3, 2, 3, 2), (2, 3, 2, 3, 2), (1, 2, 2, 2, 1)),
    "extensible-array": Storage((13, 9), (N, 9), (2, 3)),
    "extensible-array-early": Storage((13,), (N,), (4,), alloc=EARLY),
    "extensible-array-middle": Storage((3, 7, 4), (3, N, 5), (2, 2, 3)),
    "extensible-array-last": Storage((3, 50), (4, N), (2, 1)),
    "extensible-array-super": Storage((600,), (N,), (1,)),
    "extensible-array-4d": Storage((3, 2, 3, 2), (N, 2, 3, 2), (1, 1, 2, 2)),
    "b-tree": Storage((7, 10), (N, N), (2, 3)),
    "b-tree-early": Storage((5, 3), (N, N), (2, 2), alloc=EARLY),
    "b-tree-deep": Storage((17, 19), (N, N), (1, 1)),
    "b-tree-5d": Storage((2, 3, 2, 1, 3), (N, 3, N, 1, N), (1, 2, 1, 1, 2)),
}

# In narrow address spaces there is no room for these.
LARGE = ("fixed-array-paged", "extensible-array-super", "b-tree-deep")

# Filters in order, as (id, parameters); `masked` writes each chunk with other filters left out, `ragged` leaves the chunks
# at the edges without any.
FILTERS = {
    "none": [],
    "deflate": [("deflate", 6)],
    "shuffle": [("shuffle",)],
    "shuffle-deflate": [("shuffle",), ("deflate", 1)],
    "fletcher32": [("fletcher32",)],
    "all": [("shuffle",), ("deflate", 9), ("fletcher32",)],
    "checked-first": [("fletcher32",), ("deflate", 4)],
    "lzf": [("lzf",)],
    "shuffle-lzf-fletcher32": [("shuffle",), ("lzf",), ("fletcher32",)],
    "twice": [("deflate", 3), ("shuffle",), ("deflate", 3)],
    "ragged": [("shuffle",), ("deflate", 6)],
    "masked": [("shuffle",), ("deflate", 6)],
}

# H5Pset_fill_value and H5Pset_fill_time: `undefined` and `never` leave what is not written to chance.
FILLS = ("default", "value", "value-at-allocation", "undefined", "never")
WRITTEN = ("all", "part", "nothing", "grown", "shrunk")


def creation_list(storage, filters, fill, t, element):
    p = h5p.create(h5p.DATASET_CREATE)
    p.set_obj_track_times(False)
    if storage.compact:
        p.set_layout(h5d.COMPACT)
    if storage.chunks:
        p.set_chunk(storage.chunks)
    if storage.alloc is not None:
        p.set_alloc_time(storage.alloc)
    for kind, *level in FILTERS[filters]:
        if kind == "deflate":
            p.set_deflate(*level)
        elif kind == "shuffle":
            p.set_shuffle()
        elif kind == "fletcher32":
            p.set_fletcher32()
        else:
            p.set_filter(LZF, h5z.FLAG_OPTIONAL)
    if filters == "ragged":
        call("H5Pset_chunk_opts", p.id, 2)  # H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS
    if fill.startswith("value"):
        call("H5Pset_fill_value", p.id, t.id, element)
    if fill == "undefined":
        call("H5Pset_fill_value", p.id, t.id, None)
    if fill == "value-at-allocation":
        p.set_fill_time(h5d.FILL_TIME_ALLOC)
    if fill == "never":
        p.set_fill_time(h5d.FILL_TIME_NEVER)
    return p


def dims_at_creation(storage, written):
    """A dataset that is to grow or shrink has other dimensions at first."""
    dims, most = storage.dims, storage.max_dims
    if written == "grown":
        # By whole chunks: what a chunk has beyond the edges when it is written is left to chance, not the fill value.
        return tuple(n if m == n else min(n, -(-n // 2 // c) * c) for n, m, c in zip(dims, most, storage.chunks))
    if written == "shrunk":
        return tuple(n + 5 if m == N else m for n, m in zip(dims, most))
    return dims


def can_change(storage):
    return storage.max_dims is not None and storage.max_dims != storage.dims


def shuffled(raw, size):
    count = len(raw) // size
    return b"".join(raw[i:count * size:size] for i in range(size)) + raw[count * size:]


def masked_chunk(raw, size, mask):
    """A chunk through the filters of `masked` but for those whose bit is set in the mask."""
    if not mask & 1:
        raw = shuffled(raw, size)
    return raw if mask & 2 else zlib.compress(raw, 6)
