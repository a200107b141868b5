import { H5Error } from "../errors.ts";
import { decodeText } from "../format/text.ts";
import type { NewAttribute } from "../object/attribute-edit.ts";
import type { Dataset } from "../object/dataset.ts";
import { keptText } from "../object/scalar-attribute.ts";
import type { ArrowStyle } from "../view/arrow-style.ts";
import { csvLayout } from "../view/csv-layout.ts";
import type { CsvStyle } from "../view/csv-style.ts";
import type { JsonStyle } from "../view/json-style.ts";
import { csvStyleOf } from "../view/parse-csv-style.ts";
import { jsonStyleOf } from "../view/parse-json-style.ts";
import { txtStyleOf } from "../view/parse-txt-style.ts";
import { isJsonObject, type Json } from "../view/parse-type-json.ts";
import type { TxtStyle } from "../view/txt-style.ts";
import { isViewName, type ViewName, type ViewSubject, viewsOf } from "../view/view.ts";
import type { FileNode } from "./node.ts";
import { HIDDEN_PREFIX } from "./posix-metadata.ts";
import { viewSubject } from "./view-subject.ts";

/** How a dataset is shown, where that does not follow from its type and size; kept in one attribute of it. */
export interface ShownAs {
  /** The view that is listed. */
  readonly view: ViewName;
  /**
   * True: it was made from a file that had the same bytes as this view. It can be a file again, under the same names: if it has
   * several, all are in `bare`.
   */
  readonly isMade: boolean;
  /** It was made by copying a dataset: what is written is an edit of it, as long as it reads back as the same bytes. */
  readonly isCopy?: boolean | undefined;
  /** Names of links that are shown as they are, without the view's extension. */
  readonly bare: readonly string[];
  /** How its CSV text is written, if it was made from one. */
  readonly style?: CsvStyle | undefined;
  /** How its JSON text is written, if it was made from one. */
  readonly json?: JsonStyle | undefined;
  /** How its plain text is written, if it was made from one. */
  readonly txt?: TxtStyle | undefined;
  /** How its Arrow file is written, if it was made from one. */
  readonly arrow?: ArrowStyle | undefined;
}

export const SHOWN_AS_NAME = `${HIDDEN_PREFIX}SHOWN`;
const VERSION = 1;

/** One for each object that is in memory: a style takes time to read, and is asked for again and again. */
const known = new WeakMap<Dataset, { readonly shown: ShownAs | undefined }>();

/** `undefined`: as its type and size say. */
export function shownAs(dataset: Dataset): ShownAs | undefined {
  const kept = known.get(dataset);
  if (kept !== undefined) return kept.shown;
  const shown = readShownAs(dataset);
  known.set(dataset, { shown });
  return shown;
}

/** Whether a file shows a dataset as the view that it was made from: the bytes of a file that is one no more. */
export function isMadeView({ object, view, part }: Pick<FileNode, "object" | "view" | "part">): boolean {
  if (object.kind !== "dataset" || part !== undefined) return false;
  const shown = shownAs(object);
  return shown?.isMade === true && shown.view === view;
}

/** Whether it is a copy of a dataset, and so more than its bytes tell. */
export function isCopiedView(node: Pick<FileNode, "object" | "view" | "part">): boolean {
  return isMadeView(node) && node.object.kind === "dataset" && shownAs(node.object)?.isCopy === true;
}

/** The attribute that says so. @throws UnsupportedError from who writes it, where the style is too large for an attribute */
export function shownAsAttribute({ view, isMade, isCopy, bare, style, json, txt, arrow }: ShownAs): NewAttribute {
  return keptText(
    SHOWN_AS_NAME,
    JSON.stringify({ version: VERSION, view, isMade, isCopy, bare, style, json, txt, arrow }),
  );
}

function readShownAs(dataset: Dataset): ShownAs | undefined {
  try {
    const attribute = dataset.attribute(SHOWN_AS_NAME);
    if (attribute?.datatype.class !== "string") return undefined;
    const shown = decode(decodeText(attribute.bytes()));
    const subject = viewSubject(dataset);
    // Other programs may have changed the dataset.
    if (shown === undefined || !viewsOf(subject).includes(shown.view)) return undefined;
    const { isMade, bare, style } = shown;
    return {
      ...shown,
      isMade: isMade && dataset.linkCount <= Math.max(1, bare.length),
      style: style === undefined || fits(style, subject) ? style : undefined,
    };
  } catch (error) {
    // The damage is told when the contents, or the attributes, are asked for.
    if (error instanceof H5Error) return undefined;
    throw error;
  }
}

function fits(style: CsvStyle, { datatype, dataspace }: ViewSubject): boolean {
  if (dataspace.kind !== "simple" || dataspace.dims.length !== 1) return false;
  return [...csvLayout(datatype, dataspace.dims, "").columns()].length === style.columns.length;
}

function decode(text: string): ShownAs | undefined {
  let kept: Json;
  try {
    kept = JSON.parse(text);
  } catch (error) {
    // Somebody else's attribute of that name.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (!isJsonObject(kept) || kept.version !== VERSION || !Array.isArray(kept.bare)) return undefined;
  const { view, isMade } = kept;
  if (typeof view !== "string" || !isViewName(view) || typeof isMade !== "boolean") return undefined;
  const style = csvStyleOf(kept.style);
  if (kept.style !== undefined && style === undefined) return undefined;
  const json = jsonStyleOf(kept.json);
  const txt = txtStyleOf(kept.txt);
  if ((kept.json !== undefined && json === undefined) || (kept.txt !== undefined && txt === undefined))
    return undefined;
  const bare = kept.bare.filter((name: Json) => typeof name === "string");
  const { skeleton, rest } =
    kept.arrow !== undefined && isJsonObject(kept.arrow) ? kept.arrow : { skeleton: null, rest: null };
  const arrow = typeof skeleton === "string" && typeof rest === "string" ? { skeleton, rest } : undefined;
  return { view, isMade, isCopy: isMade && kept.isCopy === true ? true : undefined, bare, style, json, txt, arrow };
}
