import { RangeReader } from "../chunk/read-range.ts";
import { H5Error, UnsupportedError } from "../errors.ts";
import type { H5File, H5Object } from "../object/file.ts";
import { childPath, type Group } from "../object/group.ts";
import type { Link } from "../object/link.ts";
import { describeAttribute, describeDataset, errorText } from "./dump-contents.ts";
import { type JsonObject, objectText, quote, toJson } from "./dump-json.ts";
import { describeType } from "./dump-type.ts";

/** A link, or an object under the first path it is met at, as JSON. */
export interface DumpEntry {
  readonly kind: "link" | "object";
  readonly path: string;
  readonly json: JsonObject;
}

/** A group on the way: its links, of which some are done. */
interface Level {
  readonly path: string;
  readonly links: Iterator<Link>;
}

/**
 * Every link in depth-first order of names, and every object once; what cannot be read is told and passed over. A
 * link's entry comes after those of what is behind it.
 */
export class DumpWalk {
  readonly #file: H5File;
  readonly #seen = new Set<number>();
  readonly #reader = new RangeReader();
  readonly #levels: Level[] = [];

  constructor(file: H5File) {
    this.#file = file;
  }

  *entries(): Generator<DumpEntry> {
    yield* this.#visit(this.#file.root, "/", new Map([["kind", quote("hard")]]));
    for (let level = this.#levels.at(-1); level !== undefined; level = this.#levels.at(-1)) {
      const next = level.links.next();
      if (next.done === true) this.#levels.pop();
      else yield* this.#link(next.value, childPath(level.path, next.value.name));
    }
  }

  *#link(link: Link, path: string): Generator<DumpEntry> {
    const json: JsonObject = new Map([["kind", quote(link.kind)]]);
    if (link.kind === "external") json.set("file", quote(link.file));
    if (link.kind === "external" || link.kind === "soft") json.set("target", quote(link.target));
    if (link.kind !== "hard") {
      yield { kind: "link", path, json };
      return;
    }
    let object: H5Object;
    try {
      object = this.#file.object(link.address, path);
    } catch (error) {
      yield { kind: "link", path, json: json.set("error", errorText(error)) };
      return;
    }
    yield* this.#visit(object, path, json);
  }

  /** The object, if it was not met before, then the link. */
  *#visit(object: H5Object, path: string, link: JsonObject): Generator<DumpEntry> {
    link.set("address", `${object.address}`);
    if (!this.#seen.has(object.address)) {
      this.#seen.add(object.address);
      const json: JsonObject = new Map([["kind", quote(object.kind)]]);
      this.#describe(object, json);
      try {
        json.set("attrs", objectText(this.#attributes(object)));
      } catch (error) {
        link.set("error", errorText(error));
      }
      if (object.kind === "group") this.#enter(object, path, json);
      yield { kind: "object", path, json };
    }
    yield { kind: "link", path, json: link };
  }

  #describe(object: H5Object, json: JsonObject): void {
    try {
      if (object.kind === "dataset") {
        for (const [key, value] of describeDataset(object, this.#reader)) json.set(key, value);
      } else if (object.kind === "datatype") {
        for (const [key, value] of Object.entries(describeType(object.datatype))) json.set(key, toJson(value));
      }
    } catch (error) {
      json.set("error", errorText(error));
    }
  }

  /** One that is damaged spoils them all, as in libhdf5; one whose type or space is not read stands alone. */
  #attributes(object: H5Object): JsonObject {
    const out: JsonObject = new Map();
    for (const attribute of object.attributes()) {
      try {
        out.set(attribute.name, objectText(describeAttribute(this.#file, attribute)));
      } catch (error) {
        if (!(error instanceof UnsupportedError)) throw error;
        out.set(attribute.name, objectText(new Map([["error", quote(error.message)]])));
      }
    }
    return out;
  }

  /** The links of a group come next; those before the place where its structure is damaged, too. */
  #enter(group: Group, path: string, json: JsonObject): void {
    const links: Link[] = [];
    try {
      for (const link of group.links()) links.push(link);
    } catch (error) {
      if (!(error instanceof H5Error)) throw error;
      json.set("error", quote(error.message));
    }
    this.#levels.push({ path, links: links.values() });
  }
}
