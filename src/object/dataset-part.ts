import { type Run, type Selection, type Selector, selectedIndex, selectorCount } from "../chunk/selection.ts";
import type { CompoundMember, Datatype } from "../format/datatype.ts";

/** One item of a subscript, as NumPy has it: `5`, `0:100:2`, `...`, `[1, 5, 9]`, `name`, `[id, name]`. */
export type SubscriptItem =
  | { readonly kind: "index"; readonly index: number }
  | { readonly kind: "slice"; readonly start?: number; readonly stop?: number; readonly step: number }
  | { readonly kind: "ellipsis" }
  | { readonly kind: "list"; readonly indexes: readonly number[] }
  | { readonly kind: "member"; readonly name: string }
  | { readonly kind: "members"; readonly names: readonly string[] };

/** What stands between one pair of brackets. */
export type Subscript = readonly SubscriptItem[];

/** A part of a dataset that is a dataset of its own: rows, columns, members. A plain value: it survives `postMessage`. */
export interface DatasetPart {
  readonly selection: Selection;
  /** Of the result: dimensions that an integer was given for are gone. */
  readonly dims: readonly number[];
  /** Of the result: the members selected, packed. */
  readonly datatype: Datatype;
  /** The one member that was selected, `parents.mom_id`. */
  readonly member: string | undefined;
}

interface State {
  /** One for each of the dataset's dimensions. */
  readonly selectors: readonly Selector[];
  /** The dimensions that the result has. */
  readonly kept: readonly number[];
  readonly datatype: Datatype;
  readonly runs: readonly Run[];
  readonly member: string | undefined;
}

/**
 * `dataset[first][second]...`, each subscript applied to what the one before has left. Integers and slices with positive
 * steps are NumPy's; a list of indexes, one in a subscript, selects along its own dimension (as in h5py, in any order, with
 * repetitions). Members: one is a plain array, several are a packed compound.
 * `undefined`: there is no such part; an index is out of range, a member does not exist.
 */
export function partOf(
  dims: readonly number[],
  datatype: Datatype,
  subscripts: readonly Subscript[],
): DatasetPart | undefined {
  let state: State | undefined = {
    selectors: dims.map((dim) => ({ kind: "range", start: 0, step: 1, count: dim })),
    kept: dims.map((_, d) => d),
    datatype,
    runs: [{ offset: 0, length: datatype.size }],
    member: undefined,
  };
  for (const subscript of subscripts) {
    if (state !== undefined) state = selectMembers(selectRows(state, subscript), subscript);
  }
  if (state === undefined) return undefined;
  const { selectors, kept, runs, member } = state;
  return {
    selection: { selectors, runs },
    dims: kept.map((d) => selectorCount(selectors[d] ?? NOTHING)),
    datatype: state.datatype,
    member,
  };
}

const NOTHING: Selector = { kind: "range", start: 0, step: 1, count: 0 };

type RowItem = Extract<SubscriptItem, { kind: "index" | "slice" | "ellipsis" | "list" }>;

function isRowItem(item: SubscriptItem): item is RowItem {
  return item.kind !== "member" && item.kind !== "members";
}

function selectRows(state: State, subscript: Subscript): State | undefined {
  const items = subscript.filter(isRowItem);
  const ellipses = items.filter(({ kind }) => kind === "ellipsis").length;
  const lists = items.filter(({ kind }) => kind === "list").length;
  const missing = state.kept.length - (items.length - ellipses);
  if (ellipses > 1 || lists > 1 || missing < 0) return undefined;
  const all = Array.from({ length: missing }, (): RowItem => ({ kind: "slice", step: 1 }));
  const at = items.findIndex(({ kind }) => kind === "ellipsis");
  const full = at < 0 ? [...items, ...all] : items.toSpliced(at, 1, ...all);

  const selectors = [...state.selectors];
  const kept: number[] = [];
  for (const [i, d] of state.kept.entries()) {
    const before = selectors[d] ?? NOTHING;
    const item = full[i];
    const chosen = item === undefined ? undefined : selectIndexes(item, selectorCount(before));
    if (chosen === undefined) return undefined;
    selectors[d] = compose(before, chosen);
    if (item?.kind !== "index") kept.push(d);
  }
  return { ...state, selectors, kept };
}

/** Which of `count` indexes; `undefined` where one is out of range. */
function selectIndexes(item: RowItem, count: number): Selector | undefined {
  switch (item.kind) {
    case "index": {
      const start = item.index < 0 ? item.index + count : item.index;
      return start >= 0 && start < count ? { kind: "range", start, step: 1, count: 1 } : undefined;
    }
    case "slice": {
      const bound = (index: number): number => Math.min(count, Math.max(0, index < 0 ? index + count : index));
      const start = bound(item.start ?? 0);
      const stop = bound(item.stop ?? count);
      return range(start, item.step, Math.max(0, Math.ceil((stop - start) / item.step)));
    }
    case "list": {
      const indexes = item.indexes.map((index) => (index < 0 ? index + count : index));
      return indexes.every((index) => index >= 0 && index < count) ? { kind: "list", indexes } : undefined;
    }
    case "ellipsis":
      return undefined;
  }
}

function range(start: number, step: number, count: number): Selector {
  return { kind: "range", start, step: count > 1 ? step : 1, count };
}

/** `before[chosen]` */
function compose(before: Selector, chosen: Selector): Selector {
  if (before.kind === "range" && chosen.kind === "range") {
    return range(before.start + chosen.start * before.step, before.step * chosen.step, chosen.count);
  }
  const indexes = Array.from({ length: selectorCount(chosen) }, (_, i) =>
    selectedIndex(before, selectedIndex(chosen, i)),
  );
  return { kind: "list", indexes };
}

function selectMembers(state: State | undefined, subscript: Subscript): State | undefined {
  const items = subscript.filter((item) => !isRowItem(item));
  const [only] = items;
  if (state === undefined || only === undefined) return state;
  if (items.length === 1 && only.kind === "member") {
    const found = findMember(state.datatype, only.name);
    if (found === undefined) return undefined;
    const member = state.member === undefined ? only.name : `${state.member}.${only.name}`;
    return { ...state, datatype: found.type, runs: cutRuns(state.runs, found), member };
  }
  const names = items.flatMap((item) =>
    item.kind === "members" ? item.names : item.kind === "member" ? item.name : [],
  );
  if (names.length === 0 || new Set(names).size < names.length) return undefined;
  const members: CompoundMember[] = [];
  const runs: Run[] = [];
  let size = 0;
  for (const name of names) {
    const found = findMember(state.datatype, name);
    if (found === undefined) return undefined;
    members.push({ name, offset: size, type: found.type });
    size += found.type.size;
    for (const run of cutRuns(state.runs, found)) append(runs, run);
  }
  return { ...state, datatype: { class: "compound", size, members }, runs, member: undefined };
}

/** A member by its name, or by the names on the way to it: `parents.mom_id`. Its offset is that in the whole element. */
function findMember(type: Datatype, path: string): CompoundMember | undefined {
  if (type.class !== "compound") return undefined;
  const member = type.members.find(({ name }) => name === path);
  if (member !== undefined) return member;
  for (const { name, offset, type: inner } of type.members) {
    const found = path.startsWith(`${name}.`) ? findMember(inner, path.slice(name.length + 1)) : undefined;
    if (found !== undefined) return { ...found, offset: offset + found.offset };
  }
  return undefined;
}

/** The stored bytes of a member of an element that is made of `runs`. */
function cutRuns(runs: readonly Run[], { offset, type }: CompoundMember): Run[] {
  const out: Run[] = [];
  let at = 0;
  for (const run of runs) {
    const from = Math.max(offset, at);
    const to = Math.min(offset + type.size, at + run.length);
    if (from < to) append(out, { offset: run.offset + from - at, length: to - from });
    at += run.length;
  }
  return out;
}

function append(runs: Run[], run: Run): void {
  const last = runs.at(-1);
  if (last !== undefined && last.offset + last.length === run.offset) {
    runs[runs.length - 1] = { offset: last.offset, length: last.length + run.length };
  } else {
    runs.push(run);
  }
}
