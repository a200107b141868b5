#!/usr/bin/env python3
"""Makes one of the files that the benchmarks read.

usage: make_data.py contiguous|chunked|small|large|datasets|tables|dense|symbol-table|text OUTPUT.h5

  contiguous  1 GiB of float32, one contiguous dataset /x
  chunked     128 MiB of float32, a random walk in chunks of 1 MiB, shuffle and deflate 4, dataset /x
  small       a dozen datasets
  text        /table of a million rows and 8 columns of mixed kinds; a million values each in /i32 /i64 /f64_3 /f64 /f32
  datasets    20,000 datasets of 20 numbers in the root group
  tables      20,000 tables of 3 columns and 20 rows in the root group
  dense, symbol-table
              a million links to one dataset in the group /g, in the new form and in the old
  large       100,000 datasets in 100 groups, and one of 10 GiB that is never written (a sparse file)
"""
import sys

import h5py
import numpy as np

GIB = 1 << 30


def contiguous(f):
    d = f.create_dataset("x", (GIB // 4,), "f4")
    block = np.random.default_rng(1).random(GIB // 64, "f4")
    for i in range(16):
        d[i * len(block) : (i + 1) * len(block)] = block


def chunked(f):
    walk = np.random.default_rng(2).normal(0, 1, (1 << 27) // 4).cumsum().astype("f4")
    f.create_dataset("x", data=walk, chunks=((1 << 20) // 4,), compression="gzip", compression_opts=4, shuffle=True)


def small(f):
    for i in range(12):
        f[f"group{i % 3}/x{i}"] = np.arange(100.0)


def large(f):
    space, dtype = h5py.h5s.create_simple((1000,)), h5py.h5t.IEEE_F32LE
    for g in range(100):
        group = f.create_group(f"group{g:02d}").id
        for i in range(1000):
            h5py.h5d.create(group, b"x%03d" % i, dtype, space)
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    plist.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    h5py.h5d.create(f.id, b"sparse", dtype, h5py.h5s.create_simple((10 * GIB // 4,)), plist)


def many(f, values):
    dtype, space = h5py.h5t.py_create(values.dtype), h5py.h5s.create_simple(values.shape)
    for i in range(20_000):
        h5py.h5d.create(f.id, b"x%05d" % i, dtype, space).write(h5py.h5s.ALL, h5py.h5s.ALL, values)


def datasets(f):
    many(f, np.arange(20.0))


def tables(f):
    table = np.zeros(20, [("id", "i4"), ("name", "S8"), ("value", "f8")])
    table["id"], table["name"], table["value"] = range(20), b"detector", np.random.default_rng(4).random(20)
    many(f, table)


def million_links(f):
    f["d"] = np.arange(4)
    group = f.create_group("g").id
    links = group.links
    for i in range(1_000_000):
        links.create_hard(b"name%07d" % i, f.id, b"d")


def text(f):
    rng, n = np.random.default_rng(3), 1_000_000
    f["i32"] = rng.integers(-(2**31), 2**31, n, dtype="i4")
    f["i64"] = rng.integers(-(2**53), 2**53, n, dtype="i8")
    f["f64_3"] = np.round(rng.normal(0, 20, n), 3)
    f["f64"] = rng.normal(0, 1, n)
    f["f32"] = rng.normal(0, 1, n).astype("f4")
    kinds = [("id", "i8"), ("time", "f8"), ("x", "f8"), ("y", "f4"), ("count", "i4"), ("channel", "i2"), ("name", "S8"), ("ok", "?")]
    table = np.zeros(n, kinds)
    table["id"], table["time"], table["x"], table["y"] = np.arange(n), f["f64_3"][()], f["f64"][()], f["f32"][()]
    table["count"], table["channel"] = rng.integers(0, 100_000, n), rng.integers(0, 64, n)
    table["name"], table["ok"] = np.char.mod("det%d", rng.integers(0, 999, n)).astype("S8"), rng.integers(0, 2, n)
    f.create_dataset("table", data=table, chunks=(32768,), compression="gzip", compression_opts=1, shuffle=True)


MAKERS = {
    **{f.__name__: f for f in (contiguous, chunked, small, large, datasets, tables, text)},
    "dense": million_links,
    "symbol-table": million_links,
}
with h5py.File(sys.argv[2], "w", libver="latest" if sys.argv[1] == "dense" else None) as f:
    MAKERS[sys.argv[1]](f)
