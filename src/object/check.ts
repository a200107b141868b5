import { H5Error } from "../errors.ts";
import type { Extent } from "../format/extent.ts";
import { readFreeSections } from "../format/free-space-manager.ts";
import type { Attribute } from "./attribute.ts";
import { checkDataset } from "./check-dataset.ts";
import { checkDense } from "./check-dense.ts";
import { extentsOfFile } from "./extents.ts";
import type { H5File, H5Object } from "./file.ts";
import { childPath, Group } from "./group.ts";

/**
 * damage: the file is not as it must be: something in it cannot be read, or would be lost by changing the file.
 * unchecked: h5fs cannot read it, and so cannot tell. note: worth knowing, and harmless.
 */
export type Severity = "damage" | "unchecked" | "note";

/** One thing that was found, in a plain sentence. */
export interface Finding {
  readonly severity: Severity;
  /** The object that it is about, or the part of the file. */
  readonly path: string;
  readonly address: number | undefined;
  readonly message: string;
}

export interface CheckReport {
  readonly findings: readonly Finding[];
  readonly objects: number;
  readonly structures: number;
  /** Bytes up to the end of allocation; a user block is not counted. */
  readonly allocatedBytes: number;
  /** Those of them that nothing in the file leads to. */
  readonly unreachableBytes: number;
}

export interface CheckOptions {
  /** Decode every element, too. */
  readonly data?: boolean;
  /** Called for every object as it is met, and with bytes of its data as they are decoded: for a progress line. */
  readonly progress?: ((path: string, bytes: number) => void) | undefined;
}

/**
 * Walks everything that is reachable from the superblock: every signature, version, checksum and count on the way, overlaps,
 * what lies past the end, link counts, chunks, heap objects.
 * @throws H5Error never for what is wrong with the file: that is in the report
 */
export function checkFile(file: H5File, options: CheckOptions = {}): CheckReport {
  return new Check(file, options).run();
}

class Check {
  readonly #file: H5File;
  readonly #options: CheckOptions;
  readonly #findings: Finding[] = [];
  readonly #told = new Set<string>();
  /** How many hard links, and messages that share it, lead to each object. */
  readonly #references = new Map<number, number>();
  readonly #objects = new Map<number, H5Object>();

  constructor(file: H5File, options: CheckOptions) {
    this.#file = file;
    this.#options = options;
  }

  run(): CheckReport {
    const { superblock, space } = this.#file;
    const extents = [...extentsOfFile(this.#file, (path, error) => this.#failed(path, error))];
    extents.sort((a, b) => a.address - b.address || a.length - b.length);
    const unreachable = this.#checkExtents(extents);
    this.#checkFreeSpace(extents);
    this.#count(superblock.rootAddress);
    this.#checkObject(superblock.rootAddress, "/");
    this.#checkReferences();
    if (space.end > superblock.endOfFile) {
      const message = `${space.end - superblock.endOfFile} bytes follow the end of the file that its superblock tells`;
      this.#find("note", "superblock", undefined, message);
    }
    return {
      findings: this.#findings,
      objects: this.#objects.size,
      structures: extents.length,
      allocatedBytes: superblock.endOfFile,
      unreachableBytes: unreachable,
    };
  }

  #find(severity: Severity, path: string, address: number | undefined, message: string): void {
    const key = `${address ?? path}: ${message}`;
    if (this.#told.has(key)) return;
    this.#told.add(key);
    this.#findings.push({ severity, path, address, message });
  }

  #failed(path: string, error: H5Error): void {
    const isUnchecked = error.kind === "unsupported" || error.kind === "limit";
    this.#find(isUnchecked ? "unchecked" : "damage", path, error.address, error.message);
  }

  /** Runs a part of the check up to its first failure, which is told. */
  #guarded(path: string, part: () => void): void {
    try {
      part();
    } catch (error) {
      if (!(error instanceof H5Error)) throw error;
      this.#failed(path, error);
    }
  }

  /** @returns bytes that no extent covers */
  #checkExtents(extents: readonly Extent[]): number {
    const end = this.#file.superblock.endOfFile;
    let covered = 0;
    let reached = 0;
    let last: Extent | undefined;
    for (const extent of extents) {
      const { address, length, structure } = extent;
      if (last !== undefined && address < reached) {
        this.#find("damage", structure, address, `${nameOf(extent)} and ${nameOf(last)} overlap`);
      }
      if (address + length > end) {
        this.#find("damage", structure, address, `${nameOf(extent)} ends past the end of the file, ${hex(end)}`);
      }
      covered += Math.max(0, Math.min(end, address + length) - Math.max(address, reached));
      if (address + length > reached) {
        reached = address + length;
        last = extent;
      }
    }
    return Math.max(0, end - covered);
  }

  /** What free-space managers call free must be: the next writer would use it. */
  #checkFreeSpace(extents: readonly Extent[]): void {
    const { context } = this.#file;
    for (const extent of extents) {
      if (extent.structure !== "free-space manager") continue;
      this.#guarded(extent.structure, () => {
        const { manager, sections } = readFreeSections(context, extent.address);
        const inFile = manager.clientId !== 0;
        for (const { offset, size } of inFile ? sections : []) {
          const used = firstEndingAfter(extents, offset);
          if (used === undefined || used.address >= offset + size) continue;
          const message = `${size} bytes at ${hex(offset)} are called free, but ${nameOf(used)} is there`;
          this.#find("damage", extent.structure, extent.address, message);
        }
      });
    }
  }

  #count(address: number): void {
    this.#references.set(address, (this.#references.get(address) ?? 0) + 1);
  }

  #checkObject(start: number, startPath: string): void {
    const waiting = [{ address: start, path: startPath }];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { address, path } = next;
      if (this.#objects.has(address)) continue;
      this.#guarded(path, () => {
        const object = this.#file.object(address, path);
        this.#objects.set(address, object);
        this.#options.progress?.(path, 0);
        this.#guarded(path, () => this.#checkAttributes(object, path));
        this.#guarded(path, () => {
          for (const message of checkDense(object)) this.#find("damage", path, address, message);
        });
        if (object instanceof Group) {
          for (const link of object.links()) {
            const child = childPath(path, link.name);
            if (object.link(link.name) === undefined) {
              this.#find("damage", child, object.address, "the link is listed, but is not found by its name");
            }
            if (link.kind !== "hard") continue;
            this.#count(link.address);
            waiting.push({ address: link.address, path: child });
          }
        } else if (object.kind === "dataset") {
          const { committedAt } = object.datatype;
          if (committedAt !== undefined) this.#count(committedAt);
          const told = (bytes: number): void => this.#options.progress?.(path, bytes);
          for (const { message, error } of checkDataset(object, this.#options.data === true, told)) {
            if (error !== undefined) this.#failed(path, error);
            else this.#find("damage", path, address, message);
          }
        }
      });
    }
  }

  #checkAttributes(object: H5Object, path: string): void {
    for (const attribute of object.attributes()) {
      this.#guarded(path, () => this.#checkAttribute(object, attribute, path));
    }
  }

  #checkAttribute(object: H5Object, attribute: Attribute, path: string): void {
    const { committedAt } = attribute.datatype;
    if (committedAt !== undefined) this.#count(committedAt);
    attribute.bytes();
    if (object.attribute(attribute.name) === undefined) {
      const message = `the attribute ${JSON.stringify(attribute.name)} is listed, but is not found by its name`;
      this.#find("damage", path, object.address, message);
    }
  }

  #checkReferences(): void {
    // The superblock leads to the root: that was counted as a link.
    for (const [address, object] of this.#objects) {
      const found = this.#references.get(address) ?? 0;
      this.#guarded(object.path, () => {
        if (object.linkCount === found) return;
        const message = `its link count is ${object.linkCount}, but ${found} lead to it`;
        this.#find("damage", object.path, address, message);
      });
    }
  }
}

function nameOf({ structure, address, length }: Extent): string {
  return `the ${structure} at ${hex(address)} (${length} bytes)`;
}

function hex(address: number): string {
  return `0x${address.toString(16)}`;
}

/** @param extents by address */
function firstEndingAfter(extents: readonly Extent[], address: number): Extent | undefined {
  let low = 0;
  let high = extents.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const extent = extents[middle];
    if (extent !== undefined && extent.address + extent.length <= address) low = middle + 1;
    else high = middle;
  }
  return extents[low];
}
