import { FormatContext } from "../format/context.ts";
import { AddressSpace } from "../storage/address-space.ts";

/** Bytes that are told apart: what was decoded from a changed granule is forgotten, whichever bytes of it were read. */
const GRANULE = 256;

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
      for (let granule = first; granule <= last; granule++) this.#forget(granule);
      return;
    }
    // Of large data that are written, next to nothing is decoded.
    for (const granule of [...this.#readers.keys()]) if (granule >= first && granule <= last) this.#forget(granule);
  }

  #forget(granule: number): void {
    const scopes = this.#readers.get(granule);
    if (scopes !== undefined) for (const scope of scopes) scope.forget();
  }
}

class Scope extends AddressSpace {
  readonly #readers: Map<number, Set<Scope>>;
  readonly #granules = new Set<number>();
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
    const last = lastGranule(address, length);
    for (let granule = firstGranule(address); granule <= last; granule++) this.#note(granule);
    return bytes;
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
