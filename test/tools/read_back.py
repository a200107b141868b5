"""
read_back.py FILE FOLDER: compares an HDF5 file, by h5py and PyTables, with the folder that the same programs wrote. Each file is a
file node of the same bytes, or a dataset of the same values; each folder is a group, each symlink a soft link.
"""
import os
import sys

import h5py
import numpy
import pandas
import tables
from pyarrow import feather
from tables.nodes import filenode


def values(path):
    if path.endswith(".npy"):
        return numpy.load(path)
    with open(path) as file:
        head = file.readline()
    separator = max(",;\t", key=head.count)
    header = None if all(is_number(text) for text in head.split(separator)) else 0
    return pandas.read_csv(path, sep=separator, header=header, keep_default_na=False, dtype=str)


def is_number(text):
    try:
        float(text)
        return True
    except ValueError:
        return False


def same_table(frame, dataset):
    if dataset.dtype.names is None:
        columns = [numpy.asarray(dataset.asstr()[()] if h5py.check_string_dtype(dataset.dtype) else dataset[()])]
        if columns[0].ndim == 2:
            columns = list(columns[0].T)
    else:
        columns = [dataset[()][name] for name in dataset.dtype.names]
    if len(columns) != len(frame.columns):
        return False
    return all(same_column(column, frame.iloc[:, i]) for i, column in enumerate(columns))


def same_columns(table, elements):
    if elements.dtype.names is None:
        return table.num_columns == 1 and same_values(elements, table.column(0))
    return all(same_values(elements[name], table.column(i)) for i, name in enumerate(elements.dtype.names))


def same_values(elements, column):
    found = elements.tolist()
    expected = column.to_pylist()
    if len(found) != len(expected):
        return False
    texts = lambda value: value.encode() if isinstance(value, str) else value
    return all(a == texts(b) or (a != a and b != b) for a, b in zip(found, expected))


def same_column(column, texts):
    if len(column) != len(texts):
        return False
    if column.dtype.kind in "iu" and set(texts) <= {"True", "False"}:
        # As PyTables has them.
        return [bool(value) for value in column] == [text == "True" for text in texts]
    if column.dtype.kind in "iuf":
        return bool(numpy.array_equal(column.astype("f8"), pandas.to_numeric(texts, errors="coerce"), equal_nan=True))
    if column.dtype.kind == "b":
        return all(str(a).lower() == b.lower() for a, b in zip(column, texts))
    return all((a.decode() if isinstance(a, bytes) else str(a)) == b for a, b in zip(column, texts))


def check(h5, pt, root, name, counts):
    path = os.path.join(root, name)
    if name in h5 and isinstance(h5[name], h5py.Dataset) and h5[name].attrs.get("NODE_TYPE") == b"file":
        with open(path, "rb") as file:
            expected = file.read()
        assert h5[name][()].tobytes() == expected, f"{name}: h5py reads other bytes"
        with filenode.open_node(pt.get_node("/" + name), "r") as node:
            assert node.read() == expected, f"{name}: PyTables reads other bytes"
        counts["files"] += 1
        return
    stem, extension = os.path.splitext(name)
    assert extension in (".npy", ".csv", ".arrow"), f"{name}: is not there"
    # A dataset has the whole name where something else is called by the rest.
    where = name if name in h5 else stem
    dataset = h5[where]
    if extension == ".arrow":
        same = same_columns(feather.read_table(path, memory_map=False), dataset[()])
    elif extension == ".npy":
        same = numpy.array_equal(dataset[()], values(path))
    else:
        same = same_table(values(path), dataset)
    assert same, f"{name}: the dataset has other values"
    pt.get_node("/" + where)
    counts["datasets"] += 1


def main(file, root):
    counts = {"files": 0, "datasets": 0, "links": 0, "groups": 0}
    with h5py.File(file, "r") as h5, tables.open_file(file) as pt:
        for where, folders, files in os.walk(root):
            for entry in folders + files:
                path = os.path.join(where, entry)
                name = os.path.relpath(path, root)
                if os.path.islink(path):
                    assert isinstance(h5.get(name, getlink=True), h5py.SoftLink), f"{name}: is no soft link"
                    counts["links"] += 1
                elif os.path.isdir(path):
                    assert isinstance(h5[name], h5py.Group), f"{name}: is no group"
                    counts["groups"] += 1
                elif os.path.isfile(path):
                    check(h5, pt, root, name, counts)
    print(", ".join(f"{n} {what}" for what, n in counts.items()))


main(*sys.argv[1:])
