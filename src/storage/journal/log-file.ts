import { crc32 } from "node:zlib";
import { getU64, putU64 } from "../little-endian.ts";
import type { DiskDirectory, DiskFile } from "./disk.ts";
import { decodeRecords, type LogRecord } from "./log-record.ts";
import { RecordEncoder } from "./record-encoder.ts";

const MAGIC = "\x89H5FSLOG";
const VERSION = 1;
const HEADER = 512;
export const GENERATION_SIZE = 16;

/** So much of the log stays allocated on disk: a full disk must not keep anybody from deleting. */
const RESERVED = 4 * 2 ** 20;

/** What the log's header says of the file as the last checkpoint left it. */
export interface Generation {
  /** 16 random bytes. */
  readonly id: Uint8Array;
  /** End of allocation, as an offset in the file. */
  readonly end: number;
  /** Where the superblock's sector is. */
  readonly superblockOffset: number;
}

/** A whole transaction, as the log has it. */
export interface LoggedTransaction {
  readonly number: number;
  readonly end: number;
  readonly records: readonly LogRecord[];
}

/** What a log holds of one generation. */
export interface LogContents {
  readonly generation: Generation;
  readonly transactions: readonly LoggedTransaction[];
  /** The last transaction that is durable; 0: none. */
  readonly synced: number;
}

/** The log of changes since the last checkpoint (docs/writing.md, section 2). */
export class LogFile {
  readonly #file: DiskFile;
  readonly #records = new RecordEncoder();
  #chain = 0;
  #end = HEADER;

  private constructor(file: DiskFile) {
    this.#file = file;
  }

  /** Makes an empty log; its name is durable when this returns. */
  static create(directory: DiskDirectory, name: string): LogFile {
    const file = directory.create(name);
    try {
      file.reserve(0, RESERVED);
      directory.sync();
    } catch (error) {
      file.close();
      directory.remove(name);
      throw error;
    }
    return new LogFile(file);
  }

  static open(directory: DiskDirectory, name: string): LogFile | undefined {
    const file = directory.open(name);
    return file === undefined ? undefined : new LogFile(file);
  }

  /** Bytes of records. */
  get size(): number {
    return this.#end - HEADER;
  }

  /** Begins a generation: what the log had before counts no more. Durable when this returns. */
  begin(generation: Generation): void {
    const header = encodeHeader(generation);
    // The disk space of a large one is for others meanwhile.
    if (this.#end > 4 * RESERVED) this.#file.truncate(RESERVED);
    this.#file.write([header], 0);
    this.#file.sync();
    this.#chain = crc32(generation.id);
    this.#end = HEADER;
  }

  /** What encodes the next records; `append` adds them. */
  newRecords(): RecordEncoder {
    this.#records.clear();
    return this.#records;
  }

  /** Adds the new records by one write. Where that fails, the log is as before. */
  append(): void {
    const { bytes, chain } = this.#records.seal(this.#chain);
    this.#file.write([bytes], this.#end);
    this.#chain = chain;
    this.#end += bytes.length;
    // Of a large transaction it has much memory.
    this.#records.clear();
  }

  /** Adds that all up to `transaction` is durable, likewise. */
  appendSync(transaction: number): void {
    this.newRecords().sync(transaction);
    this.append();
  }

  /** What is to be synced so that all records are durable. */
  get file(): DiskFile {
    return this.#file;
  }

  sync(): void {
    this.#file.sync();
  }

  /** See `DiskFile.settle`. */
  settle(): void {
    this.#file.settle();
  }

  /** `undefined`: there is no header, or a torn one. */
  read(): LogContents | undefined {
    const bytes = new Uint8Array(this.#file.size());
    this.#file.read(bytes, 0);
    const generation = decodeHeader(bytes);
    if (generation === undefined) return undefined;
    const transactions: LoggedTransaction[] = [];
    let open: LogRecord[] = [];
    let synced = 0;
    for (const { record, end, chain } of decodeRecords(bytes, HEADER, crc32(generation.id))) {
      if (record.type === "publish") {
        transactions.push({ number: record.transaction, end: record.end, records: open });
        open = [];
      } else if (record.type === "sync") {
        synced = record.transaction;
      } else {
        open.push(record);
      }
      this.#chain = chain;
      this.#end = end;
    }
    return { generation, transactions, synced };
  }

  close(): void {
    this.#file.close();
  }
}

function encodeHeader({ id, end, superblockOffset }: Generation): Uint8Array {
  const bytes = new Uint8Array(HEADER);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < MAGIC.length; i++) bytes[i] = MAGIC.charCodeAt(i);
  view.setUint32(8, VERSION, true);
  bytes.set(id, 16);
  putU64(view, 32, end);
  putU64(view, 40, superblockOffset);
  view.setUint32(HEADER - 4, crc32(bytes.subarray(0, HEADER - 4)), true);
  return bytes;
}

function decodeHeader(bytes: Uint8Array): Generation | undefined {
  if (bytes.length < HEADER) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER);
  for (let i = 0; i < MAGIC.length; i++) if (bytes[i] !== MAGIC.charCodeAt(i)) return undefined;
  if (view.getUint32(8, true) !== VERSION) return undefined;
  if (view.getUint32(HEADER - 4, true) !== crc32(bytes.subarray(0, HEADER - 4))) return undefined;
  return {
    id: bytes.slice(16, 16 + GENERATION_SIZE),
    end: getU64(view, 32),
    superblockOffset: getU64(view, 40),
  };
}
