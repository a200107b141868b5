"""
edit_data.py make FILE: datasets that others edit. edit FOLDER: edits them in the mount, as programs do.
check FILE: h5py and PyTables read what all of them wrote.
"""
import sys

import h5py
import numpy
import pandas
import tables

TABLE = numpy.array([(1, 1.5, b"one"), (2, 2.5, b"two"), (3, 3.5, b"three")], dtype=[("id", "i8"), ("x", "f8"), ("name", "S8")])
IMAGE = numpy.arange(600, dtype="f4").reshape(20, 30)

FRAME = pandas.DataFrame({"n": [1, 2, 3], "s": ["a", "größer", "c,d"], "t": pandas.date_range("2024-01-01", periods=3)})


def make(path):
    with h5py.File(path, "w") as file:
        for name in ["sed", "append", "vim", "frame", "moved", "bad"]:
            dataset = file.create_dataset(name, data=TABLE, maxshape=(None,), chunks=(2,), compression="gzip")
            dataset.attrs["unit"] = "m"
        file.create_dataset("image", data=IMAGE, chunks=(7, 7), shuffle=True, compression="gzip")
        file.create_dataset("saved", data=IMAGE, maxshape=(None, 30), chunks=(7, 7))
        file.create_dataset("raw", data=numpy.zeros(10_000, "i4"))
        file.create_dataset("gone", data=[1, 2])
        file.create_dataset("words", data=["a", "b"], dtype=h5py.string_dtype(), maxshape=(None,))
        file.create_group("copied").attrs["shape"] = [2, 3]
        file["copied"].attrs["encoding"] = "csr_matrix"
        file["copied"].create_dataset("words", data=["a", "größer"], dtype=h5py.string_dtype(), chunks=(1,))
        file["copied"].create_dataset("flags", data=[True, False], compression="gzip")
    with tables.open_file(path, "a") as file:
        file.create_table("/", "table", TABLE)
    FRAME.to_hdf(path, key="indexed", format="table", data_columns=True)


def edit(folder):
    frame = pandas.read_csv(f"{folder}/frame.csv")
    frame["x"] *= 2
    frame.loc[len(frame)] = [4, 8.25, "four"]
    frame.to_csv(f"{folder}/frame.csv", index=False)

    image = numpy.load(f"{folder}/image.npy", mmap_mode="r+")
    image[3:5, 10:20] = -1
    image.flush()
    del image
    numpy.save(f"{folder}/saved.npy", numpy.vstack([IMAGE, IMAGE[:2] + 1]))
    raw = numpy.memmap(f"{folder}/.h5fs/raw.bin", dtype="i4", mode="r+")
    raw[::2] = numpy.arange(5000)
    raw.flush()
    del raw
    with open(f"{folder}/words.txt", "a") as file:
        file.write("c\n")
    with open(f"{folder}/table.csv", "a") as file:
        file.write("9,9.5,nine\n")
    # pandas indexes its tables, and calls strings of UTF-8 ASCII.
    frame = pandas.read_csv(f"{folder}/indexed/table.csv", keep_default_na=False)
    frame.loc[frame["n"] == 1, "n"] = 2**53 + 1
    frame.to_csv(f"{folder}/indexed/table.csv", index=False)
    try:
        with open(f"{folder}/bad.csv", "a") as file:
            file.write("not a number,1,x\n")
    except OSError as error:
        assert error.errno == 22, error
    else:
        raise AssertionError("a word for a number was taken")
    # What is written through one view is seen through the others.
    assert numpy.load(f"{folder}/.h5fs/frame.npy")["x"].tolist() == [3, 5, 7, 8.25]
    assert open(f"{folder}/.h5fs/raw.csv").read().split()[:5] == ["raw", "0", "0", "1", "0"]


def check(path):
    with h5py.File(path) as file:
        assert file["sed"]["id"].tolist() == [1, 20, 3]
        assert file["sed"].attrs["note"] == "seen by setfattr" and file["sed"].attrs["unit"] == "m"
        assert file["append"][3].tolist() == (7, 7.5, b"seven")
        assert file["vim"]["id"].tolist() == [1, 2, 30]
        assert file["frame"]["x"].tolist() == [3, 5, 7, 8.25] and file["frame"].compression == "gzip"
        assert file["moved-too"]["id"].tolist() == [1, 2, 3]
        assert file["bad"]["id"].tolist() == [1, 2, 3]
        expected = IMAGE.copy()
        expected[3:5, 10:20] = -1
        assert (file["image"][()] == expected).all() and file["image"].shuffle
        assert (file["saved"][()] == numpy.vstack([IMAGE, IMAGE[:2] + 1])).all()
        assert file["raw"][::2].tolist() == list(range(5000)) and not file["raw"][1::2].any()
        assert file["words"].asstr()[()].tolist() == ["a", "b", "c"]
        assert "gone" not in file
        kept = file["bad.csv.rej"][()].tobytes()
        assert kept.endswith(b"not a number,1,x\n"), kept
    with tables.open_file(path) as file:
        assert file.root.table[:].tolist()[3] == (9, 9.5, b"nine")
        assert file.root.indexed.table.cols.n.index.dirty
    expected = FRAME.assign(n=[2**53 + 1, 2, 3])
    pandas.testing.assert_frame_equal(pandas.read_hdf(path, "indexed"), expected)
    assert pandas.read_hdf(path, "indexed", where=f"n > {2**53}")["s"].tolist() == ["a"]
    assert pandas.read_hdf(path, "indexed", where="n == 1").empty
    pandas.testing.assert_frame_equal(pandas.read_hdf(path, "again"), expected)
    with h5py.File(path) as file:
        assert file["copy/words"].asstr()[()].tolist() == ["a", "größer"] and file["copy/words"].chunks == (1,)
        assert file["copy/flags"].dtype == bool and file["copy/flags"].compression == "gzip"
        copy = file["copy"].attrs
        assert copy["shape"].dtype == "i8" and copy["shape"].tolist() == [2, 3] and copy["encoding"] == "csr_matrix"


{"make": make, "edit": edit, "check": check}[sys.argv[1]](sys.argv[2])
