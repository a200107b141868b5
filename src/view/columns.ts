import type { ArrayType, CompoundType, Datatype } from "../format/datatype.ts";
import type { Cell } from "../object/text/cell.ts";
import { compilePlain, type TextStyle } from "../object/text/plain-cell.ts";
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

/** Writes an element's leaf columns with `separator` between them. */
export function compileColumns(type: Datatype, heap: HeapResolver, style: TextStyle, separator: number): Cell {
  switch (type.class) {
    case "compound":
      return compileMembers(type, heap, style, separator);
    case "array": {
      const cell = compileColumns(type.base, heap, style, separator);
      const { size } = type.base;
      const count = type.dims.reduce((product, dim) => product * dim, 1);
      return (data, at, sink) => {
        for (let i = 0; i < count; i++) {
          if (i > 0) sink.byte(separator);
          cell(data, at + i * size, sink);
        }
      };
    }
    default:
      return compilePlain(type, heap, style);
  }
}

function compileMembers(type: CompoundType, heap: HeapResolver, style: TextStyle, separator: number): Cell {
  const offsets = type.members.map((member) => member.offset);
  const cells = type.members.map((member) => compileColumns(member.type, heap, style, separator));
  return (data, at, sink) => {
    for (let i = 0; i < cells.length; i++) {
      if (i > 0) sink.byte(separator);
      cells[i]?.(data, at + (offsets[i] ?? 0), sink);
    }
  };
}
