import type { CommandModule } from "yargs";
import { encodeText } from "../format/text.ts";
import { contentOf, problemOf } from "../tree/content.ts";
import { fact } from "../tree/facts.ts";
import type { Node } from "../tree/node.ts";
import { openLocation, reading } from "./location.ts";
import { writeOut } from "./standard-output.ts";

export const lsCommand: CommandModule<object, { location: string; long: boolean }> = {
  command: "ls <location>",
  describe: "List a group as the mount shows it",
  builder: (yargs) =>
    yargs
      .positional("location", { type: "string", demandOption: true, describe: "FILE or FILE:/path" })
      .option("long", { alias: "l", type: "boolean", default: false, describe: "with size, shape and datatype" })
      .example("$0 ls -l data.h5:/group", "what is in /group"),
  handler: reading(({ location, long }) => {
    const { file, tree, node, name: asked } = openLocation(location);
    const entries = node.kind === "directory" ? tree.entries(node) : [{ name: asked, node }];
    for (const { name, node: child } of entries) {
      const line = long ? longLine(name, child) : shortLine(name, child);
      if (!writeOut(encodeText(`${line}\n`))) break;
    }
    file.close();
  }),
};

function shortLine(name: string, node: Node): string {
  return node.kind === "directory" ? `${name}/` : name;
}

/** Size in bytes ("-": known only when the text is made), shape, name, and what it is. */
function longLine(name: string, node: Node): string {
  const size = node.kind === "file" ? sizeText(node) : "";
  const shape = fact(node, "shape") ?? "";
  return `${size.padStart(12)}  ${shape.padEnd(16)}  ${shortLine(name, node)}${remark(node)}`;
}

function sizeText(node: Node & { kind: "file" }): string {
  if (problemOf(node) !== undefined) return "0";
  const content = contentOf(node);
  return content.kind === "stored" ? `${content.size}` : "-";
}

function remark(node: Node): string {
  if (node.kind === "symlink") return ` -> ${node.target}`;
  const problem = problemOf(node);
  if (problem !== undefined) return `  (cannot be read: ${problem.message})`;
  const type = fact(node, "dtype");
  return type === undefined ? "" : `  (${type})`;
}
