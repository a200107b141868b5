import { LRUCache } from "lru-cache";
import { H5File, type H5Object } from "../object/file.ts";
import { attachSnapshot } from "../storage/local-file.ts";
import type { SnapshotDescription } from "../storage/storage.ts";

/**
 * An object as another thread finds it, of the mounted file or of one that an external link leads to: a plain value that
 * survives `postMessage`.
 */
export interface ObjectReference {
  readonly snapshot: SnapshotDescription;
  readonly address: number;
  /** For messages. */
  readonly path: string;
}

export function referenceTo(object: H5Object): ObjectReference {
  return { snapshot: object.file.snapshot.describe(), address: object.address, path: object.path };
}

/** Files, and states of the one that is written, that are kept open. */
const MOST = 8;

/** Opens what other threads refer to. Files are told apart by their descriptors, which stay open as long as the mount, and by their states. */
export class ReferenceOpener {
  readonly #files = new LRUCache<string, H5File>({ max: MOST });

  /** @throws FormatError where there is no object */
  open({ snapshot, address, path }: ObjectReference): H5Object {
    const name = `${snapshot.fd}:${snapshot.state ?? ""}`;
    let file = this.#files.get(name);
    if (file === undefined) {
      file = H5File.attach(attachSnapshot(snapshot), snapshot.path);
      this.#files.set(name, file);
    }
    return file.object(address, path);
  }
}
