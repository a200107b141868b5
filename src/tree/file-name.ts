import { createHash } from "node:crypto";
import { decodeText, encodeText } from "../format/text.ts";

/** The longest name of a directory entry, in bytes (NAME_MAX). The kernel would let FUSE have longer ones. */
export const NAME_MAX = 255;

/** A name of so many UTF-16 code units is never shortened, were each escaped or of 3 bytes and an extension added. */
const SURELY_SHORT = 80;

/**
 * The name under which a link is shown: the link's own name, the bytes that no file name can have written as `%2F`,
 * `%00` (and `.`, `..` and the empty name as `%2E`, `%2E%2E`, `%`), then the view's extension. What is literally `%2F` in the file is
 * shown as `%252F`, so that `linkNames` can go back. A name longer than 255 bytes becomes `prefix~hash.ext`.
 */
export function fileName(linkName: string, extension: string): string {
  const shown = escapeName(linkName);
  if (!mayBeTooLong(shown + extension)) return shown + extension;
  const whole = encodeText(shown + extension);
  // A name that looks shortened is treated as if it were, so that it can never be taken for another's short form.
  if (whole.length <= NAME_MAX && !isLikeShortened(shown)) return shown + extension;
  const tail = `~${nameHash(linkName)}${extension}`;
  const bytes = encodeText(shown);
  const room = Math.min(bytes.length, NAME_MAX - encodeText(tail).length);
  return decodeText(bytes.subarray(0, characterStart(bytes, room))) + tail;
}

/** Whether a name, with an extension perhaps, has to be looked at more closely. */
export function mayBeTooLong(name: string): boolean {
  return name.length > SURELY_SHORT;
}

function nameHash(linkName: string): string {
  return createHash("sha256").update(encodeText(linkName)).digest("hex").slice(0, 12);
}

/** `at`, or up to 3 bytes before, where a character of UTF-8 begins. */
function characterStart(bytes: Uint8Array, at: number): number {
  for (let i = at; i > at - 4; i--) if (((bytes[i] ?? 0) & 0xc0) !== 0x80) return i;
  return at;
}

/** Names of so many bytes are never shortened: NAME_MAX less the longest extension. */
const NEVER_SHORTENED = NAME_MAX - ".attrs.json".length;

function isLikeShortened(shown: string): boolean {
  return shown.length > 60 && /~[0-9a-f]{12}(\.[a-z.]+)?$/.test(shown) && encodeText(shown).length > NEVER_SHORTENED;
}

/** `prefix~hash`, as a shortened name begins; the prefix may be shorter still, to make room for a subscript. */
export interface ShortenedName {
  readonly prefix: string;
  readonly hash: string;
}

export function shortenedName(bare: string): ShortenedName | undefined {
  const match = /^(.*)~([0-9a-f]{12})$/s.exec(bare);
  return match === null ? undefined : { prefix: match[1] ?? "", hash: match[2] ?? "" };
}

/** Whether `shortened` may stand for that link: only a search of the whole group finds it. */
export function isShortenedTo(linkName: string, { prefix, hash }: ShortenedName): boolean {
  return escapeName(linkName).startsWith(prefix) && nameHash(linkName) === hash;
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
