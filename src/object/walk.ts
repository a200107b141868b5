import { H5Error } from "../errors.ts";
import type { Group } from "./group.ts";

/** An object met on a walk, under the one of its names by which it was met first. */
export interface WalkedObject {
  readonly address: number;
  readonly name: string;
  /** The address of the group that has the link. */
  readonly parent: number;
}

/**
 * Every object that hard links lead to from `root`, each once, breadth first and in order of names: so each by its path of
 * fewest links and, of these, the first by name. What is damaged is passed over, as it has no names below it.
 */
export function* walkObjects(root: Group): Generator<WalkedObject> {
  const seen = new Set([root.address]);
  const groups = [root];
  for (let next = 0; next < groups.length; next++) {
    const group = groups[next];
    if (group === undefined) return;
    for (const { address, name } of hardLinks(group)) {
      if (seen.has(address)) continue;
      seen.add(address);
      const child = groupAt(group, name, address);
      if (child !== undefined) groups.push(child);
      yield { address, name, parent: group.address };
    }
  }
}

function* hardLinks(group: Group): Generator<{ address: number; name: string }> {
  try {
    for (const link of group.links()) if (link.kind === "hard") yield link;
  } catch (error) {
    if (!(error instanceof H5Error)) throw error;
  }
}

function groupAt(parent: Group, name: string, address: number): Group | undefined {
  try {
    // Opened here first, it is this path that messages about it will say.
    const object = parent.file.object(address, `${parent.path === "/" ? "" : parent.path}/${name}`);
    return object.kind === "group" ? object : undefined;
  } catch (error) {
    if (error instanceof H5Error) return undefined;
    throw error;
  }
}
