import { FormatError, H5Error } from "../errors.ts";
import type { Overlay } from "./overlay.ts";
import type { Piece, Snapshot } from "./storage.ts";

/** Bytes that one structure may have: more is no metadata, but a damaged length (or an attribute beyond reason). */
const LARGEST_READ = 1024 ** 3;

/**
 * The addresses of an HDF5 file: relative to the base address (Specification II.A, "Base Address"; a user block lies
 * before it), ending at the end of the file. Every byte that the engine reads is asked for here.
 */
export class AddressSpace {
  readonly snapshot: Snapshot;
  readonly base: number;
  readonly overlay: Overlay | undefined;

  constructor(snapshot: Snapshot, base: number, overlay?: Overlay) {
    this.snapshot = snapshot;
    this.base = base;
    this.overlay = overlay;
  }

  /** The same addresses, seen through an overlay. @throws FormatError where an entry of it lies outside the file */
  withOverlay(overlay: Overlay): AddressSpace {
    for (const { address, bytes } of overlay.entries) this.check(address, bytes.length, "metadata cache image entry");
    return new AddressSpace(this.snapshot, this.base, overlay);
  }

  /** The first address past the end of the file. */
  get end(): number {
    return this.snapshot.size - this.base;
  }

  /** @throws FormatError where any of [address, address + length) lies outside the file */
  read(address: number, length: number, structure: string): Uint8Array {
    this.check(address, length, structure);
    if (length > LARGEST_READ) {
      throw new H5Error("limit", `${structure} at 0x${address.toString(16)}: has ${length} bytes, more than 1 GiB`, {
        structure,
        address,
      });
    }
    if (this.overlay?.touches(address, length) === true) {
      return this.overlay.read(address, length, (from, n) => this.snapshot.read(this.base + from, n));
    }
    return this.snapshot.read(this.base + address, length);
  }

  /** @throws FormatError as `read` does */
  pieces(address: number, length: number, structure: string): Piece[] {
    this.check(address, length, structure);
    if (this.overlay?.touches(address, length) === true) {
      return this.overlay.pieces(address, length, (from, n) => this.snapshot.pieces(this.base + from, n));
    }
    return this.snapshot.pieces(this.base + address, length);
  }

  check(address: number, length: number, structure: string): void {
    if (!(address >= 0 && length >= 0 && address + length <= this.end)) {
      throw new FormatError(`needs ${length} bytes, but the file ends at 0x${this.end.toString(16)}`, {
        structure,
        address,
      });
    }
  }
}
