import { readFileSync } from "node:fs";
import { join } from "node:path";
import { FormatContext } from "../../src/format/context.ts";
import type { HeaderMessage } from "../../src/format/header-message.ts";
import { findMessage, readObjectHeader } from "../../src/format/object-header.ts";
import { Reader } from "../../src/format/reader.ts";
import { readSuperblock } from "../../src/format/superblock.ts";
import { AddressSpace } from "../../src/storage/address-space.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { projectRoot } from "./project.ts";

/** Files that scripts/fixtures/make_indexes.py makes, each with what h5py reads in it. */
const FOLDER = join(projectRoot(), "test/data/indexes");

export function fixtureBytes(name: string): Uint8Array {
  return readFileSync(join(FOLDER, `${name}.h5`));
}

export function fixtureTruth(name: string): unknown {
  return JSON.parse(readFileSync(join(FOLDER, `${name}.json`), "utf8"));
}

export function contextOf(bytes: Uint8Array): FormatContext {
  const snapshot = new MemoryStorage(bytes, "fixture").snapshot();
  const superblock = readSuperblock(snapshot, "fixture");
  return new FormatContext(new AddressSpace(snapshot, superblock.baseAddress), superblock);
}

export function messageOf(context: FormatContext, header: number, type: number): HeaderMessage {
  const message = findMessage(readObjectHeader(context, header), type);
  if (message === undefined) throw new Error(`no message of type ${type} in the header at ${header}`);
  return message;
}

export function messageReader(context: FormatContext, header: number, type: number): Reader {
  const message = messageOf(context, header, type);
  return new Reader(message.body, message.address, "message", context);
}
