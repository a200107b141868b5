"""Makes the files of the matrix, and remembers what was written."""
import itertools
import os
import random
from dataclasses import dataclass, field

import numpy as np
from h5py import h5a, h5d, h5g, h5s, h5t

import files
from covering import cover
from datatypes import DATATYPES
from elements import Maker, is_plain, members
from libhdf5 import call, write
from storage import EARLY, FILLS, FILTERS, LARGE, STORAGES, WRITTEN, can_change, creation_list, dims_at_creation, masked_chunk

SEED = 20240229
DATASETS_OF_FILE = 14
DATASETS_OF_NARROW_FILE = 4

FACTORS = {
    "datatype": list(DATATYPES), "storage": list(STORAGES), "filters": list(FILTERS), "fill": list(FILLS), "written": list(WRITTEN),
    "version": list(files.VERSIONS), "sizes": list(files.SIZES), "committed": [False, False, True],
}


def allowed(c):
    storage, t = STORAGES[c["storage"]], DATATYPES[c["datatype"]]
    filters, fill, written = c["filters"], c["fill"], c["written"]
    if filters != "none" and (not storage.chunks or c["storage"].startswith("implicit")):
        return False
    if t.get_class() in (h5t.VLEN, h5t.STRING) and not is_plain(t) and ("fletcher32",) in FILTERS[filters]:
        return False  # libhdf5: "not suitable for filters"
    if filters == "ragged" and c["version"] in ("earliest", "v108"):
        return False
    if c["sizes"] != "8/8" and has_references(t):
        return False  # libhdf5 2.0 copies references of 8 bytes into those of other sizes as they are
    early = storage.alloc == EARLY
    if filters == "masked" and (written != "all" or not is_plain(t) or early):
        return False  # of chunks that are there already, libhdf5 2.0 does not change the mask
    contiguous = storage.dims is not None and not storage.chunks and not storage.compact
    if fill == "default" and is_plain(t) and (early and written not in ("all", "shrunk") or contiguous and written == "part"):
        return False  # no fill value is written then: the elements are what was in the file before
    if written in ("grown", "shrunk") and not can_change(storage):
        return False
    if fill in ("undefined", "never") and (written not in ("all", "shrunk") or not is_plain(t)):
        return False
    if fill.startswith("value") and not is_plain(t):
        return False
    if c["sizes"].startswith("2/") and (c["storage"] in LARGE or t.get_size() > 60):
        return False
    return True


def has_references(t):
    c = t.get_class()
    if c == h5t.COMPOUND:
        return any(has_references(m) for _, m in members(t))
    return has_references(t.get_super()) if c in (h5t.ARRAY, h5t.VLEN) else c == h5t.REFERENCE


@dataclass
class Written:
    """A dataset or an attribute, and its elements as they are in memory; `kept` are what these point to."""
    name: str
    datatype: str
    dims: tuple | None
    memory: bytes
    kept: list = field(repr=False)
    case: str
    committed: bool = False
    max_dims: tuple | None = None


@dataclass
class MadeFile:
    path: str
    config: files.Config
    datasets: list
    attributes: list
    # References as they are in memory, and in JSON.
    targets: dict


def configurations():
    """File configurations, by version and sizes."""
    out = {}
    for c in cover(files.FACTORS, files.allowed, random.Random(SEED), 2000):
        out.setdefault((c["version"], c["sizes"]), []).append(files.Config(**c))
    return out


def plan():
    """(configuration, cases) of each file."""
    by_format = {}
    for case in cover(FACTORS, allowed, random.Random(SEED), 100):
        by_format.setdefault((case["version"], case["sizes"]), []).append(case)
    found = configurations()
    for key, cases in sorted(by_format.items()):
        configs = itertools.cycle(found[key])
        most = DATASETS_OF_NARROW_FILE if key[1].startswith("2/") else DATASETS_OF_FILE
        for i in range(0, len(cases), most):
            yield next(configs), cases[i:i + most]


def make(folder):
    made = []
    for number, (config, cases) in enumerate(plan()):
        path = os.path.join(folder, f"{number:03d}-{config.version}-{config.sizes.replace('/', '-')}.h5")
        made.append(make_file(path, config, cases))
    return made


def make_file(path, config, cases):
    fid = files.create(path, config)
    files.furnish(fid, config)
    targets = files.references(fid)
    references = {size: [raw for raw in targets if len(raw) == size] for size in (8, 12)}
    datasets = []
    for i, case in enumerate(cases):
        name = f"{i:02d} {case['datatype']} {case['storage']} {case['filters']}"
        maker = Maker(random.Random(f"{SEED} {os.path.basename(path)} {name}"), references)
        datasets.append(make_dataset(fid, name, case, maker))
    attributes = make_attributes(fid, [case["datatype"] for case in cases], references)
    call("H5Fclose", fid.id)
    return MadeFile(path, config, datasets, attributes, targets)


def make_dataset(fid, name, case, maker):
    t, storage = DATATYPES[case["datatype"]], STORAGES[case["storage"]]
    size = t.get_size()
    fill = maker.element(t) if case["fill"].startswith("value") else bytes(size)
    plist = creation_list(storage, case["filters"], case["fill"], t, fill)
    stored = t
    if case["committed"]:
        stored = t.copy()
        stored.commit(fid, f"type of {name}".encode())
    described = f"{case} {name}"
    if storage.dims is None:
        h5d.create(fid, name.encode(), stored, h5s.create(h5s.NULL), plist)
        return Written(name, case["datatype"], None, b"", [], described, case["committed"])
    dims = dims_at_creation(storage, case["written"])
    space = h5s.create_simple(dims, storage.max_dims) if dims else h5s.create(h5s.SCALAR)
    d = h5d.create(fid, name.encode(), stored, space, plist)
    elements = np.full(dims, np.void(fill))
    region = tuple(slice(n // 3, n - n // 4) if case["written"] == "part" else slice(0, n) for n in dims)
    if case["written"] != "nothing":
        count = int(np.prod(elements[region].shape, dtype=int))
        elements[region] = np.frombuffer(maker.elements(t, count), np.void(fill).dtype).reshape(elements[region].shape)
        write_elements(d, t, storage, case, elements, region)
    if storage.dims != dims:
        d.set_extent(storage.dims)
        grown = np.full(storage.dims, np.void(fill))
        common = tuple(slice(0, min(a, b)) for a, b in zip(dims, storage.dims))
        grown[common] = elements[common]
        elements = grown
    return Written(name, case["datatype"], storage.dims, elements.tobytes(), maker.kept, described, case["committed"], storage.max_dims)


def write_elements(d, t, storage, case, elements, region):
    if elements[region].size == 0:
        return
    if case["filters"] == "masked":
        write_chunks(d, t, storage, elements)
    elif not elements.shape:
        write(d, t, elements.tobytes())
    else:
        part = elements[region]
        space, memory = d.get_space(), h5s.create_simple(part.shape)
        space.select_hyperslab(tuple(s.start for s in region), part.shape)
        write(d, t, part.tobytes(), memory=memory.id, space=space.id)


def write_chunks(d, t, storage, elements):
    """Chunks as they are stored, each with another filter mask; beyond the edges there may be anything."""
    grid = [range(0, n, c) for n, c in zip(elements.shape, storage.chunks)]
    for i, offset in enumerate(itertools.product(*grid)):
        chunk = np.full(storage.chunks, np.void(b"\xa5" * t.get_size()))
        part = elements[tuple(slice(o, o + c) for o, c in zip(offset, storage.chunks))]
        chunk[tuple(slice(0, n) for n in part.shape)] = part
        mask = i % 4
        d.write_direct_chunk(offset, masked_chunk(chunk.tobytes(), t.get_size(), mask), filter_mask=mask)


def make_attributes(fid, datatypes, references):
    """An attribute of each datatype, of the shapes in turn."""
    group = h5g.create(fid, b"attributes")
    out = []
    for i, datatype in enumerate(datatypes):
        dims = [(), (3,), (2, 2), None][i % 4]
        t, name = DATATYPES[datatype], f"{i:02d} {datatype}"
        maker = Maker(random.Random(f"{SEED} {name}"), references)
        space = h5s.create(h5s.NULL if dims is None else h5s.SCALAR) if not dims else h5s.create_simple(dims)
        a = h5a.create(group, name.encode(), t, space)
        memory = b"" if dims is None else maker.elements(t, int(np.prod(dims, dtype=int)))
        if dims is not None:
            write(a, t, memory, "H5Awrite")
        out.append(Written(name, datatype, dims, memory, maker.kept, f"attribute {name}"))
    return out
