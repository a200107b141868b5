import type { CharacterSet } from "./datatype.ts";
import type { Reader } from "./reader.ts";
import { Reader as MessageReader } from "./reader.ts";
import { decodeText, encodeText } from "./text.ts";
import type { Writer } from "./writer.ts";

const DATATYPE_SHARED = 0x01;
const DATASPACE_SHARED = 0x02;

/** A part of an attribute message: bytes of a datatype or dataspace message, or of a reference to a shared one. */
export interface AttributePart {
  readonly shared: boolean;
  readonly reader: Reader;
}

/** Attribute (IV.A.2.m, "The Attribute Message"), its parts not yet decoded: a damaged type must not hide the name. */
export interface AttributeMessage {
  readonly name: string;
  readonly version: 1 | 2 | 3;
  /** Of the name; versions 1 and 2 do not say. */
  readonly charset: CharacterSet;
  readonly datatype: AttributePart;
  readonly dataspace: AttributePart;
  /** All that is left of the message: the elements, and perhaps padding. */
  readonly data: Uint8Array;
}

export function decodeAttributeMessage(r: Reader): AttributeMessage {
  const version = r.version(1, 2, 3);
  const flags = r.u8();
  if (version > 1 && (flags & ~(DATATYPE_SHARED | DATASPACE_SHARED)) !== 0) {
    r.fail(`flags are 0x${flags.toString(16)}, of which some are unknown`);
  }
  const nameSize = r.u16();
  const datatypeSize = r.u16();
  const dataspaceSize = r.u16();
  const charset = version === 3 ? r.u8() : 0;
  if (charset > 1) r.fail(`character set of the name is ${charset}, expected 0 (ASCII) or 1 (UTF-8)`);
  // Version 1 pads each part to a multiple of 8.
  const part = (size: number): Uint8Array => {
    const bytes = r.take(size);
    if (version === 1) r.skip(Math.min(r.remaining, (8 - (size % 8)) % 8));
    return bytes;
  };
  const nameBytes = part(nameSize);
  const end = nameBytes.indexOf(0);
  if (nameSize === 0 || end < 0) r.fail("the attribute's name is empty or has no terminating NUL");
  const name = decodeText(nameBytes.subarray(0, end));
  const message = (bytes: Uint8Array, what: string): Reader =>
    new MessageReader(bytes, r.address, `${what} of attribute ${JSON.stringify(name)}`, r.sizes);
  const datatype = message(part(datatypeSize), "datatype");
  const dataspace = message(part(dataspaceSize), "dataspace");
  return {
    name,
    version: version === 1 ? 1 : version === 2 ? 2 : 3,
    charset: charset === 0 ? "ascii" : "utf-8",
    datatype: { shared: version > 1 && (flags & DATATYPE_SHARED) !== 0, reader: datatype },
    dataspace: { shared: version > 1 && (flags & DATASPACE_SHARED) !== 0, reader: dataspace },
    data: r.take(r.remaining),
  };
}

export function encodeAttributeMessage(w: Writer, attribute: AttributeMessage): void {
  const { version, charset, datatype, dataspace, data } = attribute;
  const name = encodeText(attribute.name);
  const pad = (size: number): void => {
    if (version === 1) w.zeros((8 - (size % 8)) % 8);
  };
  w.u8(version);
  w.u8((datatype.shared ? DATATYPE_SHARED : 0) | (dataspace.shared ? DATASPACE_SHARED : 0));
  w.u16(name.length + 1);
  w.u16(datatype.reader.bytes.length);
  w.u16(dataspace.reader.bytes.length);
  if (version === 3) w.u8(charset === "ascii" ? 0 : 1);
  w.nulTerminated(name);
  pad(name.length + 1);
  w.put(datatype.reader.bytes);
  pad(datatype.reader.bytes.length);
  w.put(dataspace.reader.bytes);
  pad(dataspace.reader.bytes.length);
  w.put(data);
}
