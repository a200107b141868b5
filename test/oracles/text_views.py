"""Compares the text views csv, txt and json of one dataset with the values that h5py reads; see compare_mount.py.

Every comparison goes through a reader that scientists use: json.loads, numpy.loadtxt, csv.reader, pandas.read_csv,
DuckDB, sqlite3 and R (these three where they are installed).
"""
import csv
import io
import json
import os
import re
import shutil
import subprocess

import h5py
import numpy as np
import pandas
from h5py import h5t

import by_r

try:
    import duckdb
except ImportError:
    duckdb = None
SQLITE = shutil.which("sqlite3")

csv.field_size_limit(1 << 30)


class Different(Exception):
    """A value, a shape or a type is not h5py's."""


class Number(str):
    """The text of a JSON number with a point or an exponent: json.loads would round it to a double."""


def text_of(value):
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else str(value)


def names_of(t):
    return {int(t.get_member_value(k)): text_of(t.get_member_name(k)) for k in range(t.get_nmembers())}


def is_boolean(t):
    return t.get_class() == h5t.ENUM and names_of(t) == {0: "FALSE", 1: "TRUE"}


def is_complex(t):
    if t.get_class() != h5t.COMPOUND or t.get_nmembers() != 2:
        return False
    names = tuple(t.get_member_name(i) for i in range(2))
    members = [t.get_member_type(i) for i in range(2)]
    return names in ((b"r", b"i"), (b"real", b"imag")) and members[0] == members[1] and members[0].get_class() == h5t.FLOAT and t.get_size() == 2 * members[0].get_size()


def parts_of(value):
    return (value.real, value.imag) if isinstance(value, np.complexfloating) else (value[0], value[1])


def same_path(text, reference, d):
    path, region = text, ""
    if isinstance(reference, h5py.RegionReference):
        path, region = re.fullmatch(r"(.*?)((?:\[[0-9:,\u00d7+\]\[]*\])?)", text, re.DOTALL).groups()
    target = h5py.h5r.dereference(reference, d)
    if not path.startswith("#"):
        found = h5py.h5o.open(h5py.h5i.get_file_id(d), path.encode("utf-8", "surrogateescape"))
        if h5py.h5o.get_info(found).addr != h5py.h5o.get_info(target).addr:
            return False
    return not isinstance(reference, h5py.RegionReference) or same_region(region, h5py.h5r.get_region(reference, d))


def same_region(text, space):
    """Both as masks."""
    shape = space.shape
    if int(np.prod(shape)) > 1 << 20:
        return True
    ours, theirs = np.zeros(shape, bool), np.zeros(shape, bool)
    if text == "":
        ours[...] = True
    for part in text.split("+") if text not in ("", "[]") else ():
        index = []
        for dimension in part[1:-1].split(","):
            numbers, _, block = dimension.partition("\u00d7")
            bounds = [int(n) for n in numbers.split(":")]
            if block:
                index.append([i + k for i in range(*bounds) for k in range(int(block)) if i + k < bounds[1]])
            else:
                index.append(range(*bounds) if len(bounds) > 1 else bounds)
        ours[np.ix_(*index)] = True
    kind = space.get_select_type()
    if kind == h5py.h5s.SEL_ALL:
        theirs[...] = True
    elif kind == h5py.h5s.SEL_POINTS:
        theirs[tuple(space.get_select_elem_pointlist().T)] = True
    elif kind == h5py.h5s.SEL_HYPERSLABS:
        for first, last in space.get_select_hyper_blocklist():
            theirs[tuple(slice(a, b + 1) for a, b in zip(first, last))] = True
    return np.array_equal(ours, theirs)


def same_float(text, value, t):
    """The fewest digits that read back, in Python's form for a double; NumPy's digits for what is narrower."""
    kind = value.dtype.type
    text = {"NaN": "nan", "Infinity": "inf", "-Infinity": "-inf"}.get(text, text)
    ours = kind(text)
    if not (ours == value or (ours != ours and value != value)) or np.signbit(ours) != np.signbit(value) and value == value:
        return False
    if not np.isfinite(value) or value.dtype.itemsize > 8 or value.dtype.itemsize != t.get_size():
        return True
    if value.dtype.itemsize == 8:
        return text == repr(float(value))
    digits = np.format_float_scientific(value, unique=True, trim="-").split("e")[0].lstrip("-").replace(".", "")
    return re.sub(r"e.*|[-.]", "", text).strip("0") == digits.strip("0")


def same_integer(text, value):
    return re.fullmatch(r"-?\d+", text) is not None and int(text) == int(value)


def same_leaf(text, value, t, d):
    """The text of something without parts; `t` is its type in the file."""
    c = t.get_class()
    if isinstance(value, (h5py.Reference, h5py.RegionReference)):
        return same_path(text, value, d) if value else text == ""
    if c == h5t.ENUM:
        if is_boolean(t) and int(value) in (0, 1):
            return text == ("true" if value else "false")
        return text == names_of(t).get(int(value), str(int(value)))
    if c == h5t.BITFIELD:
        # PyTables' booleans, elsewhere hexadecimal.
        return int(value) == (text == "true") if text in ("true", "false") else text.startswith("0x") and int(text, 16) == int(value)
    if c == h5t.OPAQUE:
        return text == "0x" + (np.asarray(value).tobytes()).hex()
    if c == h5t.FLOAT:
        return same_float(text, np.asarray(value)[()], t)
    if c in (h5t.INTEGER, h5t.TIME):
        return same_integer(text, value)
    return text == text_of(value)


def same_json(ours, value, t, d):
    c = t.get_class()
    if is_complex(t):
        member = t.get_member_type(0)
        return isinstance(ours, dict) and list(ours) == ["r", "i"] and all(same_json(o, v, member, d) for o, v in zip(ours.values(), parts_of(value)))
    if c == h5t.COMPOUND:
        return isinstance(ours, dict) and all(same_json(ours[text_of(t.get_member_name(i))], value[i], t.get_member_type(i), d) for i in range(t.get_nmembers()))
    if c == h5t.ARRAY:
        return same_nested(ours, np.asarray(value), t.get_super(), d, len(t.get_array_dims()))
    if c == h5t.VLEN:
        return isinstance(ours, list) and len(ours) == len(value) and all(same_json(o, v, t.get_super(), d) for o, v in zip(ours, value))
    if ours is None:
        return not value
    if isinstance(ours, bool):
        return same_leaf("true" if ours else "false", value, t, d)
    if isinstance(ours, (int, Number)):
        return c in (h5t.INTEGER, h5t.TIME, h5t.FLOAT, h5t.ENUM) and same_leaf(str(ours), value, t, d)
    return isinstance(ours, str) and c not in (h5t.INTEGER, h5t.TIME) and same_leaf(ours, value, t, d)


def same_nested(ours, values, t, d, rank):
    if rank == 0:
        return same_json(ours, values[()] if isinstance(values, np.ndarray) and values.ndim == 0 else values, t, d)
    return isinstance(ours, list) and len(ours) == len(values) and all(same_nested(o, v, t, d, rank - 1) for o, v in zip(ours, values))


def compare_json(data, values, d):
    text = data.decode("utf-8", "surrogateescape")
    ours = json.loads(text, parse_float=Number)
    if not same_nested(ours, values, d.get_type(), d, len(d.shape)):
        raise Different(f"json {text[:100]!r}..., expected {str(values)[:100]}")


def leaves(name, column, t):
    """(name, one value for each row, HDF5 type) of each leaf column; the first axis of `column` is the rows."""
    if is_complex(t):
        first, second = (column.real, column.imag) if column.dtype.kind == "c" else (column[n] for n in column.dtype.names)
        yield f"{name}.r".lstrip("."), first, t.get_member_type(0)
        yield f"{name}.i".lstrip("."), second, t.get_member_type(1)
    elif t.get_class() == h5t.COMPOUND:
        for i in range(t.get_nmembers()):
            member = text_of(t.get_member_name(i))
            # h5py gives members of one name, or without a name, others.
            yield from leaves(f"{name}.{member}" if name else member, column[column.dtype.names[i]], t.get_member_type(i))
    elif t.get_class() == h5t.ARRAY:
        dims = t.get_array_dims()
        for index in np.ndindex(*dims):
            yield from leaves(name + "".join(f"[{i}]" for i in index), column[(slice(None), *index)], t.get_super())
    else:
        yield name, column, t


def table_of(values, d, name):
    """(columns, number of index columns, rows) of a csv."""
    t = d.get_type()
    dims = d.shape
    rank = len(dims)
    is_table = t.get_class() == h5t.COMPOUND and not is_complex(t)
    inner = values.shape[rank:]
    if is_table or rank < 2:
        indexed = dims if rank > 1 else ()
        columns = list(leaves("" if is_table else name, values.reshape((-1, *inner)) if rank != 1 else values, t))
        rows = int(np.prod(dims))
    else:
        indexed = dims[:-1] if rank > 2 else ()
        rows = int(np.prod(dims[:-1]))
        flat = values.reshape((rows, dims[-1], *inner))
        columns = [leaf for i in range(dims[-1]) for leaf in leaves(str(i), flat[:, i], t)]
    return columns, indexed, rows


def compare_csv(path, data, values, d, name):
    text = data.decode("utf-8", "surrogateescape")
    columns, indexed, count = table_of(values, d, name)
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    header = [f"d{i}" for i in range(len(indexed))] + [n for n, _, _ in columns]
    # A dataset with several names heads its column by one of them.
    if rows[0] != header and (h5py.h5o.get_info(d).rc == 1 or len(rows[0]) != len(header)):
        raise Different(f"csv header {rows[0][:10]}, expected {header[:10]}")
    # Rows without columns are no lines.
    if len(rows) - 1 != (count if header else 0):
        raise Different(f"csv has {len(rows) - 1} rows, expected {count}")
    for j, index in enumerate(np.ndindex(*indexed)) if indexed else ():
        if rows[j + 1][: len(indexed)] != [str(i) for i in index]:
            raise Different(f"csv row {j} has the indexes {rows[j + 1][: len(indexed)]}, expected {index}")
    for i, (label, column, t) in enumerate(columns, len(indexed)):
        for j in range(count):
            cell = rows[j + 1][i]
            value = column[j]
            if t.get_class() == h5t.VLEN:
                same = same_json(json.loads(cell, parse_float=Number), value, t, d)
            else:
                same = same_leaf(cell, value, t, d)
            if not same:
                raise Different(f"csv row {j}, column {label}: {cell!r}, expected {value!r}")
    if count > 0 and columns and len(set(rows[0])) == len(rows[0]) and is_utf8(data):
        by_pandas(data, columns, len(indexed))
        if "\0" not in text:
            by_sqlite(path, rows)
            by_duckdb(path, rows, columns, len(indexed))
            by_r_itself(path, rows, columns, len(indexed))


def is_utf8(data):
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def kind_of(t):
    c = t.get_class()
    if is_boolean(t):
        return "b"
    return {h5t.INTEGER: "i", h5t.FLOAT: "f"}.get(c, "")


def by_pandas(data, columns, skip):
    frame = pandas.read_csv(io.BytesIO(data), float_precision="round_trip", keep_default_na=False, na_values={}, low_memory=False)
    for i, (label, column, t) in enumerate(columns, skip):
        ours = frame.iloc[:, i]
        kind = kind_of(t)
        if kind == "f" and t.get_size() <= 8 and column.dtype.kind == "f":
            # float32 is compared as what its text says, rounded to float32.
            same = np.array_equal(ours.astype("f8").to_numpy().astype(column.dtype.newbyteorder("=")), column, equal_nan=True)
        elif kind == "i" and t.get_size() <= 8:
            same = ours.dtype.kind in "iu" and np.array_equal(ours.to_numpy(), column)
        elif kind == "b" and np.isin(column, (0, 1)).all():
            same = ours.dtype.kind == "b" and np.array_equal(ours.to_numpy(), column.astype(bool))
        else:
            continue
        if not same:
            raise Different(f"pandas reads column {label} as {ours.dtype} {ours.to_numpy()[:3]}, expected {column[:3]}")


def by_sqlite(path, rows):
    """Everything is text there: the fields as Python's csv module has them."""
    if SQLITE is None or len(rows[0]) > 500 or len(set(n.lower() for n in rows[0])) != len(rows[0]) or "" in rows[0]:
        return
    shown = os.fsdecode(path)
    if re.search(r"[\"'\\\s]", shown):
        return
    script = f".mode csv\n.import {shown} t\n.mode json\nselect * from t;\n"
    done = subprocess.run([SQLITE, ":memory:"], input=script.encode(), capture_output=True, timeout=60)
    if done.returncode != 0 or done.stderr.strip():
        raise Different(f"sqlite3: {done.stderr.decode('utf-8', 'replace')[:200]}")
    found = [[str(v) for v in row.values()] for row in json.loads(done.stdout or b"[]")]
    if found != rows[1:]:
        bad = next((i for i, (a, b) in enumerate(zip(found, rows[1:])) if a != b), min(len(found), len(rows) - 1))
        raise Different(f"sqlite3 reads row {bad} of {len(found)} as {found[bad : bad + 1]}, expected {rows[bad + 1 : bad + 2]}")


def by_duckdb(path, rows, columns, skip):
    """Types are DuckDB's guess; numbers and truth values must be what they are."""
    if duckdb is None or len(rows[0]) > 200:
        return
    found = duckdb.sql(f"select * from read_csv('{os.fsdecode(path).replace(chr(39), chr(39) * 2)}', header=true, delim=',', quote='\"', escape='\"', sample_size=-1, null_padding=false)").fetchall()
    if len(found) != len(rows) - 1:
        raise Different(f"DuckDB reads {len(found)} rows, expected {len(rows) - 1}")
    for i, (label, column, t) in enumerate(columns, skip):
        kind = kind_of(t)
        # A column that fits neither its signed nor its unsigned integers is of doubles there.
        if kind == "i" and column.max() >= 2**63:
            continue
        for j, value in enumerate(column):
            ours = found[j][i]
            if kind == "f" and column.dtype.kind == "f" and t.get_size() <= 8:
                same = ours is not None and (column.dtype.type(ours) == value or value != value)
            elif kind == "i" and t.get_size() <= 8:
                same = ours == int(value)
            elif kind == "b" and int(value) in (0, 1):
                same = ours is bool(value)
            else:
                continue
            if not same:
                raise Different(f"DuckDB reads row {j}, column {label} as {ours!r}, expected {value!r}")


def by_r_itself(path, rows, columns, skip):
    """
    Cells are Python's, but for a carriage return, which is a line feed to R; its numbers are off by one unit in the last place
    here and there, for it does not round as IEEE 754 asks.
    """
    if by_r.RSCRIPT is None or b"\n" in os.fsencode(path):
        return
    try:
        found = by_r.read_csv(path)
    except ValueError as error:
        raise Different(str(error)) from error
    cells = [[cell.replace("\r\n", "\n").replace("\r", "\n") for cell in column] for column in zip(*rows[1:])]
    if [text for text, _ in found] != cells:
        bad = next(i for i, (a, b) in enumerate(zip([text for text, _ in found], cells)) if a != b)
        raise Different(f"R reads column {rows[0][bad]} as {found[bad][0][:3]}, expected {cells[bad][:3]}")
    for i, (label, column, t) in enumerate(columns, skip):
        if kind_of(t) not in ("i", "f") or t.get_size() > 8 or column.dtype.kind not in "iuf":
            continue
        numbers = found[i][1]
        # The text of a small float is the shortest that is rounded to it; NumPy has no bfloat16 and the like.
        is_small = column.dtype.kind == "f" and column.dtype.itemsize < 8
        with np.errstate(over="ignore"):
            ours = np.array([] if numbers is None else numbers, dtype="f8").astype(column.dtype.newbyteorder("=") if is_small else "f8")
        rtol = 1e-2 if t.get_size() < column.dtype.itemsize else 0 if is_small else 4e-16
        if numbers is None or not np.allclose(ours, column.astype(ours.dtype), rtol=rtol, atol=1e-320, equal_nan=True):
            raise Different(f"R reads column {label} as {numbers and numbers[:3]}, expected {column[:3]}")


def compare_txt(data, values, d):
    t = d.get_type()
    base = t
    while base.get_class() == h5t.ARRAY:
        base = base.get_super()
    if base.get_class() == h5t.STRING:
        expected = b"".join((v if isinstance(v, bytes) else str(v).encode("utf-8", "surrogateescape")) + b"\n" for v in np.atleast_1d(values).flat)
        if data != expected:
            raise Different(f"txt {data[:80]!r}..., expected {expected[:80]!r}")
        return
    if is_complex(base):
        values = np.stack([values.real, values.imag] if values.dtype.kind == "c" else [values[n] for n in values.dtype.names], axis=-1)
    elif values.dtype.kind not in "iuf" or values.dtype.itemsize > 8:
        return
    columns = int(np.prod(values.shape[len(d.shape) - (len(d.shape) > 1) :]))
    if values.size == 0:
        if data.strip():
            raise Different(f"txt of no elements is {data[:80]!r}")
        return
    ours = np.loadtxt(io.BytesIO(data), dtype=values.dtype.newbyteorder("="), ndmin=2)
    expected = values.reshape(-1, columns)
    if ours.shape != expected.shape or not np.array_equal(ours, expected, equal_nan=values.dtype.kind == "f"):
        raise Different(f"numpy.loadtxt gives {ours.shape} {ours[:2]}, expected {expected.shape} {expected[:2]}")
