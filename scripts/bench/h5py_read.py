#!/usr/bin/env python3
"""Reads dataset /x of a file whole, in this process, and prints "BYTES READS SECONDS" as reader.c does."""
import sys
import time

import h5py

with h5py.File(sys.argv[1], "r") as f:
    d = f["x"]
    start = time.perf_counter()
    n = d[()].nbytes
    print(n, 1, f"{time.perf_counter() - start:.6f}")
