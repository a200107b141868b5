import { H5Error } from "../errors.ts";
import type { Node } from "./node.ts";

/** Seconds since 1970 at which an object was changed last, where the file has them; else its nodes have the file's own time. */
export function modificationTime(node: Node): number | undefined {
  const object = node.kind === "directory" ? node.group : node.kind === "file" ? node.object : undefined;
  try {
    return object?.modificationTime;
  } catch (error) {
    // The damage is told when the contents are asked for.
    if (error instanceof H5Error) return undefined;
    throw error;
  }
}
