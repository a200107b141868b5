#!/usr/bin/env python3
"""Compares what a mount shows with what libhdf5 (h5py) reads, value by value.

Reads lines {"file": PATH, "mount": DIR} on standard input; answers each with one line of JSON:
  same        number of views whose every value equals
  refused     [path, reason, ordinary]: reading gave EOPNOTSUPP; `ordinary` if nothing about the dataset is unusual
  wrong       [path, what]: differs, or is missing, or fails in another way
  unreadable  [path, why]: h5py cannot read it either, so nothing is compared
  error       why h5py cannot open the file at all
"""
import csv
import errno
import io
import json
import os
import re
import sys

import h5py
import numpy as np
from h5py import h5d, h5t, h5z

EXTENSIONS = (".npy", ".csv", ".txt", ".json", ".bin", ".png", ".arrow", "")
OUR_FILTERS = {h5z.FILTER_DEFLATE, h5z.FILTER_SHUFFLE, h5z.FILTER_FLETCHER32}
ORDINARY = {h5t.INTEGER, h5t.FLOAT, h5t.ENUM}
CSV_LIMIT = 1 << 20
# A dataset larger than this is left out: that it is there is seen, its values are too many.
LARGE = 1 << 27
NAME_MAX = 255


class Refused(Exception):
    """The mount said EOPNOTSUPP."""


class Different(Exception):
    """A value, a shape or a type is not h5py's."""


def is_ordinary_type(t):
    c = t.get_class()
    if c == h5t.COMPOUND:
        return all(is_ordinary_type(t.get_member_type(i)) for i in range(t.get_nmembers()))
    if c == h5t.ARRAY:
        return is_ordinary_type(t.get_super())
    if c == h5t.STRING:
        return True
    return c in ORDINARY and t.get_size() <= 8


def is_ordinary(d):
    p = d.get_create_plist()
    filters = {p.get_filter(i)[0] for i in range(p.get_nfilters())}
    return p.get_layout() != h5d.VIRTUAL and p.get_external_count() == 0 and filters <= OUR_FILTERS and is_ordinary_type(d.get_type())


def read(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except OSError as e:
        if e.errno != errno.EOPNOTSUPP:
            raise
    try:
        problem = os.getxattr(path, "user.h5fs.problem").decode("utf-8", "replace")
    except OSError as e:
        raise Different(f"EOPNOTSUPP, but user.h5fs.problem gives {errno.errorcode.get(e.errno, e.errno)}")
    if not problem.strip():
        raise Different("EOPNOTSUPP, but user.h5fs.problem is empty")
    raise Refused(problem)


def equal_values(ours, theirs, where):
    """Compares two arrays of the same shape by value; compounds by member, so that padding does not matter."""
    if ours.dtype.kind == "c" and theirs.dtype.names == ("real", "imag"):
        theirs = theirs["real"] + 1j * theirs["imag"]
    if theirs.dtype.names is not None:
        if ours.dtype.names != theirs.dtype.names:
            raise Different(f"{where}: members {ours.dtype.names}, expected {theirs.dtype.names}")
        for name in theirs.dtype.names:
            equal_values(ours[name], theirs[name], f"{where}.{name}")
        return
    if ours.shape != theirs.shape:
        raise Different(f"{where}: shape {ours.shape}, expected {theirs.shape}")
    kinds = (ours.dtype.kind, theirs.dtype.kind)
    if kinds == ("S", "S"):
        # The bytes after a string's terminator, or its padding of blanks, are no part of its value: h5py takes them away, an
        # .npy has the elements as they are stored.
        ours, theirs = (np.array([v.split(b"\0")[0].rstrip(b" ") for v in np.atleast_1d(a).flat], dtype=object) for a in (ours, theirs))
        kinds = ("O", "O")
    # A bitfield of 8 bits is PyTables' bool; h5py shows it as an integer.
    if kinds[0] != kinds[1] and kinds != ("b", "u"):
        raise Different(f"{where}: type {ours.dtype}, expected {theirs.dtype}")
    if kinds[1] in "SV":
        same = ours.tobytes() == theirs.tobytes() if ours.dtype.itemsize == theirs.dtype.itemsize else False
        if not same and kinds[1] == "S":
            same = np.array_equal(ours, theirs)
    else:
        same = np.array_equal(ours, theirs, equal_nan=kinds[1] in "fc")
    if not same:
        bad = np.argwhere(np.atleast_1d(~((ours == theirs) | ((ours != ours) & (theirs != theirs)))))
        first = tuple(int(i) for i in bad[0]) if len(bad) else ()
        raise Different(f"{where}: {len(bad)} values differ, first at {first}: {np.atleast_1d(ours)[first]!r}, expected {np.atleast_1d(theirs)[first]!r}")


def without_objects(dtype):
    return not dtype.hasobject


def compare_npy(path, values, d):
    data = read(path)
    if len(data) != os.stat(path).st_size:
        raise Different(f"{len(data)} bytes read, st_size is {os.stat(path).st_size}")
    ours = np.load(io.BytesIO(data), allow_pickle=False)
    if ours.dtype.kind == "V" and ours.dtype.names is None and values.dtype.kind != "V":
        # A number that NumPy has no type for: its bytes are shown, and compared.
        stored = np.zeros(ours.nbytes, "u1")
        d.read(h5py.h5s.ALL, h5py.h5s.ALL, stored, mtype=d.get_type())
        if ours.tobytes() != stored.tobytes():
            raise Different("stored bytes differ")
        return
    equal_values(ours, values, os.path.basename(path).decode("utf-8", "replace"))


def text_of(value):
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else str(value)


def leaves(name, column, t):
    """(name, array of one value per row, HDF5 type) of each leaf column; `column` has one entry per row first."""
    if column.dtype.names is not None and column.ndim == 1:
        if t.get_class() != h5t.COMPOUND:
            raise Different(f"{name}: h5py shows a compound where the file has none")
        for i, member in enumerate(column.dtype.names):
            yield from leaves(f"{name}.{member}" if name else member, column[member], t.get_member_type(i))
    elif column.ndim > 1:
        base = t.get_super() if t.get_class() == h5t.ARRAY else t
        for index in np.ndindex(column.shape[1:]):
            yield from leaves(f"{name}[{','.join(map(str, index))}]", column[(slice(None), *index)], base)
    elif column.dtype.kind == "c":
        yield f"{name}.r", column.real, None
        yield f"{name}.i", column.imag, None
    else:
        yield name, column, t


def same_json(ours, value, d):
    """A variable-length sequence in a field is a JSON array; floats in the shortest form of their own type."""
    if isinstance(value, np.void) and value.dtype.names is not None:
        return isinstance(ours, dict) and all(same_json(ours[n], value[n], d) for n in value.dtype.names)
    if isinstance(value, np.ndarray):
        return isinstance(ours, list) and len(ours) == len(value) and all(same_json(o, v, d) for o, v in zip(ours, value))
    if isinstance(value, (h5py.Reference, h5py.RegionReference)):
        return same_object(ours, value, d) if value else ours is None
    if isinstance(value, np.complexfloating):
        return same_json(ours["r"], value.real, d) and same_json(ours["i"], value.imag, d)
    if isinstance(value, np.floating):
        return value.dtype.type(ours) == value or value != value
    return ours == (text_of(value) if isinstance(value, (bytes, str)) else value)


def same_object(path, reference, d):
    target = h5py.h5r.dereference(reference, d)
    found = h5py.h5o.open(h5py.h5i.get_file_id(d), path.encode("utf-8", "surrogateescape"))
    return h5py.h5o.get_info(found).addr == h5py.h5o.get_info(target).addr


def equal_cell(cell, value, kind, dtype, names, d):
    if isinstance(value, (h5py.Reference, h5py.RegionReference)):
        return same_object(cell, value, d) if value else cell == ""
    if isinstance(value, np.ndarray):
        return same_json(json.loads(cell), value, d)
    if names is not None and not isinstance(value, np.bool_):
        return cell == names.get(int(value), str(int(value)))
    if kind == "b":
        return cell == ("true" if value else "false")
    if kind in "iu":
        # PyTables' booleans, and bitfields in hexadecimal, are integers to h5py.
        return (int(value) == (cell == "true")) if cell in ("true", "false") else int(cell, 0) == int(value)
    if kind == "f":
        ours = dtype.type(cell)
        return ours == value or (ours != ours and value != value)
    return cell == text_of(value)


def compare_csv(path, values, d, name):
    rows = list(csv.reader(io.StringIO(read(path).decode("utf-8", "surrogateescape"), newline="")))
    t = d.get_type()
    rank = len(d.shape)
    if rank == 0:
        values = values[None]
    if t.get_class() == h5t.VLEN and values.ndim > max(rank, 1):
        # Sequences that happen to be of one length: h5py (or NumPy) has made one array of them.
        sequences = list(values)
        values = np.empty(len(sequences), dtype=object)
        for i, sequence in enumerate(sequences):
            values[i] = sequence
    if values.dtype.names is not None and t.get_class() == h5t.COMPOUND and rank < 2:
        columns = list(leaves("", values, t))
    elif rank < 2:
        columns = list(leaves(name, values, t))
    elif rank == 2 and values.dtype.names is None:
        columns = [leaf for i in range(values.shape[1]) for leaf in leaves(str(i), values[:, i], t)]
    else:
        return False
    if any(c.dtype.kind not in "biufSO" for _, c, _ in columns):
        return False
    header = [re.sub(r"[\[\], ]+", "_", h) for h in rows[0]]
    expected = [re.sub(r"[\[\], ]+", "_", n) for n, _, _ in columns]
    # A dataset with several names heads its column by one of them.
    if header != expected and (h5py.h5o.get_info(d).rc == 1 or len(header) != len(expected)):
        raise Different(f"csv header {rows[0]}, expected {[n for n, _, _ in columns]}")
    if len(rows) - 1 != len(values):
        raise Different(f"csv has {len(rows) - 1} rows, expected {len(values)}")
    for i, (label, column, type_) in enumerate(columns):
        names = None
        if type_ is not None and type_.get_class() == h5t.ENUM:
            names = {type_.get_member_value(k): text_of(type_.get_member_name(k)) for k in range(type_.get_nmembers())}
        for j, value in enumerate(column):
            if not equal_cell(rows[j + 1][i], value, column.dtype.kind, column.dtype, names, d):
                raise Different(f"csv row {j}, column {label}: {rows[j + 1][i]!r}, expected {value!r}")
    return True


def compare_txt(path, values):
    if values.dtype.kind not in "SO" or values.ndim > 1:
        return False
    lines = [text_of(v) for v in np.atleast_1d(values)]
    if any("\n" in line for line in lines):
        return False
    ours = read(path).decode("utf-8", "surrogateescape")
    if ours.split("\n") != [*lines, ""] and ours != "\n".join(lines):
        raise Different(f"txt {ours[:80]!r}..., expected the lines {lines[:3]!r}...")
    return True


class Comparison:
    def __init__(self, file, mount):
        self.file, self.mount = file, mount
        self.same, self.refused, self.wrong, self.unreadable, self.seen = 0, [], [], [], set()

    def group(self, group, path):
        """`path` is the folder's path in bytes; h5py's names are bytes as well."""
        info = h5py.h5o.get_info(group)
        if (info.fileno, info.addr) in self.seen:
            return
        self.seen.add((info.fileno, info.addr))
        folder = os.path.join(os.fsencode(self.mount), path)
        listed = set(os.listdir(folder))
        try:
            names = list(group)
        except Exception as e:
            self.unreadable.append([text_of(path), str(e)])
            return
        for name in names:
            inside = os.path.join(path, name)
            label = text_of(inside)
            if len(name) + 5 > NAME_MAX or b"/" in name:
                continue
            try:
                if group.links.get_info(name).type != h5py.h5l.TYPE_HARD:
                    continue
                obj = h5py.h5o.open(group, name)
            except Exception as e:
                self.unreadable.append([label, str(e)])
                continue
            try:
                if isinstance(obj, h5py.h5g.GroupID):
                    if not os.path.isdir(os.path.join(folder, name)):
                        self.wrong.append([label, "a group, but no folder of the mount"])
                    else:
                        self.group(obj, inside)
                elif isinstance(obj, h5py.h5d.DatasetID):
                    self.dataset(obj, folder, name, label, listed, set(names))
            except OSError as e:
                self.wrong.append([label, f"{type(e).__name__}: {e}"])

    def dataset(self, d, folder, name, label, listed, links):
        views = [x for x in EXTENSIONS if name + x.encode() in listed and not (x and name + x.encode() in links)]
        if not views:
            self.wrong.append([label, "is not listed under any view"])
            return
        if int(np.prod(d.shape or (1,), dtype=float)) * d.get_type().get_size() > LARGE:
            return
        try:
            values = h5py.Dataset(d)[()]
        except Exception as e:
            self.unreadable.append([label, f"{type(e).__name__}: {e}"])
            return
        if isinstance(values, h5py.Empty):
            return
        values = np.asarray(values, dtype=object) if isinstance(values, (bytes, str)) else np.asarray(values)
        # A view that is not listed can be had by name (read-only mounts).
        for view in dict.fromkeys([*views, ".npy", ".csv"]):
            path = os.path.join(folder, name + view.encode())
            if view not in views and (name + view.encode() in listed or not os.path.lexists(path)):
                continue
            try:
                self.same += self.view(view, path, values, d, name)
            except Refused as e:
                entry = [label + view, str(e), is_ordinary(d)]
                self.refused.append(entry)
            except Different as e:
                self.wrong.append([label + view, str(e)])
            except (OSError, ValueError, EOFError) as e:
                self.wrong.append([label + view, f"{type(e).__name__}: {e}"])

    def view(self, view, path, values, d, name):
        if view == ".npy" and without_objects(values.dtype):
            compare_npy(path, values, d)
            return 1
        if view == ".csv" and values.size * max(values.dtype.itemsize, 1) <= CSV_LIMIT:
            return int(compare_csv(path, values, d, text_of(name)))
        if view == ".txt":
            return int(compare_txt(path, values))
        # No rule here for what it says; that it can be read, or refuses, can be told.
        read(path)
        return 0


def compare(file, mount):
    try:
        f = h5py.File(file, "r", locking=False)
    except Exception as e:
        return {"error": f"{type(e).__name__}: {e}"}
    with f:
        c = Comparison(file, mount)
        try:
            root = h5py.h5g.open(f.id, b"/")
        except Exception as e:
            # libhdf5 cannot read some of its own metadata cache images.
            return {"same": 0, "refused": [], "wrong": [], "unreadable": [["/", str(e)]]}
        c.group(root, b"")
    return {"same": c.same, "refused": c.refused, "wrong": c.wrong, "unreadable": c.unreadable}


for line in sys.stdin:
    question = json.loads(line)
    try:
        answer = compare(question["file"], question["mount"])
    except Exception as e:
        answer = {"same": 0, "refused": [], "unreadable": [], "wrong": [["/", f"{type(e).__name__}: {e}"]]}
    print(json.dumps(answer), flush=True)
