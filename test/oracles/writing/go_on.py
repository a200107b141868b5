"""Compares the datasets of x.h5 with what they must hold (NAME.bin), changes them with libhdf5, and writes what they hold then."""
import json
import os
import sys

import h5py
import numpy as np

folder, seed = sys.argv[1], int(sys.argv[2])
rng = np.random.default_rng(seed)
with open(os.path.join(folder, "datasets.json")) as f:
    datasets = json.load(f)


def bin_of(name):
    return os.path.join(folder, name.replace("/", "-") + ".bin")


def raw(dataset, shape):
    memory = np.zeros(shape, dtype=f"V{dataset.dtype.itemsize}")
    if memory.size:
        out = np.empty(shape, dtype=dataset.dtype)
        dataset.read_direct(out)
        memory = out
    return memory.tobytes()


def some(dims):
    """A slice with steps along each dimension."""
    out = []
    for dim in dims:
        start = int(rng.integers(0, dim))
        out.append(slice(start, int(rng.integers(start + 1, dim + 1)), int(rng.integers(1, 4))))
    return tuple(out)


shapes = []
with h5py.File(os.path.join(folder, "x.h5"), "r+") as file:
    for described in datasets:
        name, shape, maximum = described["name"], tuple(described["shape"]), described["maxDims"]
        path = bin_of(name)
        dataset = file[name]
        assert dataset.shape == shape, (name, dataset.shape, shape)
        with open(path, "rb") as f:
            expected = f.read()
        assert raw(dataset, shape) == expected, f"{name}: libhdf5 reads other elements"
        if 0 not in shape:
            where = some(shape)
            n = int(np.prod([len(range(*s.indices(d))) for s, d in zip(where, shape)]))
            size = dataset.dtype.itemsize
            values = np.frombuffer(rng.integers(0, 256, n * size, dtype="u1").tobytes(), dtype=dataset.dtype)
            dataset[where] = values.reshape([len(range(*s.indices(d))) for s, d in zip(where, shape)])
        # When libhdf5 2.0 frees the only chunk there may be, the header goes on to have its address.
        least = 1 if dataset.chunks == tuple(maximum) else 0
        for _ in range(2):
            shape = tuple(
                int(rng.integers(max(least, dim - 3), (dim + 4 if most is None else min(dim + 3, most)) + 1))
                for dim, most in zip(shape, maximum)
            )
            dataset.resize(shape)
            if 0 not in shape:
                last = tuple(dim - 1 for dim in shape)
                dataset[last] = np.frombuffer(bytes(range(dataset.dtype.itemsize)), dtype=dataset.dtype)[0]
        shapes.append(shape)
    file.flush()
with h5py.File(os.path.join(folder, "x.h5"), "r") as file:
    for described, shape in zip(datasets, shapes):
        with open(bin_of(described["name"]), "wb") as f:
            f.write(raw(file[described["name"]], shape))
print(json.dumps(shapes))
