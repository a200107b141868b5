import type { RangeReader } from "../chunk/read-range.ts";
import { H5Error } from "../errors.ts";
import type { H5File } from "../object/file.ts";
import { renderDatatype } from "../view/json.ts";
import { type Text, textOf, wholeText } from "../view/render.ts";
import type { ViewName } from "../view/view.ts";
import { elementSource } from "./element-source.ts";
import type { FileNode } from "./node.ts";

/** Which text a node is, as a plain value that survives `postMessage`: another thread opens the same text by it. */
export interface TextDescription {
  readonly address: number;
  /** The object's path, for messages. */
  readonly path: string;
  readonly name: string;
  readonly view: ViewName;
}

export function describeText({ object, name, view }: FileNode): TextDescription {
  return { address: object.address, path: object.path, name, view };
}

/** @throws H5Error where the object cannot be opened, or its type has no text */
export function openText(file: H5File, { address, path, name, view }: TextDescription, reader: RangeReader): Text {
  const object = file.object(address, path);
  if (object.kind === "group") throw new H5Error("is-a-group", `${path} is a group`);
  return nodeText({ object, name, view }, reader);
}

/** The text of a file whose content is formatted. @throws H5Error where its type has no text */
export function nodeText(
  { object, name, view }: Pick<FileNode, "object" | "name" | "view">,
  reader: RangeReader,
): Text {
  if (object.kind === "datatype") return wholeText((sink) => renderDatatype(object.datatype, sink));
  if (view === "bin" || view === "npy") throw new H5Error("argument", `${name}: ${view} is not a text`);
  return textOf(view, elementSource(object, name, reader));
}
