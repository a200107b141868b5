import { FormatError, H5Error, NotFoundError } from "../errors.ts";
import type { H5File, H5Object } from "./file.ts";
import type { ReferredObject } from "./value-encode.ts";

/** What stands for the path of an object that has none. */
export function namedByAddress(address: number): string {
  return `#0x${address.toString(16)}`;
}

const BY_ADDRESS = /^#0x([0-9a-f]+)$/;

/** The object that a reference is to lead to, by its path or as `namedByAddress`. @throws H5Error where the file has none */
export function referredObject(file: H5File, path: string): ReferredObject {
  const object = objectAt(file, path);
  if (object.file !== file) throw new H5Error("argument", `${path} is in another file, to which no reference can lead`);
  const { address } = object;
  const isArray = object.kind === "dataset" && object.dataspace.kind === "simple";
  return {
    address,
    dims: isArray ? object.dims : undefined,
    hasAttribute: (name) => object.attribute(name) !== undefined,
  };
}

function objectAt(file: H5File, path: string): H5Object {
  const address = BY_ADDRESS.exec(path)?.[1];
  if (address === undefined) return file.resolve(path);
  try {
    return file.object(Number.parseInt(address, 16));
  } catch (cause) {
    if (cause instanceof FormatError) throw new NotFoundError(`${path}: there is no object`, { path, cause });
    throw cause;
  }
}
