import { compareBytes } from "../format/compare-bytes.ts";
import type { FormatContext } from "../format/context.ts";
import { denseLinkCount, denseLinks, findDenseLink } from "../format/dense-links.ts";
import { decodeLink, type Link } from "../format/link.ts";
import type { LinkInfo } from "../format/link-info.ts";
import { Reader } from "../format/reader.ts";
import { encodeText } from "../format/text.ts";

export type { Link } from "../format/link.ts";

/** Where a group keeps its links, whichever way: by name without a scan, or all of them. */
export interface LinkTable {
  find(name: string): Link | undefined;
  /** In byte order of the names. */
  links(): Iterable<Link>;
  /** Found out without reading many more than `n`. */
  hasMoreThan(n: number): boolean;
}

/** Links that are messages of the group's object header. */
export class CompactLinks implements LinkTable {
  readonly #links: readonly Link[];

  constructor(links: readonly Link[]) {
    this.#links = [...links].sort(byName);
  }

  find(name: string): Link | undefined {
    return this.#links.find((link) => link.name === name);
  }

  links(): Iterable<Link> {
    return this.#links;
  }

  hasMoreThan(n: number): boolean {
    return this.#links.length > n;
  }
}

/** Links in a fractal heap, with an index by the hashes of their names. */
export class DenseLinks implements LinkTable {
  readonly #context: FormatContext;
  readonly #info: {
    fractalHeapAddress: number;
    nameIndexAddress: number;
    creationOrderIndexAddress: number | undefined;
  };

  constructor(context: FormatContext, fractalHeapAddress: number, nameIndexAddress: number, info: LinkInfo) {
    this.#context = context;
    this.#info = { fractalHeapAddress, nameIndexAddress, creationOrderIndexAddress: info.creationOrderIndexAddress };
  }

  find(name: string): Link | undefined {
    const message = findDenseLink(this.#context, this.#info, encodeText(name));
    return message === undefined ? undefined : this.#decode(message);
  }

  links(): Iterable<Link> {
    const links: Link[] = [];
    for (const message of denseLinks(this.#context, this.#info, "storage")) links.push(this.#decode(message));
    return links.sort(byName);
  }

  hasMoreThan(n: number): boolean {
    return denseLinkCount(this.#context, this.#info) > n;
  }

  #decode(message: Uint8Array): Link {
    return decodeLink(new Reader(message, this.#info.fractalHeapAddress, "link message", this.#context));
  }
}

/** Byte order of the names as stored (UTF-8). */
export function compareNames(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    // Below the surrogates, UTF-16 and UTF-8 have the same order.
    return x < 0xd800 && y < 0xd800 ? x - y : compareBytes(encodeText(a), encodeText(b));
  }
  return a.length - b.length;
}

function byName(a: Link, b: Link): number {
  return compareNames(a.name, b.name);
}
