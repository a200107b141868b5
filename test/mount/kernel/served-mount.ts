import { closeSync, writeSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { mountKernel, unmount } from "../../../mount/kernel/mount.ts";
import { createEventFd } from "../../../mount/native.ts";
import { clearMount } from "../../support/mount.ts";
import type { LateAttributes, ServerMessage, ServerSetup } from "./memory-server.ts";

/** The memory file system, mounted for real and served by a thread of this process. */
export class ServedMount {
  readonly directory: string;
  readonly device: number;
  readonly messages: ServerMessage[] = [];
  /** Resolves when the loop has ended by itself; rejects where it threw. */
  readonly ended: Promise<void>;
  readonly #wakeup: number;
  readonly #worker: Worker;
  #wake: (() => void) | undefined;

  private constructor(directory: string, device: number) {
    this.directory = directory;
    this.device = device;
    this.#wakeup = createEventFd();
    const workerData: ServerSetup = { device, wakeup: this.#wakeup };
    const worker = new Worker(new URL("./memory-server.js", import.meta.url), { workerData });
    this.#worker = worker;
    worker.on("message", (message: ServerMessage) => {
      this.messages.push(message);
      this.#wake?.();
    });
    this.ended = new Promise((resolve, reject) => {
      worker.on("error", reject);
      worker.on("exit", () => resolve());
    });
  }

  static async start(directory: string, source = "memory"): Promise<ServedMount> {
    const mount = new ServedMount(directory, await mountKernel({ source, directory, options: ["ro"] }));
    await mount.message("ready");
    return mount;
  }

  /** The next message of that kind; one is given once. */
  async message<K extends ServerMessage["kind"]>(kind: K): Promise<ServerMessage & { kind: K }> {
    for (;;) {
      const at = this.messages.findIndex((message) => message.kind === kind);
      const [found] = at < 0 ? [] : this.messages.splice(at, 1);
      if (found !== undefined && isKind(found, kind)) return found;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Has the serving thread answer a parked GETATTR or STATX. */
  tell(answer: LateAttributes): void {
    this.#worker.postMessage(answer);
    writeSync(this.#wakeup, new Uint8Array(BigUint64Array.of(1n).buffer));
  }

  /** Unmounts as a user would, and waits for the end of the loop. */
  async end(): Promise<void> {
    try {
      await unmount(this.directory, { lazy: false });
    } catch (error) {
      clearMount(this.directory);
      throw error;
    }
    await this.finish();
  }

  /** After an unmount by somebody else. */
  async finish(): Promise<void> {
    await this.ended;
    closeSync(this.device);
    closeSync(this.#wakeup);
  }
}

function isKind<K extends ServerMessage["kind"]>(
  message: ServerMessage,
  kind: K,
): message is ServerMessage & { kind: K } {
  return message.kind === kind;
}
