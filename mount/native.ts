import { readSync, writeSync } from "node:fs";
import { getSystemErrorName } from "node:util";
import koffi from "koffi";

/**
 * The system calls that Node.js does not offer, through libc. koffi calls take 0.1 to 0.3 µs. Each thread that imports
 * this has its own.
 */
const libc = koffi.load(null);

const pollFn = libc.func("int poll(void *fds, unsigned long nfds, int timeout)");
const readFn = libc.func("long read(int fd, void *buf, unsigned long count)");
const writeFn = libc.func("long write(int fd, const void *buf, unsigned long count)");
const fcntlFn = libc.func("int fcntl(int fd, int cmd, ...)");
const eventfdFn = libc.func("int eventfd(unsigned int initval, int flags)");
const socketpairFn = libc.func("int socketpair(int domain, int type, int protocol, _Out_ int *sv)");
const getpagesizeFn = libc.func("int getpagesize()");
const getxattrFn = libc.func(
  "long getxattr(const char *path, const char *name, _Out_ uint8_t *value, unsigned long size)",
);

koffi.struct("iovec", { iov_base: "void *", iov_len: "unsigned long" });
koffi.struct("msghdr", {
  msg_name: "void *",
  msg_namelen: "uint32_t",
  msg_iov: "iovec *",
  msg_iovlen: "unsigned long",
  msg_control: "void *",
  msg_controllen: "unsigned long",
  msg_flags: "int",
});
const recvmsgFn = libc.func("long recvmsg(int fd, _Inout_ msghdr *msg, int flags)");
const preadv2Fn = libc.func("long preadv2(int fd, const void *iov, int iovcnt, int64_t offset, int flags)");

/** A call failed: `code` and `errno` are as in the errors of `node:fs`. */
export class SystemCallError extends Error {
  readonly code: string;
  readonly errno: number;

  constructor(call: string, errno: number) {
    const code = getSystemErrorName(-errno);
    super(`${code}: ${call}`);
    this.name = "SystemCallError";
    this.code = code;
    this.errno = -errno;
  }
}

const POLLIN = 1;
const pollfds = Buffer.alloc(16);

/**
 * Waits until either descriptor is readable, or in error, which a read will tell; neither, after a signal.
 * @param timeout milliseconds; -1: without end
 */
export function pollReadable(
  first: number,
  second: number,
  timeout = -1,
): { readonly first: boolean; readonly second: boolean } {
  const EINTR = 4;
  pollfds.writeInt32LE(first, 0);
  pollfds.writeInt32LE(POLLIN, 4);
  pollfds.writeInt32LE(second, 8);
  pollfds.writeInt32LE(POLLIN, 12);
  if (pollFn(pollfds, 2, timeout) < 0 && koffi.errno() !== EINTR) throw new SystemCallError("poll", koffi.errno());
  return { first: pollfds.readInt16LE(6) !== 0, second: pollfds.readInt16LE(14) !== 0 };
}

/**
 * read(2) of a descriptor that does not block: bytes read, or the errno, negative. No exception, because that there is
 * nothing to read is no failure, and an exception would cost more than the call.
 */
export function readDescriptor(fd: number, target: Uint8Array): number {
  const n: number = readFn(fd, target, target.length);
  return n < 0 ? -koffi.errno() : n;
}

/** write(2) of the first `length` bytes of `source`: bytes written, or the errno, negative. */
export function writeDescriptor(fd: number, source: Uint8Array, length: number): number {
  const n: number = writeFn(fd, source, length);
  return n < 0 ? -koffi.errno() : n;
}

/** Makes a descriptor that another program opened fail with EAGAIN where it would wait. */
export function setNonBlocking(fd: number): void {
  const F_GETFL = 3;
  const F_SETFL = 4;
  const O_NONBLOCK = 0o4000;
  const flags: number = fcntlFn(fd, F_GETFL);
  if (flags < 0 || fcntlFn(fd, F_SETFL, "int", flags | O_NONBLOCK) < 0)
    throw new SystemCallError("fcntl", koffi.errno());
}

/** A second descriptor of the same open file, which stays when the first is closed. */
export function duplicateDescriptor(fd: number): number {
  const F_DUPFD_CLOEXEC = 1030;
  const copy: number = fcntlFn(fd, F_DUPFD_CLOEXEC, "int", 0);
  if (copy < 0) throw new SystemCallError("fcntl", koffi.errno());
  return copy;
}

/** A counter that other threads write to (eventfd(2)), non-blocking. */
export function createEventFd(): number {
  const EFD_CLOEXEC_NONBLOCK = 0o2004000;
  const fd: number = eventfdFn(0, EFD_CLOEXEC_NONBLOCK);
  if (fd < 0) throw new SystemCallError("eventfd", koffi.errno());
  return fd;
}

export function wakeEventFd(fd: number): void {
  writeSync(fd, new Uint8Array(new BigUint64Array([1n]).buffer));
}

let canReadCachedOnly = true;

/** `struct iovec`, as bytes: koffi takes longer to build one than the kernel to read 4 KiB. */
const iovec = new DataView(new ArrayBuffer(16));
/** The memory that was last read into, and where it begins. */
let memory: ArrayBufferLike | undefined;
let memoryAddress = 0;

function pointIovecAt(target: Uint8Array): void {
  if (memory !== target.buffer) {
    memory = target.buffer;
    // Addresses of a process are below 2^47 (2^52 at most): a number holds them.
    memoryAddress = Number(koffi.address(target)) - target.byteOffset;
  }
  const address = memoryAddress + target.byteOffset;
  iovec.setUint32(0, address % 2 ** 32, true);
  iovec.setUint32(4, Math.floor(address / 2 ** 32), true);
  iovec.setUint32(8, target.length, true);
}

/**
 * Reads what the page cache has of [offset, offset + target.length): bytes read, which are fewer where the disk would have
 * to be waited for. File systems that cannot tell (RWF_NOWAIT) are read in the ordinary way.
 */
export function readCached(fd: number, target: Uint8Array, offset: number): number {
  const RWF_NOWAIT = 8;
  const EAGAIN = 11;
  const ENOSYS = 38;
  const EOPNOTSUPP = 95;
  if (canReadCachedOnly) {
    pointIovecAt(target);
    const n: number = preadv2Fn(fd, iovec, 1, offset, RWF_NOWAIT);
    if (n >= 0) return n;
    const errno = koffi.errno();
    if (errno === EAGAIN) return 0;
    // Any other failure is of this read alone, and told by the ordinary one.
    if (errno === ENOSYS || errno === EOPNOTSUPP) canReadCachedOnly = false;
  }
  return readSync(fd, target, 0, target.length, offset);
}

/** Two connected sockets: one for us and one for a child, which inherits it only as part of its `stdio`. */
export function socketPair(): readonly [number, number] {
  const AF_UNIX = 1;
  const SOCK_STREAM_CLOEXEC = 0o2000001;
  const pair: number[] = [-1, -1];
  if (socketpairFn(AF_UNIX, SOCK_STREAM_CLOEXEC, 0, pair) < 0) throw new SystemCallError("socketpair", koffi.errno());
  const [ours = -1, theirs = -1] = pair;
  return [ours, theirs];
}

/** Takes the descriptor that the other end has sent along with a byte (SCM_RIGHTS); `undefined`: it has sent none. */
export function receiveDescriptor(socket: number): number | undefined {
  const CMSG_SPACE = 24;
  const CMSG_DATA = 16;
  const MSG_DONTWAIT = 0x40;
  const MSG_CMSG_CLOEXEC = 0x40000000;
  const EAGAIN = 11;
  const byte = Buffer.alloc(1);
  const control = Buffer.alloc(CMSG_SPACE);
  const message = {
    msg_name: null,
    msg_namelen: 0,
    msg_iov: { iov_base: byte, iov_len: 1 },
    msg_iovlen: 1,
    msg_control: control,
    msg_controllen: CMSG_SPACE,
    msg_flags: 0,
  };
  const n: number = recvmsgFn(socket, message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (n < 0 && koffi.errno() === EAGAIN) return undefined;
  if (n < 0) throw new SystemCallError("recvmsg", koffi.errno());
  // cmsg_len says whether a control message came at all.
  return n === 0 || control.readUInt32LE(0) < CMSG_DATA + 4 ? undefined : control.readInt32LE(CMSG_DATA);
}

/** Bytes of a page of memory: the unit in which the kernel counts the size of requests. */
export function pageSize(): number {
  return getpagesizeFn();
}

/** The value of an extended attribute. @throws SystemCallError ENODATA where there is none */
export function getExtendedAttribute(path: string, name: string): Buffer {
  const XATTR_SIZE_MAX = 65_536;
  const value = Buffer.alloc(XATTR_SIZE_MAX);
  const n: number = getxattrFn(path, name, value, value.length);
  if (n < 0) throw new SystemCallError(`getxattr ${name} of ${path}`, koffi.errno());
  return value.subarray(0, n);
}
