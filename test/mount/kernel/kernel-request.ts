/** Requests as the kernel makes them: `struct fuse_in_header` and a body laid out from linux/fuse.h. */
export interface RequestFields {
  readonly opcode: number;
  readonly unique?: number;
  readonly nodeid?: number;
  readonly body?: Uint8Array;
}

export const UNIQUE = 2 ** 33 + 6;

export function kernelRequest({
  opcode,
  unique = UNIQUE,
  nodeid = 1,
  body = new Uint8Array(0),
}: RequestFields): DataView {
  const header = Buffer.alloc(40);
  header.writeUInt32LE(40 + body.length, 0);
  header.writeUInt32LE(opcode, 4);
  header.writeBigUInt64LE(BigInt(unique), 8);
  header.writeBigUInt64LE(BigInt(nodeid), 16);
  header.writeUInt32LE(1000, 24); // uid
  header.writeUInt32LE(1001, 28); // gid
  header.writeUInt32LE(4242, 32); // pid
  const bytes = Buffer.concat([header, body]);
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Fields one after the other: a `number` is 32 bits, a `bigint` 64 bits, a string ends with NUL. */
export function body(...fields: (number | bigint | string)[]): Buffer {
  return Buffer.concat(
    fields.map((field) => {
      if (typeof field === "string") return Buffer.from(`${field}\0`);
      const bytes = Buffer.alloc(typeof field === "bigint" ? 8 : 4);
      if (typeof field === "bigint") bytes.writeBigUInt64LE(field);
      else bytes.writeUInt32LE(field);
      return bytes;
    }),
  );
}

export interface KernelReply {
  readonly unique: number;
  /** Positive. */
  readonly errno: number;
  readonly body: Buffer;
}

/** Takes apart what was written to the device: `struct fuse_out_header` and a body, several times. */
export function parseReplies(bytes: Buffer): KernelReply[] {
  const replies: KernelReply[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at);
    if (length < 16 || at + length > bytes.length) throw new RangeError(`a reply says it has ${length} bytes`);
    replies.push({
      unique: Number(bytes.readBigUInt64LE(at + 8)),
      errno: Math.abs(bytes.readInt32LE(at + 4)),
      body: bytes.subarray(at + 16, at + length),
    });
    at += length;
  }
  return replies;
}

export interface Dirent {
  readonly name: string;
  readonly ino: number;
  readonly offset: number;
  readonly type: number;
  /** READDIRPLUS only. */
  readonly nodeid?: number;
}

/** The entries of a READDIR reply, or with `plus` of a READDIRPLUS reply. */
export function parseDirents(bytes: Buffer, plus: boolean): Dirent[] {
  const entries: Dirent[] = [];
  for (let at = 0; at < bytes.length; ) {
    const nodeid = plus ? { nodeid: Number(bytes.readBigUInt64LE(at)) } : {};
    if (plus) at += 128;
    const length = bytes.readUInt32LE(at + 16);
    entries.push({
      name: bytes.toString("utf8", at + 24, at + 24 + length),
      ino: Number(bytes.readBigUInt64LE(at)),
      offset: Number(bytes.readBigUInt64LE(at + 8)),
      type: bytes.readUInt32LE(at + 20),
      ...nodeid,
    });
    at += 24 + Math.ceil(length / 8) * 8;
  }
  return entries;
}
