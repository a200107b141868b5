import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import koffi from "koffi";

const libc = koffi.load(null);
const socketFn = libc.func("int socket(int domain, int type, int protocol)");
const bindFn = libc.func("int bind(int fd, const uint8_t *address, uint32_t size)");
const recvFn = libc.func("long recv(int fd, _Out_ uint8_t *bytes, unsigned long length, int flags)");
const closeFn = libc.func("int close(int fd)");

/** A UNIX datagram socket that listens, as the system's log and systemd do. `@NAME` is an abstract name. */
export class DatagramSocket {
  readonly #fd: number;
  readonly #path: string;
  /** What has come so far. */
  readonly received: string[] = [];

  constructor(path: string) {
    const SOCK_DGRAM_NONBLOCK_CLOEXEC = 0o2004002;
    this.#path = path;
    this.#fd = socketFn(1, SOCK_DGRAM_NONBLOCK_CLOEXEC, 0);
    const address = Buffer.from(`\u0001\0${path.startsWith("@") ? `\0${path.slice(1)}` : `${path}\0`}`);
    if (this.#fd < 0 || bindFn(this.#fd, address, address.length) < 0) throw new Error(`cannot listen at ${path}`);
  }

  /** Waits until something that matches has come, and gives it. Rejects after some seconds. */
  async message(pattern: RegExp): Promise<string> {
    const buffer = Buffer.alloc(65_536);
    for (let i = 0; i < 1000; i++) {
      const length: number = recvFn(this.#fd, buffer, buffer.length, 0);
      if (length >= 0) this.received.push(buffer.toString("utf8", 0, length));
      const found = this.received.find((text) => pattern.test(text));
      if (found !== undefined) return found;
      if (length < 0) await sleep(10);
    }
    throw new Error(`nothing like ${pattern} came; only ${JSON.stringify(this.received)}`);
  }

  close(): void {
    closeFn(this.#fd);
    if (!this.#path.startsWith("@")) rmSync(this.#path, { force: true });
  }
}
