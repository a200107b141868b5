import type { Random } from "./random.ts";
import { type ChecksumSpan, computeChecksum, type Field, type Trace } from "./trace.ts";

/** A whole file, and where in it is what. */
export interface Seed {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** The offset of the superblock: addresses count from it. */
  readonly base: number;
  readonly trace: Trace;
}

export interface Mutant {
  readonly bytes: Uint8Array;
  /** What was done, for people to read. */
  readonly recipe: readonly string[];
}

const MAX_STEPS = 5;
const MAX_APPENDED = 1 << 16;
/** Bytes of the superblock, whose damage mostly hides everything else. */
const SUPERBLOCK = 100;

/**
 * A damaged copy of `seed`: a few steps of damage, most of them at fields that the engine reads, and then, mostly, right
 * checksums over it, so that the damage is met by the code behind them. The same random numbers give the same bytes.
 */
export function mutate(seed: Seed, other: Seed, random: Random): Mutant {
  const work = new Work(seed, other, random);
  const steps = 1 + Math.min(random.below(MAX_STEPS), random.below(MAX_STEPS));
  for (let i = 0; i < steps; i++) work.step();
  if (!random.chance(0.1)) work.repairChecksums();
  return { bytes: work.bytes, recipe: work.recipe };
}

class Work {
  bytes: Uint8Array;
  readonly recipe: string[] = [];
  readonly #seed: Seed;
  readonly #other: Seed;
  readonly #random: Random;
  readonly #touched: { readonly from: number; readonly to: number }[] = [];

  constructor(seed: Seed, other: Seed, random: Random) {
    this.bytes = seed.bytes.slice();
    this.#seed = seed;
    this.#other = other;
    this.#random = random;
  }

  step(): void {
    const choice = this.#random.below(100);
    if (choice < 60) this.#changeField();
    else if (choice < 68) this.#swapAddresses();
    else if (choice < 80) this.#flipBits();
    else if (choice < 87) this.#overwrite();
    else if (choice < 94) this.#splice();
    else if (choice < 97) this.#append();
    else this.#truncate();
  }

  /** Makes the checksums over what was changed right again, the innermost first. */
  repairChecksums(): void {
    const spans = this.#seed.trace.checksums.filter((span) =>
      this.#touched.some(({ from, to }) => from < Math.max(span.end, span.at + 4) && to > span.start),
    );
    for (const span of spans.sort((a, b) => a.end - a.start - (b.end - b.start))) this.#repair(span);
  }

  #repair(span: ChecksumSpan): void {
    const checksum = computeChecksum(this.bytes, span);
    if (checksum !== undefined) new DataView(this.bytes.buffer).setUint32(span.at, checksum, true);
  }

  #touch(from: number, to: number, what: string): void {
    this.#touched.push({ from, to });
    this.recipe.push(`${what} at 0x${from.toString(16)}`);
  }

  #changeField(): void {
    let field = this.#random.pick(this.#seed.trace.fields);
    for (let again = 0; again < 3 && field !== undefined && field.at < this.#seed.base + SUPERBLOCK; again++) {
      field = this.#random.pick(this.#seed.trace.fields);
    }
    if (field === undefined || field.at + field.size > this.bytes.length) return;
    const value = this.#interesting(field);
    this.#write(field, value);
    this.#touch(field.at, field.at + field.size, `${field.kind} of ${field.size} bytes is 0x${value.toString(16)}`);
  }

  #swapAddresses(): void {
    const addresses = this.#seed.trace.fields.filter(({ kind }) => kind === "address");
    const [a, b] = [this.#random.pick(addresses), this.#random.pick(addresses)];
    if (a === undefined || b === undefined) return;
    if (Math.max(a.at + a.size, b.at + b.size) > this.bytes.length) return;
    const [x, y] = [this.#read(a), this.#read(b)];
    this.#write(a, y);
    this.#touch(a.at, a.at + a.size, `address is 0x${y.toString(16)}`);
    if (this.#random.chance(0.5)) return;
    this.#write(b, x);
    this.#touch(b.at, b.at + b.size, `address is 0x${x.toString(16)}`);
  }

  #flipBits(): void {
    for (let n = 1 + this.#random.below(4); n > 0; n--) {
      const at = this.#random.below(this.bytes.length);
      this.bytes[at] = (this.bytes[at] ?? 0) ^ (1 << this.#random.below(8));
      this.#touch(at, at + 1, "a bit flipped");
    }
  }

  /** A run of equal or random bytes. */
  #overwrite(): void {
    const at = this.#random.below(this.bytes.length);
    const end = Math.min(this.bytes.length, at + 1 + this.#random.below(this.#random.chance(0.5) ? 8 : 256));
    const value = this.#random.pick([0, 0xff, 0x80, undefined]);
    for (let i = at; i < end; i++) this.bytes[i] = value ?? this.#random.below(256);
    this.#touch(at, end, `${end - at} bytes ${value ?? "random"}`);
  }

  /** Bytes of this or another file, from the beginning of a structure, over those of a structure. */
  #splice(): void {
    const source = this.#random.chance(0.5) ? this.#seed : this.#other;
    const from = this.#random.pick(source.trace.structures)?.at ?? 0;
    const to = this.#random.pick(this.#seed.trace.structures)?.at ?? 0;
    const part = source.bytes
      .subarray(from, from + 1 + this.#random.below(512))
      .slice(0, Math.max(0, this.bytes.length - to));
    if (part.length === 0) return;
    this.bytes.set(part, to);
    this.#touch(to, to + part.length, `${part.length} bytes of 0x${from.toString(16)} in ${source.name}`);
  }

  /** Room behind the end, so that what is claimed to be there is. */
  #append(): void {
    const longer = new Uint8Array(this.bytes.length + this.#random.below(MAX_APPENDED));
    longer.set(this.bytes);
    if (this.#random.chance(0.5))
      longer.set(this.bytes.subarray(0, longer.length - this.bytes.length), this.bytes.length);
    this.recipe.push(`${longer.length - this.bytes.length} bytes appended`);
    this.bytes = longer;
  }

  /** Mostly with an end of allocation that says so. */
  #truncate(): void {
    const length = 1 + this.#random.below(this.bytes.length);
    if (this.#random.chance(0.8)) {
      const { base, bytes, trace } = this.#seed;
      for (const field of trace.fields) {
        if (field.at > base + SUPERBLOCK || field.kind !== "address" || field.at + field.size > length) continue;
        if (this.#read(field) !== BigInt(bytes.length - base)) continue;
        this.#write(field, BigInt(Math.max(0, length - base)));
        this.#touch(field.at, field.at + field.size, "end of file");
      }
    }
    this.bytes = this.bytes.slice(0, length);
    this.recipe.push(`truncated to ${length} bytes`);
  }

  #interesting(field: Field): bigint {
    const random = this.#random;
    const old = this.#read(field);
    if (field.kind === "address" && random.chance(0.6)) return this.#someAddress(old);
    const ones = (1n << BigInt(8 * field.size)) - 1n;
    switch (random.below(14)) {
      case 0:
        return 0n;
      case 1:
        return 1n;
      case 2:
        return old + 1n;
      case 3:
        return old - 1n;
      case 4:
        return old * 2n;
      case 5:
        return ones;
      case 6:
        return ones - 1n;
      case 7:
        return ones >> 1n;
      case 8:
        return (ones >> 1n) + 1n;
      case 9:
        return old ^ (1n << BigInt(random.below(8 * field.size)));
      case 10:
        return 1n << BigInt(random.below(8 * field.size));
      case 11:
        return BigInt(this.bytes.length - this.#seed.base - random.below(2));
      case 12:
        return BigInt(random.below(256));
      default:
        return this.#someOther(field.kind) ?? BigInt(random.u32());
    }
  }

  #someOther(kind: Field["kind"]): bigint | undefined {
    const field = this.#random.pick(this.#seed.trace.fields);
    return field?.kind === kind && field.at + field.size <= this.bytes.length ? this.#read(field) : undefined;
  }

  /** The address of a structure: of one such as `old` is the address of (a cycle, a shared child), or of any. */
  #someAddress(old: bigint): bigint {
    const { base, trace } = this.#seed;
    const kind = trace.structures.find(({ at }) => BigInt(at - base) === old)?.name;
    const alike = this.#random.chance(0.7) ? trace.structures.filter(({ name }) => name === kind) : [];
    const at = this.#random.pick(alike.length > 0 ? alike : trace.structures)?.at ?? base;
    return BigInt(at - base);
  }

  #read({ at, size }: Field): bigint {
    let value = 0n;
    for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.bytes[at + i] ?? 0);
    return value;
  }

  #write({ at, size }: Field, value: bigint): void {
    let rest = BigInt.asUintN(8 * size, value);
    for (let i = 0; i < size; i++, rest >>= 8n) this.bytes[at + i] = Number(rest & 0xffn);
  }
}
