import { assembleModule, instruction, valueType, type WasmFunction } from "./wasm-assembly.ts";

/**
 * The byte unshuffle in WebAssembly SIMD, some four times as fast as the best JavaScript. The code is one pattern: load 16
 * bytes of each plane, zip the vectors pairwise until the planes stand in one line, store that.
 */

// The part of the WebAssembly JavaScript interface that is used; neither the ES nor the Node type libraries declare it.
declare const WebAssembly:
  | {
      readonly Module: new (bytes: Uint8Array) => object;
      readonly Instance: new (module: object) => { readonly exports: UnshuffleExports };
      readonly CompileError: new () => Error;
    }
  | undefined;

interface UnshuffleExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  /** "unshuffle4" and so on, by element size: unshuffles `count` elements, a multiple of 16, of one block. */
  readonly [unshuffle: `unshuffle${number}`]: (count: number) => void;
  /**
   * "gather4" and so on, by the number of planes: gathers, for `count` elements, so many planes, which are `stride` bytes
   * apart from `input` on, into as many bytes of each element, which are `elementSize` apart from `output` on.
   */
  readonly [gather: `gather${number}`]: (
    count: number,
    input: number,
    stride: number,
    output: number,
    elementSize: number,
  ) => void;
}

/** Bytes that are handled at a time. They stand at the beginning of the memory, the output behind them. */
const blockBytes = 32 * 1024;
/** Element sizes with a function of their own, the whole line being stored as it is. */
const ownSizes = [2, 4, 8, 16];
/** For all others: how many planes are gathered at a time. */
const gatherSizes = [16, 8, 4];
/** With fewer elements, the calls cost more than they save; with longer ones, too few are in a block. */
const minCount = 64;
const maxElementSize = blockBytes / 16;

/** Alternate bytes of two vectors, of their first halves (`from` 0) or second halves (`from` 8). */
function zipBytes(from: number): number[] {
  return Array.from({ length: 16 }, (_, i) => from + (i >> 1) + (i % 2) * 16);
}

/** Code that zips one vector of each plane; returns the locals that then hold the line, and all that it took. */
function zipPlanes(planes: readonly number[], firstLocal: number): { code: number[]; line: number[]; end: number } {
  const code: number[] = [];
  let local = firstLocal;
  // Each stream is a run of vectors, named by their locals. Zipping halves the streams and doubles their length.
  let streams = planes.map((plane) => [plane]);
  while (streams.length > 1) {
    const half = streams.length / 2;
    streams = Array.from({ length: half }, (_, i) => {
      const second = streams[i + half] ?? [];
      return (streams[i] ?? []).flatMap((vector, k) =>
        [0, 8].map((from) => {
          code.push(...instruction.get(vector), ...instruction.get(second[k] ?? vector));
          code.push(...instruction.shuffleVector(zipBytes(from)), ...instruction.set(local));
          return local++;
        }),
      );
    });
  }
  return { code, line: streams[0] ?? [], end: local };
}

/** `code` once for every 16 elements, counted in local `element`; parameter 0 is the end of the count. */
function forEach16(element: number, code: readonly number[]): number[] {
  return [
    ...instruction.loop,
    ...code,
    ...[...instruction.get(element), ...instruction.constant(16), ...instruction.add, ...instruction.set(element)],
    ...[...instruction.get(element), ...instruction.get(0), ...instruction.lessUnsigned, ...instruction.branchIf(0)],
    ...instruction.end,
  ];
}

function locals(vectors: number): number[] {
  return [valueType.i32, ...new Array<number>(vectors).fill(valueType.v128)];
}

function assembleUnshuffle(size: number): WasmFunction {
  const element = 1;
  const planes = Array.from({ length: size }, (_, plane) => element + 1 + plane);
  const loads = planes.flatMap((local, plane) => [
    ...instruction.get(element),
    ...instruction.loadVector((plane * blockBytes) / size),
    ...instruction.set(local),
  ]);
  const { code, line, end } = zipPlanes(planes, element + 1 + size);
  const stores = line.flatMap((vector, k) => [
    ...[...instruction.get(element), ...instruction.constant(size), ...instruction.multiply],
    ...[...instruction.get(vector), ...instruction.storeVector(blockBytes + k * 16)],
  ]);
  return {
    name: `unshuffle${size}`,
    parameters: 1,
    locals: locals(end - element - 1),
    code: forEach16(element, [...loads, ...code, ...stores]),
  };
}

function assembleGather(size: number): WasmFunction {
  const [input, stride, output, elementSize, element] = [1, 2, 3, 4, 5];
  const planes = Array.from({ length: size }, (_, plane) => element + 1 + plane);
  const loads = planes.flatMap((local, plane) => [
    ...[...instruction.get(stride), ...instruction.constant(plane), ...instruction.multiply],
    ...[...instruction.get(input), ...instruction.add, ...instruction.get(element), ...instruction.add],
    ...[...instruction.loadVector(0), ...instruction.set(local)],
  ]);
  const { code, line, end } = zipPlanes(planes, element + 1 + size);
  const stores = line.flatMap((vector, k) =>
    Array.from({ length: 16 / size }, (_, lane) => [
      ...[...instruction.get(element), ...instruction.constant((k * 16) / size + lane), ...instruction.add],
      ...[...instruction.get(elementSize), ...instruction.multiply, ...instruction.get(output), ...instruction.add],
      ...instruction.get(vector),
      ...(size === 16
        ? instruction.storeVector(0)
        : size === 8
          ? instruction.store64Lane(lane)
          : instruction.store32Lane(lane)),
    ]).flat(),
  );
  return {
    name: `gather${size}`,
    parameters: 5,
    locals: locals(end - element - 1),
    code: forEach16(element, [...loads, ...code, ...stores]),
  };
}

interface Kernels {
  readonly exports: UnshuffleExports;
  readonly bytes: Uint8Array;
}

let kernels: Kernels | undefined | null;

/** The thread's instance; `undefined` where there is no WebAssembly, or none with SIMD. */
function instantiate(): Kernels | undefined {
  if (kernels === undefined) {
    kernels = null;
    if (typeof WebAssembly === "undefined") return undefined;
    const functions = [...ownSizes.map(assembleUnshuffle), ...gatherSizes.map(assembleGather)];
    try {
      const module = new WebAssembly.Module(assembleModule(functions, 2 * blockBytes));
      const { exports } = new WebAssembly.Instance(module);
      kernels = { exports, bytes: new Uint8Array(exports.memory.buffer) };
    } catch (error) {
      if (!(error instanceof WebAssembly.CompileError)) throw error;
    }
  }
  return kernels ?? undefined;
}

/**
 * Unshuffles the first elements of `input`, which holds `count` of `elementSize` bytes, to `output`, at any alignment.
 * Returns how many elements: a multiple of 16, or 0 where this form does not serve.
 */
export function unshuffleSimd(input: Uint8Array, output: Uint8Array, elementSize: number, count: number): number {
  const gatherSize = gatherSizes.find((size) => size <= elementSize);
  const own = ownSizes.includes(elementSize);
  if (count < minCount || elementSize > maxElementSize || !(own || gatherSize !== undefined)) return 0;
  const wasm = instantiate();
  if (wasm === undefined) return 0;
  const { exports, bytes } = wasm;
  const whole = count & ~15;
  const stride = Math.floor(blockBytes / elementSize) & ~15;
  for (let start = 0; start < whole; start += stride) {
    const length = Math.min(stride, whole - start);
    for (let plane = 0; plane < elementSize; plane++) {
      const from = plane * count + start;
      bytes.set(input.subarray(from, from + length), plane * stride);
    }
    if (own) exports[`unshuffle${elementSize}`]?.(length);
    else gatherAll(exports, gatherSize ?? 0, length, stride, elementSize);
    output.set(bytes.subarray(blockBytes, blockBytes + length * elementSize), start * elementSize);
  }
  return whole;
}

/** All planes, `size` at a time; the last ones once more where the element is no multiple of that. */
function gatherAll(exports: UnshuffleExports, size: number, count: number, stride: number, elementSize: number): void {
  for (let plane = 0; plane < elementSize; plane += size) {
    const first = Math.min(plane, elementSize - size);
    exports[`gather${size}`]?.(count, first * stride, stride, blockBytes + first, elementSize);
  }
}
