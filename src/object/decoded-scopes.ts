import { FormatContext } from "../format/context.ts";
import { AddressSpace } from "../storage/address-space.ts";

/** What was read is noted in granules of so many bytes. */
const GRANULE = 256;
/** Of what was decoded in so many reads, or fewer, it is known which bytes of a granule they were; else all of them count. */
const PRECISE = 16;

/**
 * Which bytes of a file that changes were read to decode what is kept of it: so that a change forgets what was decoded from
 * the changed bytes, and nothing else.
 */
export class DecodedScopes {
  readonly #readers = new Map<number, Set<Scope>>();

  /** A context whose reads are noted. @param forget is called once, when any of the bytes has changed that were read through it */
  open(context: FormatContext, forget: () => void): FormatContext {
    return new FormatContext(new Scope(context.space, this.#readers, forget), context);
  }

  /** What was decoded through the context is not kept any more. */
  close(context: FormatContext): void {
    if (context.space instanceof Scope) context.space.close();
  }

  /** Bytes of [address, address + length) are others now. */
  changed(address: number, length: number): void {
    const first = firstGranule(address);
    const last = lastGranule(address, length);
    if (last - first < this.#readers.size) {
      for (let granule = first; granule <= last; granule++) this.#forget(granule, address, length);
      return;
    }
    // Of large data that are written, next to nothing is decoded.
    for (const granule of [...this.#readers.keys()])
      if (granule >= first && granule <= last) this.#forget(granule, address, length);
  }

  #forget(granule: number, address: number, length: number): void {
    const scopes = this.#readers.get(granule);
    if (scopes === undefined) return;
    for (const scope of scopes) if (scope.hasRead(address, length)) scope.forget();
  }
}

class Scope extends AddressSpace {
  readonly #readers: Map<number, Set<Scope>>;
  readonly #granules = new Set<number>();
  /** Where its reads began and ended, while they are few. */
  readonly #reads: number[] = [];
  readonly #forget: () => void;
  #isOpen = true;

  constructor(space: AddressSpace, readers: Map<number, Set<Scope>>, forget: () => void) {
    super(space.snapshot, space.base, space.overlay);
    this.#readers = readers;
    this.#forget = forget;
  }

  override read(address: number, length: number, structure: string): Uint8Array {
    const bytes = super.read(address, length, structure);
    if (!this.#isOpen) return bytes;
    if (this.#reads.length <= 2 * PRECISE) this.#reads.push(address, address + length);
    const last = lastGranule(address, length);
    for (let granule = firstGranule(address); granule <= last; granule++) this.#note(granule);
    return bytes;
  }

  /** Whether what it has read may have any of these bytes, whose granules it has read. */
  hasRead(address: number, length: number): boolean {
    if (this.#reads.length > 2 * PRECISE) return true;
    for (let i = 0; i < this.#reads.length; i += 2) {
      if (address < (this.#reads[i + 1] ?? 0) && address + length > (this.#reads[i] ?? 0)) return true;
    }
    return false;
  }

  close(): void {
    this.#isOpen = false;
    for (const granule of this.#granules) {
      const scopes = this.#readers.get(granule);
      scopes?.delete(this);
      if (scopes?.size === 0) this.#readers.delete(granule);
    }
    this.#granules.clear();
  }

  forget(): void {
    this.close();
    this.#forget();
  }

  #note(granule: number): void {
    if (this.#granules.has(granule)) return;
    this.#granules.add(granule);
    const scopes = this.#readers.get(granule);
    if (scopes === undefined) this.#readers.set(granule, new Set([this]));
    else scopes.add(this);
  }
}

function firstGranule(address: number): number {
  return Math.floor(address / GRANULE);
}

function lastGranule(address: number, length: number): number {
  return Math.floor((address + length - 1) / GRANULE);
}
