import type { ArrayType, CompoundType, Datatype } from "../format/datatype.ts";
import type { Run, Separator } from "../object/text/cell.ts";
import { plainRun, type TextStyle } from "../object/text/plain-text.ts";
import type { HeapResolver } from "../object/value-heap.ts";
import { complexPart } from "../object/value-meaning.ts";

/**
 * The leaf columns that one element is: a compound's members, however nested (`parents.mom_id`), an array type's
 * elements (`pos[0]`, `m[1][2]`), the two parts of a complex number (`z.r`, `z.i`); anything else is one column.
 * @param prefix the element's own name; "" for the compound of a table, whose members stand for themselves
 */
export function* columnNames(type: Datatype, prefix: string): Generator<string> {
  if (type.class === "compound") {
    const complex = complexPart(type) !== undefined;
    for (const [i, member] of type.members.entries()) {
      const name = complex ? (i === 0 ? "r" : "i") : member.name;
      yield* columnNames(member.type, prefix === "" ? name : `${prefix}.${name}`);
    }
  } else if (type.class === "array") {
    yield* arrayColumns(type, 0, prefix);
  } else {
    yield prefix;
  }
}

function* arrayColumns(type: ArrayType, d: number, prefix: string): Generator<string> {
  const dim = type.dims[d];
  if (dim === undefined) {
    yield* columnNames(type.base, prefix);
    return;
  }
  for (let i = 0; i < dim; i++) yield* arrayColumns(type, d + 1, `${prefix}[${i}]`);
}

/** True if an element is exactly one column. */
export function isOneColumn(type: Datatype): boolean {
  const names = columnNames(type, "x");
  names.next();
  return names.next().done === true;
}

/** Writes elements' leaf columns with `between` between those of one element. */
export function columnsRun(type: Datatype, heap: HeapResolver, style: TextStyle, between: Separator): Run {
  switch (type.class) {
    case "compound":
      return membersRun(type, heap, style, between);
    case "array": {
      const run = columnsRun(type.base, heap, style, between);
      const { size } = type.base;
      const count = type.dims.reduce((product, dim) => product * dim, 1);
      return (data, at, stride, elements, after, sink) => {
        for (let i = 0, from = at; i < elements; i++, from += stride) {
          run(data, from, size, count - 1, between, sink);
          run(data, from + (count - 1) * size, 0, 1, after, sink);
        }
      };
    }
    default:
      return plainRun(type, heap, style);
  }
}

function membersRun(type: CompoundType, heap: HeapResolver, style: TextStyle, between: Separator): Run {
  const members = type.members.map(({ offset, type }) => ({ offset, run: columnsRun(type, heap, style, between) }));
  const last = members.pop();
  if (last === undefined) return () => undefined;
  return (data, at, stride, count, after, sink) => {
    for (let i = 0, from = at; i < count; i++, from += stride) {
      for (const { offset, run } of members) run(data, from + offset, 0, 1, between, sink);
      last.run(data, from + last.offset, 0, 1, after, sink);
    }
  };
}
