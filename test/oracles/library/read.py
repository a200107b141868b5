"""Opens a file that the library made with h5py and PyTables, checks what is in it, goes on with it, and reads that again."""
import os
import sys
import warnings

import h5py
import numpy as np
import tables

if h5py.version.hdf5_version_tuple >= (2, 0):
    sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../scripts/fixtures"))
    import make_standard_references

path, libver = sys.argv[1:]
warnings.simplefilter("ignore")

with h5py.File(path, "r") as h:
    assert h["x"][...].tolist() == [[1, 2, 3], [40, 5, 60], [7, 8, 9], [-1, -1, -1]], h["x"][...]
    assert h["x"].maxshape == (None, 3) and h["x"].compression == "gzip" and h["x"].shuffle and h["x"].fletcher32
    assert h["x"].fillvalue == -1 and h["x"].attrs["units"] == "m" and h["x"].attrs["flag"] == np.True_
    assert h["x"].attrs["scale"].tolist() == [1.5, 2]
    assert [w.decode() if isinstance(w, bytes) else w for w in h["words"][...]] == ["a", "bé", ""]
    assert h["scalar"][()] == 42 and h["scalar"].dtype == "<i8"
    assert h["fixed"].dtype == "S4" and h["fixed"][...].tolist() == [b"abc", b"d"]
    assert h["table"].dtype.names == ("id", "name", "pos")
    assert h["table"]["pos"].tolist() == [[1, 2, 3], [4, 5, 6]]
    assert h["bools"].dtype == bool and h["bools"][...].tolist() == [[True, False], [False, True]]
    assert [v.tolist() for v in h["vlen"][...]] == [[1, 2], [], [3]]
    assert h5py.check_enum_dtype(h["enum"].dtype) == {"RED": 0, "GREEN": 1} and h["enum"][...].tolist() == [1, 0]
    assert h["complex"][...].tolist() == [1 + 2j]
    assert h["copy/x"][...].tolist() == h["x"][...].tolist()
    reference = h["copy"].attrs["first"]
    assert h[reference].name == "/copy/x", h[reference].name
    two = [[h[r].name if r else None for r in row["two"]] for row in h["references"][...]]
    assert two == [["/tree", None], ["/", "/words"]], two
    lists = [[h[r].name for r in of] for of in h["copy/x"].attrs["DIMENSION_LIST"]]
    assert lists == [["/scalar"], ["/words", "/fixed"]], lists
    regions = [r for r in h["regions"][...]]
    assert all(h[r] == h["x"] for r in regions)
    first, points, blocks = ([h5py.h5r.get_region(r, h.id).get_select_npoints(), h["x"][r].tolist()] for r in regions[:3])
    assert first == [4, [[40, 5], [7, 8]]], first
    assert points == [2, [-1, 2]] and blocks[0] == 3 and sorted(blocks[1]) == [1, 8, 9], (points, blocks)
    assert [h5py.h5r.get_region(r, h.id).get_select_npoints() for r in regions[3:]] == [12, 0]
    assert h["stored"][...].tolist() == list(range(1000)) and h["stored"].chunks == (100,) and h["stored"].compression_opts == 9

if h5py.version.hdf5_version_tuple >= (2, 0):
    told = make_standard_references.tell(path, "standard")
    expected = [["/tree", None, None]] + [["/tree/x", None, n] for n in (4, 2, 3, None, 0)] + [["/tree/x", "units", None], None]
    # The same dataset, by either of its names.
    assert [r and ["/tree/x" if r[0] == "/x" else r[0], *r[1:]] for r in told] == expected, told

with tables.open_file(path, "a") as t:
    group = t.root.pt
    assert group._v_title == "a group" and group._v_filters.complevel == 5 and group._v_filters.shuffle
    assert type(group.array).__name__ == "Array" and group.array[:].tolist() == [[1, 2, 3], [4, 5, 6]] and group.array.title == "arr"
    assert group.bools.dtype == bool and group.bools[:].tolist() == [True, False]
    assert type(group.carray).__name__ == "CArray" and group.carray.atom.dflt == 1.5 and (group.carray[:] == 1.5).all()
    assert group.carray.filters.complib == "zlib" and group.carray.filters.complevel == 5
    assert type(group.earray).__name__ == "EArray" and group.earray.extdim == 0 and group.earray[:].tolist() == [[1, 2, 3]]
    assert type(group.vl).__name__ == "VLArray" and [v.tolist() for v in group.vl[:]] == [[1, 2, 3], [4]]
    table = group.table
    assert type(table).__name__ == "Table" and table.nrows == table._v_attrs.NROWS == 1
    assert table.colnames == ["a", "b", "c", "d", "e", "nest"] and table.coldflts["a"] == 7 and table.cols.nest.y[0] == 9
    assert (table[0]["a"], table[0]["b"], table[0]["c"], table[0]["e"]) == (1, b"hey", True, 1 - 1j)
    table.append([(2, b"z", False, (1, 2), 1j, (1.0, 2))])
    group.earray.append([[7, 8, 9]])
    group.vl.append([9])
    table.cols.a.create_index()
    t.create_array("/", "theirs", [1, 2])

    for lib in ("lzo", "bzip2", "blosc"):
        group = t.get_node(f"/pt-{lib}")
        if tables.which_lib_version(lib) is None:
            print(f"no {lib} here: its values are not read")
            continue
        for leaf in (group.carray, group.earray):
            assert leaf.filters.complib.split(":")[0] == lib and leaf.filters.fletcher32, leaf.filters
            assert leaf.filters.shuffle and leaf.filters.complevel == {"lzo": 1, "bzip2": 9, "blosc": 5}[lib], leaf.filters
        assert np.array_equal(group.carray[:], np.arange(50_000) ** 2 % 1000), group.carray[:20]
        group.earray.append([2.5])
        assert group.earray[:].tolist() == [0.5, 1.5, 2.5]

with h5py.File(path, "a") as h:
    assert np.array_equal(h["lzf"][...], np.arange(50_000) ** 2 % 1000) and h["lzf"].compression == "lzf"
    numbers = np.array([1.9, -1.9, -0.5, 32767.9, -32768.5, 0.1, 16777217])
    integers = np.array([2**62 + 1, -16777217], dtype="<i8")
    for name, values in [("int16", numbers[:6]), ("float32", numbers), ("float64", numbers), ("int64", integers)]:
        ours = h[f"converted-{name}"]
        theirs = h.create_dataset(f"more-{name}", ours.shape, ours.dtype)
        # The values' own type in memory: libhdf5 converts.
        theirs[...] = values
        assert ours[...].tobytes() == theirs[...].tobytes(), (name, ours[...], theirs[...])
    h["x"].resize(5, axis=0)
    h["x"][4] = [9, 9, 9]
    h.create_group("more").create_group("deep")
    h.attrs["note"] = "added by libhdf5"
    for i in range(20):
        h[f"more/d{i}"] = [i]
print(h5py.version.hdf5_version, tables.__version__)
