import assert from "node:assert/strict";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import type { Request } from "../../../mount/filesystem.ts";
import { Dispatcher } from "../../../mount/kernel/dispatch.ts";
import { OPCODE } from "../../../mount/kernel/opcode.ts";
import { Replier } from "../../../mount/kernel/replier.ts";
import { removeTempDir, tempDir } from "../../support/temp-dir.ts";
import { type KernelReply, kernelRequest, parseReplies, type RequestFields, UNIQUE } from "./kernel-request.ts";
import { type MemoryEvents, MemoryFileSystem } from "./memory-file-system.ts";
import { memoryTree, XATTRS } from "./memory-tree.ts";

/** A kernel that has given up every request by the time it is answered. */
export class UnheardReplier extends Replier {
  override send(): boolean {
    return false;
  }

  override data(): boolean {
    return false;
  }
}

/** A dispatcher whose device is an ordinary file, in which the replies are collected. */
export class Harness {
  readonly fileSystem: MemoryFileSystem;
  readonly dispatcher: Dispatcher;
  readonly replier: Replier;
  readonly defects: string[] = [];
  readonly parked: Request[] = [];
  readonly interrupted: number[] = [];
  readonly protocols: unknown[] = [];
  readonly #dir = tempDir();
  readonly #fd: number;
  #seen = 0;

  constructor(
    makeReplier = (fd: number): Replier => new Replier(fd),
    makeFileSystem = (events: MemoryEvents): MemoryFileSystem => new MemoryFileSystem(memoryTree(), XATTRS, events),
  ) {
    this.#fd = openSync(join(this.#dir, "device"), "w+");
    this.replier = makeReplier(this.#fd);
    this.fileSystem = makeFileSystem({
      parked: (_, request) => this.parked.push(request),
      interrupted: (unique) => this.interrupted.push(unique),
    });
    this.dispatcher = new Dispatcher(this.fileSystem, this.replier, {
      refused: () => undefined,
      ready: (protocol) => this.protocols.push(protocol),
      defect: (error, request) => this.defects.push(`${request}: ${error instanceof Error ? error.message : error}`),
    });
  }

  /** The replies since this was last asked. */
  replies(): KernelReply[] {
    const bytes = Buffer.alloc(fstatSync(this.#fd).size - this.#seen);
    readSync(this.#fd, bytes, 0, bytes.length, this.#seen);
    this.#seen += bytes.length;
    return parseReplies(bytes);
  }

  /** Sends one request, to which there must be one reply. */
  ask(fields: RequestFields): KernelReply {
    assert.equal(this.dispatcher.dispatch(kernelRequest(fields)), fields.opcode !== OPCODE.DESTROY);
    const [reply, ...others] = this.replies();
    assert.ok(reply !== undefined, "no reply");
    assert.deepEqual(others, []);
    assert.equal(reply.unique, fields.unique ?? UNIQUE);
    return reply;
  }

  /** Sends one request, to which there must be no reply. */
  tell(fields: RequestFields): void {
    this.dispatcher.dispatch(kernelRequest(fields));
    assert.deepEqual(this.replies(), []);
  }

  close(): void {
    closeSync(this.#fd);
    removeTempDir(this.#dir);
  }
}
