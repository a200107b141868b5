import { H5Error } from "../errors.ts";
import type { EditContext } from "./edit-context.ts";
import { type HeaderMessage, MESSAGE } from "./header-message.ts";
import {
  ATTRIBUTE_CREATION_ORDER_INDEXED,
  ATTRIBUTE_CREATION_ORDER_TRACKED,
  type ObjectHeaderBlock,
  type ObjectHeaderBlocks,
  readObjectHeaderBlocks,
} from "./object-header.ts";
import { encodeObjectHeaderBlock } from "./object-header-encoding.ts";

/** The most bytes of a message's body: its size has 16 bits, and version 1 counts in eights. */
export const MAX_MESSAGE = 0xfff8;

/** A new continuation block has room for more than what it is made for, so that the next message needs none. */
const NEW_BLOCK = 256;

/** A message to be added. */
export type NewMessage = Pick<HeaderMessage, "type" | "flags" | "body" | "creationIndex">;

interface Block {
  readonly address: number;
  readonly length: number;
  /** They are the header's own: one that changes is replaced by another. */
  messages: HeaderMessage[];
  gap: number;
  changed: boolean;
}

/** Where a message is. */
interface Place {
  readonly block: Block;
  readonly index: number;
}

/**
 * An object header that is being changed (Specification IV.A.1). The header itself never moves: what finds no room in it
 * goes to a continuation block. Space of removed messages becomes NIL messages, which are used again. Messages that are
 * not touched stay as they are, byte for byte; some may move into a new block, to make room for the message that leads there.
 */
export class ObjectHeaderEditor {
  readonly #edit: EditContext;
  readonly #header: ObjectHeaderBlocks;
  readonly #blocks: Block[];
  /** Bytes of a message before its body. */
  readonly #prefix: number;
  #referenceCount: number;
  #times: ObjectHeaderBlocks["times"];

  constructor(edit: EditContext, address: number) {
    this.#edit = edit;
    edit.changedObjects.add(address);
    this.#header = edit.kept.header(address) ?? readObjectHeaderBlocks(edit.context, address);
    this.#referenceCount = this.#header.referenceCount ?? 0;
    this.#times = this.#header.times;
    this.#prefix = this.version === 1 ? 8 : this.tracksAttributeOrder ? 6 : 4;
    this.#blocks = this.#header.blocks.map(({ address: at, length, messages, gap }) => ({
      address: at,
      length,
      messages: [...messages],
      gap: gap.length,
      changed: false,
    }));
  }

  get address(): number {
    return this.#header.address;
  }

  get version(): 1 | 2 {
    return this.#header.version;
  }

  /** Version 1: hard links to the object; version 2 has a message for it. */
  get referenceCount(): number {
    return this.#referenceCount;
  }

  set referenceCount(count: number) {
    this.#referenceCount = count;
    const [first] = this.#blocks;
    if (first !== undefined) first.changed = true;
  }

  /** Version 2: where times are stored, the second of the last change of data; other objects have a message for it, or nothing. */
  set modificationTime(seconds: number) {
    if (this.#times === undefined || this.#times.modification === seconds) return;
    this.#times = { ...this.#times, modification: seconds };
    const [first] = this.#blocks;
    if (first !== undefined) first.changed = true;
  }

  get tracksAttributeOrder(): boolean {
    return (this.#header.flags & ATTRIBUTE_CREATION_ORDER_TRACKED) !== 0;
  }

  get indexesAttributeOrder(): boolean {
    return (this.#header.flags & ATTRIBUTE_CREATION_ORDER_INDEXED) !== 0;
  }

  /** Version 2: so many attributes are messages of the header; libhdf5's default where it does not say. */
  get maxCompactAttributes(): number {
    return this.#header.phaseChange?.maxCompact ?? 8;
  }

  /** Version 2: with fewer attributes than these they are messages of the header again. */
  get minDenseAttributes(): number {
    return this.#header.phaseChange?.minDense ?? 6;
  }

  /** The messages of a type, in their order. */
  find(type: number): HeaderMessage[] {
    return this.#blocks.flatMap(({ messages }) => messages.filter((message) => message.type === type));
  }

  /** The first message of a type. */
  first(type: number): HeaderMessage | undefined {
    for (const { messages } of this.#blocks) for (const message of messages) if (message.type === type) return message;
    return undefined;
  }

  /** How many messages there are of a type. */
  count(type: number): number {
    let count = 0;
    for (const { messages } of this.#blocks) for (const message of messages) if (message.type === type) count++;
    return count;
  }

  /** Adds a message where there is room, or in a new continuation block. */
  add({ type, flags, creationIndex, body }: NewMessage): void {
    if (body.length > MAX_MESSAGE) {
      throw new H5Error("limit", `a header message of ${body.length} bytes is too large; the most is ${MAX_MESSAGE}`);
    }
    const padded = this.#padded(body);
    const { block, index } = this.#takeRoom(padded.length) ?? this.#addBlock(padded.length);
    block.messages[index] = { type, flags, creationIndex, address: 0, body: padded };
  }

  /** Another body for a message that `find` gave: in its place where it fits, else elsewhere. */
  replace(message: HeaderMessage, body: Uint8Array): void {
    const { block, index } = this.#locate(message);
    const padded = this.#padded(body);
    if (padded.length === message.body.length) {
      block.messages[index] = { ...message, body: padded };
      block.changed = true;
      return;
    }
    const { type, flags, creationIndex } = message;
    this.remove(message);
    this.add({ type, flags, creationIndex, body });
  }

  /** Its space is free for other messages of this header. */
  remove(message: HeaderMessage): void {
    const { block, index } = this.#locate(message);
    block.messages[index] = nil(message.body.length);
    block.changed = true;
    this.#mergeFree(block);
  }

  /** Writes the blocks that were changed. */
  write(): void {
    if (!this.#blocks.some(({ changed }) => changed)) {
      this.#edit.kept.setHeader(this.#header);
      return;
    }
    for (const block of this.#blocks) if (block.changed) this.#closeGap(block);
    const header: ObjectHeaderBlocks = {
      ...this.#header,
      referenceCount: this.version === 1 ? this.#referenceCount : undefined,
      times: this.#times,
      messageCount: this.#blocks.reduce((sum, { messages }) => sum + messages.length, 0),
      blocks: this.#blocks.map(({ address, length, messages, gap }): ObjectHeaderBlock => {
        return { address, length, messages: [...messages], gap: new Uint8Array(gap) };
      }),
    };
    const [first] = this.#blocks;
    // Version 1 counts the messages of all blocks in the first.
    if (first !== undefined && this.version === 1 && this.#blocks.some(({ changed }) => changed)) first.changed = true;
    for (const [i, { address, changed, length }] of this.#blocks.entries()) {
      const block = header.blocks[i];
      if (!changed || block === undefined) continue;
      const w = this.#edit.writer();
      encodeObjectHeaderBlock(w, header, block);
      if (w.position !== length) throw new TypeError(`a block of ${length} bytes was encoded as ${w.position}`);
      this.#edit.write(address, w.bytes);
    }
    this.#edit.kept.setHeader(header);
  }

  #padded(body: Uint8Array): Uint8Array {
    if (this.version === 2) return body.slice();
    const out = new Uint8Array(Math.ceil(body.length / 8) * 8);
    out.set(body);
    return out;
  }

  #locate(message: HeaderMessage): Place {
    for (const block of this.#blocks) {
      const index = block.messages.indexOf(message);
      if (index >= 0) return { block, index };
    }
    throw new TypeError("the message is not of this header");
  }

  /** A NIL message of exactly `size` bytes, cut from one that is large enough. */
  #takeRoom(size: number): Place | undefined {
    for (const block of this.#blocks) {
      for (const [index, message] of block.messages.entries()) {
        if (message.type === MESSAGE.nil && this.#cut(block, index, size)) return { block, index };
      }
    }
    return undefined;
  }

  /**
   * Cuts a NIL message to `size` bytes. What is left is another one; where it is too little for that, which only version
   * 2 allows, the messages behind it move forward, and it is the gap at the block's end.
   */
  #cut(block: Block, index: number, size: number): boolean {
    const rest = (block.messages[index]?.body.length ?? 0) - size;
    if (rest < 0 || (this.version === 1 && rest > 0 && rest < this.#prefix)) return false;
    block.messages[index] = nil(size);
    if (rest >= this.#prefix) block.messages.splice(index + 1, 0, nil(rest - this.#prefix));
    else block.gap += rest;
    block.changed = true;
    return true;
  }

  /** NIL messages that lie side by side become one. */
  #mergeFree(block: Block): void {
    const merged: HeaderMessage[] = [];
    for (const message of block.messages) {
      const last = merged.at(-1);
      const size = (last?.body.length ?? 0) + this.#prefix + message.body.length;
      if (last?.type === MESSAGE.nil && message.type === MESSAGE.nil && size <= MAX_MESSAGE) {
        merged[merged.length - 1] = nil(size);
      } else {
        merged.push(message);
      }
    }
    block.messages = merged;
  }

  /** libhdf5 allows a gap only in a block without NIL messages: another one takes it in, the messages between them moving back. */
  #closeGap(block: Block): void {
    const index = block.messages.findIndex(
      ({ type, body }) => type === MESSAGE.nil && body.length + block.gap <= MAX_MESSAGE,
    );
    const free = block.messages[index];
    if (block.gap === 0) return;
    if (free !== undefined) {
      block.messages[index] = nil(free.body.length + block.gap);
      block.gap = 0;
    } else if (block.gap >= this.#prefix) {
      // What is no smaller than a message's head is read as one: a gap after it would be refused.
      block.messages.push(nil(block.gap - this.#prefix));
      block.gap = 0;
    }
  }

  /** A new continuation block. @returns where in it a NIL message of `size` bytes is */
  #addBlock(size: number): Place {
    const { sizeOfOffsets, sizeOfLengths } = this.#edit;
    const continuationSize = this.#padded(new Uint8Array(sizeOfOffsets + sizeOfLengths)).length;
    let continuation = this.#takeRoom(continuationSize);
    const moved = continuation === undefined ? this.#moveOut(continuationSize) : [];
    continuation ??= this.#takeRoom(continuationSize);
    if (continuation === undefined) throw new TypeError("no room was made for a continuation message");

    const messages = [...moved, nil(size)];
    const used = messages.reduce((sum, { body }) => sum + this.#prefix + body.length, 0);
    const spare = NEW_BLOCK - used - this.#prefix;
    if (spare > 0) messages.push(nil(Math.floor(spare / 8) * 8));
    const length =
      messages.reduce((sum, { body }) => sum + this.#prefix + body.length, 0) + (this.version === 2 ? 8 : 0);
    const address = this.#edit.allocate(length, "metadata");
    const w = this.#edit.writer();
    w.offset(address);
    w.length(length);
    const body = this.#padded(w.bytes);
    continuation.block.messages[continuation.index] = { ...nil(0), type: MESSAGE.continuation, body };
    const block = { address, length, messages, gap: 0, changed: true };
    this.#blocks.push(block);
    return { block, index: moved.length };
  }

  /** Takes the fewest bytes of neighbouring messages out of their block that leave room for a message of `size` bytes. */
  #moveOut(size: number): HeaderMessage[] {
    let best: { block: Block; from: number; to: number; bytes: number } | undefined;
    for (const block of this.#blocks) {
      for (let from = 0; from < block.messages.length; from++) {
        let bytes = 0;
        for (let to = from; to < block.messages.length; to++) {
          const message = block.messages[to];
          // A block that is led to from the block that is to be moved would be found too late, or never.
          if (message === undefined || message.type === MESSAGE.continuation) break;
          bytes += this.#prefix + message.body.length;
          const rest = bytes - this.#prefix - size;
          if (rest < 0) continue;
          if (best === undefined || bytes < best.bytes) best = { block, from, to, bytes };
          break;
        }
      }
    }
    if (best === undefined) {
      throw new H5Error("limit", `the object header at 0x${this.#header.address.toString(16)} has no room left`);
    }
    const { block, from, to, bytes } = best;
    const moved = block.messages.splice(from, to - from + 1, nil(bytes - this.#prefix));
    block.changed = true;
    return moved.filter(({ type }) => type !== MESSAGE.nil);
  }
}

function nil(size: number): HeaderMessage {
  return { type: MESSAGE.nil, flags: 0, creationIndex: undefined, address: 0, body: new Uint8Array(size) };
}
