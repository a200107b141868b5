import type { CommandModule } from "yargs";
import { H5Error } from "../errors.ts";
import { encodeText } from "../format/text.ts";
import { datatypeName } from "../object/datatype-name.ts";
import type { H5File, H5Object } from "../object/file.ts";
import { childPath, type Group } from "../object/group.ts";
import type { Link } from "../object/link.ts";
import { meantDatatype } from "../object/pytables.ts";
import { datasetProblem } from "../tree/content.ts";
import { CommandError, EXIT } from "./exit-status.ts";
import { reading } from "./location.ts";
import { openObject } from "./object-location.ts";
import { printable } from "./printable.ts";
import { shapeText } from "./shape-text.ts";
import { writeOut } from "./standard-output.ts";

/** Characters of a datatype's name: a table may have hundreds of columns. */
const MAX_TYPE = 72;

export const treeCommand: CommandModule<object, { location: string; depth: number | undefined }> = {
  command: "tree <location>",
  describe: "Draw the tree of groups and datasets, with their types and shapes",
  builder: (yargs) =>
    yargs
      .positional("location", { type: "string", demandOption: true, describe: "FILE or FILE:/path" })
      .option("depth", { alias: "d", type: "number", requiresArg: true, describe: "levels to go down (default: all)" })
      .example("$0 tree -d 2 data.h5:/group", "/group, what is in it, and what is in that"),
  handler: reading(({ location, depth }) => {
    if (depth !== undefined && !(depth >= 0))
      throw new CommandError(EXIT.usage, "--depth takes a number of levels, 0 or more");
    const { file, path, object } = openObject(location);
    for (const line of treeLines(file, object, path === "/" ? file.name : path, depth)) {
      if (!writeOut(encodeText(`${line}\n`))) break;
    }
    file.close();
  }),
};

/** A group being drawn: what stands before its lines, and its links, of which one is read ahead to know the last. */
interface Level {
  readonly indent: string;
  readonly path: string;
  readonly entries: Iterator<Link | string>;
  next: IteratorResult<Link | string>;
}

/**
 * The lines of the tree below `object`, in order of names. An object that was drawn before is not drawn again; what cannot
 * be read is told in its place.
 */
export function* treeLines(
  file: H5File,
  object: H5Object,
  title: string,
  depth = Number.POSITIVE_INFINITY,
): Generator<string> {
  yield printable(title) + describe(object);
  const drawn = new Map([[object.address, object.path]]);
  const levels: Level[] = [];
  const enter = (group: Group, indent: string, path: string): void => {
    if (levels.length >= depth) return;
    const entries = entriesOf(group);
    levels.push({ indent, path, entries, next: entries.next() });
  };
  if (object.kind === "group") enter(object, "", object.path);
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    if (level.next.done === true) {
      levels.pop();
      continue;
    }
    const entry = level.next.value;
    level.next = level.entries.next();
    const last = level.next.done === true;
    const start = level.indent + (last ? "└── " : "├── ");
    if (typeof entry === "string") {
      yield start + printable(entry);
      continue;
    }
    const path = childPath(level.path, entry.name);
    const child = entry.kind === "hard" ? open(file, entry.address, path) : linkText(entry);
    if (typeof child === "string") {
      yield `${start}${printable(entry.name)}${printable(child)}`;
      continue;
    }
    const before = drawn.get(child.address);
    if (before !== undefined) {
      yield `${start}${printable(entry.name)}  (the same as ${printable(before)})`;
      continue;
    }
    drawn.set(child.address, path);
    yield `${start}${printable(entry.name)}${describe(child)}`;
    if (child.kind === "group") enter(child, level.indent + (last ? "    " : "│   "), path);
  }
}

/** A group's links, and at their end why there are no more of them, where it is damaged. */
function* entriesOf(group: Group): Generator<Link | string> {
  try {
    yield* group.links();
  } catch (error) {
    yield cannotBeRead(error);
  }
}

function open(file: H5File, address: number, path: string): H5Object | string {
  try {
    return file.object(address, path);
  } catch (error) {
    return `  ${cannotBeRead(error)}`;
  }
}

function linkText(link: Exclude<Link, { kind: "hard" }>): string {
  if (link.kind === "soft") return ` -> ${link.target}`;
  return link.kind === "external" ? ` -> ${link.target} in ${link.file}` : `  (user-defined link of type ${link.type})`;
}

function describe(object: H5Object): string {
  if (object.kind === "group") return "";
  try {
    const type = typeText(datatypeName(meantDatatype(object, object.datatype)));
    if (object.kind === "datatype") return `  datatype ${type}`;
    const problem = datasetProblem(object);
    const remark = problem === undefined ? "" : `  ${printable(cannotBeRead(problem, `${object.path}: `))}`;
    return `  ${type} ${shapeText(object.dataspace)}${remark}`;
  } catch (error) {
    return `  ${printable(cannotBeRead(error))}`;
  }
}

function typeText(name: string): string {
  const text = printable(name);
  return text.length <= MAX_TYPE ? text : `${text.slice(0, MAX_TYPE - 1)}…`;
}

/** @param known what the message need not begin with: the line tells it already */
function cannotBeRead(error: unknown, known = ""): string {
  if (!(error instanceof H5Error)) throw error;
  const { message } = error;
  return `(cannot be read: ${message.startsWith(known) ? message.slice(known.length) : message})`;
}
