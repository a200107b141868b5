import type { CommandModule } from "yargs";
import { RangeReader } from "../chunk/read-range.ts";
import { H5Error } from "../errors.ts";
import { ByteSink } from "../object/text/byte-sink.ts";
import { contentOf, problemOf } from "../tree/content.ts";
import type { FileNode } from "../tree/node.ts";
import { nodeText } from "../tree/open-text.ts";
import { render, type Text } from "../view/render.ts";
import { openLocation } from "./location.ts";
import { writeOut } from "./standard-output.ts";

const STEP = 2 ** 20;

export const catCommand: CommandModule<object, { location: string }> = {
  command: "cat <location>",
  describe: "Print a file of the tree: the same bytes as in the mount",
  builder: (yargs) =>
    yargs
      .positional("location", { type: "string", demandOption: true, describe: "FILE:/path, names as in the mount" })
      .example("$0 cat data.h5:/group/table.csv", "print a table as CSV")
      .example("$0 cat data.h5:/x.npy > x.npy", "export an array for NumPy"),
  handler: ({ location }) => {
    const { file, node } = openLocation(location);
    if (node.kind === "directory") throw new H5Error("is-a-group", `${node.path} is a directory: h5fs ls lists it`);
    const problem = problemOf(node);
    if (problem !== undefined) throw problem;
    if (node.kind === "file") cat(node);
    file.close();
  },
};

function cat(node: FileNode): void {
  const reader = new RangeReader();
  const content = contentOf(node);
  if (content.kind === "text") {
    catText(nodeText(node, reader));
    return;
  }
  if (!writeOut(content.header)) return;
  const { data, header, size } = content;
  for (let at = 0; at < size - header.length; at += STEP) {
    if (!writeOut(reader.read(data, `${node.object.address}`, at, STEP))) return;
  }
}

/** Writes while it renders. What comes before an element that cannot be read is written, too. */
function catText(text: Text): void {
  const sink = new ByteSink(2 * STEP);
  const write = (): boolean => {
    const { length } = sink;
    sink.length = 0;
    return writeOut(sink.bytes.subarray(0, length));
  };
  try {
    for (const _ of render(text, 0, text.format.elementCount, sink)) if (sink.length >= STEP && !write()) return;
  } finally {
    write();
  }
}
