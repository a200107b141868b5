import { createHash } from "node:crypto";
import { decodeText, encodeText } from "../format/text.ts";

/** The longest name of a directory entry, in bytes (NAME_MAX). The kernel would let FUSE have longer ones. */
const NAME_MAX = 255;

/**
 * The name under which a link is shown: the link's own name, the bytes that no file name can have written as `%2F`,
 * `%00` (and `.`, `..` and the empty name as `%2E`, `%2E%2E`, `%`), then the view's extension. What is literally `%2F` in the file is
 * shown as `%252F`, so that `linkNames` can go back. A name longer than 255 bytes becomes `prefix~hash.ext`.
 */
export function fileName(linkName: string, extension: string): string {
  const shown = escapeName(linkName) + extension;
  const bytes = encodeText(shown);
  if (bytes.length <= NAME_MAX) return shown;
  const hash = createHash("sha256").update(encodeText(linkName)).digest("hex").slice(0, 12);
  const tail = `~${hash}${extension}`;
  return decodeText(bytes.subarray(0, characterStart(bytes, NAME_MAX - encodeText(tail).length))) + tail;
}

/** `at`, or up to 3 bytes before, where a character of UTF-8 begins. */
function characterStart(bytes: Uint8Array, at: number): number {
  for (let i = at; i > at - 4; i--) if (((bytes[i] ?? 0) & 0xc0) !== 0x80) return i;
  return at;
}

/** Whether a name may have been made by shortening: only a search of the whole group finds its link. */
export function mayBeShortened(name: string): boolean {
  return /~[0-9a-f]{12}(\.[a-z]+)?$/.test(name) && encodeText(name).length > NAME_MAX - 4;
}

/** The link name that `fileName` shows as `name` (less an extension), or `undefined` where it shows none so. */
export function linkName(name: string): string | undefined {
  const out =
    name === "%"
      ? ""
      : name.replace(/%(2F|00|2E|25)/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
  return escapeName(out) === name ? out : undefined;
}

function escapeName(name: string): string {
  if (name === "") return "%";
  if (name === "." || name === "..") return name.replaceAll(".", "%2E");
  if (!/[%/\0]/.test(name)) return name;
  return name
    .replace(/%(?=2F|00|2E|25|$)/g, "%25")
    .replaceAll("/", "%2F")
    .replaceAll("\0", "%00");
}
