import { Bzip2BitWriter, canonicalCodes, codeLengths, putCodeLengths } from "./bzip2-code.ts";
import { bzip2Crc } from "./bzip2-crc.ts";
import { sortRotations } from "./bzip2-sort.ts";

/** A block has so many bytes fewer than its level says, as the original program has it. */
const SPARE = 19;
/** The longest run that is 5 bytes: 4 of them, and how many more. */
const MAX_RUN = 255;

const RUN_A = 0;
const RUN_B = 1;
/** Symbols that one Huffman table is used for before the next is chosen. */
const GROUP_SIZE = 50;
/** How often symbols are given the tables that suit them, and the tables made for their symbols. */
const ROUNDS = 4;
/** A block of fewer symbols than that has 2, 3, 4 or 5 tables; others have 6. */
const TABLE_LIMITS = [200, 600, 1200, 2400] as const;

/** What a symbol of a table costs at first where the table is made for it, and where it is for others. */
const CHEAP = 0;
const DEAR = 15;

/** Encodes `input` as a bzip2 stream. @param level 1 to 9: blocks of so many hundred thousand bytes */
export function encodeBzip2(input: Uint8Array, level: number): Uint8Array {
  const bits = new Bzip2BitWriter(input.length + 64);
  for (const byte of [0x42, 0x5a, 0x68, 0x30 + level]) bits.put(byte, 8);
  const most = level * 100_000 - SPARE;
  const block = new Uint8Array(Math.min(most, Math.ceil(input.length * 1.25) + 5));
  let combined = 0;
  for (let at = 0; at < input.length; ) {
    const { size, end } = fillBlock(input, at, block, most);
    const crc = bzip2Crc(input, at, end);
    combined = (((combined << 1) | (combined >>> 31)) ^ crc) >>> 0;
    bits.put(0x314159, 24);
    bits.put(0x265359, 24);
    putChecksum(bits, crc);
    putBlock(bits, block, size);
    at = end;
  }
  bits.put(0x177245, 24);
  bits.put(0x385090, 24);
  putChecksum(bits, combined);
  return bits.finish();
}

function putChecksum(bits: Bzip2BitWriter, crc: number): void {
  bits.put(crc >>> 16, 16);
  bits.put(crc & 0xffff, 16);
}

/** The first run-length coding. @returns bytes of the block, and where in the input it ends */
function fillBlock(
  input: Uint8Array,
  start: number,
  block: Uint8Array,
  most: number,
): { readonly size: number; readonly end: number } {
  let size = 0;
  let at = start;
  while (at < input.length && size + 5 <= most) {
    const byte = input[at] as number;
    const limit = Math.min(input.length, at + MAX_RUN);
    let end = at + 1;
    while (end < limit && input[end] === byte) end++;
    const run = end - at;
    for (let i = Math.min(run, 4); i > 0; i--) block[size++] = byte;
    if (run >= 4) block[size++] = run - 4;
    at = end;
  }
  return { size, end: at };
}

function putBlock(bits: Bzip2BitWriter, block: Uint8Array, size: number): void {
  const used = new Uint8Array(256);
  for (let i = 0; i < size; i++) used[block[i] as number] = 1;
  const order = sortRotations(block, size);
  bits.put(0, 1);
  bits.put(order.subarray(0, size).indexOf(0), 24);
  putBytesInUse(bits, used);
  const bytes = Array.from(used.keys()).filter((byte) => used[byte] === 1);
  putSymbols(bits, moveToFront(block, size, order, bytes), bytes.length + 2);
}

function putBytesInUse(bits: Bzip2BitWriter, used: Uint8Array): void {
  const maps = Array.from({ length: 16 }, (_, range) =>
    used.subarray(range * 16, range * 16 + 16).reduce((map, isUsed) => map * 2 + isUsed, 0),
  );
  bits.put(
    maps.reduce((ranges, map) => ranges * 2 + (map === 0 ? 0 : 1), 0),
    16,
  );
  for (const map of maps) if (map !== 0) bits.put(map, 16);
}

/** Each byte before a rotation as how many others came since it came last; runs of the same as their length, in two digits. */
function moveToFront(block: Uint8Array, size: number, order: Int32Array, bytes: readonly number[]): Uint16Array {
  const symbols = new Uint16Array(size + 1);
  const recent = Uint8Array.from(bytes);
  let count = 0;
  let run = 0;
  const putRun = (): void => {
    // The digits of a number whose places count 1, 2, 4..., of values 1 and 2.
    for (; run > 0; run = (run - 1) >> 1) symbols[count++] = run & 1 ? RUN_A : RUN_B;
  };
  for (let i = 0; i < size; i++) {
    const start = order[i] as number;
    const byte = block[start === 0 ? size - 1 : start - 1] as number;
    if (byte === recent[0]) {
      run++;
      continue;
    }
    putRun();
    let place = 1;
    while (recent[place] !== byte) place++;
    recent.copyWithin(1, 0, place);
    recent[0] = byte;
    symbols[count++] = place + 1;
  }
  putRun();
  symbols[count++] = bytes.length + 1;
  return symbols.subarray(0, count);
}

/** Each group of symbols with the table, of several, that makes it shortest. */
function putSymbols(bits: Bzip2BitWriter, symbols: Uint16Array, alphabet: number): void {
  const tables = firstTables(symbols, alphabet);
  const selectors = new Uint8Array(Math.ceil(symbols.length / GROUP_SIZE));
  for (let round = 0; round < ROUNDS; round++) {
    const frequencies = tables.map(() => new Uint32Array(alphabet));
    for (let group = 0; group < selectors.length; group++) {
      const start = group * GROUP_SIZE;
      const end = Math.min(start + GROUP_SIZE, symbols.length);
      const table = cheapest(tables, symbols, start, end);
      selectors[group] = table;
      const counts = frequencies[table] as Uint32Array;
      for (let i = start; i < end; i++) {
        const symbol = symbols[i] as number;
        counts[symbol] = (counts[symbol] as number) + 1;
      }
    }
    for (const [table, counts] of frequencies.entries()) tables[table] = codeLengths(counts);
  }
  bits.put(tables.length, 3);
  bits.put(selectors.length, 15);
  putSelectors(bits, selectors, tables.length);
  for (const lengths of tables) putCodeLengths(bits, lengths);
  const codes = tables.map(canonicalCodes);
  for (let i = 0; i < symbols.length; i++) {
    const symbol = symbols[i] as number;
    const table = selectors[Math.floor(i / GROUP_SIZE)] as number;
    bits.put((codes[table] as Uint32Array)[symbol] as number, (tables[table] as Uint8Array)[symbol] as number);
  }
}

/** To begin with, each table is for a part of the alphabet, of about as many symbols of the block. */
function firstTables(symbols: Uint16Array, alphabet: number): Uint8Array[] {
  const frequencies = new Uint32Array(alphabet);
  for (const symbol of symbols) frequencies[symbol] = (frequencies[symbol] as number) + 1;
  const found = TABLE_LIMITS.findIndex((limit) => symbols.length < limit);
  const count = found < 0 ? TABLE_LIMITS.length + 2 : found + 2;
  let next = 0;
  let rest = symbols.length;
  return Array.from({ length: count }, (_, table) => {
    const lengths = new Uint8Array(alphabet).fill(DEAR);
    const share = rest / (count - table);
    for (let sum = 0; next < alphabet && sum < share; next++) {
      lengths[next] = CHEAP;
      sum += frequencies[next] as number;
      rest -= frequencies[next] as number;
    }
    return lengths;
  });
}

function cheapest(tables: readonly Uint8Array[], symbols: Uint16Array, start: number, end: number): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let table = 0; table < tables.length; table++) {
    const lengths = tables[table] as Uint8Array;
    let cost = 0;
    for (let i = start; i < end; i++) cost += lengths[symbols[i] as number] as number;
    if (cost >= least) continue;
    least = cost;
    best = table;
  }
  return best;
}

/** By a move-to-front list of the tables, each as so many ones. */
function putSelectors(bits: Bzip2BitWriter, selectors: Uint8Array, tables: number): void {
  const recent = Array.from({ length: tables }, (_, table) => table);
  for (const table of selectors) {
    const place = recent.indexOf(table);
    recent.splice(place, 1);
    recent.unshift(table);
    for (let i = 0; i < place; i++) bits.put(1, 1);
    bits.put(0, 1);
  }
}
