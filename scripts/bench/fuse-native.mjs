/**
 * The other peer: the smallest useful file system on fuse-native (libfuse 2). One file, /data, which is the file given.
 *
 * usage: node fuse-native.mjs FILE DIR
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import koffi from "koffi";

const require = createRequire(import.meta.url);
// The package's own libfuse serves where the system has none: loaded first, it is the one the add-on finds.
const folder = dirname(require.resolve("fuse-native/package.json"));
koffi.load(join(folder, "prebuilds", `linux-${process.arch}`, "libfuse.so"), { global: true });
const Fuse = require("fuse-native");

const [file, dir] = process.argv.slice(2);
const backing = openSync(file, "r");
const size = fstatSync(backing).size;
const time = new Date(0);

function attributes(path) {
  const common = { mtime: time, atime: time, ctime: time, uid: process.getuid(), gid: process.getgid() };
  if (path === "/") {
    return { ...common, mode: 0o40555, size: 4096, nlink: 2 };
  }
  return path === "/data" ? { ...common, mode: 0o100444, size, nlink: 1 } : undefined;
}

const operations = {
  readdir: (path, reply) => (path === "/" ? reply(0, ["data"]) : reply(Fuse.ENOENT)),
  getattr: (path, reply) => {
    const found = attributes(path);
    return found === undefined ? reply(Fuse.ENOENT) : reply(0, found);
  },
  open: (_path, _flags, reply) => reply(0, 1),
  read: (_path, _fd, buffer, length, position, reply) => reply(readSync(backing, buffer, 0, length, position)),
};

const fuse = new Fuse(dir, operations, { force: true, mkdir: false, autoCache: true });
fuse.mount((error) => {
  if (error) {
    console.error(String(error));
    process.exit(1);
  }
});

process.on("SIGTERM", () =>
  fuse.unmount(() => {
    closeSync(backing);
    process.exit(0);
  }),
);
