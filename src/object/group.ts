import { FormatError, NotFoundError } from "../errors.ts";
import { MESSAGE } from "../format/header-message.ts";
import { decodeLink } from "../format/link.ts";
import { decodeLinkInfo } from "../format/link-info.ts";
import { findMessage } from "../format/object-header.ts";
import { decodeSymbolTable } from "../format/symbol-table.ts";
import { SymbolTableLookup } from "../format/symbol-table-lookup.ts";
import { encodeText } from "../format/text.ts";
import type { H5Object } from "./file.ts";
import { CompactLinks, DenseLinks, type Link, type LinkTable } from "./link.ts";
import { ObjectBase } from "./object.ts";

/** A group: links by name. */
export class Group extends ObjectBase {
  readonly kind = "group";
  #table: LinkTable | undefined;

  /** The link of that name, found without a scan. */
  link(name: string): Link | undefined {
    return this.#links().find(name);
  }

  /** All links in byte order of their names, read as they are asked for where the group's structure allows it. */
  links(): Iterable<Link> {
    return this.#links().links();
  }

  /** True if it has more than `n` links: known without reading many more. */
  hasMoreLinksThan(n: number): boolean {
    return this.#links().hasMoreThan(n);
  }

  /** What the link of that name leads to. @throws NotFoundError where it leads nowhere */
  get(name: string): H5Object {
    const link = this.link(name);
    if (link === undefined) {
      const path = childPath(this.path, name);
      throw new NotFoundError(`${path}: there is no such link`, { path });
    }
    return this.file.follow(link, this);
  }

  #links(): LinkTable {
    this.#table ??= this.#openTable();
    return this.#table;
  }

  #openTable(): LinkTable {
    const linkInfo = findMessage(this.header, MESSAGE.linkInfo);
    if (linkInfo === undefined) {
      const message = this.required(MESSAGE.symbolTable, "link info or symbol table");
      const table = decodeSymbolTable(this.reader(message, "symbol table"));
      const lookup = new SymbolTableLookup(this.context, table, this.file.superblock);
      return {
        find: (name) => lookup.find(encodeText(name)),
        links: () => lookup.links(),
        hasMoreThan: (n) => hasMoreThan(lookup.links(), n),
      };
    }
    const info = decodeLinkInfo(this.reader(linkInfo, "link info"));
    const { fractalHeapAddress, nameIndexAddress } = info;
    if (fractalHeapAddress === undefined) {
      const messages = this.header.messages.filter((message) => message.type === MESSAGE.link);
      return new CompactLinks(messages.map((message) => decodeLink(this.reader(message, "link"))));
    }
    if (nameIndexAddress === undefined) {
      throw new FormatError("links are in a fractal heap without an index by name", {
        structure: "link info message",
        address: linkInfo.address,
      });
    }
    return new DenseLinks(this.context, fractalHeapAddress, nameIndexAddress, info);
  }
}

function hasMoreThan(links: Iterable<Link>, n: number): boolean {
  let count = 0;
  for (const _ of links) if (++count > n) return true;
  return false;
}

/** The parts of a path; "." and empty ones mean nothing (H5G__component). */
export function pathParts(path: string): string[] {
  return path.split("/").filter(isPart);
}

function isPart(part: string): boolean {
  return part !== "" && part !== ".";
}

/** The path of what `name` links to in the group at `path`. */
export function childPath(path: string, name: string): string {
  return path.endsWith("/") ? path + name : `${path}/${name}`;
}
