"""The datatypes of the matrix, by name."""
import h5py
import numpy as np
from h5py import h5t

from libhdf5 import call, predefined

LE, BE = h5t.ORDER_LE, h5t.ORDER_BE


def integer(size, order, signed=True, precision=None, offset=0, pads=None):
    t = (h5t.STD_I64LE if signed else h5t.STD_U64LE).copy()
    t.set_size(size)
    t.set_precision(precision or 8 * size)
    t.set_offset(offset)
    t.set_order(order)
    if pads:
        t.set_pad(*pads)
    return t


def floating(size, fields, bias, order=LE, precision=None, offset=0, norm=h5t.NORM_IMPLIED, pads=None):
    """`fields`: location of the sign, location and size of the exponent, of the mantissa."""
    t = h5t.IEEE_F64LE.copy()
    t.set_size(24)
    t.set_precision(192 - offset)
    t.set_offset(offset)
    t.set_fields(*fields)
    t.set_ebias(bias)
    t.set_precision(precision or 8 * size)
    t.set_size(size)
    t.set_order(order)
    t.set_norm(norm)
    if pads:
        t.set_pad(*pads)
    return t


def bitfield(size, order, precision=None, offset=0):
    t = (h5t.STD_B64LE if order == LE else h5t.STD_B64BE).copy()
    t.set_size(size)
    call("H5Tset_precision", t.id, precision or 8 * size)
    call("H5Tset_offset", t.id, offset)
    return t


def string(size, padding, charset):
    t = h5t.C_S1.copy()
    t.set_size(h5t.VARIABLE if size is None else size)
    t.set_strpad(padding)
    t.set_cset(charset)
    return t


def compound(size, members):
    t = h5t.create(h5t.COMPOUND, size)
    for name, offset, member in members:
        t.insert(name.encode(), offset, member)
    return t


def packed(*members):
    """A compound without holes between its members."""
    offset, placed = 0, []
    for i, member in enumerate(members):
        placed.append((f"m{i}", offset, member))
        offset += member.get_size()
    return compound(offset, placed)


def enumeration(base, **names):
    t = h5t.enum_create(base)
    for name, number in names.items():
        t.enum_insert(name.encode(), number)
    return t


def opaque(size, tag):
    t = h5t.create(h5t.OPAQUE, size)
    t.set_tag(tag)
    return t


def numpy_type(dtype):
    return h5t.py_create(np.dtype(dtype), logical=True)


def atomic():
    out = {}
    for order, end in ((LE, "le"), (BE, "be")):
        for size in (1, 2, 4, 8, 16):
            out[f"i{size}{end}"] = integer(size, order)
            out[f"u{size}{end}"] = integer(size, order, signed=False)
        out[f"i3{end}"] = integer(3, order)
        out[f"u7{end}"] = integer(7, order, signed=False)
        out[f"i4p17o5{end}"] = integer(4, order, precision=17, offset=5, pads=(h5t.PAD_ONE, h5t.PAD_ZERO))
        out[f"u4p20{end}"] = integer(4, order, signed=False, precision=20, pads=(h5t.PAD_ZERO, h5t.PAD_ONE))
        out[f"i8p63o1{end}"] = integer(8, order, precision=63, offset=1)
        out[f"u2p12{end}"] = integer(2, order, signed=False, precision=12)
        out[f"f16{end}"] = floating(2, (15, 10, 5, 0, 10), 15, order)
        out[f"f32{end}"] = floating(4, (31, 23, 8, 0, 23), 127, order)
        out[f"f64{end}"] = floating(8, (63, 52, 11, 0, 52), 1023, order)
        out[f"bfloat16{end}"] = predefined(f"FLOAT_BFLOAT16{end.upper()}")
        out[f"f128{end}"] = floating(16, (127, 112, 15, 0, 112), 16383, order)
        out[f"f24{end}"] = floating(3, (23, 15, 8, 0, 15), 127, order)
        out[f"f32p20o6{end}"] = floating(4, (25, 18, 7, 6, 12), 63, order, 20, 6, pads=(h5t.PAD_ONE, h5t.PAD_ZERO))
        out[f"x87{end}"] = floating(16, (79, 64, 15, 0, 64), 16383, order, 80, norm=h5t.NORM_NONE)
        out[f"b1{end}"] = bitfield(1, order)
        out[f"b4{end}"] = bitfield(4, order)
        out[f"b8p11o3{end}"] = bitfield(8, order, 11, 3)
    out["x87in12"] = floating(12, (79, 64, 15, 0, 64), 16383, LE, 80, norm=h5t.NORM_NONE)
    out["fp8e4m3"], out["fp8e5m2"] = predefined("FLOAT_F8E4M3"), predefined("FLOAT_F8E5M2")
    out["vaxf32"], out["vaxf64"] = predefined("VAX_F32"), predefined("VAX_F64")
    out["time32le"], out["time32be"] = h5t.UNIX_D32LE, h5t.UNIX_D32BE
    out["time64le"], out["time64be"] = h5t.UNIX_D64LE, h5t.UNIX_D64BE
    out["opaque1"], out["opaque13"] = opaque(1, b""), opaque(13, b"a tag that is no word of eight bytes")
    out["datetime"] = opaque(8, b"NUMPY:<M8[us]")
    for padding, name in ((h5t.STR_NULLTERM, "term"), (h5t.STR_NULLPAD, "pad"), (h5t.STR_SPACEPAD, "space")):
        out[f"s9{name}"] = string(9, padding, h5t.CSET_ASCII)
        out[f"utf8{name}"] = string(17, padding, h5t.CSET_UTF8)
        out[f"vs{name}"] = string(None, padding, h5t.CSET_UTF8 if padding else h5t.CSET_ASCII)
    out["s1"] = string(1, h5t.STR_NULLPAD, h5t.CSET_ASCII)
    out["bool"] = numpy_type("?")
    out["enum8"] = enumeration(h5t.STD_I8LE, A=-1, B=0, C=127)
    out["enum16be"] = enumeration(h5t.STD_I16BE, low=-32768, null=0, high=32767)
    out["enum64u"] = enumeration(h5t.STD_U64LE, one=1, most=2**63 - 1, **{"name of eight": 8, "über": 9})
    out["ref"], out["regref"] = h5t.STD_REF_OBJ, h5t.STD_REF_DSETREG
    return out


def composed(a):
    vlen, array = h5t.vlen_create, h5t.array_create
    out = {}
    for name, part in (("c32le", "f32le"), ("c32be", "f32be"), ("c64le", "f64le"), ("c64be", "f64be"), ("c16le", "f16le")):
        size = a[part].get_size()
        out[name] = compound(2 * size, [("r", 0, a[part]), ("i", size, a[part])])
    out["packed"] = packed(a["i1le"], a["f64le"], a["u2be"], a["s9pad"], a["bool"], a["i8be"])
    out["holes"] = compound(48, [("late", 40, a["i4le"]), ("first", 3, a["f32be"]), ("mid", 16, a["i4p17o5le"])])
    out["inner"] = packed(a["i2le"], compound(12, [("x", 4, a["f32le"]), ("y", 1, a["u1le"])]), array(a["i2be"], (2, 3)))
    out["deep"] = packed(packed(packed(packed(a["i1le"]), a["f16be"]), out["c64le"]), a["opaque13"])
    out["mixed"] = packed(a["vspad"], vlen(a["i4be"]), a["ref"], a["enum16be"], a["b4le"], a["time32le"])
    out["one"] = packed(a["i4le"])
    out["many"] = packed(*[a["i2le"]] * 70)
    out["unicode"] = compound(8, [("größe", 0, a["f32le"]), ("a b.c/d", 4, a["i4le"])])
    out["array"] = array(a["f32le"], (3,))
    out["array3"] = array(a["u1le"], (2, 1, 3))
    out["arrayarray"] = array(array(a["i2be"], (2,)), (3,))
    out["arraycompound"] = array(out["holes"], (2,))
    out["arraystring"] = array(a["vsterm"], (2,))
    out["arrayenum"] = array(a["bool"], (4,))
    out["vlen"] = vlen(a["f64le"])
    out["vlenbe"] = vlen(a["i2be"])
    out["vlenvlen"] = vlen(vlen(a["u1le"]))
    out["vlen3"] = vlen(vlen(vlen(a["f32be"])))
    out["vlenstring"] = vlen(a["vspad"])
    out["vlencompound"] = vlen(packed(a["i1le"], a["vsterm"], vlen(a["i2le"])))
    out["vlenarray"] = vlen(array(a["i4le"], (2,)))
    out["vlenref"] = vlen(a["ref"])
    out["vlenenum"] = vlen(a["enum8"])
    out["vlenopaque"] = vlen(a["opaque13"])
    out["vlenodd"] = vlen(a["i3be"])
    return out


_atomic = atomic()
DATATYPES = {**_atomic, **composed(_atomic)}
