import { H5Error } from "../errors.ts";
import type { Dataset } from "./dataset.ts";
import type { H5File } from "./file.ts";

/** @param address of an object header @throws H5Error "argument" where another object is there */
export function datasetAt(file: H5File, address: number): Dataset {
  const object = file.object(address);
  if (object.kind !== "dataset") throw new H5Error("argument", `${object.path} is no dataset`);
  return object;
}
