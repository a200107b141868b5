import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Attributes } from "../../../mount/filesystem.ts";
import {
  direntSize,
  putAttributes,
  putAttributesReply,
  putDirent,
  putEntry,
  putOutHeader,
  putStatistics,
  putStatxReply,
} from "../../../mount/kernel/structs.ts";
import { getU64, putU64 } from "../../../src/storage/little-endian.ts";
import { withTempDir } from "../../support/temp-dir.ts";

const ATTRIBUTES: Attributes = {
  ino: 0x1_0203_0405_0607,
  size: 0x11_2233_4455_6677 % 2 ** 53,
  blocks: 0x21,
  atime: { seconds: 0x31, nanoseconds: 0x32 },
  mtime: { seconds: -0x41, nanoseconds: 0x42 },
  ctime: { seconds: 2 ** 33 + 0x51, nanoseconds: 0x52 },
  mode: 0o100644,
  nlink: 0x61,
  uid: 0xfffffffe,
  gid: 0x63,
  rdev: 0,
  blksize: 0x1000,
};

/** The same values, in C. */
const C_ATTR = `.ino=0x1020304050607, .size=${ATTRIBUTES.size}ULL, .blocks=0x21, .atime=0x31, .mtime=(uint64_t)-0x41,
  .ctime=(1ULL<<33)+0x51, .atimensec=0x32, .mtimensec=0x42, .ctimensec=0x52, .mode=0100644, .nlink=0x61,
  .uid=0xfffffffe, .gid=0x63, .blksize=0x1000`;

const STATISTICS = { blocks: 1, bfree: 2, bavail: 3, files: 4, ffree: 2 ** 40, bsize: 6, namelen: 7, frsize: 8 };

interface Sample {
  readonly name: string;
  /** What of linux/fuse.h makes it. */
  readonly c: string;
  put(view: DataView): number;
  /** The bytes, as linux/fuse.h 7.45 on x86_64 gave them. */
  readonly hex: string;
}

const ATTR_HEX =
  "0706050403020100776655443322110021000000000000003100000000000000bfffffffffffffff5100000002000000" +
  "320000004200000052000000a481000061000000feffffff63000000000000000010000000000000";

const SAMPLES: readonly Sample[] = [
  {
    name: "fuse_out_header",
    c: "struct fuse_out_header v = {.len=24, .error=-5, .unique=0x1122334455ULL};",
    put: (view) => putOutHeader(view, 24, 5, 0x1122334455),
    hex: "18000000fbffffff5544332211000000",
  },
  {
    name: "fuse_attr",
    c: `struct fuse_attr v = {${C_ATTR}};`,
    put: (view) => putAttributes(view, 0, ATTRIBUTES),
    hex: ATTR_HEX,
  },
  {
    name: "fuse_attr_out",
    c: `struct fuse_attr_out v = {.attr_valid=3, .attr_valid_nsec=500000000, .attr={${C_ATTR}}};`,
    put: (view) => putAttributesReply(view, 0, { attributes: ATTRIBUTES, valid: 3.5 }),
    hex: `03000000000000000065cd1d00000000${ATTR_HEX}`,
  },
  {
    name: "fuse_entry_out",
    c: `struct fuse_entry_out v = {.nodeid=9, .generation=8, .entry_valid=1, .attr_valid=2, .entry_valid_nsec=250000000,
      .attr_valid_nsec=0, .attr={${C_ATTR}}};`,
    put: (view) =>
      putEntry(view, 0, { nodeid: 9, generation: 8, entryValid: 1.25, attributesValid: 2, attributes: ATTRIBUTES }),
    hex: `090000000000000008000000000000000100000000000000020000000000000080b2e60e00000000${ATTR_HEX}`,
  },
  {
    name: "fuse_statfs_out",
    c: `struct fuse_statfs_out v = {.st={.blocks=1, .bfree=2, .bavail=3, .files=4, .ffree=1ULL<<40, .bsize=6, .namelen=7,
      .frsize=8}};`,
    put: (view) => putStatistics(view, 0, STATISTICS),
    hex:
      "01000000000000000200000000000000030000000000000004000000000000000000000000010000" +
      `060000000700000008000000${"0".repeat(56)}`,
  },
  {
    name: "fuse_dirent",
    c: `struct { struct fuse_dirent d; char rest[8]; } v = {.d={.ino=5, .off=6, .namelen=3, .type=4}};
      memcpy(v.d.name, "abc", 3);`,
    put: (view) => putDirent(view, 0, { ino: 5, offset: 6, type: 4, name: Buffer.from("abc") }),
    hex: "05000000000000000600000000000000030000000400000061626300000000" + "00",
  },
  {
    name: "fuse_statx_out",
    c: `struct fuse_statx_out v = {.attr_valid=3, .attr_valid_nsec=500000000, .stat={.mask=0x7ff, .blksize=0x1000,
      .nlink=0x61, .uid=0xfffffffe, .gid=0x63, .mode=0100644, .ino=0x1020304050607, .size=${ATTRIBUTES.size}ULL, .blocks=0x21,
      .atime={.tv_sec=0x31, .tv_nsec=0x32}, .mtime={.tv_sec=-0x41, .tv_nsec=0x42},
      .ctime={.tv_sec=(1LL<<33)+0x51, .tv_nsec=0x52}}};`,
    put: (view) => putStatxReply(view, 0, { attributes: ATTRIBUTES, valid: 3.5 }),
    hex:
      `03000000000000000065cd1d00000000${"0".repeat(32)}` +
      `ff0700000010000000000000000000006100000` +
      `0feffffff63000000a4810000070605040302010077665544332211002100000000000000${"0".repeat(16)}` +
      `31000000000000003200000000000000${"0".repeat(32)}51000000020000005200000000000000` +
      `bfffffffffffffff4200000000000000${"0".repeat(16 * 2 + 14 * 16)}`,
  },
];

describe("structures of the kernel protocol", () => {
  for (const { name, put, hex } of SAMPLES) {
    it(`writes struct ${name}`, () => {
      // What an earlier reply left there must not shine through.
      const bytes = new Uint8Array(400).fill(0xee);
      const end = put(new DataView(bytes.buffer));
      assert.equal(Buffer.from(bytes.subarray(0, end)).toString("hex"), hex);
      assert.ok(
        bytes.subarray(end).every((byte) => byte === 0xee),
        "wrote past its end",
      );
    });
  }

  it("is what the C compiler makes of linux/fuse.h", async () => {
    const header = "/usr/include/linux/fuse.h";
    if (!existsSync(header) || spawnSync("cc", ["--version"]).status !== 0) {
      console.log("NOT RUN: comparison with linux/fuse.h, for want of a C compiler or that file");
      return;
    }
    await withTempDir((dir) => {
      const blocks = SAMPLES.map(({ name, c }) => `{ ${c} printf("${name} "); print(&v, sizeof v); }`);
      // Structures younger than this machine's header are left to their recorded bytes.
      const old = !execFileSync("cat", [header]).includes("fuse_statx_out");
      const source = `#include <stdio.h>\n#include <string.h>\n#include <linux/fuse.h>
        static void print(void *p, size_t n) { for (size_t i = 0; i < n; i++) printf("%02x", ((unsigned char *)p)[i]); puts(""); }
        int main(void) { ${(old ? blocks.slice(0, -1) : blocks).join("\n")} return 0; }`;
      writeFileSync(join(dir, "structs.c"), source);
      execFileSync("cc", ["-w", "-o", join(dir, "structs"), join(dir, "structs.c")]);
      const printed = execFileSync(join(dir, "structs"), { encoding: "utf8" }).trim().split("\n");
      assert.ok(printed.length >= SAMPLES.length - 1);
      for (const line of printed) {
        const [name, hex] = line.split(" ");
        assert.equal(hex, SAMPLES.find((sample) => sample.name === name)?.hex, name);
      }
    });
  });

  it("pads names to multiples of 8", () => {
    assert.deepEqual([1, 8, 9, 255].map(direntSize), [32, 32, 40, 280]);
  });

  it("carries 64-bit numbers through", () => {
    const view = new DataView(new ArrayBuffer(8));
    for (const value of [0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 40 + 3, Number.MAX_SAFE_INTEGER]) {
      putU64(view, 0, value);
      assert.equal(getU64(view, 0), value);
      assert.equal(view.getBigUint64(0, true), BigInt(value));
    }
  });
});
