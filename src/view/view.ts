import type { Dataspace } from "../format/dataspace.ts";
import type { Datatype } from "../format/datatype.ts";
import { complexPart } from "../object/value-meaning.ts";
import { hasArrow } from "./arrow.ts";
import { npyDtype } from "./npy-descr.ts";

/** A dataset as a file of bytes: the name of the view is the file's extension. */
export type ViewName = "bin" | "npy" | "arrow" | TextViewName;

/** The views whose size is known only after a pass over the data. */
export type TextViewName = "csv" | "txt" | "json";

export const VIEW_NAMES: readonly ViewName[] = ["npy", "bin", "csv", "txt", "json", "arrow"];

export function isViewName(name: string): name is ViewName {
  return VIEW_NAMES.some((view) => view === name);
}

/** What decides which views a dataset has. */
export interface ViewSubject {
  readonly datatype: Datatype;
  readonly dataspace: Dataspace;
  /** Bytes of all elements, decoded. */
  readonly decodedBytes: number;
}

/** A text view is listed only for data up to this size: for the listing must show the text's exact size. */
const MAX_LISTED_TEXT = 1 << 20;

/** NumPy's limit on dimensions. */
const MAX_NPY_RANK = 64;

/** The views of a dataset, the most natural first. Whatever its data are, some JSON shows them. */
export function viewsOf({ datatype, dataspace }: ViewSubject): readonly ViewName[] {
  if (dataspace.kind === "null") return ["json"];
  const { dims } = dataspace;
  const views = ownViews(datatype, dims.length);
  return hasArrow(datatype, dims) ? [...views, "arrow"] : views;
}

/** Those that do not depend on the shape, but for its rank. */
function ownViews(datatype: Datatype, rank: number): readonly ViewName[] {
  const stored = storedViews(datatype, rank);
  if (isString(datatype)) return rank < 2 ? ["txt", "csv", "json", ...stored] : ["json", "csv", ...stored];
  if (datatype.class === "compound" && complexPart(datatype) === undefined) return ["csv", ...stored, "json"];
  if (stored[0] !== "npy") return ["json", "csv", ...stored];
  return [...stored, "csv", "json", ...(isNumeric(datatype) ? (["txt"] as const) : [])];
}

/** The view under which a dataset is listed, unless it was asked for by name. */
export function listedView(subject: ViewSubject): ViewName {
  const views = viewsOf(subject);
  const natural = views[0] ?? "json";
  if (!dependsOnSize(subject) || subject.decodedBytes <= MAX_LISTED_TEXT) return natural;
  return views.includes("npy") ? "npy" : "json";
}

/** Whether more or fewer elements would be listed under another view. */
export function dependsOnSize(subject: ViewSubject): boolean {
  const [natural] = viewsOf(subject);
  return natural !== "npy" && natural !== "json";
}

/** The views that are the stored elements themselves. */
function storedViews(datatype: Datatype, rank: number): readonly ViewName[] {
  const dtype = npyDtype(datatype);
  if (dtype !== undefined && rank + dtype.shape.length <= MAX_NPY_RANK) return ["npy", "bin"];
  return isStored(datatype) ? ["bin"] : [];
}

/** True if the elements are the data: no addresses of data that are elsewhere in the file. */
function isStored(type: Datatype): boolean {
  switch (type.class) {
    case "vlen":
    case "reference":
      return false;
    case "array":
      return isStored(type.base);
    case "compound":
      return type.members.every((member) => isStored(member.type));
    default:
      return true;
  }
}

function isString(type: Datatype): boolean {
  return type.class === "string" || (type.class === "vlen" && type.kind === "string");
}

function isNumeric(type: Datatype): boolean {
  switch (type.class) {
    case "integer":
    case "float":
      return true;
    case "array":
      return isNumeric(type.base);
    case "compound":
      return complexPart(type) !== undefined;
    default:
      return false;
  }
}
