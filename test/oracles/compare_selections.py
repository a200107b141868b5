"""Compares slices by name in a mount with NumPy's own indexing of the values that h5py reads.

usage: compare_selections.py make FILE
       compare_selections.py check FILE MOUNT COUNT   prints how many were compared; exits 1 at the first that differs
"""

import csv
import io
import os
import sys

import h5py
import numpy as np


def make(path):
    rng = np.random.default_rng(5)
    with h5py.File(path, "w") as f:
        f["scalar"] = np.float32(2.5)
        f["contiguous"] = np.arange(24, dtype=">i2").reshape(2, 3, 4)
        f["wide"] = rng.random((300, 501))
        f.create_dataset("chunked", data=rng.integers(0, 10**9, (57, 41, 5)), chunks=(10, 7, 3), compression="gzip", shuffle=True)
        f.create_dataset("vector", data=rng.random(10_000), chunks=(700,), compression="gzip", maxshape=(None,))
        f.create_dataset("bytes", data=rng.integers(0, 255, 200_000, dtype="u1"), chunks=(1000,), fletcher32=True)
        f.create_dataset("unwritten", shape=(100, 7), dtype="i4", chunks=(9, 3), fillvalue=7)
        f["unwritten"][20:30] = 1
        f.create_dataset("never", shape=(30, 4), dtype="f8", fillvalue=1.5)
        f.create_dataset("empty", shape=(0, 4), dtype="f8", maxshape=(None, 4), chunks=(2, 2))
        f.create_dataset("four", data=rng.integers(-9, 9, (3, 4, 5, 6), dtype="i1"), chunks=(2, 3, 2, 6))
        space = h5py.h5s.create_simple((5, 4))
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_layout(h5py.h5d.COMPACT)
        compact = h5py.h5d.create(f.id, b"compact", h5py.h5t.NATIVE_INT16, space, plist)
        compact.write(space, space, np.arange(20, dtype="i2").reshape(5, 4))
        kind = np.dtype(
            [("id", "<i4"), ("name", "S7"), ("parents", [("mom_id", "<i8"), ("dad_id", ">i2")]), ("pos", "<f4", (3,)), ("a,b c", "?")],
        )
        rows = np.zeros(1500, kind)
        rows["id"] = np.arange(1500)
        rows["name"] = [b"k%d" % i for i in range(1500)]
        rows["parents"]["mom_id"] = rng.integers(0, 99, 1500)
        rows["pos"] = rng.random((1500, 3))
        rows["a,b c"] = rng.integers(0, 2, 1500)
        f.create_dataset("table", data=rows, chunks=(64,), compression="gzip")
        f["plain"] = rows[:90].reshape(9, 10)


def random_slice(rng, n):
    def bound():
        return None if rng.random() < 0.3 else int(rng.integers(-n - 3, n + 4))

    start, stop = bound(), bound()
    step = None if rng.random() < 0.4 else int(rng.choice([1, 2, 3, 7, 100, 10**6]))
    return slice(start, stop, step)


def text_of(item):
    if item is Ellipsis:
        return "..."
    if isinstance(item, slice):
        text = f"{'' if item.start is None else item.start}:{'' if item.stop is None else item.stop}"
        return text if item.step is None else f"{text}:{item.step}"
    return str(item).replace(" ", "") if isinstance(item, list) else str(item)


def random_rows(rng, shape):
    """Items of a subscript, and the same as NumPy applies them: lists along their own dimension, whatever integers are beside."""
    items, used_list = [], False
    count = int(rng.integers(0, len(shape) + 1))
    for n in shape[:count]:
        kind = rng.random()
        if kind < 0.2 and n > 0:
            items.append(int(rng.integers(-n, n)))
        elif kind < 0.35 and n > 0 and not used_list:
            items.append([int(i) for i in rng.integers(-n, n, rng.integers(0, 6))])
            used_list = True
        else:
            items.append(random_slice(rng, n))
    if count < len(shape) or rng.random() < 0.1:
        at = int(rng.integers(0, len(items) + 1))
        # Items behind an ellipsis are of the last dimensions: only what holds for every dimension may stand there.
        items = items[:at] + [Ellipsis] + [slice(i.start, i.stop, i.step) if isinstance(i, slice) else slice(None) for i in items[at:]]
    return items


def apply(values, items):
    if Ellipsis in [i for i in items if not isinstance(i, list)]:
        at = next(i for i, item in enumerate(items) if item is Ellipsis)
        items = items[:at] + [slice(None)] * (values.ndim - len(items) + 1) + items[at + 1 :]
    for axis in reversed(range(len(items))):
        item = items[axis]
        index = np.array(item, dtype=int) if isinstance(item, list) else item
        values = values[(slice(None),) * axis + (index, Ellipsis)]
    return values


def packed(values, names):
    def column(name):
        out = values
        for part in name.split(".") if name not in values.dtype.names else [name]:
            out = out[part]
        return out

    columns = [column(name) for name in names]
    out = np.zeros(values.shape, [(n, c.dtype, c.shape[values.ndim :]) for n, c in zip(names, columns)])
    for name, c in zip(names, columns):
        out[name] = c
    return out


def same(found, expected):
    return found.dtype == expected.dtype and found.shape == expected.shape and found.tobytes() == np.ascontiguousarray(expected).tobytes()


COLUMNS = ["id", "name", "parents", "parents.mom_id", "parents.dad_id", "pos", "a,b c"]


def shown(name):
    return f"'{name}'" if "," in name else name


def check(path, mount, count):
    rng = np.random.default_rng(11)
    compared = 0
    with h5py.File(path) as f:
        values = {name: f[name][()] for name in f}
    names = sorted(values)
    while compared < count:
        name = str(rng.choice(names))
        whole = np.asarray(values[name])
        items = random_rows(rng, whole.shape)
        expected = apply(whole, items)
        subscript = ",".join(map(text_of, items)) or "..."
        if whole.dtype.names is not None and rng.random() < 0.7:
            columns = [str(c) for c in rng.choice(COLUMNS, rng.integers(1, 4), replace=False)]
            listed = ",".join(map(shown, columns))
            if len(columns) == 1 and rng.random() < 0.7:
                expected = packed(expected, columns)[columns[0]]
            else:
                expected = packed(expected, columns)
                listed = listed if len(columns) > 1 and rng.random() < 0.5 else f"[{listed}]"
            text = f"[{listed}][{subscript}]" if rng.random() < 0.5 and subscript != "..." else f"[{subscript},{listed}]"
        elif rng.random() < 0.2 and expected.ndim > 0 and not any(isinstance(i, list) for i in items):
            again = random_rows(rng, expected.shape)
            expected = apply(expected, again)
            text = f"[{subscript}][{','.join(map(text_of, again)) or '...'}]"
        else:
            text = f"[{subscript}]" if rng.random() < 0.5 or "[" in subscript else f"@{subscript}"
        expected = np.asarray(expected)
        base = os.path.join(mount, name + text)
        found = np.load(base + ".npy")
        size = os.stat(base + ".npy").st_size
        if not same(found, expected) or os.path.getsize(base + ".npy") != size:
            print(f"{name}{text}: {found.dtype} {found.shape}, expected {expected.dtype} {expected.shape}")
            print(found, expected, sep="\n")
            return 1
        with open(base + ".bin", "rb", buffering=0) as raw:
            content = raw.read()
            bytes_ = np.ascontiguousarray(expected).tobytes()
            for _ in range(3):
                at = int(rng.integers(0, len(bytes_) + 2))
                raw.seek(at)
                if raw.read(97) != bytes_[at : at + 97]:
                    print(f"{name}{text}.bin differs in the 97 bytes from {at}")
                    return 1
        if content != bytes_:
            print(f"{name}{text}.bin differs")
            return 1
        if expected.dtype.kind in "iuf" and 1 <= expected.ndim <= 2 and expected.size > 0:
            rows = list(csv.reader(io.StringIO(open(base + ".csv").read())))[1:]
            if not np.array_equal(np.array(rows, expected.dtype.newbyteorder("=")).reshape(expected.shape), expected):
                print(f"{name}{text}.csv differs")
                return 1
        compared += 1
    for missing in ["vector[10000]", "vector[-10001]", "vector[0,0]", "vector[::-1]", "vector[::0]", "vector[id]", "table[nothing]",
                    "table[id,id]", "vector[[1,10000]]", "chunked[[0],[0]]", "vector[", "vector[]", "vector]", "vector[a]b", "vector[1:2",
                    "vector[id < 28]", "scalar[0]", "nothing[0]", "@0", "[0]"]:
        for extension in ["", ".npy", ".csv", ".json"]:
            try:
                os.stat(os.path.join(mount, missing + extension))
            except FileNotFoundError:
                continue
            print(f"{missing}{extension} exists")
            return 1
    print(compared)
    return 0


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2])
    else:
        sys.exit(check(sys.argv[2], sys.argv[3], int(sys.argv[4])))
