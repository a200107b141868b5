#!/usr/bin/env python3
"""Writes an array, from a .npy file, over dataset /x of a file, in this process, and prints "BYTES WRITES SECONDS" as writer.c does."""
import sys
import time

import h5py
import numpy as np

start = time.perf_counter()
with h5py.File(sys.argv[1], "r+") as f:
    array = np.load(sys.argv[2])
    f["x"][...] = array
print(array.nbytes, 1, f"{time.perf_counter() - start:.6f}")
