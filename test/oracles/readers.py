#!/usr/bin/env python3
"""Many readers of one mount at once, mixing all that programs do, each comparing every byte.

usage: readers.py make FILE
       readers.py read FILE MOUNT READERS SECONDS PID TRUTH    TRUTH: a folder with what `h5fs cat` gives of TEXTS (no mount needed)

`read` prints a line of JSON: operations by kind, wrong ones, and how memory (KiB of RSS), threads and descriptors of the daemon went.
"""
import hashlib
import json
import mmap
import os
import random
import signal
import subprocess
import sys
import time
import traceback
from collections import Counter

import h5py
import numpy as np

TEXTS = ["table.csv", "table.json", "image.csv", "image.txt", "words.txt", "group/wide.csv", "table[100:9000:7][name,x].csv"]


def make(path):
    rng = np.random.default_rng(11)
    with h5py.File(path, "w") as f:
        f.create_dataset("image", data=rng.integers(0, 255, (700, 900), dtype="u2"), chunks=(64, 100), compression="gzip", shuffle=True)
        f.create_dataset("flat", data=rng.standard_normal(1_500_000))
        f.create_dataset("cube", data=rng.standard_normal((40, 120, 150)).astype("f4"), chunks=(8, 30, 50), compression="gzip")
        table = np.zeros(60_000, [("id", "i8"), ("name", "S12"), ("x", "f8"), ("pos", "f4", (3,))])
        table["id"], table["x"], table["pos"] = np.arange(60_000), rng.standard_normal(60_000), rng.standard_normal((60_000, 3))
        table["name"] = [b"row %d" % (i * i) for i in range(60_000)]
        f.create_dataset("table", data=table, chunks=(4096,), compression="gzip")
        f.create_dataset("words", data=[f"wörd, {i} \"x\"" for i in range(3000)], dtype=h5py.string_dtype())
        group = f.create_group("group")
        group.create_dataset("wide", data=rng.standard_normal((50, 400)))
        for i in range(300):
            small = group.create_dataset(f"small{i:03d}", data=np.arange(i, i + 20))
            small.attrs["units"] = f"unit {i}"
            small.attrs["n"] = i
        f["link"] = h5py.SoftLink("group/small007")


class Reader:
    def __init__(self, file, mount, truth, seed):
        self.mount, self.random = mount, random.Random(seed)
        self.done = Counter()
        with h5py.File(file, "r", locking=False) as f:
            self.arrays = {name: f[name][()] for name in ("image", "flat", "cube", "table", "group/wide", "group/small123")}
            self.attributes = {f"group/small{i:03d}.npy": (f"unit {i}", str(i)) for i in range(300)}
        self.texts = {}
        for i, name in enumerate(TEXTS):
            with open(os.path.join(truth, str(i)), "rb") as text:
                self.texts[name] = text.read()

    def at(self, name):
        return os.path.join(self.mount, name)

    def choose(self, names):
        return self.random.choice(sorted(names))

    def same(self, got, expected, what):
        if got != expected:
            at = next((i for i, (a, b) in enumerate(zip(got, expected)) if a != b), min(len(got), len(expected)))
            raise AssertionError(f"{what}: {len(got)} bytes, expected {len(expected)}; differ at {at}")

    def op_whole_text(self):
        name = self.choose(TEXTS)
        with open(self.at(name), "rb") as f:
            got = f.read()
        if hashlib.sha1(got).digest() != hashlib.sha1(self.texts[name]).digest():
            self.same(got, self.texts[name], name)

    def op_part_of_text(self):
        name = self.choose(TEXTS)
        text = self.texts[name]
        fd = os.open(self.at(name), os.O_RDONLY)
        try:
            for _ in range(5):
                start, length = self.random.randrange(len(text)), self.random.randrange(1, 50_000)
                self.same(os.pread(fd, length, start), text[start : start + length], f"{name} from {start}")
        finally:
            os.close(fd)

    def op_stat(self):
        for name in self.random.sample(TEXTS, 3):
            size = os.stat(self.at(name)).st_size
            if size != len(self.texts[name]):
                raise AssertionError(f"{name}: size {size}, expected {len(self.texts[name])}")

    def op_load(self):
        name = self.choose(self.arrays)
        got = np.load(self.at(f"{name}.npy"), allow_pickle=False)
        self.same(got.tobytes(), self.arrays[name].tobytes(), f"{name}.npy")

    def op_map(self):
        name = self.choose(["flat", "image", "cube"])
        values = self.arrays[name].reshape(-1)
        got = np.load(self.at(f"{name}.npy"), mmap_mode="r").reshape(-1)
        for _ in range(5):
            start = self.random.randrange(len(values))
            self.same(got[start : start + 3000].tobytes(), values[start : start + 3000].tobytes(), f"mapped {name}.npy")

    # Few parts, often: the kernel remembers each name as long as it has memory, and the daemon what it stands for.
    def op_slice(self):
        start, step = self.random.randrange(0, 690, 60), self.random.randrange(1, 9, 3)
        column = self.random.randrange(0, 800, 300)
        got = np.load(self.at(f"image[{start}:{start + 300}:{step},{column}:].npy"))
        self.same(got.tobytes(), self.arrays["image"][start : start + 300 : step, column:].tobytes(), "slice of image")

    def op_columns(self):
        start = self.random.randrange(0, 59_000, 1711)
        got = np.load(self.at(f"table@{start}:{start + 500},id,x.npy"))
        part = self.arrays["table"][start : start + 500]
        self.same(got["id"].tobytes() + got["x"].tobytes(), part["id"].tobytes() + part["x"].tobytes(), "columns of table")

    def op_slice_as_text(self):
        start = self.random.randrange(0, 59_000, 1711)
        with open(self.at(f"table[{start}:{start + 200}][id].csv"), "rb") as f:
            self.same(f.read(), b"id\n" + b"".join(b"%d\n" % i for i in range(start, start + 200)), "slice of table as csv")

    def op_attributes(self):
        for name in self.random.sample(sorted(self.attributes), 10):
            got = tuple(os.getxattr(self.at(name), f"user.{a}").decode() for a in ("units", "n"))
            if got != self.attributes[name] or sorted(os.listxattr(self.at(name))) != ["user.n", "user.units"]:
                raise AssertionError(f"attributes of {name}: {got}")

    def op_list(self):
        if sorted(os.listdir(self.at("group"))) != sorted([*(n.split("/")[1] for n in self.attributes), "wide.npy"]):
            raise AssertionError("listing of group")
        if sorted(os.listdir(self.at(".h5fs/group"))) != sorted(os.listdir(self.at("group"))):
            raise AssertionError("listing of .h5fs/group")
        subprocess.run(["ls", "-lR", self.mount], stdout=subprocess.DEVNULL, check=True)
        with open(self.at("link.npy" if os.path.lexists(self.at("link.npy")) else "link"), "rb") as f:
            self.same(f.read()[-160:], np.arange(7, 27).tobytes(), "link")

    def op_programs(self):
        name = self.choose(TEXTS)
        text, n = self.texts[name], self.random.randrange(1, 5000)
        for command, expected in ((["head", "-c", str(n)], text[:n]), (["tail", "-c", str(n)], text[-n:]), (["cat"], text)):
            self.same(subprocess.run([*command, self.at(name)], stdout=subprocess.PIPE, check=True).stdout, expected, f"{command[0]} {name}")

    def op_killed(self):
        """A reader that is interrupted, or killed, ends, and harms nobody."""
        child = subprocess.Popen(["cat", *(self.at(name) for name in ("flat.npy", "table.csv", "cube.csv", "image.json"))], stdout=subprocess.DEVNULL)
        time.sleep(self.random.random() * 0.2)
        child.send_signal(self.random.choice([signal.SIGINT, signal.SIGKILL]))
        child.wait(timeout=60)

    def op_given_up(self):
        """Opened, mapped, and left in the middle."""
        with open(self.at("flat.npy"), "rb") as f:
            with mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ) as mapped:
                self.same(mapped[128:928], self.arrays["flat"][:100].tobytes(), "mapped flat.npy")
        subprocess.run(["sh", "-c", 'head -n 3 "$1" >/dev/null; timeout 0.05 wc -c "$1" >/dev/null', "sh", self.at("cube.csv")])

    def step(self):
        operations = [name for name in dir(self) if name.startswith("op_")]
        name = self.random.choice(operations)
        try:
            getattr(self, name)()
        except Exception as e:
            e.add_note(name)
            raise
        self.done[name[3:]] += 1


class Daemon:
    def __init__(self, pid):
        self.folder = f"/proc/{pid}"

    def memory(self):
        with open(f"{self.folder}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))

    def count(self, what):
        return len(os.listdir(f"{self.folder}/{what}"))

    def idle_descriptors(self):
        """Fewest of a moment: what the kernel has closed is released a little later."""
        counts = []
        for _ in range(20):
            counts.append(self.count("fd"))
            time.sleep(0.1)
        return min(counts)


def read_until(reader, end, result):
    """A child's life."""
    wrong = []
    while time.monotonic() < end and len(wrong) < 3:
        try:
            reader.step()
        except Exception:
            # A line of at most 4096 bytes is written whole, whoever else writes.
            wrong.append("".join(traceback.format_exc(limit=-2))[-800:])
    os.write(result, json.dumps({"done": reader.done, "wrong": wrong}).encode() + b"\n")


def read(file, mount, readers, seconds, pid, truth):
    reader, daemon = Reader(file, mount, truth, 0), Daemon(pid)
    # Each kind once, before descriptors are counted.
    for name in [name for name in dir(reader) if name.startswith("op_")]:
        getattr(reader, name)()
    descriptors = daemon.idle_descriptors()
    end, children = time.monotonic() + seconds, []
    out, into = os.pipe()
    for i in range(readers):
        child = os.fork()
        if child == 0:
            reader.random, reader.done = random.Random(i), Counter()
            try:
                read_until(reader, end, into)
            finally:
                os._exit(0)
        children.append(child)
    os.close(into)
    memory, threads = [], 0
    while time.monotonic() < end:
        memory.append(daemon.memory())
        threads = max(threads, daemon.count("task"))
        time.sleep(min(1, max(0, end - time.monotonic())))
    lines = open(out, "rb").read().splitlines()
    for child in children:
        os.waitpid(child, 0)
    done, wrong = Counter(), []
    for line in lines:
        told = json.loads(line)
        done += Counter(told["done"])
        wrong += told["wrong"]
    if len(lines) != readers:
        wrong.append(f"{readers - len(lines)} readers died")
    quarter = len(memory) // 4
    report = {"operations": sum(done.values()), "kinds": done, "wrong": wrong, "descriptors": [descriptors, daemon.idle_descriptors()], "threads": [threads, daemon.count("task")]}
    report["memory"] = [max(memory[i * quarter : (i + 1) * quarter]) for i in range(4)]
    print(json.dumps(report))


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2])
    else:
        file, mount, readers, seconds, pid, truth = sys.argv[2:]
        read(file, mount, int(readers), float(seconds), int(pid), truth)
