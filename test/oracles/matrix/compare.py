"""Compares what the engine says of a made file with what was written, and with what libhdf5 reads."""
import hashlib
import io
import json
import math
import os
from fractions import Fraction

import h5py
import numpy as np
from h5py import h5d, h5s, h5t

from datatypes import DATATYPES
from elements import is_plain, members, nested, order_of
from libhdf5 import read

CLASS = {
    h5t.INTEGER: "integer", h5t.FLOAT: "float", h5t.TIME: "time", h5t.STRING: "string", h5t.BITFIELD: "bitfield", h5t.OPAQUE: "opaque",
    h5t.COMPOUND: "compound", h5t.REFERENCE: "reference", h5t.ENUM: "enum", h5t.VLEN: "vlen", h5t.ARRAY: "array",
}
LAYOUT = {h5d.COMPACT: "compact", h5d.CONTIGUOUS: "contiguous", h5d.CHUNKED: "chunked"}


class Different(Exception):
    """What the engine gives is not what was written."""


class Refused(Different):
    """The engine gives nothing, and says why."""


def expect(found, wanted, what):
    if found != wanted:
        raise Different(f"{what} is {str(found)[:120]}, expected {str(wanted)[:120]}")


# --- datatypes, as `h5fs dump` describes them ----------------------------------------------------------------------


def check_type(t, found, what):
    c = t.get_class()
    expect(found.get("class"), CLASS[c], f"{what}: class")
    expect(found.get("itemsize"), t.get_size(), f"{what}: itemsize")
    if c in (h5t.INTEGER, h5t.FLOAT, h5t.BITFIELD):
        expect(found.get("order"), {h5t.ORDER_LE: "LE", h5t.ORDER_BE: "BE"}.get(order_of(t), "other"), f"{what}: order")
    if c == h5t.INTEGER:
        expect(found.get("signed"), t.get_sign() == h5t.SGN_2, f"{what}: signed")
    if c == h5t.STRING:
        expect(found.get("variable"), bool(t.is_variable_str()), f"{what}: variable")
        expect(found.get("charset"), "utf-8" if t.get_cset() == h5t.CSET_UTF8 else "ascii", f"{what}: charset")
    if c == h5t.COMPOUND:
        expect([m["name"] for m in found["members"]], [t.get_member_name(i).decode() for i, _ in members(t)], f"{what}: members")
        for (i, m), member in zip(members(t), found["members"]):
            expect(member["offset"], t.get_member_offset(i), f"{what}: offset of {member['name']}")
            check_type(m, member, f"{what}.{member['name']}")
    if c in (h5t.ARRAY, h5t.VLEN, h5t.ENUM):
        check_type(t.get_super(), found["base"], f"{what}: base")
    if c == h5t.ARRAY:
        expect(tuple(found["dims"]), t.get_array_dims(), f"{what}: dims")
    if c == h5t.ENUM:
        expect(found["enum"], {t.get_member_name(i).decode(): t.get_member_value(i) for i in range(t.get_nmembers())}, f"{what}: enum")


# --- values in JSON, floats exactly: of `h5fs dump` ("dump"), and of the view of that name ("view") --------------------------------


def parse_float(digits):
    value = Fraction(digits)
    return "-0" if value == 0 and digits.startswith("-") else value


def text(raw):
    return raw.decode("utf-8", "surrogateescape")


def trimmed(t, raw):
    """A fixed string without its padding."""
    padding = t.get_strpad()
    if padding == h5t.STR_SPACEPAD:
        return raw.rstrip(b" ")
    return raw.split(b"\0")[0] if padding == h5t.STR_NULLTERM else raw.rstrip(b"\0")


def is_boolean(t):
    return t.get_nmembers() == 2 and {t.get_member_name(0), t.get_member_name(1)} == {b"FALSE", b"TRUE"}


def is_complex(t):
    return t.get_nmembers() == 2 and (t.get_member_name(0), t.get_member_name(1)) == (b"r", b"i") and t.get_member_type(0).get_class() == h5t.FLOAT


def check_value(t, wanted, found, form, file):
    c = t.get_class()
    if c in (h5t.INTEGER, h5t.TIME):
        same = found == wanted
    elif c == h5t.FLOAT:
        same = same_float(t, wanted, found, form)
    elif c == h5t.BITFIELD:
        same = found == wanted if form == "dump" else int(found, 16) == wanted
    elif c == h5t.ENUM:
        same = found == (wanted if form == "dump" else enum_name(t, wanted))
    elif c == h5t.OPAQUE:
        same = found == (text(wanted) if form == "dump" else f"0x{wanted.hex()}")
    elif c == h5t.STRING and t.is_variable_str():
        same = found == ("" if wanted is None and form == "dump" else None if wanted is None else text(wanted))
    elif c == h5t.STRING:
        same = found == text(trimmed(t, wanted)) or (form == "dump" and found == text(wanted.rstrip(b"\0")))
    elif c == h5t.REFERENCE:
        same = found == (None if wanted is None else "ref" if form == "dump" else target_of(wanted, file))
    elif c == h5t.COMPOUND:
        expect(list(found), [name.decode() for name in wanted], "names of members")
        for i, m in members(t):
            check_value(m, wanted[t.get_member_name(i)], found[t.get_member_name(i).decode()], form, file)
        return
    else:
        check_nested(t.get_super(), wanted, found, len(t.get_array_dims()) if c == h5t.ARRAY else 1, form, file)
        return
    if not same:
        raise Different(f"{form}: a {CLASS[c]} is {str(found)[:80]}, expected {shown(wanted)}")


def shown(value):
    return f"{value.numerator:#x}/{value.denominator:#x}"[:100] if isinstance(value, Fraction) else str(value)[:100]


def check_nested(t, wanted, found, rank, form, file):
    if rank == 0:
        check_value(t, wanted, found, form, file)
        return
    if not isinstance(found, list) or len(found) != len(wanted):
        raise Different(f"{form}: {str(found)[:80]}, expected a list of {len(wanted)}")
    for w, f in zip(wanted, found):
        check_nested(t, w, f, rank - 1, form, file)


def enum_name(t, number):
    names = {t.get_member_value(i): t.get_member_name(i).decode() for i in range(t.get_nmembers())}
    return bool(number) if is_boolean(t) else names.get(number, number)


def target_of(reference, file):
    """The path of what a reference leads to, and its region."""
    return file.targets[bytes(reference)]


def same_float(t, wanted, found, form):
    """`found` may be any number that is nearer to the element than to its neighbours; in `dump` it is the nearest double."""
    if isinstance(wanted, str):
        return found == wanted
    if isinstance(found, str):
        # Too large for a double.
        return form == "dump" and abs(wanted) > Fraction(2) ** 1023 and found == ("Infinity" if wanted > 0 else "-Infinity")
    if form == "dump":
        return float(found) == nearest_double(wanted)
    # Half-way between two, the one with the even mantissa is meant.
    found = Fraction(found)
    step = spacing(t, wanted, abs(found) < abs(wanted))
    distance = abs(found - wanted) * 2
    if distance < step or (distance == step and wanted / step % 2 == 0):
        return True
    # A number of a type that readers of text have not is written as the float32 or float64 that it is.
    double = nearest_double(found)
    return any(math.isfinite(n) and Fraction(n) == wanted for n in (double, float(np.float32(double))))


def nearest_double(value):
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def spacing(t, value, below):
    """The distance to the neighbour below, else to that above, in magnitude, among the floats of the datatype `t`."""
    _, _, exponent_size, _, mantissa_size = t.get_fields()
    bits = mantissa_size if t.get_norm() == h5t.NORM_IMPLIED else mantissa_size - 1
    lowest = Fraction(2) ** (1 - t.get_ebias() - bits)
    if value == 0:
        return lowest
    numerator, denominator = abs(value.numerator), value.denominator
    top = numerator.bit_length() - denominator.bit_length()
    if Fraction(2) ** top > abs(value):
        top -= 1
    halved = below and abs(value) == Fraction(2) ** top
    return max(Fraction(2) ** (top - bits - halved), lowest)


# --- a dataset or an attribute -------------------------------------------------------------------------------------


class OpenFile:
    """A made file as libhdf5 has it, and what the engine says of it."""

    def __init__(self, made):
        self.made, self.targets = made, made.targets
        with open(made.path + ".json", encoding="utf-8", errors="surrogatepass") as f:
            self.dump = json.load(f, parse_float=parse_float)[0]

    def view(self, name, extension):
        """Bytes of a view; or why there is none."""
        path = os.path.join(self.made.path + ".views", f"{name}.{extension}")
        if os.path.exists(path):
            with open(path, "rb") as f:
                return f.read(), None
        if not os.path.exists(path + ".refused"):
            return None, "the file itself"
        with open(path + ".refused", encoding="utf-8") as f:
            return None, f.read()


def check_contents(written, found, file):
    """Datatype, shape and elements of a dataset or an attribute in the dump."""
    if "error" in found:
        raise Refused(found["error"])
    t = DATATYPES[written.datatype]
    if file.made.config.sizes == "8/8" or is_plain(t):
        check_type(t, found, "type")
    expect(found["shape"], None if written.dims is None else list(written.dims), "shape")
    if written.dims is None:
        return
    if is_plain(t):
        expect(found["sha256"], hashlib.sha256(written.memory).hexdigest(), "sha256 of the elements")
    elif 0 in written.dims:
        expect(found["values"], [], "values")
    else:
        check_nested(t, nested(t, written.memory, written.dims), found["values"], len(written.dims), "dump", file)


def check_storage(d, written, found):
    p = d.get_create_plist()
    expect(found["layout"], LAYOUT[p.get_layout()], "layout")
    if p.get_layout() == h5d.CHUNKED:
        expect(tuple(found["chunks"]), p.get_chunk(), "chunks")
    if written.max_dims is not None:
        # As written: with lengths of 4 bytes libhdf5 2.0 does not know its own mark of the unlimited.
        expect(found["maxshape"], [None if n == h5s.UNLIMITED else n for n in written.max_dims], "maxshape")
    filters = [p.get_filter(i) for i in range(p.get_nfilters())]
    expect(found["filters"], [[f[0], f[1], list(f[2])] for f in filters], "filters")


def check_json(written, file):
    data, refused = file.view(written.name, "json")
    if data is None:
        raise Refused(f"json: {refused}")
    found = json.loads(data.decode("utf-8", "surrogatepass"), parse_float=parse_float)
    if written.dims is None:
        expect(found, None, "json of no data")
        return 0
    t = DATATYPES[written.datatype]
    wanted = nested(t, written.memory, written.dims)
    check_nested(t, wanted, found, len(written.dims), "view", file)
    return int(np.prod(written.dims, dtype=int))


def check_npy(written, file, d):
    """What `numpy.load` gives is h5py's array, its dtype included, where NumPy has the datatype; elsewhere the stored bytes. `d` is
    None if libhdf5 cannot read the dataset."""
    t = DATATYPES[written.datatype]
    if written.dims is None:
        return 0
    data, refused = file.view(written.name, "npy")
    if data is None:
        if is_plain(t):
            raise Refused(f"npy: {refused}")
        return 0
    ours = np.load(io.BytesIO(data), allow_pickle=False)
    if data[len(data) - len(written.memory):] != written.memory:  # from the array, NumPy drops what is between members
        raise Different("npy: not the bytes that were written")
    if has_numpy(t) and d is not None:
        try:
            theirs = np.asarray(h5py.Dataset(d)[()])
        except (OSError, TypeError) as e:
            raise Different(f"h5py itself: {e}") from e
        expect(ours.shape, theirs.shape, "npy: shape")
        equal_arrays(ours, theirs, "npy")
        return int(ours.size)
    return 0


def has_numpy(t):
    """Whether h5py and NumPy know such elements as what they are, bit by bit."""
    c, size = t.get_class(), t.get_size()
    if c in (h5t.INTEGER, h5t.ENUM):
        base = t.get_super() if c == h5t.ENUM else t
        return size in (1, 2, 4, 8) and base.get_precision() == 8 * size
    if c == h5t.FLOAT:
        return t.get_fields() in ((15, 10, 5, 0, 10), (31, 23, 8, 0, 23), (63, 52, 11, 0, 52)) and t.get_norm() == h5t.NORM_IMPLIED \
            and t.get_ebias() == (1 << t.get_fields()[2] - 1) - 1 and order_of(t) != h5t.ORDER_VAX
    if c == h5t.ARRAY:
        return has_numpy(t.get_super())
    if c == h5t.COMPOUND:
        return all(has_numpy(m) for _, m in members(t))
    return c == h5t.STRING and not t.is_variable_str()


def equal_arrays(ours, theirs, what):
    if theirs.dtype.names is not None:
        expect(set(n for n in ours.dtype.names if n), set(theirs.dtype.names), f"{what}: fields")
        for name in theirs.dtype.names:
            equal_arrays(ours[name], theirs[name], f"{what}.{name}")
        return
    if theirs.dtype.kind == "S":
        return  # how a padding is taken away is the reader's; the bytes are compared
    # The order of bytes is the stored one, but for a single number, which h5py turns into the machine's.
    expect(ours.dtype.newbyteorder("="), theirs.dtype.newbyteorder("="), f"{what}: dtype")
    if theirs.ndim:
        expect(ours.dtype.str, theirs.dtype.str, f"{what}: byte order")
    same = ours == theirs
    if theirs.dtype.kind in "fc":
        same |= np.isnan(ours) & np.isnan(theirs)
    if not np.all(same):
        raise Different(f"{what}: {np.count_nonzero(~np.asarray(same))} values differ")


# --- what libhdf5 says of itself -----------------------------------------------------------------------------------


def check_oracle(written, obj, function):
    """libhdf5 reads what was written: else there is nothing to learn from it, or the maker is wrong."""
    t = DATATYPES[written.datatype]
    if written.dims is None:
        return
    raw = read(obj, t, len(written.memory), function).raw[: len(written.memory)]
    if is_plain(t):
        if raw != written.memory:
            raise Different("libhdf5 reads other bytes than were written")
    elif nested(t, raw, written.dims) != nested(t, written.memory, written.dims):
        raise Different("libhdf5 reads other values than were written")
