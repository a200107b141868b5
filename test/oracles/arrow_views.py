#!/usr/bin/env python3
"""Datasets of all kinds as Arrow files, read by pyarrow, pandas and DuckDB.

usage: arrow_views.py make FILE
       arrow_views.py compare FILE MOUNT    prints a line for each file that was compared, and one with ! for what is wrong
"""
import os
import sys

import duckdb
import h5py
import numpy as np
import pandas as pd
import pyarrow as pa

ROWS = 150_000


def make(path):
    rng = np.random.default_rng(5)
    with h5py.File(path, "w") as f:
        for kind in ("i1", "u1", "<i2", ">u2", "<i4", ">i4", "<u4", "<i8", ">i8", "<u8"):
            low, high = np.iinfo(kind).min, np.iinfo(kind).max
            f[kind.replace("<", "le_").replace(">", "be_")] = rng.integers(low, high, 1001, dtype=np.dtype(kind).newbyteorder("="), endpoint=True).astype(kind)
        for kind in ("<f2", ">f2", "<f4", ">f4", "<f8", ">f8"):
            values = np.concatenate([rng.standard_normal(1000), [np.nan, np.inf, -np.inf, -0.0]])
            f[kind.replace("<", "le_").replace(">", "be_")] = values.astype(kind)
        f["bool"] = rng.random(1003) < 0.3
        f["complex"] = rng.standard_normal(100) + 1j * rng.standard_normal(100)
        f["text"] = np.array([("é" * (i % 4) + "x" * (i % 3)).encode() for i in range(1000)], "S11")
        f["matrix"] = rng.standard_normal((700, 30))
        f["cube"] = rng.integers(0, 99, (30, 40, 50))
        f["scalar"] = 4.5
        f["empty"] = np.zeros((0, 3), "f4")
        f.create_dataset("large", data=rng.standard_normal(3 * ROWS), chunks=(10_000,), compression="gzip", shuffle=True)
        kind = np.dtype([("id", "<i8"), ("x", ">f4"), ("name", "S9"), ("pos", "f8", (3,)), ("ok", "?"), ("in", [("a", "u1"), ("b", "i2", (2, 2))])])
        table = np.zeros(ROWS, kind)
        table["id"], table["x"], table["ok"] = np.arange(ROWS) * 7, rng.standard_normal(ROWS), rng.random(ROWS) < 0.5
        table["name"] = [b"name%d" % (i % 9999) for i in range(ROWS)]
        table["pos"], table["in"]["b"] = rng.standard_normal((ROWS, 3)), rng.integers(-9, 9, (ROWS, 2, 2))
        f.create_dataset("table", data=table, chunks=(4096,), compression="gzip")


def leaves(name, values):
    """The columns of some elements, as `csv` has them."""
    kind = values.dtype
    if kind.names is not None:
        for member in kind.names:
            yield from leaves(f"{name}.{member}" if name else member, values[member])
    elif values.ndim > 1:
        for i in range(values.shape[1]):
            yield from leaves(f"{name}[{i}]", values[:, i])
    elif kind.kind == "c":
        yield f"{name}.r", values.real
        yield f"{name}.i", values.imag
    else:
        yield name, values


def expected(name, values):
    if values.dtype.names is not None or values.ndim < 2:
        return dict(leaves("" if values.dtype.names else name, values.reshape(-1)))
    columns = {}
    if values.ndim > 2:
        index = np.indices(values.shape[:-1]).reshape(values.ndim - 1, -1)
        columns = {f"d{d}": index[d] for d in range(values.ndim - 1)}
    rows = values.reshape(-1, values.shape[-1])
    return columns | {f"{i}": rows[:, i] for i in range(rows.shape[1])}


def same(got, values):
    if values.dtype.kind == "S":
        return list(got) == [value.decode() for value in values]
    got = np.asarray(got)
    native = values.astype(values.dtype.newbyteorder("="))
    return got.dtype == native.dtype and got.tobytes() == native.tobytes()


def compare(path, mount):
    with h5py.File(path, "r", locking=False) as f:
        datasets = {name: np.asarray(f[name][()]) for name in f}
    for name, values in datasets.items():
        file = os.path.join(mount, f"{name}.arrow")
        truth = expected(name, values)
        with pa.memory_map(file) as source:
            reader = pa.ipc.open_file(source)
            table = reader.read_all()
            table.validate(full=True)
            wrong = [] if table.column_names == list(truth) else [f"columns {table.column_names[:5]}"]
            frame = table.to_pandas()
            wrong += [column for column, values in truth.items() if not same(frame[column], values)]
            if reader.num_record_batches > 1:
                number = reader.num_record_batches // 2
                before = sum(reader.get_batch(i).num_rows for i in range(number))
                part = reader.get_batch(number)
                column, values = next(iter(truth.items()))
                if not same(part.column(0).to_pandas(), values[before : before + part.num_rows]):
                    wrong.append(f"batch {number}")
        if os.path.getsize(file) != len(open(file, "rb").read()):
            wrong.append("size")
        if not frame.equals(pd.read_feather(file)):
            wrong.append("read_feather")
        print("!" if wrong else " ", name, table.shape, *wrong)
    frame = pa.ipc.open_file(os.path.join(mount, "table.arrow")).read_all()
    count, total, names = duckdb.sql("select count(*), sum(id), count(distinct name) from frame").fetchone()
    print("!" if (count, int(total), names) != (ROWS, 7 * ROWS * (ROWS - 1) // 2, 9999) else " ", "duckdb", count, total, names)


if __name__ == "__main__":
    make(sys.argv[2]) if sys.argv[1] == "make" else compare(sys.argv[2], sys.argv[3])
