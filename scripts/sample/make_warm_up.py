#!/usr/bin/env python3
"""Makes warm-up.h5, in which a mount looks names up before anybody waits for one (mount/warm-up.ts): a group with links in a fractal heap."""

from pathlib import Path

import h5py
import numpy

with h5py.File(Path(__file__).with_name("warm-up.h5"), "w", libver="latest") as file:
    group = file.create_group("g")
    for i in range(12):
        group.create_dataset(f"n{i}", data=numpy.arange(3.0))
