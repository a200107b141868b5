import { type DataLayout, decodeDataLayout } from "../../src/format/data-layout.ts";
import { decodeDataspace } from "../../src/format/dataspace.ts";
import type { EditContext } from "../../src/format/edit-context.ts";
import { type HeaderMessage, isShared, MESSAGE } from "../../src/format/header-message.ts";
import { HeaderPatch } from "../../src/format/header-patch.ts";
import { type ObjectHeaderBlocks, readObjectHeaderBlocks } from "../../src/format/object-header.ts";
import { Reader } from "../../src/format/reader.ts";
import { attributeMessages } from "../../src/object/attribute-edit.ts";
import { storedSeconds } from "../../src/object/set-modification-time.ts";
import { encodePosix, NO_METADATA, type PosixMetadata, posixAttribute } from "../../src/tree/posix-metadata.ts";

/** Where fields are, from the header's address on. */
interface Fields {
  /** The dataspace's dimension. */
  readonly dimension: number;
  /** The data of the attribute that `posixAttribute` makes. */
  readonly posix: number;
  /** Seconds of the last change of data; `undefined`: the header has no place for it. */
  readonly modification: number | undefined;
  /** The four times of a header of version 2. */
  readonly times: number | undefined;
  /** The address in the data layout message; `undefined`: that is of another version. */
  readonly index: number | undefined;
}

/** What a header is to say. */
export interface FileFields {
  readonly size: number;
  readonly metadata: PosixMetadata;
}

/**
 * The object header of a file, of which only what changes with its bytes is written: size, times and attributes. All else is as it
 * was when it was read, so it holds as long as nobody else changes the object.
 */
export class FileHeader {
  readonly #patch: HeaderPatch;
  readonly #fields: Fields;
  readonly layout: DataLayout;

  private constructor(patch: HeaderPatch, fields: Fields, layout: DataLayout) {
    this.#patch = patch;
    this.#fields = fields;
    this.layout = layout;
  }

  /** @returns `undefined`: it is not as a mount makes it, and must be edited as any other @throws FormatError */
  static read(edit: EditContext, address: number): FileHeader | undefined {
    const header = readObjectHeaderBlocks(edit.context, address);
    const message = theOnly(header, MESSAGE.dataLayout);
    const fields = message && findFields(edit, header, message);
    if (message === undefined || fields === undefined) return undefined;
    const layout = decodeDataLayout(new Reader(message.body, message.address, "data layout message", edit));
    return new FileHeader(HeaderPatch.read(edit, header), fields, layout);
  }

  /** One that says the same, to become another file's. */
  copy(): FileHeader {
    return new FileHeader(this.#patch.copy(), this.#fields, this.layout);
  }

  /** Bytes, where it can be copied; `undefined`: it cannot. */
  get copiedLength(): number | undefined {
    return this.#fields.index === undefined ? undefined : this.#patch.length;
  }

  /** Writes what is other now. */
  change(edit: EditContext, address: number, { size, metadata }: FileFields): void {
    const patch = this.#patch;
    const { modification, dimension, posix } = this.#fields;
    const { mtime } = metadata;
    if (modification !== undefined && mtime !== undefined) {
      patch.putUint(modification, storedSeconds(mtime.seconds), 4);
    }
    patch.putUint(dimension, size, edit.sizeOfLengths);
    patch.put(posix, encodePosix(metadata));
    patch.write(edit, address);
  }

  /**
   * Writes all of it, for a new file.
   * @param made seconds since 1970, UTC @param index where its chunk index is
   */
  create(edit: EditContext, address: number, fields: FileFields, made: number, index: number | undefined): void {
    const patch = this.#patch;
    const { dimension, posix, times, modification, index: indexField } = this.#fields;
    if (indexField === undefined) throw new TypeError("a header that cannot be copied");
    const seconds = storedSeconds(made);
    if (times !== undefined) for (let i = 0; i < 4; i++) patch.putUint(times + 4 * i, seconds, 4);
    const modified = storedSeconds(fields.metadata.mtime?.seconds ?? made);
    if (modification !== undefined) patch.putUint(modification, modified, 4);
    patch.putUint(dimension, fields.size, edit.sizeOfLengths);
    patch.putUint(indexField, index, edit.sizeOfOffsets);
    patch.put(posix, encodePosix(fields.metadata));
    patch.writeNew(edit, address);
  }
}

/** In a header of version 2, after signature, version and flags. */
const TIMES = 6;

function findFields(edit: EditContext, header: ObjectHeaderBlocks, layout: HeaderMessage): Fields | undefined {
  const dimension = findDimension(edit, header);
  const posix = findPosix(edit, header);
  if (dimension === undefined || posix === undefined) return undefined;
  const [time, old] = [theOnly(header, MESSAGE.modificationTime), theOnly(header, MESSAGE.modificationTimeOld)];
  // That has the time as a text.
  if (old !== undefined) return undefined;
  const times = header.times === undefined ? undefined : TIMES;
  const inPrefix = times === undefined ? undefined : times + 4;
  return {
    dimension: dimension - header.address,
    posix: posix - header.address,
    modification: time === undefined ? inPrefix : time.address - header.address + 4,
    times,
    index: indexField(edit, header, layout),
  };
}

/** Of a file that can grow as it likes. */
function findDimension(edit: EditContext, header: ObjectHeaderBlocks): number | undefined {
  const message = theOnly(header, MESSAGE.dataspace);
  if (message === undefined) return undefined;
  const { address, body } = message;
  const dataspace = decodeDataspace(new Reader(body, address, "dataspace message", edit));
  if (dataspace.kind !== "simple" || dataspace.dims.length !== 1 || dataspace.maxDims[0] !== undefined) {
    return undefined;
  }
  return address + (body[0] === 1 ? 8 : 4);
}

/** The message is, but for its data, the one that would be put in its place. */
function findPosix(edit: EditContext, header: ObjectHeaderBlocks): number | undefined {
  const expected = attributeMessages(edit, [posixAttribute(NO_METADATA)]).at(-1)?.body;
  if (expected === undefined) return undefined;
  const head = expected.subarray(0, expected.length - encodePosix(NO_METADATA).length);
  for (const { address, body, type, flags } of messagesOf(header)) {
    const isIt = type === MESSAGE.attribute && !isShared({ flags }) && body.length === expected.length;
    if (isIt && Buffer.compare(body.subarray(0, head.length), head) === 0) return address + head.length;
  }
  return undefined;
}

/** Of versions 4 and 5 the address is the last field; headers of version 1 have padding behind it. */
function indexField(edit: EditContext, header: ObjectHeaderBlocks, { address, body }: HeaderMessage) {
  const version = body[0] ?? 0;
  if (version === 3) return address - header.address + 3;
  if (version < 4 || header.version === 1) return undefined;
  return address - header.address + body.length - edit.sizeOfOffsets;
}

function* messagesOf({ blocks }: ObjectHeaderBlocks): Generator<HeaderMessage> {
  for (const { messages } of blocks) yield* messages;
}

/** The message of a type, which the header itself has; `undefined`: there is none, or it is shared. */
function theOnly(header: ObjectHeaderBlocks, type: number): HeaderMessage | undefined {
  const [message] = [...messagesOf(header)].filter((each) => each.type === type);
  return message === undefined || isShared(message) ? undefined : message;
}
