import type { ElementBytes } from "../value-bytes.ts";
import type { ByteSink } from "./byte-sink.ts";

/** Writes the text of the element whose bytes begin at `at`. Made once for a datatype. */
export type Cell = (data: ElementBytes, at: number, sink: ByteSink) => void;
