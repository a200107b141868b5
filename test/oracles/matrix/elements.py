"""Elements of any datatype, made up and taken apart: an implementation of its own, so that it is a second truth beside libhdf5.

A value is an `int`, a `Fraction`, "NaN", "Infinity", "-Infinity", "-0", `bytes` (strings, opaque), a `list` (arrays, sequences), a
`dict` (compounds, by member), `Ref` or `None` (references, null strings).
"""
import ctypes
import struct
from fractions import Fraction

from h5py import h5t

from libhdf5 import lib

VAX = h5t.ORDER_VAX
SPECIAL = ("NaN", "Infinity", "-Infinity", "-0")


class Ref(bytes):
    """A reference that is not null, as it is in memory."""


def little(raw, order):
    """Bytes in the order of growing significance. VAX: words of 16 bits, the most significant first, each little-endian."""
    if order == h5t.ORDER_BE:
        return raw[::-1]
    if order == VAX:
        return b"".join(raw[i:i + 2] for i in range(len(raw) - 2, -1, -2))
    return raw


def order_of(t):
    return lib.H5Tget_order(t.id)


def bits_of(t, raw):
    return int.from_bytes(little(raw, order_of(t)), "little")


def integer(t, raw):
    width = lib.H5Tget_precision(t.id)
    value = bits_of(t, raw) >> lib.H5Tget_offset(t.id) & (1 << width) - 1
    signed = t.get_class() == h5t.INTEGER and t.get_sign() == h5t.SGN_2
    return value - (1 << width) if signed and value >> width - 1 else value


def floating(t, raw):
    bits = bits_of(t, raw)
    sign_at, exponent_at, exponent_size, mantissa_at, mantissa_size = t.get_fields()
    sign = -1 if bits >> sign_at & 1 else 1
    exponent = bits >> exponent_at & (1 << exponent_size) - 1
    mantissa = bits >> mantissa_at & (1 << mantissa_size) - 1
    implied = t.get_norm() == h5t.NORM_IMPLIED
    fraction_size = mantissa_size if implied else mantissa_size - 1
    if exponent == (1 << exponent_size) - 1:
        if mantissa & (1 << fraction_size) - 1:
            return "NaN"
        return "Infinity" if sign > 0 else "-Infinity"
    if implied and exponent:
        mantissa |= 1 << mantissa_size
    if mantissa == 0:
        return Fraction(0) if sign > 0 else "-0"
    return sign * Fraction(mantissa) * Fraction(2) ** (max(exponent, 1) - t.get_ebias() - fraction_size)


def c_string(address):
    return None if address == 0 else ctypes.string_at(address)


def value(t, raw):
    """One element, as libhdf5 has it in memory for the datatype `t`."""
    c = t.get_class()
    if c in (h5t.INTEGER, h5t.BITFIELD):
        return integer(t, raw)
    if c == h5t.TIME:
        return int.from_bytes(little(raw, order_of(t)), "little", signed=True)
    if c == h5t.FLOAT:
        return floating(t, raw)
    if c == h5t.ENUM:
        return integer(t.get_super(), raw)
    if c == h5t.STRING:
        return c_string(struct.unpack("P", raw)[0]) if t.is_variable_str() else raw
    if c == h5t.OPAQUE:
        return raw
    if c == h5t.REFERENCE:
        return Ref(raw) if any(raw) else None
    if c == h5t.COMPOUND:
        return {t.get_member_name(i): value(m, raw[t.get_member_offset(i):][:m.get_size()]) for i, m in members(t)}
    if c == h5t.ARRAY:
        return nested(t.get_super(), raw, t.get_array_dims())
    if c == h5t.VLEN:
        count, address = struct.unpack("NP", raw)
        base = t.get_super()
        return nested(base, ctypes.string_at(address, count * base.get_size()) if count else b"", (count,))
    raise TypeError(f"datatype class {c}")


def members(t):
    return [(i, t.get_member_type(i)) for i in range(t.get_nmembers())]


def nested(t, raw, dims, known=None):
    """Elements as lists within lists, one for each dimension. What occurs again is taken apart once."""
    known = {} if known is None else known
    if not dims:
        if raw not in known:
            known[raw] = value(t, raw)
        return known[raw]
    step = len(raw) // dims[0] if dims[0] else 0
    return [nested(t, raw[i * step:(i + 1) * step], dims[1:], known) for i in range(dims[0])]


def is_plain(t):
    """Whether elements are bytes that mean something by themselves: no addresses of data elsewhere."""
    c = t.get_class()
    if c == h5t.COMPOUND:
        return all(is_plain(m) for _, m in members(t))
    if c == h5t.ARRAY:
        return is_plain(t.get_super())
    return not (c in (h5t.VLEN, h5t.REFERENCE) or (c == h5t.STRING and t.is_variable_str()))


# --- made up -------------------------------------------------------------------------------------------------------

WORDS = ["", "a", "Zeile\nzwei", "naïve café", "日本語", 'quo"te,', "tail ", " lead", "x" * 40, "\U0001f600"]


DISTINCT = 40


class Maker:
    """Elements at random; keeps alive what they point to."""

    def __init__(self, rng, references):
        self.rng, self.references, self.kept = rng, references, []

    def elements(self, t, count):
        """Of many, a few occur again and again."""
        few = [self.element(t) for _ in range(min(count, DISTINCT))]
        return b"".join(few if len(few) == count else self.rng.choices(few, k=count))

    def element(self, t):
        c, size, rng = t.get_class(), t.get_size(), self.rng
        if c in (h5t.INTEGER, h5t.BITFIELD, h5t.TIME, h5t.OPAQUE):
            return rng.choice((bytes(size), b"\xff" * size, rng.randbytes(size), rng.randbytes(size)))
        if c == h5t.FLOAT:
            return self.floating(t)
        if c == h5t.ENUM:
            return self.enumerated(t)
        if c == h5t.STRING:
            return self.text(t)
        if c == h5t.REFERENCE:
            return rng.choice((bytes(size), *self.references[size]))
        if c == h5t.COMPOUND:
            raw = bytearray(rng.randbytes(size))
            for i, m in members(t):
                at = t.get_member_offset(i)
                raw[at:at + m.get_size()] = self.element(m)
            return bytes(raw)
        if c == h5t.ARRAY:
            return self.elements(t.get_super(), size // t.get_super().get_size())
        if c == h5t.VLEN:
            count = rng.choice((0, 1, 2, 5))
            return struct.pack("NP", count, self.keep(self.elements(t.get_super(), count)) if count else 0)
        raise TypeError(f"datatype class {c}")

    def keep(self, data):
        self.kept.append(ctypes.create_string_buffer(data, len(data) + 1))
        return ctypes.addressof(self.kept[-1])

    def floating(self, t):
        """Any bits, and what any bits seldom are: zeros, infinities, small and moderate numbers."""
        size, rng = t.get_size(), self.rng
        bits = int.from_bytes(rng.randbytes(size), "little")
        sign_at, exponent_at, exponent_size, mantissa_at, mantissa_size = t.get_fields()
        exponents, mantissas = ((1 << exponent_size) - 1) << exponent_at, ((1 << mantissa_size) - 1) << mantissa_at
        kind = rng.randrange(8)
        if kind < 2:  # zero or infinity
            bits &= ~(exponents | mantissas)
            bits |= exponents * kind
        elif kind == 2:  # denormalised
            bits &= ~exponents
        elif kind < 6:  # near 1
            bits = bits & ~exponents | (t.get_ebias() + rng.randrange(-3, 4) << exponent_at)
        if t.get_norm() != h5t.NORM_IMPLIED and bits & exponents:
            bits |= 1 << mantissa_at + mantissa_size - 1
        return little((bits & (1 << 8 * size) - 1).to_bytes(size, "little"), order_of(t))

    def enumerated(self, t):
        base = t.get_super()
        if self.rng.randrange(8) == 0 and t.get_nmembers() != 2:
            return self.element(base)
        number = t.get_member_value(self.rng.randrange(t.get_nmembers()))
        return little((number & (1 << 8 * base.get_size()) - 1).to_bytes(base.get_size(), "little"), order_of(base))

    def text(self, t):
        word = self.rng.choice(WORDS)
        if t.get_cset() == h5t.CSET_ASCII:
            word = word.encode("ascii", "replace").decode()
        if t.is_variable_str():
            return struct.pack("P", self.keep(word.encode()))
        size = t.get_size() - (t.get_strpad() == h5t.STR_NULLTERM)
        data = word.encode()[:size].decode("utf-8", "ignore").encode()
        if t.get_strpad() == h5t.STR_SPACEPAD:
            return data.ljust(t.get_size(), b" ")
        return data.ljust(t.get_size(), b"\0")
