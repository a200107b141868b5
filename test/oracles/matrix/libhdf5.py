"""The libhdf5 that h5py uses, for what h5py has no name for, and for reading and writing memory as it is."""
import ctypes
import glob
import os

import h5py
from h5py import h5t

lib = ctypes.CDLL(glob.glob(os.path.join(os.path.dirname(h5py.__file__), "..", "h5py.libs", "libhdf5-*.so*"))[0])
_hid = ctypes.c_int64
for name in ("H5Dread", "H5Dwrite"):
    getattr(lib, name).argtypes = [_hid] * 5 + [ctypes.c_void_p]
for name in ("H5Aread", "H5Awrite"):
    getattr(lib, name).argtypes = [_hid, _hid, ctypes.c_void_p]
lib.H5Fclose.argtypes = [_hid]
lib.H5Pset_fill_value.argtypes = [_hid, _hid, ctypes.c_void_p]
lib.H5Pset_chunk_opts.argtypes = [_hid, ctypes.c_uint]
lib.H5Rcreate.argtypes = [ctypes.c_void_p, _hid, ctypes.c_char_p, ctypes.c_int, _hid]
lib.H5Pset_relax_file_integrity_checks.argtypes = [_hid, ctypes.c_uint64]
lib.H5Pset_istore_k.argtypes = [_hid, ctypes.c_uint]
lib.H5Pset_sym_k.argtypes = [_hid, ctypes.c_uint, ctypes.c_uint]
for name in ("H5Tset_precision", "H5Tset_offset"):
    getattr(lib, name).argtypes = [_hid, ctypes.c_size_t]
for name in ("H5Tget_order", "H5Tget_precision", "H5Tget_offset"):
    getattr(lib, name).argtypes = [_hid]
lib.H5Tget_precision.restype = ctypes.c_size_t
lib.H5Tconvert.argtypes = [_hid, _hid, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_void_p, _hid]


class CacheImage(ctypes.Structure):
    _fields_ = [("version", ctypes.c_int), ("generate_image", ctypes.c_bool), ("save_resize_status", ctypes.c_bool), ("entry_ageout", ctypes.c_int)]


lib.H5Pset_mdc_image_config.argtypes = [_hid, ctypes.POINTER(CacheImage)]


def call(name, *args):
    """A function of libhdf5; what it says of a failure is in the error stack, which is of no use here."""
    if getattr(lib, name)(*args) < 0:
        raise RuntimeError(f"{name} failed")


def predefined(name):
    """A datatype of libhdf5's that h5py does not offer, such as `FLOAT_BFLOAT16LE`."""
    return h5t.TypeFloatID(_hid.in_dll(lib, f"H5T_{name}_g").value).copy()


def read(obj, t, size, function="H5Dread"):
    """All elements of a dataset as libhdf5 has them in memory for the datatype `t`."""
    buffer = ctypes.create_string_buffer(max(size, 1))
    call(function, *_target(obj, t, function), buffer)
    return buffer


def write(obj, t, data, function="H5Dwrite", memory=0, space=0):
    buffer = ctypes.create_string_buffer(bytes(data), max(len(data), 1))
    call(function, *_target(obj, t, function, memory, space), buffer)


def _target(obj, t, function, memory=0, space=0):
    return (obj.id, t.id) if function[2] == "A" else (obj.id, t.id, memory, space, 0)


def convert(source, target, data, count):
    """Elements of the datatype `source` in that of `target`, by libhdf5's own conversion."""
    size = count * max(source.get_size(), target.get_size())
    buffer = ctypes.create_string_buffer(bytes(data).ljust(size, b"\0"), max(size, 1))
    call("H5Tconvert", source.id, target.id, count, buffer, None, 0)
    return buffer.raw[: count * target.get_size()]
