"""What programs write into a mount reads back byte for byte, as files and as datasets.

law.py write MOUNT PLAIN: the same programs write into both folders; law.py read FILE PLAIN: the datasets have the values."""
import itertools
import os
import random
import shutil
import subprocess
import sys
import time

import h5py
import numpy as np
import pandas as pd
import tables

try:
    import duckdb
except ImportError:
    duckdb = None


def frame():
    rng = np.random.default_rng(1)
    return pd.DataFrame({
        "i": np.arange(1000), "f": rng.normal(size=1000), "g": rng.normal(size=1000).round(2),
        "s": [f'name {k % 7}, "q"' for k in range(1000)], "b": rng.random(1000) > 0.5,
        "t": pd.date_range("2020-01-01", periods=1000, freq="h"),
    })


def writers():
    df = frame()
    missing = df.copy()
    missing.loc[3, "f"] = np.nan
    missing.loc[5, "s"] = None
    thirds = np.arange(300.0).reshape(100, 3) / 7
    records = df[["i", "f", "b"]].to_records(index=False)
    r = "data.frame(a=1:50, b=(1:50)/3, c=paste0('x', 1:50))"
    shell = lambda command: lambda path: subprocess.run(command.format(path=path), shell=True, check=True)
    yield "pandas.csv", lambda path: df.to_csv(path)
    yield "no-index.csv", lambda path: df.to_csv(path, index=False)
    yield "missing.csv", lambda path: missing.to_csv(path, index=False)
    yield "semicolon.csv", lambda path: df.to_csv(path, index=False, sep=";", decimal=",")
    yield "tab.csv", lambda path: df.to_csv(path, index=False, sep="\t", lineterminator="\r\n")
    yield "fixed.csv", lambda path: df.to_csv(path, index=False, float_format="%.3f")
    yield "savetxt.csv", lambda path: np.savetxt(path, thirds, delimiter=",")
    yield "savetxt-fixed.csv", lambda path: np.savetxt(path, thirds, delimiter=",", fmt="%.4f", header="a,b,c", comments="")
    yield "awk.csv", shell("awk 'BEGIN {{ for (i = 0; i < 100; i++) printf \"%d,%.2f\\n\", i, i / 3 }}' >'{path}'")
    if shutil.which("Rscript"):
        yield "r.csv", shell(f"Rscript -e \"write.csv({r}, '{{path}}')\"")
        yield "r-bare.csv", shell(f"Rscript -e \"write.csv({r}, '{{path}}', row.names=FALSE, quote=FALSE)\"")
    if duckdb is not None:
        query = "SELECT i, i * 0.1 AS x, 'n' || i AS s, i % 2 = 0 AS b FROM range(500) t(i)"
        yield "duckdb.csv", lambda path: duckdb.sql(f"COPY ({query}) TO '{path}' (HEADER)")
    yield "array.npy", lambda path: np.save(path, np.arange(10000, dtype="f4").reshape(100, 100))
    yield "large.npy", lambda path: np.save(path, np.arange(3_000_000.0))
    yield "records.npy", lambda path: np.save(path, records)
    yield "complex.npy", lambda path: np.save(path, np.ones((2, 2), "c16"))
    yield "scalar.npy", lambda path: np.save(path, np.float32(3))
    yield "empty.npy", lambda path: np.save(path, np.zeros((0, 3), "i2"))


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{command}: {done.stdout} {done.stderr}"
    return done.stdout


def content(*parts):
    with open(os.path.join(*parts), "rb") as file:
        return file.read()


def fact(path, name):
    try:
        return os.getxattr(path, f"user.h5fs.{name}").decode()
    except OSError:
        return None


def settle(folder):
    end = time.time() + 60
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        while fact(path, "dtype") == "uint8":
            problem = fact(path, "problem")
            assert problem is None and time.time() < end, f"{name} is no dataset: {problem}"
            time.sleep(0.1)


def write(mount, plain):
    for name, save in writers():
        for folder in (plain, mount):
            save(os.path.join(folder, name))
        assert content(plain, name) == content(mount, name), f"{name} before it is a dataset"
    settle(mount)
    for name in os.listdir(plain):
        assert content(plain, name) == content(mount, name), f"{name} as a dataset"
    copies(mount, plain)
    git(os.path.join(mount, "copy"))
    in_any_order(mount, f"{plain}-names")


def copies(mount, plain):
    copy = os.path.join(mount, "copy")
    run("cp", "-a", plain, copy)
    run("rsync", "-a", f"{plain}/", os.path.join(mount, "rsync"))
    settle(os.path.join(mount, "rsync"))
    run("diff", "-r", plain, copy)
    again = run("rsync", "-aX", "--itemize-changes", f"{plain}/", os.path.join(mount, "rsync"))
    assert again == "", f"the second rsync transfers {again}"


def git(folder):
    person = {f"GIT_{who}_{what}": "somebody@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    call = lambda *words: run("git", "-c", "safe.directory=*", *words, cwd=folder, env={**os.environ, **person})
    call("init", "-q")
    call("add", ".")
    call("commit", "-qm", "all")
    settle_again = time.time() + 2
    while time.time() < settle_again:
        time.sleep(0.1)
    assert call("status", "--short") == ""
    call("fsck", "--full")


def in_any_order(mount, source):
    os.makedirs(os.path.join(source, "x.d"))
    for name, text in (("x.csv", "a,b\n1,2\n"), ("x.json", '{"a": 1}\n'), ("x", "plain"), ("x.d/x.csv", "a\n1\n")):
        with open(os.path.join(source, name), "w") as file:
            file.write(text)
    np.save(os.path.join(source, "x.npy"), np.arange(5))
    orders = list(itertools.permutations(os.listdir(source)))
    random.Random(1).shuffle(orders)
    for number, order in enumerate(orders[:6]):
        folder = os.path.join(mount, f"order{number}")
        os.mkdir(folder)
        for name in order:
            run("cp", "-a", os.path.join(source, name), folder)
            time.sleep(0.7 * (number % 2))
    time.sleep(1.5)
    for number in range(6):
        run("diff", "-r", source, os.path.join(mount, f"order{number}"))


def read(path, plain):
    with tables.open_file(path) as file:
        df = frame()
        table = file.root.pandas
        assert isinstance(table, tables.Table), table
        for column in ("i", "f", "g", "b"):
            assert np.array_equal(table.col(column), df[column]), column
        assert [text.decode() for text in table.col("s")] == list(df.s)
        assert len(file.get_node("/no-index").read_where("i < 10")) == 10
        assert np.array_equal(file.get_node("/semicolon").col("f"), df.f)
        assert np.array_equal(file.get_node("/fixed").col("f"), [float(f"{x:.3f}") for x in df.f])
        assert np.isnan(file.root.missing.col("f")[3])
        for name, kind in (("array", tables.Array), ("large", tables.CArray), ("complex", tables.Array), ("scalar", tables.Array)):
            node = file.get_node(f"/{name}")
            assert isinstance(node, kind), node
            assert np.array_equal(node.read(), np.load(os.path.join(plain, f"{name}.npy"))), name
        assert np.array_equal(file.root.records.read(), np.load(os.path.join(plain, "records.npy")))
    with h5py.File(path) as file:
        for name in ("array", "large", "records", "complex", "scalar", "empty"):
            assert np.array_equal(file[name][()], np.load(os.path.join(plain, f"{name}.npy"))), name
        assert list(file["awk"]["f0"]) == list(range(100))


if __name__ == "__main__":
    {"write": write, "read": read}[sys.argv[1]](*sys.argv[2:])
