"""CSV texts as pandas, NumPy and DuckDB write them: make_csv.py DIRECTORY"""

import csv
import os
import sys

import numpy as np
import pandas as pd

directory = sys.argv[1]
rng = np.random.default_rng(7)
n = 500


def path(name):
    return os.path.join(directory, name + ".csv")


frame = pd.DataFrame(
    {
        "i": rng.integers(-(10**12), 10**12, n),
        "f": rng.normal(size=n),
        "g": rng.normal(size=n) * 10.0 ** rng.integers(-30, 30, n),
        "s": ["".join(rng.choice(list('abc ,;"é\n\t'), 5)) for _ in range(n)],
        "b": rng.random(n) < 0.5,
        "t": pd.date_range("2024-01-01", periods=n, freq="h"),
        "f32": rng.normal(size=n).astype("f4"),
        "c": pd.Categorical(rng.choice(["x", "y"], n)),
        "w": np.round(rng.normal(size=n) * 100),
    }
)
frame["m"] = frame.f.where(rng.random(n) < 0.5)
frame["im"] = frame.i.where(rng.random(n) < 0.5).astype("Int64")
frame["sm"] = frame.s.where(rng.random(n) < 0.9)
frame["inf"] = frame.f
frame.loc[3, "inf"] = np.inf
frame.loc[5, "inf"] = -np.inf

frame.to_csv(path("default"))
frame.to_csv(path("no-index"), index=False)
frame.to_csv(path("no-header"), index=False, header=False)
frame.drop(columns="g").to_csv(path("two-decimals"), float_format="%.2f")
frame.to_csv(path("six-digits"), float_format="%g", index=False)
frame.to_csv(path("scientific"), float_format="%.6e", index=False)
frame.to_csv(path("all-quoted"), quoting=csv.QUOTE_ALL)
frame.to_csv(path("non-numeric-quoted"), quoting=csv.QUOTE_NONNUMERIC, index=False)
frame.to_csv(path("na"), na_rep="NA", index=False)
frame.to_csv(path("crlf"), lineterminator="\r\n", sep=";")
frame.to_csv(path("tab"), sep="\t")
frame.to_csv(path("mark"), encoding="utf-8-sig")
frame[["m"]].to_csv(path("one-column"), index=False)
np.savetxt(path("savetxt"), rng.normal(size=(100, 3)), delimiter=",")
np.savetxt(path("savetxt-decimals"), rng.normal(size=(100, 3)), delimiter=",", fmt="%.3f", header="a,b,c", comments="")
np.savetxt(path("savetxt-integers"), rng.integers(0, 9, (50, 4)), delimiter=",", fmt="%d")
try:
    import duckdb
except ImportError:
    pass
else:
    duckdb.sql(f"copy (select * from frame) to '{path('duckdb')}' (header)")
    duckdb.sql(f"copy (select i, f, s, b, m, im, sm from frame) to '{path('duckdb-quoted')}' (header, delimiter ';', force_quote *)")
    duckdb.sql(f"copy (select i::decimal(18,3) d, f::float f from frame) to '{path('duckdb-decimals')}' (header)")
