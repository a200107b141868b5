#!/usr/bin/env python3
"""Copies Arrow files, as pyarrow, pandas and DuckDB write them, into a mount.

usage: arrow_files.py write MOUNT FOLDER    writes each file into both, and prints a line with ! for one that stays a file
       arrow_files.py compare FILE MOUNT FOLDER    prints a line for each file, and one with ! for what is wrong
"""
import os
import pathlib
import sys
import time

import duckdb
import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import feather, ipc

KINDS = [pa.int8(), pa.uint16(), pa.int32(), pa.uint64(), pa.float16(), pa.float32(), pa.float64(), pa.bool_(), pa.string(), pa.large_string(), pa.binary(5)]


def column(kind, rows, rng):
    if pa.types.is_boolean(kind):
        return pa.array(rng.random(rows) < 0.5)
    if pa.types.is_floating(kind):
        return pa.array(rng.standard_normal(rows).astype(kind.to_pandas_dtype()))
    if pa.types.is_integer(kind):
        info = np.iinfo(kind.to_pandas_dtype())
        return pa.array(rng.integers(info.min, info.max, rows, dtype=info.dtype, endpoint=True))
    if pa.types.is_fixed_size_binary(kind):
        return pa.array([rng.bytes(5) for _ in range(rows)], kind)
    return pa.array(["é" * n + "x" for n in rng.integers(0, 6, rows)], kind)


def files(folder):
    rng = np.random.default_rng(3)
    for rows in (0, 1, 7, 64, 1000, 200_000):
        kinds = KINDS if rows < 2000 else [pa.int64(), pa.float32(), pa.bool_(), pa.string()]
        table = pa.table({f"{kind} {i}": column(kind, rows, rng) for i, kind in enumerate(kinds)})
        feather.write_feather(table, folder / f"feather{rows}.arrow", compression="uncompressed")
        feather.write_feather(table, folder / f"chunks{rows}.arrow", compression="uncompressed", chunksize=max(1, rows // 3))
        for name, options in {"v4": {"metadata_version": ipc.MetadataVersion.V4}, "legacy": {"metadata_version": ipc.MetadataVersion.V4, "use_legacy_format": True}}.items():
            with ipc.new_file(folder / f"{name}{rows}.arrow", table.schema, options=ipc.IpcWriteOptions(**options)) as file:
                file.write_table(table)
        # Parts of columns, which do not begin where their buffers do.
        with ipc.new_file(folder / f"slice{rows}.arrow", table.schema) as file:
            file.write_table(table.slice(rows // 5, rows // 2))
        frame = table.select([i for i, kind in enumerate(kinds) if kind != pa.binary(5) and (rows or not pa.types.is_string(kind))]).to_pandas()
        frame.to_feather(folder / f"pandas{rows}.arrow", compression="uncompressed")
    with ipc.new_file(folder / "duckdb.arrow", duckdb.sql("select 1").to_arrow_table().schema) as file:
        file.write_table(duckdb.sql("select 1").to_arrow_table())
    made = duckdb.sql("select i, i / 3 as x, i % 2 = 0 as even, 'row ' || i as name from range(5000) t(i)").to_arrow_table()
    feather.write_feather(made, folder / "duckdb5000.arrow", compression="uncompressed")


def write(mount, folder):
    files(pathlib.Path(folder))
    for name in sorted(os.listdir(folder)):
        pathlib.Path(mount, name).write_bytes(pathlib.Path(folder, name).read_bytes())
    for name in sorted(os.listdir(folder)):
        wait(os.path.join(mount, name))


def wait(file):
    """Until it is a dataset, or it is known why it is none."""
    for _ in range(1200):
        try:
            if os.getxattr(file, "user.h5fs.dtype") != b"uint8":
                return
            print("!", os.path.basename(file), os.getxattr(file, "user.h5fs.problem").decode())
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"{file}: nothing has become of it")


def same(values, truth):
    kind = truth.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return [value.decode() for value in values] == truth.to_pylist()
    if pa.types.is_fixed_size_binary(kind):
        return [value.tobytes() for value in values] == truth.to_pylist()
    return values.tobytes() == truth.to_numpy(zero_copy_only=False).tobytes()


def compare(path, mount, folder):
    with h5py.File(path, "r", locking=False) as f:
        for name in sorted(os.listdir(folder)):
            truth = pathlib.Path(folder, name).read_bytes()
            wrong = [] if pathlib.Path(mount, name).read_bytes() == truth else ["bytes"]
            dataset = f.get(name.removesuffix(".arrow"))
            if dataset is None:
                wrong.append("is no dataset")
            else:
                table = ipc.open_file(pa.BufferReader(truth)).read_all()
                values = dataset[()]
                wrong += [column for column in table.column_names if not same(values[column], table.column(column).combine_chunks())]
            print("!" if wrong else " ", name, *wrong)


if __name__ == "__main__":
    write(*sys.argv[2:]) if sys.argv[1] == "write" else compare(*sys.argv[2:])
