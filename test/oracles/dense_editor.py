"""Changes and checks a group's links and attributes with h5py: one JSON command a line on standard input, one answer a line."""

import ctypes
import json
import sys

import h5py
import numpy as np
from h5py import h5, h5a, h5f, h5g, h5p

GROUP = "edited"


def libhdf5():
    """The library that h5py has loaded."""
    with open("/proc/self/maps") as maps:
        paths = {line.split()[-1] for line in maps if "/libhdf5-" in line or "/libhdf5_serial.so" in line}
    (path,) = paths
    return ctypes.CDLL(path)


def create(path, libver, track, thresholds, sizes):
    fapl = h5p.create(h5p.FILE_ACCESS)
    low = {"earliest": h5f.LIBVER_EARLIEST, "v108": h5f.LIBVER_V18, "latest": h5f.LIBVER_LATEST}[libver]
    fapl.set_libver_bounds(low, h5f.LIBVER_V18 if libver == "v108" else h5f.LIBVER_LATEST)
    fcpl = h5p.create(h5p.FILE_CREATE)
    fcpl.set_sizes(*sizes)
    file = h5f.create(path.encode(), h5f.ACC_TRUNC, fcpl, fapl)
    gcpl = h5p.create(h5p.GROUP_CREATE)
    flags = {"no": 0, "tracked": h5p.CRT_ORDER_TRACKED, "indexed": h5p.CRT_ORDER_TRACKED | h5p.CRT_ORDER_INDEXED}[track]
    if flags:
        gcpl.set_link_creation_order(flags)
        gcpl.set_attr_creation_order(flags)
    if thresholds:
        # h5py does not have these.
        assert libhdf5().H5Pset_link_phase_change(ctypes.c_int64(gcpl.id), *thresholds) >= 0
        assert libhdf5().H5Pset_attr_phase_change(ctypes.c_int64(gcpl.id), *thresholds) >= 0
    h5g.create(file, GROUP.encode(), None, gcpl)
    file.close()


def attribute_values(group):
    return {name: group.attrs[name].tolist() for name in group.attrs}


def link_target(group, name):
    link = group.get(name, getlink=True)
    return f"{link.filename}:{link.path}" if isinstance(link, h5py.ExternalLink) else link.path


def order_of_links(group):
    links = group.id.links
    return [name for name in sorted(group, key=lambda name: links.get_info(name.encode()).corder)]


def order_of_attributes(group):
    infos = {name: h5a.get_info(group.id, name.encode()).corder for name in group.attrs}
    return sorted(infos, key=lambda name: infos[name])


def check(group, links, attributes, tracked):
    found = {name: link_target(group, name) for name in group}
    assert found == dict(links), f"links: {sorted(set(found) ^ set(dict(links)))[:5]}"
    for name, target in links:
        assert link_target(group, name) == target
    assert len(group) == len(links)
    values = attribute_values(group)
    assert values == dict(attributes), f"attributes: {sorted(set(values) ^ set(dict(attributes)))[:5]}"
    for name, value in attributes:
        assert group.attrs[name].tolist() == value
    if tracked:
        assert order_of_links(group) == [name for name, _ in links], "order of links"
        assert order_of_attributes(group) == [name for name, _ in attributes], "order of attributes"


def apply(group, op, *args):
    if op == "link":
        group[args[0]] = h5py.SoftLink(args[1])
    elif op == "external":
        group[args[0]] = h5py.ExternalLink(*args[1].split(":"))
    elif op == "unlink":
        del group[args[0]]
    elif op == "rename":
        group.move(args[0], args[1])
    elif op == "attribute":
        if args[0] in group.attrs:
            del group.attrs[args[0]]
        group.attrs.create(args[0], np.array(args[1], dtype="<i4"))
    elif op == "delete":
        del group.attrs[args[0]]
    elif op == "reattribute":
        h5a.rename(group.id, args[0].encode(), args[1].encode())
    else:
        raise ValueError(op)


def run(command):
    if "create" in command:
        create(command["file"], **command["create"])
        return
    with h5py.File(command["file"], "r+") as file:
        check(file[GROUP], command["links"], command["attributes"], command["tracked"])
        for op in command["operations"]:
            apply(file[GROUP], *op)


for line in sys.stdin:
    try:
        run(json.loads(line))
        answer = {}
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
