import type { CharacterSet } from "./datatype.ts";
import type { Reader } from "./reader.ts";
import { decodeText, encodeText } from "./text.ts";
import type { Writer } from "./writer.ts";

interface LinkBase {
  readonly name: string;
  /** Where the group tracks the order in which links were created. */
  readonly creationOrder: number | undefined;
  /** Of the name; old-style groups, and messages that do not say, have "ascii". */
  readonly charset: CharacterSet;
}

/** A link (IV.A.2.g, "The Link Message"). Names and targets are as `decodeText` gives them. */
export type Link =
  | (LinkBase & { readonly kind: "hard"; readonly address: number })
  | (LinkBase & { readonly kind: "soft"; readonly target: string })
  | (LinkBase & { readonly kind: "external"; readonly file: string; readonly target: string })
  | (LinkBase & { readonly kind: "user"; readonly type: number; readonly data: Uint8Array });

const HARD = 0;
const SOFT = 1;
const EXTERNAL = 64;

const SIZE_OF_NAME_LENGTH = 0x03;
const CREATION_ORDER_STORED = 0x04;
const TYPE_STORED = 0x08;
const CHARSET_STORED = 0x10;
const KNOWN_FLAGS = 0x1f;

/** @throws FormatError */
export function decodeLink(r: Reader): Link {
  r.version(1);
  const flags = r.u8();
  if ((flags & ~KNOWN_FLAGS) !== 0) r.fail(`flags are 0x${flags.toString(16)}, of which some are unknown`);
  const type = (flags & TYPE_STORED) === 0 ? HARD : r.u8();
  if (type > SOFT && type < EXTERNAL) r.fail(`link type is ${type}, which is reserved`);
  const creationOrder = (flags & CREATION_ORDER_STORED) === 0 ? undefined : r.u64();
  const charsetCode = (flags & CHARSET_STORED) === 0 ? 0 : r.u8();
  if (charsetCode > 1) r.fail(`character set of the name is ${charsetCode}, expected 0 (ASCII) or 1 (UTF-8)`);
  const charset = charsetCode === 0 ? "ascii" : "utf-8";
  const nameLength = r.uint(1 << (flags & SIZE_OF_NAME_LENGTH));
  if (nameLength === 0) r.fail("the link's name is empty");
  const name = decodeText(r.take(nameLength));
  switch (type) {
    case HARD:
      return {
        kind: "hard",
        name,
        creationOrder,
        charset,
        address: r.definedOffset(`address of link ${JSON.stringify(name)}`),
      };
    case SOFT: {
      const length = r.u16();
      if (length === 0) r.fail(`soft link ${JSON.stringify(name)} has an empty target`);
      return { kind: "soft", name, creationOrder, charset, target: decodeText(r.take(length)) };
    }
    case EXTERNAL:
      return { kind: "external", name, creationOrder, charset, ...decodeExternalTarget(r, name) };
    default:
      return { kind: "user", name, creationOrder, charset, type, data: r.take(r.u16()).slice() };
  }
}

/** "External Link Information": version and flags, file name, object path. */
function decodeExternalTarget(r: Reader, name: string): { file: string; target: string } {
  const length = r.u16();
  const end = r.position + length;
  if (length > r.remaining)
    r.fail(`external link ${JSON.stringify(name)} has ${length} bytes, of which ${r.remaining} are there`);
  const versionAndFlags = r.u8();
  if (versionAndFlags !== 0)
    r.fail(`external link ${JSON.stringify(name)}: version and flags are ${versionAndFlags}, expected 0`);
  const file = decodeText(r.nulTerminated());
  const target = decodeText(r.nulTerminated());
  if (r.position > end) r.fail(`external link ${JSON.stringify(name)}: its names are longer than it`);
  r.position = end;
  return { file, target };
}

/** As libhdf5 writes it: what is the default is left out. */
export function encodeLink(w: Writer, link: Link): void {
  const name = encodeText(link.name);
  const lengthSize = name.length < 2 ** 8 ? 0 : name.length < 2 ** 16 ? 1 : 2;
  const tracked = link.creationOrder !== undefined;
  const typed = link.kind !== "hard";
  w.u8(1);
  w.u8(
    lengthSize |
      (tracked ? CREATION_ORDER_STORED : 0) |
      (typed ? TYPE_STORED : 0) |
      (link.charset === "ascii" ? 0 : CHARSET_STORED),
  );
  if (typed) w.u8(link.kind === "soft" ? SOFT : link.kind === "external" ? EXTERNAL : link.type);
  if (link.creationOrder !== undefined) w.u64(link.creationOrder);
  if (link.charset !== "ascii") w.u8(1);
  w.uint(name.length, 1 << lengthSize);
  w.put(name);
  switch (link.kind) {
    case "hard":
      w.offset(link.address);
      return;
    case "soft":
      putWithLength(w, encodeText(link.target));
      return;
    case "external": {
      const file = encodeText(link.file);
      const target = encodeText(link.target);
      w.u16(file.length + target.length + 3);
      w.u8(0);
      w.nulTerminated(file);
      w.nulTerminated(target);
      return;
    }
    case "user":
      putWithLength(w, link.data);
  }
}

function putWithLength(w: Writer, bytes: Uint8Array): void {
  w.u16(bytes.length);
  w.put(bytes);
}
