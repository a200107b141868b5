import type { Datatype } from "../format/datatype.ts";
import type { Extent } from "../format/extent.ts";
import { extentsOfObject } from "./extents.ts";
import type { H5Object } from "./file.ts";
import { releaseElements } from "./heap-writer.ts";
import { changeLinkCount, removeLink } from "./link-edit.ts";
import { storedElements } from "./stored-elements.ts";
import type { FileTransaction } from "./writable-file.ts";
import { forgetWriter } from "./write-dataset.ts";

/**
 * Takes a link out of a group. An object to which no link leads any more is freed with all that it owns, and so on with
 * what a group leads to. What is shared (collections of the global heap) or cannot be read stays.
 * @param group address of the group's header
 * @param progress see `releaseObject`
 * @returns false: there is no link of that name
 */
export function unlink(transaction: FileTransaction, group: number, name: string, progress?: ReleaseProgress): boolean {
  const link = removeLink(transaction.edit, group, name);
  if (link?.kind === "hard") releaseObject(transaction, link.address, progress);
  return link !== undefined;
}

/** Called again and again: so many more bytes are free; `isEnd`: of an object, which is gone. */
export type ReleaseProgress = (bytes: number, isEnd: boolean) => void;

/**
 * One link, or one use of a committed datatype, less leads to an object. Where it was the last, the object is freed, and so
 * on with what it leads to.
 */
export function releaseObject(transaction: FileTransaction, first: number, progress?: ReleaseProgress): void {
  const { edit } = transaction;
  const released = [first];
  for (let address = released.pop(); address !== undefined; address = released.pop()) {
    if (changeLinkCount(edit, address, -1) > 0) continue;
    const { file } = transaction;
    const object = file.object(address);
    let isWhole = true;
    const extents: Extent[] = [];
    for (const extent of extentsOfObject(file, address, () => (isWhole = false))) {
      extents.push(extent);
      progress?.(0, false);
    }
    if (object.kind === "group") {
      for (const link of object.links()) if (link.kind === "hard") released.push(link.address);
    }
    // Of what cannot be read whole, nobody knows what it shares with others.
    if (!isWhole) continue;
    for (const { datatype, runs, kept } of elementsOf(object)) {
      if (datatype.committedAt !== undefined) released.push(datatype.committedAt);
      releaseElements(transaction, datatype, runs, kept);
    }
    forgetWriter(edit, address);
    for (const extent of extents) {
      if (extent.owner !== address) continue;
      edit.free(extent.address, extent.length);
      progress?.(extent.length, false);
    }
    progress?.(0, true);
  }
}

/** What an object has elements of: its attributes, and its data. */
interface Elements {
  readonly datatype: Datatype;
  readonly runs: Iterable<Uint8Array>;
  /** A fill value: what it refers to may be another dataset's, too. */
  readonly kept?: Uint8Array | undefined;
}

function* elementsOf(object: H5Object): Generator<Elements> {
  for (const attribute of object.attributes()) yield { datatype: attribute.datatype, runs: [attribute.bytes()] };
  if (object.kind === "dataset" && object.layout.kind !== "virtual") {
    yield { datatype: object.datatype, runs: storedElements(object), kept: object.fillValue };
  }
}
