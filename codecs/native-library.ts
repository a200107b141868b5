import { createRequire } from "node:module";
import type { LibraryHandle } from "koffi";
import type { BlockDecoder, DecodeBlock } from "./codec.ts";

type Koffi = typeof import("koffi");

const require = createRequire(import.meta.url);
const libraries = new Map<string, LibraryHandle | undefined>();
let koffi: Koffi | null | undefined;

/** koffi, loaded when first asked for; `undefined` where it has no build for this machine. */
function loadKoffi(): Koffi | undefined {
  if (koffi === undefined) {
    try {
      koffi = require("koffi") as Koffi;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      koffi = null;
    }
  }
  return koffi ?? undefined;
}

/**
 * The system library that is found first under one of `names` (sonames: their number promises the functions' signatures),
 * or `undefined`. Handles belong to the calling thread and stay open.
 */
export function loadLibrary(names: readonly string[]): LibraryHandle | undefined {
  const key = names.join("|");
  if (libraries.has(key)) return libraries.get(key);
  let found: LibraryHandle | undefined;
  const loader = loadKoffi();
  for (const name of loader === undefined ? [] : names) {
    try {
      found = loader?.load(name);
      break;
    } catch (error) {
      // Not installed under this name: the next one, or the portable form.
      if (!(error instanceof Error)) throw error;
    }
  }
  libraries.set(key, found);
  return found;
}

/** Binds a group of functions, or gives `undefined` where the library, or one of its symbols, is missing. */
export function bindLibrary<T>(names: readonly string[], bind: (library: LibraryHandle) => T): T | undefined {
  const library = loadLibrary(names);
  if (library === undefined) return undefined;
  try {
    return bind(library);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return undefined;
  }
}

/**
 * A decoder that tries the function of a system library, bound as `native`, and leaves to the portable form what the
 * library does not take (it gives `undefined`): damaged data, about which the portable form says what is wrong.
 */
export function nativeFirst(
  libraryName: string,
  native: ((input: Uint8Array, output: Uint8Array) => number | undefined) | undefined,
  portable: BlockDecoder,
): BlockDecoder {
  if (native === undefined) return portable;
  // An empty array has no address that may be handed out, and some libraries count in an int.
  const fits = (bytes: Uint8Array): boolean => bytes.length > 0 && bytes.length <= 0x7fffffff;
  const decode: DecodeBlock = (input, output) => {
    const length = fits(input) && fits(output) ? native(input, output) : undefined;
    return length ?? portable.decode(input, output);
  };
  return { implementation: `${libraryName} (native)`, decode };
}
