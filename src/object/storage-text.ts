import { H5Error } from "../errors.ts";
import type { StorageOptions } from "./change-storage.ts";
import type { Dataset } from "./dataset.ts";
import { filtersFromText } from "./filter-text.ts";

/** What of a dataset's storage people set. */
export const SETTINGS = ["chunks", "filters", "maxshape"] as const;
export type Setting = (typeof SETTINGS)[number];

/** How a dataset is to be stored, from one setting's text. @throws H5Error "argument" */
export function storageOptions(what: Setting, text: string, { dims, maxDims }: Dataset): StorageOptions {
  switch (what) {
    case "chunks":
      return { chunks: chunksFromText(text, dims) };
    case "filters":
      return { filters: filtersFromText(text) };
    case "maxshape":
      return { maxShape: maxShapeFromText(text, maxDims) };
  }
}

/** `100,30`, or as Python has it `(100, 30)`; `_` leaves a dimension as it is; `auto`, `none`. @throws H5Error "argument" */
function chunksFromText(text: string, dims: readonly number[]): NonNullable<StorageOptions["chunks"]> {
  const trimmed = text.trim();
  if (trimmed === "auto") return "choose";
  return trimmed === "none" ? "none" : shapeFromText(trimmed, dims);
}

/** A shape such as `1000,30`. @param kept what `_` stands for @throws H5Error "argument" */
export function shapeFromText(text: string, kept: readonly number[]): number[] {
  return words(text).map((word, d) => {
    const dim = kept[d];
    if (word === "_" && dim !== undefined) return dim;
    if (/^\d{1,16}$/.test(word)) return Number(word);
    throw new H5Error("argument", `${text}: expected a shape such as 1000,30, of ${kept.length} dimensions`);
  });
}

/** How large a dataset may become, such as `None,30`: `None` is unlimited. @param kept what `_` stands for @throws H5Error "argument" */
function maxShapeFromText(text: string, kept: readonly (number | undefined)[]): (number | null)[] {
  return words(text).map((word, d) => {
    if (word === "_" && d < kept.length) return kept[d] ?? null;
    if (["none", "null", "unlimited", "inf"].includes(word.toLowerCase())) return null;
    if (/^\d{1,16}$/.test(word)) return Number(word);
    throw new H5Error(
      "argument",
      `${text}: expected a shape of ${kept.length} dimensions such as None,30, where None is unlimited`,
    );
  });
}

/** The items of a list, or of a tuple of Python, which may end with a comma. */
function words(text: string): string[] {
  const inner = /^\((.*?),?\)$/s.exec(text.trim())?.[1] ?? text;
  return inner.split(",").map((word) => word.trim());
}
