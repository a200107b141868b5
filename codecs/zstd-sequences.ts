import { FormatError } from "../src/errors.ts";
import { copyLiterals, copyMatch } from "./copy-match.ts";
import { BackwardBits, buildFseTable, type FseTable, readFseTable, singleSymbolTable } from "./zstd-fse.ts";

function damaged(message: string): FormatError {
  return new FormatError(message, { structure: "zstd frame" });
}

/** One of the three kinds of values in a sequence, and how its codes are coded (RFC 8878, 3.1.1.3.2). */
interface CodeKind {
  readonly name: string;
  readonly maxLog: number;
  readonly maxCode: number;
  readonly predefined: FseTable;
}

// RFC 8878, 3.1.1.3.2.1.1: what each code stands for, and how many bits are added to it.
const literalsBase = Uint32Array.of(
  ...Array.from({ length: 16 }, (_, i) => i),
  ...[16, 18, 20, 22, 24, 28, 32, 40, 48, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536],
);
const literalsBits = Uint8Array.of(
  ...new Array<number>(16).fill(0),
  ...[1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
);
const matchBase = Uint32Array.of(
  ...Array.from({ length: 32 }, (_, i) => i + 3),
  ...[35, 37, 39, 41, 43, 47, 51, 59, 67, 83, 99, 131, 259, 515, 1027, 2051, 4099, 8195, 16387, 32771, 65539],
);
const matchBits = Uint8Array.of(
  ...new Array<number>(32).fill(0),
  ...[1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
);

// RFC 8878, 3.1.1.3.2.2: the probabilities that are used where a block gives none.
const literalsKind: CodeKind = {
  name: "literals length",
  maxLog: 9,
  maxCode: 35,
  predefined: buildFseTable(
    [4, 3, ...repeat(2, 11), ...repeat(1, 3), ...repeat(2, 9), 3, 2, ...repeat(1, 5), ...repeat(-1, 4)],
    6,
  ),
};
const offsetKind: CodeKind = {
  name: "offset",
  maxLog: 8,
  maxCode: 31,
  predefined: buildFseTable([...repeat(1, 6), ...repeat(2, 3), ...repeat(1, 15), ...repeat(-1, 5)], 5),
};
const matchKind: CodeKind = {
  name: "match length",
  maxLog: 9,
  maxCode: 52,
  predefined: buildFseTable([1, 4, 3, ...repeat(2, 6), ...repeat(1, 37), ...repeat(-1, 7)], 6),
};

function repeat(value: number, count: number): number[] {
  return new Array<number>(count).fill(value);
}

/** What a frame's sequences carry over from block to block. */
export interface SequenceState {
  literals: FseTable | undefined;
  offsets: FseTable | undefined;
  matches: FseTable | undefined;
  /** The last three offsets, the latest first. */
  readonly recent: [number, number, number];
}

/** The state at the beginning of a frame. */
export function newSequenceState(): SequenceState {
  return { literals: undefined, offsets: undefined, matches: undefined, recent: [1, 4, 8] };
}

/**
 * Decodes the sequences section `section` of a block (RFC 8878, 3.1.1.3.2) and executes it (3.1.1.4): `literals` and
 * matches in turns, to `output` from `at` on. Matches reach back to `frameStart` at most. Returns where the block ends.
 */
export function decodeSequences(
  section: Uint8Array,
  literals: Uint8Array,
  state: SequenceState,
  output: Uint8Array,
  at: number,
  frameStart: number,
): number {
  let from = 1;
  let count = section[0];
  if (count === undefined) throw damaged("ends before the sequences");
  if (count === 255) {
    count = 0x7f00 + (section[1] ?? 0) + ((section[2] ?? 0) << 8);
    from = 3;
  } else if (count >= 128) {
    count = ((count - 128) << 8) + (section[1] ?? 0);
    from = 2;
  }
  if (count === 0) {
    if (from !== section.length) throw damaged("has bytes after the sequences");
    return appendLiterals(literals, 0, output, at);
  }
  const modes = section[from++];
  if (modes === undefined || (modes & 3) !== 0) throw damaged("the sequences' compression modes are damaged");
  const next = (kind: CodeKind, mode: number, previous: FseTable | undefined): FseTable => {
    const { table, size } = readTable(section.subarray(from), kind, mode, previous);
    from += size;
    return table;
  };
  state.literals = next(literalsKind, modes >> 6, state.literals);
  state.offsets = next(offsetKind, (modes >> 4) & 3, state.offsets);
  state.matches = next(matchKind, (modes >> 2) & 3, state.matches);
  return execute(count, section.subarray(from), literals, state, output, at, frameStart);
}

function readTable(
  bytes: Uint8Array,
  kind: CodeKind,
  mode: number,
  previous: FseTable | undefined,
): { table: FseTable; size: number } {
  if (mode === 0) return { table: kind.predefined, size: 0 };
  if (mode === 2) return readFseTable(bytes, kind.maxLog, kind.maxCode);
  if (mode === 1) {
    const code = bytes[0];
    if (code === undefined || code > kind.maxCode) throw damaged(`the only ${kind.name} code is ${code ?? "missing"}`);
    return { table: singleSymbolTable(code), size: 1 };
  }
  if (previous === undefined) throw damaged(`repeats a ${kind.name} table, there is none before`);
  return { table: previous, size: 0 };
}

function execute(
  count: number,
  stream: Uint8Array,
  literals: Uint8Array,
  state: SequenceState,
  output: Uint8Array,
  start: number,
  frameStart: number,
): number {
  const literalsTable = (state.literals ?? literalsKind.predefined).states;
  const offsetsTable = (state.offsets ?? offsetKind.predefined).states;
  const matchesTable = (state.matches ?? matchKind.predefined).states;
  const bits = new BackwardBits(stream);
  let literalsState = bits.read(state.literals?.accuracyLog ?? 0);
  let offsetsState = bits.read(state.offsets?.accuracyLog ?? 0);
  let matchesState = bits.read(state.matches?.accuracyLog ?? 0);
  let [recent0, recent1, recent2] = state.recent;
  let at = start;
  let used = 0;
  for (let sequence = 0; sequence < count; sequence++) {
    const literalsEntry = literalsTable[literalsState] as number;
    const offsetsEntry = offsetsTable[offsetsState] as number;
    const matchesEntry = matchesTable[matchesState] as number;
    const offsetCode = offsetsEntry & 0xff;
    // Up to 31 bits: more than one read gives.
    const offsetHigh = offsetCode > 16 ? bits.read(offsetCode - 16) * 65536 : 0;
    const offsetValue = ((1 << offsetCode) >>> 0) + offsetHigh + bits.read(Math.min(offsetCode, 16));
    const matchCode = matchesEntry & 0xff;
    const length = (matchBase[matchCode] as number) + bits.read(matchBits[matchCode] as number);
    const literalsCode = literalsEntry & 0xff;
    const literalCount = (literalsBase[literalsCode] as number) + bits.read(literalsBits[literalsCode] as number);
    if (sequence < count - 1) {
      literalsState = (literalsEntry >>> 16) + bits.read((literalsEntry >>> 8) & 0xff);
      matchesState = (matchesEntry >>> 16) + bits.read((matchesEntry >>> 8) & 0xff);
      offsetsState = (offsetsEntry >>> 16) + bits.read((offsetsEntry >>> 8) & 0xff);
    }
    if (bits.left < 0) throw damaged("ends inside the sequences");

    // Offsets 1 to 3 are recent ones; without literals before the match, the latest is not meant (3.1.1.5).
    const repeated = offsetValue > 3 ? 4 : offsetValue + (literalCount === 0 ? 1 : 0);
    let distance: number;
    if (repeated === 1) {
      distance = recent0;
    } else {
      distance = offsetValue > 3 ? offsetValue - 3 : repeated === 2 ? recent1 : repeated === 3 ? recent2 : recent0 - 1;
      if (repeated !== 2) recent2 = recent1;
      recent1 = recent0;
      recent0 = distance;
    }

    if (used + literalCount > literals.length) throw damaged("the sequences take more literals than there are");
    if (at + literalCount + length > output.length) {
      throw damaged(`decodes to more than the expected ${output.length} bytes`);
    }
    copyLiterals(literals, used, output, at, literalCount);
    used += literalCount;
    at += literalCount;
    if (distance < 1 || distance > at - frameStart) {
      throw damaged(`refers to ${distance} bytes before, at byte ${at - frameStart}`);
    }
    copyMatch(output, at, distance, length);
    at += length;
  }
  if (bits.left !== 0) throw damaged(`the sequences leave ${bits.left} bits over`);
  state.recent[0] = recent0;
  state.recent[1] = recent1;
  state.recent[2] = recent2;
  return appendLiterals(literals, used, output, at);
}

function appendLiterals(literals: Uint8Array, used: number, output: Uint8Array, at: number): number {
  const rest = literals.subarray(used);
  if (at + rest.length > output.length) throw damaged(`decodes to more than the expected ${output.length} bytes`);
  output.set(rest, at);
  return at + rest.length;
}
