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
    for (const granule of granules(address, length)) {
      for (const scope of this.#readers.get(granule) ?? []) scope.forget();
    }
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
    if (this.#isOpen) for (const granule of granules(address, length)) this.#note(granule);
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

function* granules(address: number, length: number): Generator<number> {
  const last = Math.floor((address + length - 1) / GRANULE);
  for (let granule = Math.floor(address / GRANULE); granule <= last; granule++) yield granule;
}
