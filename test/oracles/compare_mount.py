#!/usr/bin/env python3
"""Compares what a mount shows with what libhdf5 (h5py) reads, value by value.

Reads lines {"file": PATH, "mount": DIR} on standard input; answers each with one line of JSON:
  same        number of views whose every value equals
  refused     [path, reason, ordinary]: reading gave EOPNOTSUPP; `ordinary` if nothing about the dataset is unusual
  wrong       [path, what]: differs, or is missing, or fails in another way
  unreadable  [path, why]: h5py cannot read it either, so nothing is compared
  error       why h5py cannot open the file at all
"""
import errno
import io
import json
import os
import re
import sys

import h5py
import numpy as np
from h5py import h5d, h5t, h5z

from text_views import Different, compare_csv, compare_json, compare_txt, text_of

EXTENSIONS = (".npy", ".csv", ".txt", ".json", ".bin", ".png", ".arrow", "")
OUR_FILTERS = {h5z.FILTER_DEFLATE, h5z.FILTER_SHUFFLE, h5z.FILTER_FLETCHER32}
ORDINARY = {h5t.INTEGER, h5t.FLOAT, h5t.ENUM}
TEXT_LIMIT = 1 << 20
# A dataset larger than this is left out: that it is there is seen, its values are too many.
LARGE = 1 << 27
NAME_MAX = 255
# Of a group with more datasets than this, every tenth is read beyond it; that the others are listed is seen.
MANY = 300


def shown_name(name):
    """As the mount shows a name that has a % which could be taken for an escape (docs/names.md)."""
    shown = re.sub(rb"%(?=2F|00|2E|25|$)", b"%25", name)
    if os.environ.get("H5FS_TRANSPORT") != "libfuse":
        return shown
    # fuse-native has names in UTF-8 only (docs/transports.md).
    text = shown.decode("utf-8", "surrogateescape")
    return re.sub("[\udc80-\udcff]", lambda m: f"%{ord(m[0]) - 0xDC00:02X}", text).encode()


class Refused(Exception):
    """The mount said EOPNOTSUPP."""


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
    ours = np.load(io.BytesIO(data), allow_pickle=False, max_header_size=1 << 24)
    kinds = (ours.dtype.kind, values.dtype.kind)
    if (kinds[0] == "V" and ours.dtype.names is None and kinds[1] != "V") or kinds == ("u", "f"):
        # A number that NumPy has no type for: its bytes are shown, and compared.
        stored = np.zeros(ours.nbytes, "u1")
        d.read(h5py.h5s.ALL, h5py.h5s.ALL, stored, mtype=d.get_type())
        if ours.tobytes() != stored.tobytes():
            raise Different("stored bytes differ")
        return
    equal_values(ours, values, os.path.basename(path).decode("utf-8", "replace"))


def whole_sequences(values, d):
    """Sequences that happen to be of one length: h5py (or NumPy) has made one array of them."""
    rank = len(d.shape)
    if d.get_type().get_class() != h5t.VLEN or values.ndim <= rank:
        return values
    whole = np.empty(d.shape, dtype=object)
    for index in np.ndindex(*d.shape):
        whole[index] = values[index]
    return whole


def is_file_node(group, name):
    """A file that PyTables' filenode has stored."""
    try:
        found = h5py.h5o.open(group, name)
        return h5py.h5a.exists(found, b"NODE_TYPE") and h5py.Dataset(found).attrs["NODE_TYPE"] in (b"file", "file")
    except Exception:
        return False


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
        files = {shown_name(name) for name in names if is_file_node(group, name)}
        for i, name in enumerate(names):
            shown = shown_name(name)
            inside = os.path.join(path, shown)
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
                    if not os.path.isdir(os.path.join(folder, shown)):
                        self.wrong.append([label, "a group, but no folder of the mount"])
                    else:
                        self.group(obj, inside)
                elif isinstance(obj, h5py.h5d.DatasetID):
                    self.dataset(obj, folder, name, label, listed, i < MANY or i % 10 == 0, files)
            except OSError as e:
                self.wrong.append([label, f"{type(e).__name__}: {e}"])

    def dataset(self, d, folder, name, label, listed, read_values, files):
        shown = shown_name(name)
        paths = {x: os.path.join(folder, shown + x.encode()) for x in EXTENSIONS if shown + x.encode() in listed}
        # A group's or soft link's own name wins.
        views = [x for x, path in paths.items() if not os.path.isdir(path) and not os.path.islink(path)]
        # A file in the file (PyTables' filenode) is itself, whatever it is called.
        views = [x for x in views if not x or shown + x.encode() not in files]
        # Without an extension it is another dataset's view: x.npy, of x.
        views = [x for x in views if x] or views
        if not views:
            self.wrong.append([label, "is not listed under any view"])
            return
        if not read_values or int(np.prod(d.shape or (1,), dtype=float)) * d.get_type().get_size() > LARGE:
            return
        try:
            values = h5py.Dataset(d)[()]
        except Exception as e:
            self.unreadable.append([label, f"{type(e).__name__}: {e}"])
            return
        if isinstance(values, h5py.Empty):
            return
        values = np.asarray(values, dtype=object) if isinstance(values, (bytes, str)) else np.asarray(values)
        values = whole_sequences(values, d)
        # A view that is not listed can be had by name (read-only mounts).
        for view in dict.fromkeys([*views, ".npy", ".csv", ".txt", ".json"]):
            path = os.path.join(folder, shown + view.encode())
            if view and shown + view.encode() in files:
                continue
            if view not in views and (shown + view.encode() in listed or not os.path.lexists(path)):
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
        data = read(path)
        if view not in (".csv", ".txt", ".json") or values.size * max(values.dtype.itemsize, 1) > TEXT_LIMIT:
            # No rule here for what it says; that it can be read, or refuses, can be told.
            return 0
        if len(data) != os.stat(path).st_size:
            raise Different(f"{len(data)} bytes read, st_size is {os.stat(path).st_size}")
        if view == ".csv":
            compare_csv(path, data, values, d, text_of(name))
        elif view == ".txt":
            compare_txt(data, values, d)
        else:
            compare_json(data, values, d)
        return 1


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
