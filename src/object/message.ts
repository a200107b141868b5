import { FormatError } from "../errors.ts";
import type { FormatContext } from "../format/context.ts";
import { type Dataspace, decodeDataspace } from "../format/dataspace.ts";
import type { Datatype } from "../format/datatype.ts";
import { decodeDatatype } from "../format/datatype-message.ts";
import { type HeaderMessage, isShared, MESSAGE } from "../format/header-message.ts";
import { findMessage, type ObjectHeader } from "../format/object-header.ts";
import { Reader } from "../format/reader.ts";
import { decodeSharedMessage } from "../format/shared-message.ts";

/** What decoding an object's messages takes of its file: other headers, where a message is shared. */
export interface HeaderSource {
  readonly context: FormatContext;
  readHeader(address: number): ObjectHeader;
}

/** A reader over a message's own bytes; where it is shared, over those of the object header that has it. */
export function messageReader(source: HeaderSource, message: HeaderMessage, name: string): Reader {
  const r = new Reader(message.body, message.address, `${name} message`, source.context);
  return isShared(message) ? sharedReader(source, r, message.type, name).reader : r;
}

function sharedReader(
  source: HeaderSource,
  reference: Reader,
  type: number,
  name: string,
): { readonly reader: Reader; readonly owner: number } {
  const owner = decodeSharedMessage(reference);
  const message = findMessage(source.readHeader(owner), type);
  if (message === undefined || isShared(message)) {
    throw new FormatError(
      message === undefined
        ? `says that a ${name} message is shared with the object at 0x${owner.toString(16)}, which has none`
        : `says that a ${name} message is shared with the object at 0x${owner.toString(16)}, which shares it in turn`,
      { structure: reference.structure, address: reference.address },
    );
  }
  return { reader: new Reader(message.body, message.address, `${name} message`, source.context), owner };
}

/** The datatype of `r`, or, where `shared`, of the committed datatype that `r` refers to. */
export function datatypeOf(source: HeaderSource, r: Reader, shared: boolean): Datatype {
  if (!shared) return decodeDatatype(r);
  const { reader, owner } = sharedReader(source, r, MESSAGE.datatype, "datatype");
  return { ...decodeDatatype(reader), committedAt: owner };
}

export function dataspaceOf(source: HeaderSource, r: Reader, shared: boolean): Dataspace {
  return decodeDataspace(shared ? sharedReader(source, r, MESSAGE.dataspace, "dataspace").reader : r);
}
