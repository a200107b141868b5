import type { ArrayType, CompoundType, Datatype } from "../format/datatype.ts";
import {
  bounded,
  cellOf,
  MAX_WIDTH,
  NOTHING,
  open,
  type Put,
  SEPARATOR_ROOM,
  type Separator,
  type Writer,
  writeList,
  writeSeparator,
} from "../object/text/cell.ts";
import { plainWriter, type TextStyle } from "../object/text/plain-text.ts";
import type { HeapResolver } from "../object/value-heap.ts";
import { complexPart } from "../object/value-meaning.ts";

/** One of the columns that an element is. */
export interface LeafColumn {
  readonly name: string;
  /** Where in the element its own bytes begin. */
  readonly offset: number;
  readonly type: Datatype;
}

/**
 * The leaf columns that one element is: a compound's members, however nested (`parents.mom_id`), an array type's
 * elements (`pos[0]`, `m[1][2]`), the two parts of a complex number (`z.r`, `z.i`); anything else is one column.
 * @param prefix the element's own name; "" for the compound of a table, whose members stand for themselves
 */
export function* leafColumns(type: Datatype, prefix: string, offset = 0): Generator<LeafColumn> {
  if (type.class === "compound") {
    const complex = complexPart(type) !== undefined;
    for (const [i, member] of type.members.entries()) {
      const name = complex ? (i === 0 ? "r" : "i") : member.name;
      yield* leafColumns(member.type, prefix === "" ? name : `${prefix}.${name}`, offset + member.offset);
    }
  } else if (type.class === "array") {
    yield* arrayColumns(type, 0, prefix, offset);
  } else {
    yield { name: prefix, offset, type };
  }
}

function* arrayColumns(type: ArrayType, d: number, prefix: string, offset: number): Generator<LeafColumn> {
  const dim = type.dims[d];
  if (dim === undefined) {
    yield* leafColumns(type.base, prefix, offset);
    return;
  }
  const step = type.dims.slice(d + 1).reduce((product, n) => product * n, type.base.size);
  for (let i = 0; i < dim; i++) yield* arrayColumns(type, d + 1, `${prefix}[${i}]`, offset + i * step);
}

/** True if an element is exactly one column. */
export function isOneColumn(type: Datatype): boolean {
  const columns = leafColumns(type, "x");
  columns.next();
  return columns.next().done === true;
}

/** Writes an element's leaf columns with `between` between them. */
export function columnsWriter(type: Datatype, heap: HeapResolver, style: TextStyle, between: Separator): Writer {
  switch (type.class) {
    case "compound":
      return membersWriter(type, heap, style, between);
    case "array": {
      const writer = columnsWriter(type.base, heap, style, between);
      const { size } = type.base;
      const count = type.dims.reduce((product, dim) => product * dim, 1);
      return open((data, at, sink) => writeList(writer, data, at, size, count, between, NOTHING, sink));
    }
    default:
      return plainWriter(type, heap, style);
  }
}

interface Member {
  readonly offset: number;
  readonly writer: Writer;
}

/** Members next to each other whose text has a bound are written without asking for room between them. */
function membersWriter(type: CompoundType, heap: HeapResolver, style: TextStyle, between: Separator): Writer {
  const groups: Member[] = [];
  let group: Member[] = [];
  let width = 0;
  const endGroup = (): void => {
    if (group.length > 0) groups.push({ offset: 0, writer: groupWriter(group, width, between) });
    group = [];
    width = 0;
  };
  for (const { offset, type: member } of type.members) {
    const writer = columnsWriter(member, heap, style, between);
    if (writer.kind === "open") {
      endGroup();
      groups.push({ offset, writer });
      continue;
    }
    if (width + writer.width + SEPARATOR_ROOM > MAX_WIDTH) endGroup();
    group.push({ offset, writer });
    width += writer.width + SEPARATOR_ROOM;
  }
  endGroup();
  const [only] = groups;
  if (only !== undefined && groups.length === 1 && only.offset === 0) return only.writer;
  const cells = groups.map(({ offset, writer }) => ({ offset, cell: cellOf(writer) }));
  return open((data, at, sink) => {
    let isFirst = true;
    for (const { offset, cell } of cells) {
      if (!isFirst) writeSeparator(sink, between);
      isFirst = false;
      cell(data, at + offset, sink);
    }
  });
}

function groupWriter(members: readonly Member[], width: number, { word, size }: Separator): Writer {
  const puts: { readonly offset: number; readonly put: Put }[] = [];
  for (const { offset, writer } of members) if (writer.kind === "bounded") puts.push({ offset, put: writer.put });
  const last = puts.pop();
  if (last === undefined) return bounded(0, (_data, _at, _out, to) => to);
  return bounded(width, (data, at, out, start) => {
    let to = start;
    for (const { offset, put } of puts) {
      to = put(data, at + offset, out, to);
      out.setUint32(to, word, true);
      to += size;
    }
    return last.put(data, at + last.offset, out, to);
  });
}
