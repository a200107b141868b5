import { strict as assert } from "node:assert";
import { createFileDataset } from "../../mount/writable/chunked-store.ts";
import { FileBuffer, inMemory } from "../../mount/writable/file-buffer.ts";
import { FileMaker } from "../../mount/writable/file-maker.ts";
import { FilePatch } from "../../mount/writable/file-patch.ts";
import { PLAIN_STORAGE } from "../../mount/writable/new-file-storage.ts";
import { readObjectHeaderBlocks } from "../../src/format/object-header.ts";
import { placeObject, placeOf } from "../../src/object/path-edit.ts";
import { type PosixMetadata, posixAttribute } from "../../src/tree/posix-metadata.ts";
import type { Recording } from "./crash-states.ts";

const NOW = 1_700_000_000;

function metadata(n: number): PosixMetadata {
  const time = { seconds: NOW + n, nanoseconds: n };
  return { mode: 0o100644, uid: 0, gid: 0, rdev: 0, atime: time, mtime: time, ctime: time };
}

/** Small files are made as a mount makes them, and lines are appended to the first by patches. */
export function appendLines(recording: Recording, count: number, settle: (n: number) => void): void {
  const maker = new FileMaker();
  let length = 0;
  recording.change((transaction) => {
    const { edit } = transaction;
    const attributes = [posixAttribute(metadata(0))];
    const address = createFileDataset(transaction, NOW, PLAIN_STORAGE, attributes, { size: 2 ** 30 });
    length = readObjectHeaderBlocks(edit.context, address).blocks[0]?.length ?? 0;
    placeObject(transaction, placeOf(transaction.file, "/first"), address);
  });
  let log: { readonly address: number; patch: FilePatch | undefined; size: number } | undefined;
  for (let n = 0; n < count; n++) {
    recording.change((transaction) => {
      const room = { address: transaction.edit.allocate(length, "metadata"), length };
      const size = 10 + (n % 3) * 90;
      const buffer = new FileBuffer(inMemory(new Uint8Array(0)));
      buffer.write(0, new Uint8Array(size).fill(n + 1));
      const attributes = () => [posixAttribute(metadata(n))];
      const file = { room, seconds: NOW, size, metadata: metadata(n), attributes };
      const { patch } = maker.make(transaction, file, buffer.change());
      placeObject(transaction, placeOf(transaction.file, `/file ${n}`), room.address);
      log ??= { address: room.address, patch, size };
    });
    settle(2 * n);
    recording.change((transaction) => {
      assert.ok(log !== undefined);
      const bytes = new Uint8Array(4).fill(n + 1);
      const change = { size: log.size + bytes.length, pieces: [{ offset: log.size, bytes }] };
      const patch = log.patch ?? FilePatch.read(transaction, log.address);
      assert.ok(patch !== undefined);
      assert.ok(patch.fits(change, log.size));
      log.patch = patch;
      patch.apply(transaction, { ...change, metadata: metadata(100 + n) });
      log.size = change.size;
    });
    settle(2 * n + 1);
  }
}
