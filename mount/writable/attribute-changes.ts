import { LRUCache } from "lru-cache";
import { decodeText } from "../../src/format/text.ts";
import type { FileTransaction } from "../../src/object/writable-file.ts";
import type { Node } from "../../src/tree/node.ts";
import { ErrnoError, messageOfFailure } from "../errno.ts";
import { PROBLEM_ATTRIBUTE } from "../session.ts";
import { SeenAttributes } from "./attribute-type.ts";
import { now } from "./clock.ts";
import { IMPORT_ATTRIBUTE, type Importer } from "./importer.ts";
import type { LiveFile } from "./live-file.ts";
import type { Metadata } from "./metadata.ts";
import { changeSetting, isSetting } from "./settings.ts";
import { removeUserAttribute, setUserAttribute } from "./user-attributes.ts";

/** Extended attributes that are set and removed, each in one transaction: attributes of objects, and how objects are stored. */
export class AttributeChanges {
  readonly #live: LiveFile;
  readonly #metadata: Metadata;
  readonly #importer: Importer;
  readonly #log: (line: string) => void;
  readonly #seen = new SeenAttributes();
  /** Why an attribute was refused last, by the node's key. */
  readonly #problems = new LRUCache<string, string>({ max: 100 });

  constructor(live: LiveFile, metadata: Metadata, importer: Importer, log: (line: string) => void) {
    this.#live = live;
    this.#metadata = metadata;
    this.#importer = importer;
    this.#log = log;
  }

  /** @param name with its namespace @throws H5Error, ErrnoError */
  set(node: Node, name: string, value: Uint8Array, flags: number): void {
    if (name === IMPORT_ATTRIBUTE) this.#importer.set(node, decodeText(value));
    else if (isSetting(name))
      this.#explained(node, name, (transaction) => changeSetting(transaction, node, name, value));
    else {
      this.#explained(node, name, (transaction) => setUserAttribute(transaction, node, name, value, flags, this.#seen));
    }
  }

  /** @param name with its namespace @throws H5Error, ErrnoError */
  remove(node: Node, name: string): void {
    if (isSetting(name)) {
      this.#explained(node, name, (transaction) => changeSetting(transaction, node, name, undefined));
    } else this.#change(node, (transaction) => removeUserAttribute(transaction, node, name));
  }

  /** Why an attribute of the node was refused last, or why a file is no dataset; `undefined`: there is nothing to say, or another attribute is asked for. @param name with its namespace */
  problem(node: Node, name: string): string | undefined {
    return name === PROBLEM_ATTRIBUTE ? (this.#problems.get(node.key) ?? this.#importer.problem(node)) : undefined;
  }

  /** Has been read. @param name with its namespace */
  read(node: Node, name: string, value: Uint8Array): void {
    this.#seen.remember(node, name, value);
  }

  /** What is wrong is in the log and in `user.h5fs.problem`: setxattr(2) has but a number for it. */
  #explained(node: Node, name: string, change: (transaction: FileTransaction) => void): void {
    try {
      this.#change(node, change);
      this.#problems.delete(node.key);
    } catch (error) {
      // Of the request, such as a name that is there already: the number says it all.
      if (error instanceof ErrnoError && error.reason === undefined) throw error;
      const why = `${name} stays as it is: ${messageOfFailure(error)}`;
      this.#log(`${node.path}: ${why}`);
      this.#problems.set(node.key, why);
      throw error;
    }
  }

  #change(node: Node, change: (transaction: FileTransaction) => void): void {
    this.#live.settingsChanged();
    this.#live.transaction((transaction) => {
      change(transaction);
      this.#metadata.touch(transaction, node, { ctime: now() });
    });
  }
}
