import type { LocalFile } from "../src/storage/local-file.ts";
import type { Log } from "./log.ts";
import type { MountOptions } from "./mount-options.ts";

/** Something that cannot be shown, and why. */
export interface Unreadable {
  /** Of the object. */
  readonly path: string;
  readonly problem: string;
}

/** How requests come from the kernel: its own protocol, or libfuse 2 by way of the package fuse-native. */
export type TransportName = "kernel" | "libfuse";

/** Only Linux has a /dev/fuse that speaks the kernel protocol. */
export const DEFAULT_TRANSPORT: TransportName = process.platform === "linux" ? "kernel" : "libfuse";

export interface ServiceRequest {
  readonly storage: LocalFile;
  /** The real path of the HDF5 file: what mount tables show as the device. */
  readonly source: string;
  /** The mount point: absolute. */
  readonly directory: string;
  readonly options: MountOptions;
  readonly log: Log;
  /** Is told of data that was asked for and cannot be shown. */
  readonly unreadable: (message: Unreadable) => void;
  /** Gives up mounting. */
  readonly signal: AbortSignal;
}

/** A file system that is mounted and being served. */
export interface Service {
  /** Resolves when the mount answers. */
  readonly ready: Promise<void>;
  /** Resolves when it was unmounted and its threads have ended; rejects where they ended by a defect. */
  readonly ended: Promise<void>;
  /** Ends it although somebody still has a file open in it. */
  stop(): void;
}

/** Mounts and begins to serve. @throws CommandError: nothing is left mounted */
export type Transport = (request: ServiceRequest) => Promise<Service>;
