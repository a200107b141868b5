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

/**
 * Opens what other threads refer to. Files are told apart by their descriptors, which stay open as long as the mount; of one
 * that is being written, the state that was asked for last is kept.
 */
export class ReferenceOpener {
  readonly #files = new Map<number, { readonly state: number | undefined; readonly file: H5File }>();

  /** @throws FormatError where there is no object */
  open({ snapshot, address, path }: ObjectReference): H5Object {
    let opened = this.#files.get(snapshot.fd);
    if (opened === undefined || opened.state !== snapshot.state) {
      opened = { state: snapshot.state, file: H5File.attach(attachSnapshot(snapshot), snapshot.path) };
      this.#files.set(snapshot.fd, opened);
    }
    return opened.file.object(address, path);
  }
}
