/**
 * Python that makes Linux's own system calls on files in the working directory, and prints what each gives as JSON: in a mount and in
 * a folder of a local disk it must print the same.
 */
export const LINUX_CALLS = `
import ctypes, errno, hashlib, json, os, stat, sys

libc = ctypes.CDLL(None, use_errno=True)
results = []

def note(name, call):
    try:
        value = call()
    except OSError as error:
        value = errno.errorcode[error.errno]
    results.append([name, value])

def checked(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "")
    return result

def put(name, data=b"", mode=0o644):
    with open(name, "wb") as f:
        f.write(data)
    os.chmod(name, mode)

def facts(name):
    s = os.lstat(name)
    return [oct(s.st_mode), s.st_rdev, s.st_nlink, s.st_uid, 0 if stat.S_ISDIR(s.st_mode) else s.st_size]

def digest(name):
    with open(name, "rb") as f:
        data = f.read()
    return [len(data), hashlib.sha1(data).hexdigest()]

# renameat2
def rename(a, b, flags):
    return checked(libc.renameat2(-100, a.encode(), -100, b.encode(), flags))

NOREPLACE, EXCHANGE, WHITEOUT = 1, 2, 4
for n in "abc":
    put(n, n.encode())
os.mkdir("d")
put("d/inside", b"x")
for a, b, flags in [("a", "b", NOREPLACE), ("a", "n", NOREPLACE), ("n", "b", EXCHANGE), ("a", "b", EXCHANGE), ("b", "d", EXCHANGE),
    ("n", "c", NOREPLACE | EXCHANGE), ("n", "c", WHITEOUT | EXCHANGE), ("n", "w", WHITEOUT), ("w", "c", WHITEOUT), ("b", "v", WHITEOUT),
    ("c", "w", WHITEOUT | NOREPLACE), ("c", "u", WHITEOUT | NOREPLACE), ("u", "u", WHITEOUT), ("d", "d", NOREPLACE), ("u", "t", 8)]:
    note(f"rename {a} {b} {flags}", lambda: rename(a, b, flags))
os.symlink("x", "link")
note("whiteout of a symlink", lambda: rename("link", "link2", WHITEOUT))
note("names", lambda: [[n, facts(n)] for n in sorted(os.listdir("."))])
note("below", lambda: sorted(os.listdir("v")))

# O_TMPFILE
def tmpfile():
    fd = os.open(".", os.O_TMPFILE | os.O_RDWR, 0o640)
    os.write(fd, b"a text")
    before = os.fstat(fd)
    os.link(f"/proc/self/fd/{fd}", "named", follow_symlinks=True)
    os.write(fd, b", and more")
    after = os.fstat(fd)
    os.close(fd)
    return [oct(before.st_mode), before.st_nlink, before.st_size, after.st_nlink, facts("named"), open("named").read()]

def unlinkable(flags, before_link):
    fd = os.open(".", os.O_TMPFILE | os.O_RDWR | flags, 0o600)
    try:
        before_link(fd)
        os.link(f"/proc/self/fd/{fd}", "other", follow_symlinks=True)
    finally:
        os.close(fd)

def gone(fd):
    os.link(f"/proc/self/fd/{fd}", "gone", follow_symlinks=True)
    os.unlink("gone")

note("tmpfile", tmpfile)
note("tmpfile, O_EXCL", lambda: unlinkable(os.O_EXCL, lambda fd: None))
note("tmpfile, linked and unlinked", lambda: unlinkable(0, gone))
note("tmpfile over a name", lambda: unlinkable(0, lambda fd: put("other")))
note("tmpfile, to be read", lambda: os.open(".", os.O_TMPFILE | os.O_RDONLY))
note("names after tmpfile", lambda: sorted(os.listdir(".")))

# copy_file_range
put("long", bytes(i * 7 % 251 for i in range(300000)))
put("target", b"0123456789" * 10)
def copy(source, target, count, at, to, flags=os.O_RDWR):
    i = os.open(source, os.O_RDWR)
    o = i if source == target else os.open(target, flags)
    try:
        done = 0
        while done < count:
            n = os.copy_file_range(i, o, count - done, at + done, to + done)
            if n == 0:
                break
            done += n
        return [done, digest(target), os.fstat(o).st_size]
    finally:
        os.close(i)
        if o != i:
            os.close(o)
for args in [("long", "target", 1000, 5, 50), ("long", "target", 500000, 100, 200), ("long", "long", 100000, 10, 200000),
    ("long", "long", 100, 10, 50), ("long", "target", 10, 300000, 0), ("long", "target", 10, 299995, 400000),
    ("long", "target", 10, 0, 0, os.O_RDONLY), ("long", "target", 10, 0, 0, os.O_RDWR | os.O_APPEND)]:
    note(f"copy_file_range {args}", lambda: copy(*args))

# fallocate
libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]
def fallocate(name, mode, offset, length):
    fd = os.open(name, os.O_RDWR)
    try:
        return [checked(libc.fallocate(fd, mode, offset, length)), os.fstat(fd).st_size, digest(name)]
    finally:
        os.close(fd)
KEEP, PUNCH, ZERO = 1, 2, 16
for mode, offset, length in [(0, 0, 10), (0, 299990, 100), (KEEP, 300000, 5000), (PUNCH | KEEP, 100, 200000), (PUNCH | KEEP, 65536, 131072),
    (PUNCH, 0, 10), (ZERO, 10, 5), (ZERO, 300000, 1000), (ZERO | KEEP, 300000, 100000), (PUNCH | KEEP, 290000, 1000000),
    (0, 0, 0), (0, -1, 10), (PUNCH | ZERO | KEEP, 0, 10)]:
    note(f"fallocate {mode} {offset} {length}", lambda: fallocate("long", mode, offset, length))

# lseek: where data and holes are
MIB = 1 << 20
with open("sparse", "wb") as f:
    f.write(b"x" * MIB)
    f.seek(64 * MIB)
    f.write(b"y" * MIB)
    f.truncate(80 * MIB)
put("solid", b"z" * (8 * MIB))
fallocate("solid", PUNCH | KEEP, 2 * MIB, 3 * MIB)
fallocate("solid", PUNCH | KEEP, 7 * MIB, MIB)
put("hole")
os.truncate("hole", 5 * MIB)
def holes(name):
    fd = os.open(name, os.O_RDONLY)
    try:
        found = []
        for at in [0, 1, MIB, 3 * MIB, 7 * MIB, 8 * MIB - 1, 64 * MIB, 65 * MIB, 80 * MIB, 1 << 40]:
            for whence in [os.SEEK_DATA, os.SEEK_HOLE]:
                try:
                    found.append(os.lseek(fd, at, whence))
                except OSError as error:
                    found.append(errno.errorcode[error.errno])
        return found
    finally:
        os.close(fd)
for name in ["sparse", "solid", "hole", "named"]:
    note(f"holes of {name}", lambda: holes(name))
note("sparse files", lambda: [digest("sparse"), digest("solid"), digest("hole")])

# set-user-ID and set-group-ID, when others write
def as_nobody(call):
    pid = os.fork()
    if pid == 0:
        os.setgid(65534)
        os.setuid(65534)
        try:
            call()
            os._exit(0)
        except OSError as error:
            os._exit(error.errno)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

def write(flags):
    fd = os.open("privileged", os.O_WRONLY | flags)
    if flags == 0:
        os.write(fd, b"x")
    os.close(fd)

if os.geteuid() == 0:
    # Since Linux 6.2 set-group-ID goes also where the group may not execute.
    release = tuple(int(part) for part in os.uname().release.split(".")[:2])
    for mode in [0o6777] + ([0o6767] if release >= (6, 2) else []):
        for name, call in [("write", lambda: write(0)), ("open", lambda: write(os.O_TRUNC)), ("truncate", lambda: os.truncate("privileged", 1)),
            ("fallocate", lambda: fallocate("privileged", 0, 0, 100)), ("append", lambda: write(os.O_APPEND)),
            ("copy", lambda: copy("named", "privileged", 5, 0, 0)), ("chown", lambda: os.chown("privileged", -1, os.getegid()))]:
            for who in [as_nobody, lambda call: call()]:
                put("privileged", b"text", mode)
                note(f"{name} {oct(mode)}", lambda: [who(call), facts("privileged")])

json.dump(results, sys.stdout)
`;
