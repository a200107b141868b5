import { readFully } from "./local-file.ts";
import type { Piece } from "./storage.ts";

/** Copies the pieces' bytes into `target` from `at` on; the whole of them must fit. Works on any thread. */
export function readPieces(pieces: readonly Piece[], target: Uint8Array, at = 0, name = "file"): void {
  let position = at;
  for (const piece of pieces) {
    if ("bytes" in piece) {
      target.set(piece.bytes, position);
      position += piece.bytes.length;
    } else {
      readFully(piece.fd, target.subarray(position, position + piece.length), piece.offset, name);
      position += piece.length;
    }
  }
}
