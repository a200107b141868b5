import type { Dataset } from "../object/dataset.ts";
import { type DatasetPart, partOf, type Subscript } from "../object/dataset-part.ts";
import { isViewName } from "../view/view.ts";
import type { NodeView } from "./node.ts";
import { subscriptedNames } from "./subscript-name.ts";
import { viewSubject } from "./view-subject.ts";

/** What a name may mean that no entry has. */
export interface Meaning {
  /** Of the link, as shown, without an extension; `undefined`: the directory itself. */
  readonly bare: string | undefined;
  /** `undefined`: the natural view. */
  readonly view: NodeView | undefined;
  readonly isPart: boolean;
  /** `undefined`: the whole dataset; `null`: it has no such part. */
  part(dataset: Dataset): DatasetPart | undefined | null;
}

const ATTRIBUTES = ".attrs.json";

/**
 * What a name that is not listed may mean, the likeliest first: the dataset `x` itself, in its natural view; another view of
 * it, `x.csv`; attributes, `x.attrs.json` or for a directory `.attrs.json`; a part, `x[0:100].npy`, `x@0:100`.
 */
export function* unlistedMeanings(name: string): Generator<Meaning> {
  yield { bare: name, view: undefined, ...WHOLE };
  const dot = name.lastIndexOf(".");
  const extension = name.slice(dot + 1);
  const view = dot >= 0 && isViewName(extension) ? extension : undefined;
  if (view !== undefined && dot > 0) yield { bare: name.slice(0, dot), view, ...WHOLE };
  if (name.endsWith(ATTRIBUTES)) {
    const bare = name.slice(0, -ATTRIBUTES.length);
    yield { bare: bare === "" ? undefined : bare, view: "attrs.json", ...WHOLE };
  }
  if (view !== undefined) yield* parts(name.slice(0, dot), view);
  yield* parts(name, undefined);
}

function* parts(text: string, view: NodeView | undefined): Generator<Meaning> {
  for (const { bare, subscripts } of subscriptedNames(text)) {
    yield { bare, view, isPart: true, part: (dataset) => select(dataset, subscripts) };
  }
}

const WHOLE = { isPart: false, part: () => undefined };

function select(dataset: Dataset, subscripts: readonly Subscript[]): DatasetPart | null {
  if (dataset.dataspace.kind === "null") return null;
  return partOf(dataset.dims, viewSubject(dataset).datatype, subscripts) ?? null;
}
