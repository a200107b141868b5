#!/usr/bin/env python3
"""Million values a second at which pandas.DataFrame.to_csv or numpy.savetxt write the values of a dataset; the values are read before.

usage: pandas_csv.py FILE.h5 DATASET [savetxt]
"""
import io
import sys
import time

import h5py
import numpy as np
import pandas


class Nowhere(io.StringIO):
    def write(self, text):
        return len(text)


with h5py.File(sys.argv[1]) as f:
    values = f[sys.argv[2]][()]
columns = len(values.dtype.names) if values.dtype.names else 1
if sys.argv[3:] == ["savetxt"]:
    before = time.perf_counter()
    np.savetxt(Nowhere(), values, fmt="%r" if columns == 1 else ",".join(["%r"] * columns))
else:
    frame = pandas.DataFrame(values)
    before = time.perf_counter()
    frame.to_csv(Nowhere(), index=False)
print(len(values) * columns / (time.perf_counter() - before) / 1e6)
