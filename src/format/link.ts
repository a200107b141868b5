import type { Reader } from "./reader.ts";
import { decodeText } from "./text.ts";

interface LinkBase {
  readonly name: string;
  /** Where the group tracks the order in which links were created. */
  readonly creationOrder: number | undefined;
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
  if ((flags & CHARSET_STORED) !== 0) {
    const charset = r.u8();
    if (charset > 1) r.fail(`character set of the name is ${charset}, expected 0 (ASCII) or 1 (UTF-8)`);
  }
  const nameLength = r.uint(1 << (flags & SIZE_OF_NAME_LENGTH));
  if (nameLength === 0) r.fail("the link's name is empty");
  const name = decodeText(r.take(nameLength));
  switch (type) {
    case HARD:
      return { kind: "hard", name, creationOrder, address: r.definedOffset(`address of link ${JSON.stringify(name)}`) };
    case SOFT: {
      const length = r.u16();
      if (length === 0) r.fail(`soft link ${JSON.stringify(name)} has an empty target`);
      return { kind: "soft", name, creationOrder, target: decodeText(r.take(length)) };
    }
    case EXTERNAL:
      return { kind: "external", name, creationOrder, ...decodeExternalTarget(r, name) };
    default:
      return { kind: "user", name, creationOrder, type, data: r.take(r.u16()).slice() };
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
