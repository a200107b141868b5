/** What went wrong, by kind; `mount/errno.ts` maps each kind to one errno and `mount/main.ts` to one exit status. */
export type H5ErrorKind =
  | "not-hdf5" // no HDF5 signature anywhere
  | "format" // the file breaks the specification
  | "unsupported" // well formed, but this engine cannot read it
  | "not-found" // no such link, attribute, view
  | "not-a-group" // a path goes through something that is not a group
  | "is-a-group" // data was asked of a group
  | "limit" // more than the configured or sane maximum
  | "argument" // the caller's value makes no sense
  | "exists" // the name is taken
  | "read-only" // the file, or the mount, is not writable
  | "locked" // another program has the file open
  | "io"; // the operating system failed; `cause` says how

export interface H5ErrorFields {
  /** The structure's name in the specification, e.g. "fractal heap". */
  readonly structure?: string;
  /** The structure's address, relative to the base address. */
  readonly address?: number;
  /** The path of the object inside the file. */
  readonly path?: string;
  readonly cause?: unknown;
}

/** Every error that the engine throws on purpose. Anything else that escapes is a defect of ours. */
export class H5Error extends Error {
  readonly kind: H5ErrorKind;
  readonly structure: string | undefined;
  readonly address: number | undefined;
  readonly path: string | undefined;

  constructor(kind: H5ErrorKind, message: string, fields: H5ErrorFields = {}) {
    super(message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.name = new.target.name;
    this.kind = kind;
    this.structure = fields.structure;
    this.address = fields.address;
    this.path = fields.path;
  }

  /** The same error, saying which file it is about where its message does not begin with it already. */
  inFile(name: string): this {
    if (!this.message.startsWith(name)) this.message = `${name}: ${this.message}`;
    return this;
  }
}

/** A structure that breaks the specification: `fractal heap at 0x1a40: signature is "FHDX", expected "FRHP"`. */
export class FormatError extends H5Error {
  constructor(message: string, fields: H5ErrorFields = {}) {
    const where =
      fields.structure === undefined
        ? ""
        : `${fields.structure}${fields.address === undefined ? "" : ` at 0x${fields.address.toString(16)}`}: `;
    super("format", where + message, fields);
  }
}

/** Something well formed that this engine does not read (yet): refused by name, never guessed. */
export class UnsupportedError extends H5Error {
  constructor(message: string, fields: H5ErrorFields = {}) {
    super("unsupported", message, fields);
  }
}

export class NotFoundError extends H5Error {
  constructor(message: string, fields: H5ErrorFields = {}) {
    super("not-found", message, fields);
  }
}
