"""write_data.py FOLDER: what scientists' programs write, the same each time."""
import os
import sys

import numpy
import pandas

os.chdir(sys.argv[1])
random = numpy.random.default_rng(2)
frame = pandas.DataFrame(
    {"time": numpy.arange(200) / 8, "count": random.integers(0, 1000, 200), "flag": [True, False] * 100, "site": ["a", "b,c", "d e", "ü"] * 50}
)

frame.to_csv("pandas.csv", index=False)
frame.to_csv("index.csv")
frame.head(3).to_csv("semicolon.csv", sep=";", index=False, float_format="%.2f")
frame.head(20).to_csv("appended.csv", index=False)
frame.tail(20).to_csv("appended.csv", index=False, mode="a", header=False)
frame.to_json("pandas.json", orient="records")
frame.to_csv("packed.csv.gz", index=False, compression={"method": "gzip", "mtime": 1})

image = random.normal(size=(100, 80))
numpy.save("image.npy", image)
numpy.save("ints.npy", numpy.arange(1000, dtype="u2"))
numpy.save("structured.npy", numpy.array([(1, 2.5), (3, 4.5)], dtype=[("a", "i4"), ("b", "f8")]))
numpy.save("fortran.npy", numpy.asfortranarray(image))
numpy.save("scalar.npy", numpy.float32(1.5))
numpy.savetxt("savetxt.txt", image[:5])
numpy.savetxt("savetxt.csv", image[:5], delimiter=",", fmt="%.3f")
new = numpy.lib.format.open_memmap("mapped.npy", mode="w+", dtype="f4", shape=(300, 10))
new[:] = numpy.arange(3000).reshape(300, 10)
new.flush()
del new
numpy.save("changed.npy", numpy.zeros((50, 50)))
changed = numpy.load("changed.npy", mmap_mode="r+")
changed[10:20, 5] = 7
changed.flush()
del changed
raw = numpy.memmap("raw.dat", mode="w+", dtype="i4", shape=(5000,))
raw[::7] = -1
raw.flush()
del raw
assert numpy.load("mapped.npy")[299, 9] == 2999
assert numpy.load("changed.npy").sum() == 70

try:
    import duckdb
except ImportError:
    print("NOT RUN: DuckDB is not installed")
else:
    duckdb.sql("SET threads = 1")
    duckdb.sql("COPY (SELECT i, i / 4 AS x, 'row ' || i AS name FROM range(100) t(i)) TO 'duck.csv'")
    duckdb.sql("COPY (SELECT i, i % 3 AS k FROM range(100) t(i)) TO 'duck.json'")
    duckdb.sql("COPY (SELECT i, i % 3 AS k FROM range(1000) t(i)) TO 'duck.parquet'")
    assert duckdb.sql("SELECT sum(i) FROM 'duck.parquet'").fetchone() == (499500,)
    assert duckdb.sql("SELECT count(*), sum(x) FROM 'duck.csv'").fetchone() == (100, 1237.5)
    connection = duckdb.connect("duck.db")
    connection.execute("CREATE TABLE t AS SELECT i FROM range(10000) t(i)")
    connection.execute("CHECKPOINT")
    connection.close()
    assert duckdb.connect("duck.db", read_only=True).execute("SELECT count(*) FROM t").fetchone() == (10000,)
    # It has times and random numbers in it.
    os.remove("duck.db")

# An HDF5 file in an HDF5 file.
import h5py
import tables

with h5py.File("inner.h5", "w") as inner:
    inner.create_dataset("x", data=image, chunks=(10, 10), compression="gzip", track_times=False)
with h5py.File("inner.h5", "r+") as inner:
    inner["x"][5] = 1
    inner.attrs["note"] = "text"
with h5py.File("inner.h5") as inner:
    assert (inner["x"][5] == 1).all() and (inner["x"][6] == image[6]).all()
with tables.open_file("tables.h5", "w") as inner:
    inner.create_array("/", "a", numpy.arange(50))
with tables.open_file("tables.h5") as inner:
    assert inner.root.a[:].sum() == 1225
os.remove("tables.h5")
