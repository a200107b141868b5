"""The files of the matrix: their format, and what is in them beside datasets."""
import ctypes
import os
from dataclasses import dataclass

import h5py
from h5py import h5f, h5g, h5p, h5s

from libhdf5 import CacheImage, call

VERSIONS = {
    "default": (h5f.LIBVER_EARLIEST, h5f.LIBVER_LATEST), "earliest": (h5f.LIBVER_EARLIEST, h5f.LIBVER_V18),
    "v108": (h5f.LIBVER_V18,) * 2, "v110": (h5f.LIBVER_V110,) * 2, "v112": (h5f.LIBVER_V112,) * 2,
    "v114": (h5f.LIBVER_V114,) * 2, "v200": (h5f.LIBVER_V200,) * 2,
}
SIZES = {"8/8": (8, 8), "4/4": (4, 4), "4/8": (4, 8), "8/4": (8, 4), "2/8": (2, 8), "2/2": (2, 2), "16/8": (16, 8)}
SPACES = {
    "default": None, "paged": (h5f.FSPACE_STRATEGY_PAGE, False), "paged-kept": (h5f.FSPACE_STRATEGY_PAGE, True),
    "free-kept": (h5f.FSPACE_STRATEGY_FSM_AGGR, True), "aggregated": (h5f.FSPACE_STRATEGY_AGGR, False), "none": (h5f.FSPACE_STRATEGY_NONE, False),
}
# Soft links and their targets: so many that they are kept densely.
MANY_LINKS = {f"link {i * 37 % 60:02d}": "x" * i + "y" for i in range(60)}
FACTORS = {
    "version": list(VERSIONS), "sizes": list(SIZES), "userblock": [0, 512, 2048], "space": list(SPACES), "k": [False, True],
    "order": [0, h5p.CRT_ORDER_TRACKED, h5p.CRT_ORDER_TRACKED | h5p.CRT_ORDER_INDEXED], "many": [False, True], "image": [False, True],
}


def allowed(c):
    old = c["version"] in ("earliest", "v108")
    if old and c["space"] != "default":
        return False
    if c["userblock"] and c["space"] == "paged-kept":
        return False  # with small pages libhdf5 2.0 cannot close some such files
    narrow = c["sizes"].startswith("2/")
    if narrow and (c["userblock"] or c["space"] != "default" or c["many"]):
        return False
    if c["image"] and (c["sizes"] != "8/8" or old or c["version"] == "default" or c["space"] != "default"):
        return False
    return True


@dataclass
class Config:
    version: str
    sizes: str
    userblock: int
    space: str
    k: bool
    order: int
    many: bool
    image: bool


def create(path, c):
    fcpl, fapl = h5p.create(h5p.FILE_CREATE), h5p.create(h5p.FILE_ACCESS)
    fapl.set_fclose_degree(h5f.CLOSE_STRONG)
    fapl.set_libver_bounds(*VERSIONS[c.version])
    fcpl.set_sizes(*SIZES[c.sizes])
    fcpl.set_userblock(c.userblock)
    if SPACES[c.space]:
        strategy, kept = SPACES[c.space]
        fcpl.set_file_space_strategy(strategy, kept, 1)
        if c.space.startswith("paged"):
            fcpl.set_file_space_page_size(512 if c.userblock else 4096)
    if c.k:  # superblock 1, or a superblock extension
        call("H5Pset_istore_k", fcpl.id, 3)
        call("H5Pset_sym_k", fcpl.id, 2, 2)
    if c.order:
        fcpl.set_link_creation_order(c.order)
        fcpl.set_attr_creation_order(c.order)
    if c.image:
        call("H5Pset_mdc_image_config", fapl.id, CacheImage(1, True, False, -1))
    call("H5Pset_relax_file_integrity_checks", fapl.id, 1)  # numbers with many unused bits
    return h5f.create(os.fsencode(path), h5f.ACC_TRUNC, fcpl, fapl)


def furnish(fid, c):
    """Links of each kind, and many of them; what references may point to."""
    root = h5g.open(fid, b"/")
    group = h5g.create(fid, b"targets")
    h5g.create(group, b"empty")
    h5py.h5d.create(group, b"numbers", h5py.h5t.STD_I32LE, h5s.create_simple((4, 6)))
    root.links.create_soft("sóft".encode(), b"targets/numbers")
    root.links.create_soft(b"dangling", b"/nowhere/at all")
    root.links.create_external(b"external", b"another file.h5", b"/there")
    root.links.create_hard(b"again", group, b"empty")
    if c.many:
        for name, target in MANY_LINKS.items():
            group.links.create_soft(name.encode(), target.encode())
    return references(fid)


def references(fid):
    """An object reference to each of two objects and a region reference, as they are in memory, and what they are in JSON."""
    region = h5s.create_simple((4, 6))
    region.select_hyperslab((1, 2), (2, 3))
    return {
        reference(fid, b"/targets", 8, -1): "/targets",
        reference(fid, b"/targets/numbers", 8, -1): "/targets/numbers",
        reference(fid, b"/targets/numbers", 12, region.id): "/targets/numbers[1:3,2:5]",
    }


def reference(fid, path, size, space):
    raw = ctypes.create_string_buffer(size)
    call("H5Rcreate", raw, fid.id, path, 0 if size == 8 else 1, space)
    return raw.raw
