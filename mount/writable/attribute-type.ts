import { LRUCache } from "lru-cache";
import { H5Error } from "../../src/errors.ts";
import type { Dataspace } from "../../src/format/dataspace.ts";
import type { Datatype } from "../../src/format/datatype.ts";
import { charsetOf } from "../../src/format/text.ts";
import { vlenStringType } from "../../src/object/datatypes.ts";
import type { H5Object } from "../../src/object/file.ts";
import type { ObjectBase } from "../../src/object/object.ts";
import { meantDatatype } from "../../src/object/pytables.ts";
import { isRaw, USER } from "../../src/tree/extended-attributes.ts";
import type { Node } from "../../src/tree/node.ts";
import { isUsers } from "../../src/tree/posix-metadata.ts";

/** What an attribute is besides its text. */
export interface AttributeType {
  readonly stored: Datatype;
  /** See `meantDatatype`. */
  readonly meant: Datatype;
  readonly dataspace: Dataspace;
}

/** Bytes of names and texts that are remembered. */
const MEMORY = 2 ** 20;

/**
 * The types of attributes that were read last, by their names and texts. `cp -a` and `rsync -aX` read an attribute's text and
 * set it elsewhere: what has the same name and the same text is the same attribute, a number if it was one.
 */
export class SeenAttributes {
  readonly #types = new LRUCache<string, AttributeType>({
    maxSize: MEMORY,
    sizeCalculation: (_type, key) => key.length + 64,
  });

  /** @param name with its namespace */
  remember(node: Node, name: string, text: Uint8Array): void {
    const object = node.kind === "directory" ? node.group : node.kind === "file" ? node.object : undefined;
    const attribute = name.startsWith(USER) ? object?.attribute(name.slice(USER.length)) : undefined;
    if (object === undefined || attribute === undefined || isRaw(attribute.datatype)) return;
    const { dataspace } = attribute;
    // A committed datatype may be gone when the attribute is set.
    const { committedAt: _committed, ...stored } = attribute.datatype;
    this.#types.set(keyOf(name, text), { stored, meant: meantDatatype(object, stored), dataspace });
  }

  /** @param name with its namespace */
  of(name: string, text: Uint8Array): AttributeType | undefined {
    return this.#types.get(keyOf(name, text));
  }
}

function keyOf(name: string, text: Uint8Array): string {
  return `${name}\0${Buffer.from(text).toString("latin1")}`;
}

/** What PyTables writes, and we as it does: it says nothing of how others store their texts. */
const SYSTEM =
  /^(CLASS|VERSION|TITLE|FLAVOR|EXTDIM|NROWS|FILTERS|NODE_TYPE|NODE_TYPE_VERSION|PYTABLES_FORMAT_VERSION|FIELD_\d+_.*)$/;

/**
 * The type of a new text: as the object's other texts are stored, or those of the root group. netCDF's C library and others
 * have texts of fixed length, and their readers expect them; h5py has `str` where texts are of variable length, `bytes` where
 * they are not, so that is what a file has that says nothing.
 */
export function newTextType(
  object: H5Object,
  root: ObjectBase,
  text: string,
  bytes: number,
  sizeOfOffsets: number,
): Datatype {
  const other = aText(object) ?? aText(root);
  if (other?.class !== "string") return vlenStringType(sizeOfOffsets);
  return fixedTextType(text, bytes, other);
}

/** A text of fixed length. @param like one whose characters it has, if those are all there */
export function fixedTextType(text: string, bytes: number, like: Datatype | undefined): Datatype {
  const charset = like?.class === "string" && like.charset === "utf-8" ? "utf-8" : charsetOf(text);
  return { class: "string", size: Math.max(1, bytes), padding: "null-padded", charset };
}

/** The type of one of the object's texts. What is damaged says nothing. */
function aText(object: ObjectBase): Datatype | undefined {
  return object.anyAttribute((attribute) => {
    if (!isUsers(attribute.name) || SYSTEM.test(attribute.name)) return false;
    try {
      const { datatype } = attribute;
      return datatype.class === "string" || (datatype.class === "vlen" && datatype.kind === "string");
    } catch (error) {
      if (!(error instanceof H5Error)) throw error;
      return false;
    }
  })?.datatype;
}
