import { SCALAR } from "../format/dataspace.ts";
import type { NewAttribute } from "../object/attribute-edit.ts";
import { integerType } from "../object/datatypes.ts";
import type { H5File } from "../object/file.ts";
import { Group } from "../object/group.ts";
import type { Link } from "../object/link.ts";
import { fileName, linkName, NAME_MAX } from "./file-name.ts";
import { HIDDEN_PREFIX } from "./posix-metadata.ts";

/** An attribute of a group says that a link is shown by its own name. */
const RECORD = `${HIDDEN_PREFIX}NAME:`;

const MARK = integerType(1, false);

/**
 * The name under which a link of a group is shown: see `fileName`. A name that was given in a mount is shown as it was given,
 * although by that rule it would be another link's (`a%2Fb`, that of `a/b`, which libhdf5 could not open); unless there is such a link.
 */
export function shownName(group: Group, link: string, extension: string): string {
  const byRule = fileName(link, extension);
  const plain = link + extension;
  if (byRule === plain || Buffer.byteLength(plain) > NAME_MAX || !isShownPlainly(group, link)) return byRule;
  return plain;
}

/** The link that is shown under such a name by its own; `undefined`: it is the rule's. */
export function linkShownPlainly(group: Group, name: string): Link | undefined {
  return needsNameRecord(name) && isShownPlainly(group, name) ? group.link(name) : undefined;
}

/** Whether a link of that name is shown so only where a record says it. */
export function needsNameRecord(name: string): boolean {
  return fileName(name, "") !== name;
}

export function nameRecordName(link: string): string {
  return RECORD + link;
}

export function nameRecord(link: string): NewAttribute {
  return {
    name: nameRecordName(link),
    charset: "utf-8",
    datatype: MARK,
    dataspace: SCALAR,
    data: Uint8Array.of(1),
  };
}

/** The group at a path of shown names. @throws NotFoundError, H5Error */
export function groupAtShownPath(file: H5File, parts: readonly string[]): Group | undefined {
  let group = file.root;
  for (const part of parts) {
    const name = linkShownPlainly(group, part)?.name ?? linkName(part) ?? part;
    const child = group.get(name);
    if (!(child instanceof Group)) return undefined;
    group = child;
  }
  return group;
}

function isShownPlainly(group: Group, link: string): boolean {
  if (group.attribute(nameRecordName(link)) === undefined) return false;
  const rival = linkName(link);
  if (rival === undefined || rival === link || group.link(rival) === undefined) return true;
  return isShownPlainly(group, rival);
}
