import type { ByteSink } from "../object/text/byte-sink.ts";
import { elementBytes } from "../object/value-bytes.ts";
import { csvFormat } from "./csv.ts";
import { jsonFormat } from "./json.ts";
import type { ElementSource } from "./source.ts";
import type { TextFormat } from "./text-format.ts";
import { txtFormat } from "./txt.ts";
import type { TextViewName } from "./view.ts";

/** Bytes of elements that are read at once. */
const BATCH_SIZE = 1 << 20;

/** @throws UnsupportedError where the datatype has no text */
export function textFormat(view: TextViewName, source: ElementSource): TextFormat {
  switch (view) {
    case "csv":
      return csvFormat(source);
    case "txt":
      return txtFormat(source);
    case "json":
      return jsonFormat(source);
  }
}

/** The elements from `first` on, read in batches. @param proceed asked between batches; `false` ends it */
export function renderElements(
  format: TextFormat,
  source: ElementSource,
  first: number,
  count: number,
  sink: ByteSink,
  proceed: () => boolean = () => true,
): void {
  const batch = Math.max(1, Math.floor(BATCH_SIZE / format.elementSize));
  for (let done = 0; done < count && proceed(); ) {
    const n = Math.min(batch, count - done);
    format.elements(first + done, n, elementBytes(source.read(first + done, n)), sink);
    done += n;
  }
}

/** The whole text. What is left in the sink at the end is for the caller to take or flush. */
export function renderText(
  view: TextViewName,
  source: ElementSource,
  sink: ByteSink,
  proceed: () => boolean = () => true,
): void {
  const format = textFormat(view, source);
  format.head(sink);
  renderElements(format, source, 0, format.elementCount, sink, proceed);
  format.tail(sink);
}
