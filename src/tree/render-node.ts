import type { RangeReader } from "../chunk/read-range.ts";
import { H5Error } from "../errors.ts";
import { ByteSink } from "../object/text/byte-sink.ts";
import { renderDatatype } from "../view/json.ts";
import { renderText } from "../view/render.ts";
import { elementSource } from "./element-source.ts";
import type { FileNode } from "./node.ts";

/** The whole text of a file whose content is formatted. @throws H5Error where its data cannot be read */
export function renderNode(
  { object, view, name }: Pick<FileNode, "object" | "view" | "name">,
  reader: RangeReader,
): Uint8Array {
  const sink = new ByteSink();
  if (object.kind === "datatype") {
    renderDatatype(object.datatype, sink);
    return sink.take();
  }
  if (view === "bin" || view === "npy") throw new H5Error("argument", `${name}: ${view} is not a text`);
  renderText(view, elementSource(object, name, reader), sink);
  return sink.take();
}
