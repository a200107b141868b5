/** One filter of a filter pipeline (IV.A.2.l, "The Data Storage - Filter Pipeline Message"). */
export interface Filter {
  readonly id: number;
  /** "" where the message has none. */
  readonly name: string;
  /** An optional filter may have been left out of a chunk when it was written; the chunk's filter mask says so. */
  readonly optional: boolean;
  readonly clientData: readonly number[];
}
