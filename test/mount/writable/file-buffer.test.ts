import assert from "node:assert/strict";
import * as fc from "fast-check";
import { FileBuffer } from "../../../mount/writable/file-buffer.ts";

/** The bytes that are stored, as a disk would have them. */
class Stored {
  bytes = new Uint8Array(0);

  get size(): number {
    return this.bytes.length;
  }

  read(offset: number, target: Uint8Array): void {
    if (offset + target.length > this.bytes.length) throw new RangeError("a read past the end");
    target.set(this.bytes.subarray(offset, offset + target.length));
  }

  /** Makes a buffered change as the file's store does. */
  apply(buffer: FileBuffer, how?: "filled"): number[] {
    const { kept, size, pieces, holes } = buffer.change(how);
    const offsets: number[] = [];
    const bytes = new Uint8Array(size);
    bytes.set(this.bytes.subarray(0, kept));
    for (const { from, to } of holes) {
      assert.ok(from < to && to <= kept, "holes lie in what is kept");
      bytes.fill(0, from, to);
    }
    let end = 0;
    for (const piece of pieces) {
      assert.ok(piece.offset >= end, "pieces are in order");
      end = piece.offset + piece.bytes.length;
      assert.ok(end <= size, "pieces lie inside the file");
      bytes.set(piece.bytes, piece.offset);
      offsets.push(piece.offset);
    }
    this.bytes = bytes;
    buffer.stored(this);
    return offsets;
  }
}

const offset = fc.oneof(fc.nat(300_000), fc.constantFrom(0, 65_535, 65_536, 65_537, 131_072));
const length = fc.oneof(fc.nat(70_000), fc.constantFrom(1, 65_536));
const step = fc.oneof(
  fc.record({ kind: fc.constant("write" as const), offset, length }),
  fc.record({ kind: fc.constant("zero" as const), offset, length }),
  fc.record({ kind: fc.constant("punch" as const), offset, length }),
  fc.record({ kind: fc.constant("truncate" as const), offset, length: fc.constant(0) }),
  fc.record({ kind: fc.constant("store" as const), offset, length: fc.constant(0) }),
);

describe("the buffer of an open file", function () {
  this.timeout(10_000);

  it("has the bytes that a plain array would have, stored or not", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
        const disk = new Stored();
        const buffer = new FileBuffer(disk);
        let model = new Uint8Array(0);
        const resize = (size: number): void => {
          const next = new Uint8Array(size);
          next.set(model.subarray(0, size));
          model = next;
        };
        for (const [i, { kind, offset: at, length: n }] of steps.entries()) {
          if (kind === "write") {
            const data = new Uint8Array(n).fill(i + 1);
            buffer.write(at, data);
            resize(Math.max(model.length, at + n));
            model.set(data, at);
          } else if (kind === "zero" || kind === "punch") {
            buffer[kind](at, Math.max(0, Math.min(n, model.length - at)));
            model.fill(0, Math.min(at, model.length), Math.min(at + n, model.length));
          } else if (kind === "truncate") {
            buffer.truncate(at);
            resize(at);
          } else disk.apply(buffer);
          const read = new Uint8Array(model.length + 10);
          assert.equal(buffer.read(0, read), model.length);
          assert.ok(Buffer.from(read.subarray(0, model.length)).equals(Buffer.from(model)));
        }
        disk.apply(buffer);
        assert.equal(buffer.isDirty, false);
        assert.ok(Buffer.from(disk.bytes).equals(Buffer.from(model)));
      }),
      { numRuns: 60 },
    );
  });

  it("stores all of a piece of a large file of which much was written, and of others what was", () => {
    const MIB = 2 ** 20;
    const disk = new Stored();
    const buffer = new FileBuffer(disk);
    const model = new Uint8Array(12 * MIB).map((_, i) => i % 251);
    buffer.write(0, model);
    assert.equal(disk.apply(buffer, "filled").length, 12);
    assert.ok(!buffer.isScattered);
    const write = (offset: number, length: number): void => {
      const data = new Uint8Array(length).fill(offset % 250);
      buffer.write(offset, data);
      model.set(data, offset);
    };
    for (let block = 0; block < 256; block += 2) write(3 * MIB + block * 4096 + 7, 4080);
    buffer.punch(3 * MIB + 5 * 4096, 4096);
    model.fill(0, 3 * MIB + 5 * 4096, 3 * MIB + 6 * 4096);
    write(5 * MIB + 10, 20);
    assert.ok(buffer.isScattered);
    assert.deepEqual(disk.apply(buffer, "filled"), [3 * MIB, 5 * MIB + 10]);
    assert.ok(Buffer.from(disk.bytes).equals(Buffer.from(model)));
  });
});
