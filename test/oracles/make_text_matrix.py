#!/usr/bin/env python3
"""make_text_matrix.py FILE: datasets of every datatype at every rank, and texts that are hard to show, for the text views."""
import sys

import h5py
import numpy as np
from h5py import h5d, h5s, h5t

rng = np.random.default_rng(5)

NASTY = ["", "a", ",", '"', '""', "a,b", 'say "x"', "two\nlines", "cr\rhere", "crlf\r\n", " lead", "trail ", "\ttab", "é", "日本", "🦆", "nan", "NA", "null", "1e5", "=1+1", "-", "'", "\\n", "#c", "a;b", "true"]
SHAPES = {"scalar": (), "one": (7,), "two": (3, 4), "three": (2, 3, 2), "four": (2, 1, 2, 3), "zero": (0,), "zeros": (3, 0), "zero3": (2, 0, 2), "column": (5, 1)}


def floats(dtype, n):
    info = np.finfo(dtype)
    special = np.array([0.0, -0.0, 1.0, -1.5, 0.1, 1 / 3, np.nan, np.inf, -np.inf, info.max, info.min, info.tiny, info.smallest_subnormal, info.eps, 1e5, 123456.789, 2.0**40, 1e16, 1e22, 9007199254740993.0, 1e-4, 1e-5, 5e-324], dtype="f8").astype(dtype)
    # Every exponent and sign, as bits.
    bits = rng.integers(0, 256, (n, np.dtype(dtype).itemsize), dtype="u1").view(dtype).ravel() if np.dtype(dtype).itemsize <= 8 else rng.standard_normal(n).astype(dtype)
    return np.concatenate([special, bits, np.round(rng.standard_normal(n) * 100, 3).astype(dtype)])


def integers(dtype, n):
    info = np.iinfo(dtype)
    near = [info.min, info.min + 1, -1, 0, 1, 9, 10, 99, 100, 9999, 10000, 99999999, 100000000, 2**31 - 1, 2**31, 2**32, 2**53 - 1, 2**53, 2**53 + 1, -(2**53) - 1, 10**16, 10**17 - 1, 10**18, info.max - 1, info.max]
    return np.concatenate([np.array([v for v in near if info.min <= v <= info.max], dtype=dtype), rng.integers(info.min, info.max, n, dtype=dtype.newbyteorder("="), endpoint=True)]).astype(dtype)


def values_of(dtype, n):
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        return floats(dtype, n)
    if dtype.kind in "iu":
        return integers(dtype, n)
    if dtype.kind == "c":
        part = floats(dtype.type(0).real.dtype, n)
        out = np.empty(len(part), dtype)
        out.real, out.imag = part, part[::-1]
        return out
    if dtype.kind == "b":
        return rng.integers(0, 2, n).astype(bool)
    raise TypeError(dtype)


def shaped(values, shape):
    return np.resize(values, shape) if 0 not in shape else np.empty(shape, values.dtype)


def low(group, name, tid, shape, raw):
    """A dataset of a type that h5py does not make, from its stored bytes."""
    d = h5d.create(group.id, name.encode(), tid, h5s.create_simple(shape))
    d.write(h5s.ALL, h5s.ALL, np.ascontiguousarray(raw), mtype=tid)


def main(path):
    with h5py.File(path, "w", libver="earliest") as f:
        numeric = ["i1", "u1", "i2", ">i2", "u2", "i4", ">i4", "u4", ">u4", "i8", ">i8", "u8", ">u8", "f2", ">f2", "f4", ">f4", "f8", ">f8", "c8", "c16", "?", np.longdouble]
        for t in numeric:
            label = np.dtype(t).str.replace("<", "").replace(">", "be-").replace("|", "")
            group = f.create_group(label)
            for shape_name, shape in SHAPES.items():
                group[shape_name] = shaped(values_of(t, 200), shape)
            group["many"] = values_of(t, 300)

        g = f.create_group("strings")
        for padding, name in ((h5t.STR_NULLTERM, "nullterm"), (h5t.STR_NULLPAD, "nullpad"), (h5t.STR_SPACEPAD, "spacepad")):
            tid = h5t.C_S1.copy()
            tid.set_size(10)
            tid.set_strpad(padding)
            raw = np.array([s.encode()[:9] for s in NASTY] + [b"full length"[:10]], dtype="S10")
            if padding == h5t.STR_SPACEPAD:
                raw = np.array([v.ljust(10) for v in raw.tolist()], dtype="S10")
            low(g, name, tid, raw.shape, raw)
        dirty = np.frombuffer(b"ab\0garbage" + b"cd   \0\0\0\0\0" + b"\0bcdefghi\0", dtype="S10")
        tid = h5t.C_S1.copy()
        tid.set_size(10)
        low(g, "dirty", tid, dirty.shape, dirty)
        g.create_dataset("vlen", data=NASTY, dtype=h5py.string_dtype())
        g.create_dataset("vlen2d", data=np.array(NASTY[:24], dtype=object).reshape(4, 6), dtype=h5py.string_dtype())
        g.create_dataset("vlen scalar", data='a "b"\n', dtype=h5py.string_dtype())
        g.create_dataset("null", shape=(4,), dtype=h5py.string_dtype())
        g.create_dataset("fixed2d", data=np.array([s.encode()[:6] for s in NASTY[:24]], dtype="S6").reshape(4, 6))
        g.create_dataset("fixed3d", data=np.array([s.encode()[:6] for s in NASTY[:24]], dtype="S6").reshape(2, 3, 4))
        g.create_dataset("fixed scalar", data=np.bytes_(b"x,y"))
        g.create_dataset("long", data=np.array([b"x" * 5000, b'"' * 5000], dtype="S5000"))
        g.create_dataset("latin1", data=np.array([b"\xe9t\xe9", b"ok"], dtype="S4"))

        g = f.create_group("enums")
        colours = h5py.enum_dtype({"RED": 0, "GREEN, dark": 1, 'BLUE "x"': -3}, basetype="i1")
        wide = h5py.enum_dtype({"LOW": -(2**40), "HIGH": 2**40}, basetype="i8")
        middle = h5py.enum_dtype({"A": 1, "B" * 300: 70000}, basetype="i4")
        g.create_dataset("colours", data=np.array([0, 1, -3, 5], dtype="i1"), dtype=colours)
        g.create_dataset("colours2d", data=np.array([[0, 1], [-3, 5]], dtype="i1"), dtype=colours)
        g.create_dataset("wide", data=np.array([-(2**40), 2**40, 7, -(2**63)], dtype="i8"), dtype=wide)
        g.create_dataset("middle", data=np.array([1, 70000, 2, -5], dtype="i4"), dtype=middle)
        g.create_dataset("bool3d", data=rng.integers(0, 2, (2, 3, 2)).astype(bool))

        g = f.create_group("others")
        g.create_dataset("opaque", data=np.array([b"\0\1\2", b"\xff\0\n"], dtype="V3"))
        for size, tid in ((1, h5t.STD_B8LE), (2, h5t.STD_B16BE), (4, h5t.STD_B32LE), (8, h5t.STD_B64BE)):
            low(g, f"bits{size}", tid, (6,), rng.integers(0, 256, 6 * size, dtype="u1"))
        low(g, "time32", h5t.UNIX_D32LE, (3,), np.array([0, -5, 2**31 - 1], "i4"))
        low(g, "time64", h5t.UNIX_D64BE, (3,), np.array([0, -5, 2**40], ">i8"))
        vlen = g.create_dataset("vlen", (4,), dtype=h5py.vlen_dtype("f4"))
        for i, value in enumerate(([1, 0.1], [], [np.nan, np.inf, -0.0], [3])):
            vlen[i] = np.array(value, "f4")
        same = g.create_dataset("vlen of one length", (2, 2), dtype=h5py.vlen_dtype("i2"))
        for index in np.ndindex(2, 2):
            same[index] = np.arange(3, dtype="i2") + index[0]
        g.create_dataset("empty", data=h5py.Empty("f8"))
        array = h5t.array_create(h5t.NATIVE_INT32, (2, 3))
        low(g, "array", array, (2,), np.arange(12, dtype="i4"))
        low(g, "array2d", array, (2, 2), np.arange(24, dtype="i4"))
        bfloat = h5t.IEEE_F32LE.copy()
        bfloat.set_fields(15, 7, 8, 0, 7)
        bfloat.set_precision(16)
        bfloat.set_size(2)
        low(g, "bfloat16", bfloat, (5,), np.array([0x3F80, 0x3DCD, 0xC2F7, 0x7F80, 0x0001], "u2"))

        g = f.create_group("references")
        target = f["i4/two"]
        refs = g.create_dataset("objects", (4,), dtype=h5py.ref_dtype)
        refs[0], refs[1], refs[2] = target.ref, f["strings"].ref, f.ref
        regions = g.create_dataset("regions", (7,), dtype=h5py.regionref_dtype)
        regions[0] = target.regionref[0:2, 1:3]
        regions[1] = target.regionref[::2, 2]
        regions[2] = target.regionref[...]
        points, several, none = (target.id.get_space() for _ in range(3))
        points.select_elements([(1, 2), (2, 3)])
        several.select_hyperslab((0, 1), (2, 2))
        several.select_hyperslab((2, 3), (1, 1), op=h5s.SELECT_OR)
        none.select_none()
        for i, space in enumerate((points, several, none), 3):
            regions[i] = h5py.h5r.create(target.id, b".", h5py.h5r.DATASET_REGION, space)

        g = f.create_group("tables")
        row = np.dtype([("id", "i8"), ("x", "f8"), ("name", "S8"), ("flag", "?"), ("small", "i1"), ("single", "f4"), ("pos", "f4", (3,)), ("m", "i2", (2, 2)), ("z", "c16"), ("in", [("a", "u8"), ("deep", [("b", "f2"), ("s", "S3")])]), ("many", [("p", "i4"), ("q", "f4")], (2,))])
        n = 40
        table = np.zeros(n, row)
        table["id"] = np.resize(integers(np.dtype("i8"), 10), n)
        table["x"] = np.resize(floats("f8", 10), n)
        table["name"] = np.resize(np.array([s.encode() for s in NASTY], "S8"), n)
        table["flag"] = rng.integers(0, 2, n)
        table["small"] = np.arange(n)
        table["single"] = np.resize(floats("f4", 10), n)
        table["pos"] = rng.standard_normal((n, 3))
        table["m"] = rng.integers(-9, 9, (n, 2, 2))
        table["z"] = rng.standard_normal(n) + 1j * rng.standard_normal(n)
        table["in"]["a"] = np.resize(integers(np.dtype("u8"), 10), n)
        table["in"]["deep"]["b"] = np.resize(floats("f2", 10), n)
        table["in"]["deep"]["s"] = b"a,b"
        table["many"]["q"] = rng.standard_normal((n, 2))
        g["nested"] = table
        g["nested scalar"] = table[0]
        g["nested 2d"] = table.reshape(4, 10)
        g["nested 3d"] = table.reshape(2, 4, 5)
        g["no rows"] = table[:0]
        g["wide"] = np.array([tuple(rng.standard_normal(1000))] * 3, dtype=[(f"c{i}", "f8") for i in range(1000)])
        mixed = np.dtype([("label", h5py.string_dtype()), ("n", "i4"), ("colour", colours), ("note", h5py.string_dtype()), ("list", h5py.vlen_dtype("i4")), ("ref", h5py.ref_dtype), ("end", "f8")])
        rows = np.zeros(len(NASTY), mixed)
        rows["label"], rows["note"] = NASTY, NASTY[::-1]
        rows["n"] = np.arange(len(NASTY))
        rows["colour"] = np.resize([0, 1, -3, 9], len(NASTY))
        for i in range(len(NASTY)):
            rows["list"][i] = np.arange(i % 3, dtype="i4")
            rows["ref"][i] = target.ref if i % 2 else h5py.Reference()
        g.create_dataset("mixed", data=rows, dtype=mixed)
        g["spaces, and commas"] = np.array([(1, 2.5)], dtype=[("a,b", "i4"), ('"q"', "f8")])
        padded = np.dtype({"names": ["a", "b"], "formats": ["i1", "f8"], "offsets": [3, 8], "itemsize": 20})
        g["padded"] = np.zeros(4, padded)


if __name__ == "__main__":
    main(sys.argv[1])
