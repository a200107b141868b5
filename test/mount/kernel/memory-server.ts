/** A thread that serves the memory file system on a descriptor of /dev/fuse, and tells its owner what happens. */
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { Errno } from "../../../mount/errno.ts";
import type { Attributes } from "../../../mount/filesystem.ts";
import { Dispatcher } from "../../../mount/kernel/dispatch.ts";
import { Replier } from "../../../mount/kernel/replier.ts";
import { serve } from "../../../mount/kernel/serve.ts";
import { MemoryFileSystem } from "./memory-file-system.ts";
import { memoryTree, XATTRS } from "./memory-tree.ts";

export interface ServerSetup {
  readonly device: number;
  readonly wakeup: number;
}

/** What the owner sends: the answer to a parked GETATTR or STATX. */
export interface LateAttributes {
  readonly unique: number;
  readonly attributes: Attributes;
}

export type ServerMessage =
  | { readonly kind: "ready"; readonly major: number; readonly minor: number }
  | { readonly kind: "parked"; readonly what: "read" | "getattr"; readonly unique: number }
  | { readonly kind: "interrupted"; readonly unique: number; readonly answered: boolean }
  | { readonly kind: "defect"; readonly message: string }
  | { readonly kind: "ended"; readonly openHandles: number; readonly destroyed: number };

const { device, wakeup }: ServerSetup = workerData;
const tell = (message: ServerMessage): void => parentPort?.postMessage(message);
const replier = new Replier(device);
const fileSystem = new MemoryFileSystem(memoryTree(), XATTRS, {
  parked: (what, { unique }) => tell({ kind: "parked", what, unique }),
  interrupted: (unique) => tell({ kind: "interrupted", unique, answered: replier.errno(unique, Errno.EINTR) }),
});
const dispatcher = new Dispatcher(fileSystem, replier, {
  refused: () => undefined,
  ready: ({ major, minor }) => tell({ kind: "ready", major, minor }),
  defect: (error) => tell({ kind: "defect", message: error instanceof Error ? error.message : String(error) }),
});
serve({ device, wakeup }, dispatcher, {
  session: { due: -1, idle: () => undefined },
  onWake: () => {
    const received = parentPort === null ? undefined : receiveMessageOnPort(parentPort);
    const answer: LateAttributes | undefined = received?.message;
    if (answer !== undefined) replier.attributes(answer.unique, { attributes: answer.attributes, valid: 0 });
    return true;
  },
});
tell({ kind: "ended", openHandles: fileSystem.openHandles.size, destroyed: fileSystem.destroyed });
