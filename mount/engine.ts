import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import type { CodecMode } from "../codecs/codec.ts";
import { H5File } from "../src/object/file.ts";
import { attachSnapshot } from "../src/storage/local-file.ts";
import type { SnapshotDescription } from "../src/storage/storage.ts";
import { Tree } from "../src/tree/tree.ts";
import type { Rendered } from "./job.ts";
import { Dispatcher } from "./kernel/dispatch.ts";
import { Replier } from "./kernel/replier.ts";
import { serve } from "./kernel/serve.ts";
import type { FileFacts } from "./node-attributes.ts";
import { Parking, ParkingSlots } from "./parking.ts";
import { Session } from "./session.ts";
import { WorkerPool } from "./worker-pool.ts";

/** What the main thread gives the engine thread. */
export interface EngineSetup {
  readonly snapshot: SnapshotDescription;
  readonly facts: FileFacts;
  readonly device: number;
  /** An eventfd: readable when a worker has sent a message, or the main thread wants the engine to end. */
  readonly wakeup: number;
  readonly workers: readonly MessagePort[];
  readonly parking: SharedArrayBuffer;
  readonly outstanding: SharedArrayBuffer;
  readonly cacheBytes: number;
  readonly codecs: CodecMode;
}

/** What the engine thread tells the main thread. */
export type EngineMessage =
  /** The kernel's INIT is answered: the mount works. */
  { readonly kind: "ready"; readonly protocol: string } | { readonly kind: "defect"; readonly message: string };

const setup: EngineSetup = workerData;

function tell(message: EngineMessage): void {
  parentPort?.postMessage(message);
}

const pool = new WorkerPool(setup.workers, setup.outstanding);
const replier = new Replier(setup.device);
const file = H5File.attach(attachSnapshot(setup.snapshot), setup.snapshot.path);
const session = new Session({
  tree: new Tree(file),
  facts: setup.facts,
  parking: new Parking(new ParkingSlots(setup.parking)),
  replier,
  cacheBytes: setup.cacheBytes,
  codecs: setup.codecs,
  post: (job) => pool.post(job),
});
const dispatcher = new Dispatcher(session, replier, {
  ready: ({ major, minor }) => tell({ kind: "ready", protocol: `${major}.${minor}` }),
  defect: (error, request) => {
    const message = error instanceof Error ? error.stack : String(error);
    tell({ kind: "defect", message: `this is a defect of h5fs, please report it: ${request}: ${message}` });
  },
});

/** This thread never returns to its event loop, so messages are fetched. False: the main thread wants it to end. */
function fetchMessages(): boolean {
  for (const port of setup.workers) {
    for (let received = receiveMessageOnPort(port); received !== undefined; received = receiveMessageOnPort(port)) {
      const result: Rendered = received.message;
      session.rendered(result);
    }
  }
  return parentPort === null || receiveMessageOnPort(parentPort) === undefined;
}

serve(setup.device, setup.wakeup, dispatcher, fetchMessages);
for (const port of setup.workers) port.close();
