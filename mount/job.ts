import type { ReadPlan } from "../src/chunk/read-plan.ts";
import type { H5ErrorKind } from "../src/errors.ts";
import type { ViewName } from "../src/view/view.ts";

/** What the engine thread has a worker do. */
export type Job =
  | {
      /** Read, decode, and answer the READ request itself. */
      readonly kind: "read";
      readonly unique: number;
      readonly slot: number;
      /** Sent before the plan's bytes. */
      readonly prefix: Uint8Array;
      readonly plan: ReadPlan;
      /** Where each planned chunk is decoded to; by position. */
      readonly chunks: readonly (SharedArrayBuffer | undefined)[];
    }
  | {
      /** Format a dataset or a type as text; the engine is told by a `Rendered` message. */
      readonly kind: "render";
      readonly key: string;
      readonly address: number;
      readonly path: string;
      readonly name: string;
      readonly view: ViewName;
    };

/** An H5Error on its way between threads. */
export interface ErrorMessage {
  readonly kind: H5ErrorKind;
  readonly message: string;
}

export type Rendered =
  | { readonly key: string; readonly text: Uint8Array }
  | { readonly key: string; readonly error: ErrorMessage };

/** The answer to a parked request, from a worker that cannot write to the kernel itself (transport libfuse). */
export type Answer =
  | { readonly unique: number; readonly bytes: Uint8Array }
  | { readonly unique: number; readonly errno: number };

/** What a worker tells the thread that has the session. */
export type WorkerMessage = Rendered | Answer;
