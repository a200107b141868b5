import { lookup3 } from "../../src/format/lookup3.ts";
import { Reader } from "../../src/format/reader.ts";

/** A number that the engine reads from the file. */
export interface Field {
  /** Offset in the file. */
  readonly at: number;
  readonly size: number;
  readonly kind: "address" | "length" | "number";
}

export interface StructureSpan {
  readonly at: number;
  readonly name: string;
}

/** The checksum at `at` is that of the bytes [start, end); where it lies in them itself, with zeros in its place. */
export interface ChecksumSpan {
  readonly start: number;
  readonly end: number;
  readonly at: number;
}

/** Where in a file is what: learned by watching the engine read it while it is whole. */
export interface Trace {
  readonly fields: readonly Field[];
  readonly structures: readonly StructureSpan[];
  readonly checksums: readonly ChecksumSpan[];
}

/** Taken bytes up to so many are a number (a heap id, an enumeration's value), more are data. */
const LONGEST_NUMBER = 16;
const MAX_FIELDS = 50_000;

/**
 * Watches what `use` makes the engine read of `file`, which must lie at the beginning of its buffer. Readers that cannot
 * be found in the file (over bytes that were put together) are left out.
 */
export function traceReads(file: Uint8Array, use: () => void): Trace {
  const fields = new Map<number, Field>();
  const structures = new Map<number, StructureSpan>();
  const checksums = new Map<number, ChecksumSpan>();
  const origins = new WeakMap<ArrayBufferLike, { readonly origin: number | undefined }>([[file.buffer, { origin: 0 }]]);
  const met = new WeakSet<Reader>();

  /** The file's offset of a reader's first byte. */
  const begin = (r: Reader): number | undefined => {
    const { buffer, byteOffset } = r.bytes;
    let known = origins.get(buffer);
    if (known === undefined) {
      const found = Buffer.from(file.buffer, 0, file.length).indexOf(r.bytes);
      known = { origin: found < 0 || r.bytes.length < 8 ? undefined : found - byteOffset };
      origins.set(buffer, known);
    }
    return known.origin === undefined ? undefined : known.origin + byteOffset;
  };
  const note = (r: Reader, position: number, kind: Field["kind"]): void => {
    const start = begin(r);
    if (start === undefined || fields.size >= MAX_FIELDS) return;
    if (!met.has(r)) {
      met.add(r);
      structures.set(start, { at: start, name: r.structure });
    }
    const size = r.position - position;
    if (size > 0 && size <= LONGEST_NUMBER) fields.set(start + position, { at: start + position, size, kind });
  };
  const noteChecksum = (r: Reader, from: number, to: number, position: number): void => {
    const start = begin(r);
    if (start === undefined) return;
    const span = { start: start + from, end: start + to, at: start + position };
    if (computeChecksum(file, span) === storedChecksum(file, span)) checksums.set(span.at, span);
  };

  const restore = watchReaders(note, noteChecksum);
  try {
    use();
  } finally {
    restore();
  }
  return { fields: [...fields.values()], structures: [...structures.values()], checksums: [...checksums.values()] };
}

function watchReaders(
  note: (r: Reader, position: number, kind: Field["kind"]) => void,
  noteChecksum: (r: Reader, from: number, to: number, position: number) => void,
): () => void {
  const { u8, u16, u32, i32, uint, offset, length, lengthOrUnlimited, take, checksum } = Reader.prototype;
  let depth = 0;
  // Only the outermost call counts: an address is read as a number.
  const watched = <A extends unknown[], R>(read: (this: Reader, ...args: A) => R, kind: Field["kind"]) =>
    function (this: Reader, ...args: A): R {
      const { position } = this;
      depth++;
      try {
        return read.apply(this, args);
      } finally {
        depth--;
        if (depth === 0) note(this, position, kind);
      }
    };
  Object.assign(Reader.prototype, {
    u8: watched(u8, "number"),
    u16: watched(u16, "number"),
    u32: watched(function (this: Reader) {
      // The one checksum that is not read by `checksum`: it lies in the bytes that it is of.
      if (this.structure === "fractal heap direct block") noteChecksum(this, 0, this.bytes.length, this.position);
      return u32.call(this);
    }, "number"),
    i32: watched(i32, "number"),
    uint: watched(uint, "number"),
    take: watched(take, "number"),
    offset: watched(offset, "address"),
    length: watched(length, "length"),
    lengthOrUnlimited: watched(lengthOrUnlimited, "length"),
    checksum(this: Reader, from = 0): void {
      noteChecksum(this, from, this.position, this.position);
      depth++;
      try {
        checksum.call(this, from);
      } finally {
        depth--;
      }
    },
  });
  return () => {
    Object.assign(Reader.prototype, { u8, u16, u32, i32, uint, offset, length, lengthOrUnlimited, take, checksum });
  };
}

/** `undefined` where the file does not reach so far (any more). */
export function computeChecksum(file: Uint8Array, { start, end, at }: ChecksumSpan): number | undefined {
  if (end > file.length || at + 4 > file.length) return undefined;
  const bytes = file.slice(start, end);
  if (at < end) bytes.fill(0, at - start, at - start + 4);
  return lookup3(bytes);
}

export function storedChecksum(file: Uint8Array, { at }: ChecksumSpan): number {
  return new DataView(file.buffer, file.byteOffset, file.length).getUint32(at, true);
}
