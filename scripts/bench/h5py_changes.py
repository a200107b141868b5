#!/usr/bin/env python3
"""Makes the changes of make-changes.ts to a new file: FILE groups|attributes|spread|rows COUNT. Prints the seconds of processor time that they took."""
import sys
import time

import h5py
import numpy as np

path, kind, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
with h5py.File(path, "w", libver="v108") as f:
    if kind == "attributes":
        attributes = f.create_group("g").attrs
    elif kind == "spread":
        for i in range(1000):
            f.create_group(f"g{i}")
    elif kind == "rows":
        x = f.create_dataset("x", (0, 4), "f8", maxshape=(None, 4), chunks=(1024, 4))
    start = time.process_time()
    for i in range(count):
        if kind == "groups":
            f.create_group(f"g{i}")
        elif kind == "attributes":
            attributes[f"a{i}"] = i
        elif kind == "spread":
            f[f"g{i % 1000}"].attrs[f"a{i}"] = i
        else:
            x.resize(i + 1, axis=0)
            x[i] = np.full(4, i, "f8")
print(time.process_time() - start)
