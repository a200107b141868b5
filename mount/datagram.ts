import koffi from "koffi";
import { SystemCallError } from "./native.ts";

const libc = koffi.load(null);
const socketFn = libc.func("int socket(int domain, int type, int protocol)");
const sendtoFn = libc.func(
  "long sendto(int fd, const uint8_t *bytes, unsigned long length, int flags, const uint8_t *address, uint32_t size)",
);
const closeFn = libc.func("int close(int fd)");

const AF_UNIX = 1;
const SUN_PATH_SIZE = 108;

/**
 * Sends one datagram to a UNIX socket, which Node.js has no means for: the system's log and systemd listen to such. It is
 * never waited for. @param path `@NAME` is one of the abstract names (unix(7))
 * @throws SystemCallError where nobody listens
 */
export function sendDatagram(path: string, text: string): void {
  const SOCK_DGRAM_CLOEXEC_NONBLOCK = 0o2004002;
  const MSG_NOSIGNAL = 0x4000;
  const address = unixAddress(path);
  const fd: number = socketFn(AF_UNIX, SOCK_DGRAM_CLOEXEC_NONBLOCK, 0);
  if (fd < 0) throw new SystemCallError("socket", koffi.errno());
  try {
    const bytes = Buffer.from(text);
    const sent: number = sendtoFn(fd, bytes, bytes.length, MSG_NOSIGNAL, address, address.length);
    if (sent < 0) throw new SystemCallError(`sendto ${path}`, koffi.errno());
  } finally {
    closeFn(fd);
  }
}

/** `struct sockaddr_un`: the length of an abstract name is that of the address, a path ends with NUL. */
function unixAddress(path: string): Uint8Array {
  const ENAMETOOLONG = 36;
  const name = Buffer.from(path.startsWith("@") ? `\0${path.slice(1)}` : `${path}\0`);
  if (name.length > SUN_PATH_SIZE) throw new SystemCallError(`sendto ${path}`, ENAMETOOLONG);
  const family = Buffer.alloc(2);
  // sa_family_t is in the machine's own byte order.
  new Uint16Array(family.buffer, family.byteOffset, 1)[0] = AF_UNIX;
  return Buffer.concat([family, name]);
}
