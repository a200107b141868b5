#!/usr/bin/env python3
"""Compares the bytes that programs take from a mount: every view of every dataset, listed or by name.

Reads lines {"mount": DIR, "limit": N} on standard input; answers each with one line of JSON:
  views  number of views whose bytes were the same for all: read to the end, stat, tar, cp, Python's tarfile
  bytes  how many those had in all
  whole  number of listed entries that git, tarfile and rsync took from the whole mount
  left   number of views left out: refused by the mount, too large, or more than `limit`
  wrong  [path, what]
"""
import hashlib
import json
import os
import stat
import subprocess
import sys
import tarfile
import tempfile

LARGE = 1 << 24


def run(command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=240, **options)


def digest(stream):
    """Number of bytes up to the end, and their hash."""
    length, sha = 0, hashlib.sha1()
    while data := stream.read(1 << 20):
        length += len(data)
        sha.update(data)
    return length, sha.hexdigest()


def git_blob(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def xattr(path, name):
    try:
        return os.getxattr(path, name).decode("utf-8", "surrogateescape")
    except OSError:
        return None


class Mount:
    def __init__(self, mount, limit, work):
        self.mount, self.limit, self.work = os.fsencode(mount), limit, os.fsencode(work)
        self.wrong, self.left = [], 0
        self.files, self.links, self.folders = [], [], []
        # What `cat` gives: path -> (length, SHA-1)
        self.expected = {}

    def differ(self, path, what):
        self.wrong.append([os.fsdecode(path).encode("utf-8", "backslashreplace").decode(), what])

    def list(self):
        for folder, folders, files in os.walk(self.mount):
            for name in folders + files:
                path = os.path.relpath(os.path.join(folder, name), self.mount)
                try:
                    kind = os.lstat(os.path.join(folder, name)).st_mode
                except OSError:
                    # A text that cannot be made has no size; `cat` below says why.
                    kind = stat.S_IFREG
                (self.links if stat.S_ISLNK(kind) else self.folders if stat.S_ISDIR(kind) else self.files).append(path)

    def views(self):
        """The listed files, and their other views, which are there by name."""
        listed = {*self.files, *self.links, *self.folders}
        for path in self.files:
            yield path
            full = os.path.join(self.mount, path)
            views = (xattr(full, "user.h5fs.views") or "").split()
            base, dot, extension = path.rpartition(b".")
            if not dot or extension.decode("latin-1") not in views:
                continue
            for view in views:
                name = base + b"." + view.encode()
                if name not in listed and len(os.path.basename(name)) <= 255 and b"~" not in name:
                    yield name

    def cat(self, path):
        full = os.path.join(self.mount, path)
        size = xattr(full, "user.h5fs.decoded_bytes")
        if size is not None and int(size) > LARGE:
            self.left += 1
            return
        try:
            with open(full, "rb") as f:
                if os.fstat(f.fileno()).st_size > 4 * LARGE:
                    self.left += 1
                    return
                self.expected[path] = digest(f)
                sizes = {os.stat(full).st_size, os.lstat(full).st_size, os.fstat(f.fileno()).st_size}
        except OSError as e:
            self.left += 1
            # Why it is refused must be told; libfuse looks nothing up that has no size.
            if not xattr(full, "user.h5fs.problem") and os.environ.get("H5FS_TRANSPORT") != "libfuse":
                self.differ(path, f"{e.strerror}, without user.h5fs.problem")
            return
        if sizes != {self.expected[path][0]}:
            self.differ(path, f"stat says {sizes}, {self.expected[path][0]} bytes can be read")

    def compare(self, program, found):
        for path, what in self.expected.items():
            if found.get(path) != what:
                self.differ(path, f"{program} has {found.get(path)}, cat {what}")

    def names(self, paths=None):
        return b"".join(b"./" + path + b"\0" for path in (self.expected if paths is None else paths))

    def from_tar(self, archive):
        found = {}
        for member in archive:
            path = os.fsencode(member.name)[2:]
            if member.isfile():
                found[path] = digest(archive.extractfile(member))
                if found[path][0] != member.size:
                    self.differ(path, "tarfile: length of member")
            elif member.islnk():
                found[path] = found.get(os.fsencode(member.linkname)[2:])
        return found

    def tar(self):
        with tempfile.TemporaryFile(dir=self.work) as list_, tempfile.TemporaryFile(dir=self.work) as stored:
            list_.write(self.names())
            list_.seek(0)
            done = subprocess.run(["tar", "c", "--null", "--verbatim-files-from", "-T", "-"], cwd=self.mount, stdin=list_, stdout=stored, stderr=subprocess.PIPE, timeout=240)
            if done.returncode != 0:
                self.differ(b"/", f"tar: {done.stderr.decode(errors='replace')[:300]}")
            stored.seek(0)
            with tarfile.open(fileobj=stored, encoding="utf-8", errors="surrogateescape") as archive:
                self.compare("tar", self.from_tar(archive))

    def cp(self):
        to = os.path.join(self.work, b"cp")
        os.mkdir(to)
        done = run(["xargs", "-0", "cp", "--parents", "-t", to], cwd=self.mount, input=self.names())
        if done.returncode != 0:
            self.differ(b"/", f"cp: {done.stderr.decode(errors='replace')[:300]}")
        self.compare("cp", {path: self.copied(os.path.join(to, path)) for path in self.expected})

    def copied(self, path):
        try:
            with open(path, "rb") as f:
                return digest(f)
        except OSError as e:
            return e.strerror

    def python_tarfile(self):
        """The whole mount by one `add`, where all of it can be read, then the views that are not listed."""
        listed, by_name = [b"."], [path for path in self.expected if path not in set(self.files)]
        if any(path not in self.expected for path in self.files):
            listed = [b"./" + path for path in self.files if path in self.expected]
        here = os.open(".", os.O_RDONLY)
        os.chdir(self.mount)
        try:
            with tempfile.TemporaryFile(dir=self.work) as stored:
                with tarfile.open(fileobj=stored, mode="w", encoding="utf-8", errors="surrogateescape") as archive:
                    for path in listed + [b"./" + path for path in by_name]:
                        archive.add(os.fsdecode(path))
                stored.seek(0)
                with tarfile.open(fileobj=stored, encoding="utf-8", errors="surrogateescape") as archive:
                    self.compare("Python's tarfile", self.from_tar(archive))
        finally:
            os.chdir(here)
            os.close(here)

    def git(self):
        """The whole mount as a work tree."""
        store = os.path.join(self.work, b"git")
        run(["git", "init", "-q", "--bare", store])
        git = ["git", b"--git-dir=" + store, b"--work-tree=" + self.mount, "-c", "core.bare=false", "-c", "core.autocrlf=false"]
        added = run([*git, "add", "-A", "--ignore-errors"], cwd=self.mount)
        readable = [path for path in self.files if path in self.expected]
        if added.returncode != 0 and len(readable) == len(self.files):
            self.differ(b"/", f"git add: {added.stderr.decode(errors='replace')[:300]}")
        found = {}
        for entry in run([*git, "ls-files", "-s", "-z"], cwd=self.mount).stdout.split(b"\0")[:-1]:
            facts, _, path = entry.partition(b"\t")
            found[path] = facts.split()[1].decode()
        for path in readable:
            with open(os.path.join(self.mount, path), "rb") as f:
                blob = git_blob(f.read())
            if found.get(path) != blob:
                self.differ(path, f"git has {found.get(path)}, {blob} is what cat gives")
        for path in self.links:
            if found.get(path) != git_blob(os.readlink(os.path.join(self.mount, path))):
                self.differ(path, "git has another target")
        return len(readable) + len(self.links)

    def rsync(self):
        to = os.path.join(self.work, b"rsync")
        names = self.names([*self.links, *self.folders, *(path for path in self.files if path in self.expected)])
        for round_ in range(2):
            done = run(["rsync", "-ad", "--itemize-changes", "--from0", "--files-from=-", self.mount + b"/", to + b"/"], input=names)
            if done.returncode != 0:
                self.differ(b"/", f"rsync: {done.stderr.decode(errors='replace')[:300]}")
            if round_ == 1 and done.stdout != b"":
                self.differ(b"/", f"rsync has something to do the second time: {done.stdout.decode(errors='replace')[:300]}")
        for path in self.files:
            if path in self.expected and self.copied(os.path.join(to, path)) != self.expected[path]:
                self.differ(path, "rsync has other bytes")

    def check(self):
        self.list()
        views = list(self.views())
        step = max(1, -(-len(views) // self.limit))
        # What is listed is read in any case: the whole mount is compared with it.
        chosen = dict.fromkeys([*self.files, *views[::step]])
        self.left += len(views) - len(chosen)
        for path in chosen:
            self.cat(path)
        if self.expected:
            self.tar()
            self.cp()
            self.python_tarfile()
        whole = self.git()
        self.rsync()
        return {"views": len(self.expected), "bytes": sum(length for length, _ in self.expected.values()), "whole": whole, "left": self.left, "wrong": self.wrong}


for line in sys.stdin:
    question = json.loads(line)
    with tempfile.TemporaryDirectory() as work:
        print(json.dumps(Mount(question["mount"], question["limit"], work).check()), flush=True)
