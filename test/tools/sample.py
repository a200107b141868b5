"""sample.py FOLDER: files of the kinds that scientists have: CSV, JSON, text and NPY, in folders."""
import json
import os
import sys

import numpy
import pandas

root = sys.argv[1]
random = numpy.random.default_rng(1)
for i in range(6):
    folder = os.path.join(root, f"run {i}")
    os.makedirs(folder)
    frame = pandas.DataFrame({"time": numpy.arange(50) * 0.25, "count": random.integers(0, 99, 50), "site": ["a", "b"] * 25})
    frame.to_csv(os.path.join(folder, "table.csv"), index=False)
    numpy.save(os.path.join(folder, "image.npy"), random.normal(size=(20, 30)))
    numpy.save(os.path.join(folder, "counts.npy"), random.integers(-9, 9, 100).astype("i2"))
    with open(os.path.join(folder, "settings.json"), "w") as file:
        json.dump({"gain": i / 4, "on": True, "names": ["ä", "b"]}, file, indent=1)
    with open(os.path.join(folder, "notes.txt"), "w") as file:
        file.write("line one\nline two\n" * i)
os.symlink("run 0/table.csv", os.path.join(root, "first.csv"))
with open(os.path.join(root, "tool.sh"), "w") as file:
    file.write("#!/bin/sh\necho a tool\n")
os.chmod(os.path.join(root, "tool.sh"), 0o755)
