import { RangeReader } from "../chunk/read-range.ts";
import { ByteSink } from "../object/text/byte-sink.ts";
import { contentOf, problemOf, type StoredContent } from "../tree/content.ts";
import { cacheName } from "../tree/element-source.ts";
import type { FileNode } from "../tree/node.ts";
import { nodeText } from "../tree/open-text.ts";
import { render, type Text } from "../view/render.ts";

/** Bytes of a piece, about. */
const STEP = 2 ** 20;

/** Decoded chunks that are kept: a row of elements may lie in many of them, and the next row lies in the same. */
const CACHE_SIZE = 2 ** 28;

/**
 * The bytes of a file of the tree, the same as in the mount. A piece is good until the next one is asked for.
 * @throws H5Error where something cannot be read; what comes before it has been given
 */
export function* filePieces(node: FileNode): Generator<Uint8Array, void> {
  const problem = problemOf(node);
  if (problem !== undefined) throw problem;
  const reader = new RangeReader("native", CACHE_SIZE);
  const content = contentOf(node);
  if (content.kind === "text") yield* textPieces(nodeText(node, reader));
  else yield* storedPieces(content, cacheName(node.object), reader);
}

function* storedPieces(
  { header, data, size }: StoredContent,
  name: string,
  reader: RangeReader,
): Generator<Uint8Array> {
  if (header.length > 0) yield header;
  const length = size - header.length;
  const buffer = new Uint8Array(Math.min(STEP, length));
  for (let at = 0; at < length; at += STEP) {
    const piece = buffer.subarray(0, Math.min(STEP, length - at));
    reader.readInto(data, name, at, piece);
    yield piece;
  }
}

function* textPieces(text: Text): Generator<Uint8Array> {
  const sink = new ByteSink();
  const take = (): Uint8Array => {
    const { length } = sink;
    sink.length = 0;
    return sink.bytes.subarray(0, length);
  };
  try {
    for (const _ of render(text, 0, text.format.elementCount, sink)) if (sink.length >= STEP) yield take();
  } catch (error) {
    yield take();
    throw error;
  }
  yield take();
}
