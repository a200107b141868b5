#!/usr/bin/env python3
"""The generated matrix: files of every structure in pairs, written by libhdf5, read by the engine, compared.

usage: main.py FOLDER        (needs h5py 3.16)

Makes the files in FOLDER and prints a line of JSON: [{"file", "datasets": [name, ...]}, ...]. Waits for a line on standard input, which says that
the engine's answers are there: beside each FILE, FILE.json (`h5fs dump`) and FILE.views/NAME.npy, NAME.json (or NAME.npy.refused,
with the reason). Then prints a line of JSON for each file, and one of totals.
"""
import json
import sys
from collections import Counter

import h5py
from h5py import h5a, h5d, h5f, h5g, h5p

from compare import Different, OpenFile, Refused, check_contents, check_json, check_npy, check_oracle, check_storage
from files import MANY_LINKS
from libhdf5 import call
from make import make

sys.set_int_max_str_digits(0)  # binary128 has numbers of 4,932 digits


class FileComparison:
    def __init__(self, made):
        self.made, self.totals, self.wrong, self.oracle = made, Counter(), [], []
        self.file = OpenFile(made)

    def run(self):
        self.totals["files"] += 1
        try:
            fapl = h5p.create(h5p.FILE_ACCESS)
            call("H5Pset_relax_file_integrity_checks", fapl.id, 1)
            self.fid = h5f.open(self.made.path.encode(), h5f.ACC_RDONLY, fapl)
        except Exception as e:
            self.fid = None
            self.oracle.append(f"libhdf5 cannot open it: {e}")
        self.links()
        for written in self.made.datasets:
            self.totals["datasets"] += 1
            d = self.ask_oracle(written, "H5Dread", lambda: h5d.open(self.fid, written.name.encode()))
            self.readable = d is not None
            found = self.file.dump["objects"].get(f"/{written.name}", {"error": "is not in the dump"})
            self.check(written, lambda: check_contents(written, found, self.file))
            if d is not None:
                self.check(written, lambda: check_storage(d, written, found))
            self.totals["values"] += self.check(written, lambda: check_json(written, self.file)) or 0
            self.totals["values by NumPy"] += self.check(written, lambda: check_npy(written, self.file, d)) or 0
        self.attributes()
        if self.fid is not None:
            self.fid.close()

    def ask_oracle(self, written, function, open_):
        """The object, if libhdf5 reads in it what was written."""
        if self.fid is None:
            return None
        try:
            obj = open_()
            check_oracle(written, obj, function)
            return obj
        except Exception as e:
            self.oracle.append(f"{written.case}: {e}")
            return None

    def check(self, written, compare):
        try:
            return compare()
        except Refused as e:
            # With other sizes of offsets and lengths, libhdf5 2.0 writes some structures wrongly.
            if self.readable or self.made.config.sizes == "8/8":
                self.wrong.append(f"{written.case}: refused: {e}")
            else:
                self.totals["refused as by libhdf5"] += 1
        except Different as e:
            self.wrong.append(f"{written.case}: {e}")
        except (KeyError, TypeError, ValueError) as e:
            self.wrong.append(f"{written.case}: {type(e).__name__}: {e}")
        return None

    def links(self):
        """Of the root and of `targets`: names, kinds, what they lead to."""
        found = self.file.dump["links"]
        committed = [f"/type of {w.name}" for w in self.made.datasets if w.committed]
        hard = ["/", "/targets", "/targets/empty", "/targets/numbers", "/again", "/attributes", *(f"/{w.name}" for w in self.made.datasets), *committed]
        wanted = {path: ("hard", None, None) for path in hard}
        wanted["/sóft"] = ("soft", "targets/numbers", None)
        wanted["/dangling"] = ("soft", "/nowhere/at all", None)
        wanted["/external"] = ("external", "/there", "another file.h5")
        if self.made.config.many:
            wanted.update({f"/targets/{name}": ("soft", target, None) for name, target in MANY_LINKS.items()})
        self.totals["links"] += len(wanted)
        got = {path: (link.get("kind"), link.get("target"), link.get("file")) for path, link in found.items()}
        for path in wanted.keys() | got.keys():
            missing = path not in got and not self.can_list(path.rpartition("/")[0] or "/")
            if wanted.get(path) != got.get(path) and not missing:
                self.wrong.append(f"link {path}: {got.get(path)}, expected {wanted.get(path)}")

    def can_list(self, group):
        """Whether libhdf5 can list a group, in a file of which it can read the first dataset."""
        try:
            opened = h5g.open(self.fid, group.encode())
            return all(opened.links.get_info(name) is not None for name in opened) and h5d.open(self.fid, b"/targets/numbers") is not None
        except Exception:
            return False

    def attributes(self):
        group = self.file.dump["objects"].get("/attributes", {})
        found = group.get("attrs", {})
        if "attrs" not in group and not self.can_list("/attributes"):
            return
        if set(found) != {w.name for w in self.made.attributes}:
            self.wrong.append(f"attributes are {sorted(found)[:5]}..., expected {[w.name for w in self.made.attributes][:5]}...")
            return
        for written in self.made.attributes:
            self.totals["attributes"] += 1
            a = self.ask_oracle(written, "H5Aread", lambda: h5a.open(h5g.open(self.fid, b"attributes"), written.name.encode()))
            self.readable = a is not None
            self.check(written, lambda: check_contents(written, found[written.name], self.file))


def main(folder):
    made = make(folder)
    print(json.dumps([{"file": m.path, "datasets": [w.name for w in m.datasets]} for m in made]), flush=True)
    sys.stdin.readline()
    totals = Counter()
    for m in made:
        comparison = FileComparison(m)
        comparison.run()
        totals += comparison.totals
        print(json.dumps({"file": m.path, "wrong": comparison.wrong, "oracle": comparison.oracle}), flush=True)
    print(json.dumps({"h5py": h5py.__version__, "totals": totals}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
