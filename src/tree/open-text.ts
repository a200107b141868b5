import type { RangeReader } from "../chunk/read-range.ts";
import { H5Error } from "../errors.ts";
import type { ByteSink } from "../object/text/byte-sink.ts";
import { attributesJson } from "../view/attributes-json.ts";
import { renderDatatype } from "../view/json.ts";
import { type Text, textOf, wholeText } from "../view/render.ts";
import { elementSource } from "./element-source.ts";
import type { FileNode } from "./node.ts";
import { type ObjectReference, type ReferenceOpener, referenceTo } from "./object-reference.ts";
import { isUsers } from "./posix-metadata.ts";

/** Which text a node is, as a plain value that survives `postMessage`: another thread opens the same text by it. */
export interface TextDescription extends Pick<FileNode, "name" | "view" | "part"> {
  readonly object: ObjectReference;
}

export function describeText({ object, name, view, part }: FileNode): TextDescription {
  return { object: referenceTo(object), name, view, part };
}

/** @throws H5Error where the object cannot be opened, or its type has no text */
export function openText(opener: ReferenceOpener, description: TextDescription, reader: RangeReader): Text {
  return nodeText({ ...description, object: opener.open(description.object) }, reader);
}

/** The text of a file whose content is formatted. @throws H5Error where its type has no text */
export function nodeText(
  { object, name, view, part }: Pick<FileNode, "object" | "name" | "view" | "part">,
  reader: RangeReader,
): Text {
  if (view === "attrs.json") return wholeText((sink) => writeAll(attributesJson(object, isUsers), sink));
  if (object.kind === "group") throw new H5Error("is-a-group", `${object.path} is a group`);
  if (object.kind === "datatype") return wholeText((sink) => renderDatatype(object.datatype, sink));
  if (view === "bin" || view === "npy") throw new H5Error("argument", `${name}: ${view} is not a text`);
  return textOf(view, elementSource(object, name, reader, part));
}

/** Bytes of a text of which that is known without a pass over its data. @throws H5Error where its type has no text */
export function knownSize(node: Parameters<typeof nodeText>[0], reader: RangeReader): number | undefined {
  return node.view === "arrow" ? nodeText(node, reader).known?.size : undefined;
}

function writeAll(pieces: Iterable<Uint8Array>, sink: ByteSink): void {
  for (const piece of pieces) sink.write(piece);
}
