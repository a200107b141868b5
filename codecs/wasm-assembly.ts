/**
 * The few parts of the WebAssembly binary format that unshuffle-simd.ts is assembled from (WebAssembly Core
 * Specification, "Binary Format"): numbers, sections, and instructions, each as its bytes.
 */

export const valueType = { i32: 0x7f, v128: 0x7b };
const functionType = 0x60;
const exportKind = { func: 0x00, memory: 0x02 };

export const instruction = {
  loop: [0x03, 0x40],
  end: [0x0b],
  branchIf: (depth: number) => [0x0d, depth],
  get: (local: number) => [0x20, ...unsigned(local)],
  set: (local: number) => [0x21, ...unsigned(local)],
  constant: (value: number) => [0x41, ...signed(value)],
  lessUnsigned: [0x49],
  add: [0x6a],
  multiply: [0x6c],
  /** Loads and stores are unaligned, at the address on the stack plus `offset`. */
  loadVector: (offset: number) => [0xfd, 0x00, 0, ...unsigned(offset)],
  storeVector: (offset: number) => [0xfd, 0x0b, 0, ...unsigned(offset)],
  store32Lane: (lane: number) => [0xfd, 0x5a, 0, 0, lane],
  store64Lane: (lane: number) => [0xfd, 0x5b, 0, 0, lane],
  /** Bytes 0 to 15 of the result are these bytes of the two vectors, of which the second counts from 16. */
  shuffleVector: (bytes: readonly number[]) => [0xfd, 0x0d, ...bytes],
};

/** An exported function from some i32 to nothing. */
export interface WasmFunction {
  readonly name: string;
  readonly parameters: number;
  /** Types of the locals, which are numbered after the parameters. */
  readonly locals: readonly number[];
  readonly code: readonly number[];
}

function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >> 7)];
}

function signed(value: number): number[] {
  return value < 64 ? [value] : [(value & 127) | 128, ...signed(value >> 7)];
}

function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function exported(name: string, kind: number, index: number): number[] {
  return [...unsigned(name.length), ...Buffer.from(name, "latin1"), kind, index];
}

function body({ locals, code }: WasmFunction): number[] {
  const bytes = [...vector(locals.map((type) => [1, type])), ...code, ...instruction.end];
  return [...unsigned(bytes.length), ...bytes];
}

/** A module of these functions and one memory, exported as "memory", of `memoryBytes`. */
export function assembleModule(functions: readonly WasmFunction[], memoryBytes: number): Uint8Array {
  const types = functions.map(({ parameters }) => [
    functionType,
    ...vector(new Array<number[]>(parameters).fill([valueType.i32])),
    ...vector([]),
  ]);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector(types)),
    ...section(3, vector(functions.map((_, i) => [i]))),
    ...section(5, vector([[0x00, Math.ceil(memoryBytes / 65536)]])),
    ...section(
      7,
      vector([
        ...functions.map(({ name }, i) => exported(name, exportKind.func, i)),
        exported("memory", exportKind.memory, 0),
      ]),
    ),
    ...section(10, vector(functions.map(body))),
  ]);
}
