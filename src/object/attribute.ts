import { FormatError } from "../errors.ts";
import { type AttributeMessage, decodeAttributeMessage } from "../format/attribute-message.ts";
import { type Dataspace, elementCount } from "../format/dataspace.ts";
import type { CharacterSet, Datatype } from "../format/datatype.ts";
import type { Reader } from "../format/reader.ts";
import { dataspaceOf, datatypeOf, type HeaderSource } from "./message.ts";

/** An attribute of an object: its type and space are decoded when they are asked for. */
export class Attribute {
  readonly #source: HeaderSource;
  readonly #message: AttributeMessage;
  readonly #address: number;
  #datatype: Datatype | undefined;
  #dataspace: Dataspace | undefined;

  /** Where the object keeps the order in which its attributes were created. */
  readonly creationOrder: number | undefined;

  /** @throws FormatError where not even the name can be read */
  constructor(source: HeaderSource, r: Reader, creationOrder?: number) {
    this.#source = source;
    this.creationOrder = creationOrder;
    this.#address = r.address;
    this.#message = decodeAttributeMessage(r);
  }

  get name(): string {
    return this.#message.name;
  }

  /** Of the name. */
  get charset(): CharacterSet {
    return this.#message.charset;
  }

  get datatype(): Datatype {
    const { reader, shared } = this.#message.datatype;
    reader.position = 0;
    this.#datatype ??= datatypeOf(this.#source, reader, shared);
    return this.#datatype;
  }

  get dataspace(): Dataspace {
    const { reader, shared } = this.#message.dataspace;
    reader.position = 0;
    this.#dataspace ??= dataspaceOf(this.#source, reader, shared);
    return this.#dataspace;
  }

  /** The elements in C order, as stored: a view, do not write to it. @throws FormatError where some are missing */
  bytes(): Uint8Array {
    const size = elementCount(this.dataspace) * this.datatype.size;
    const { data } = this.#message;
    if (size > data.length) {
      throw new FormatError(
        `attribute ${JSON.stringify(this.name)} has ${data.length} bytes of data, but its type and space need ${size}`,
        { structure: "attribute message", address: this.#address },
      );
    }
    return data.subarray(0, size);
  }
}
