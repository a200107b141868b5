import { H5Error, UnsupportedError } from "../errors.ts";
import { encodeDataspaceSelection } from "../format/dataspace-selection.ts";
import type { ReferenceType } from "../format/datatype.ts";
import { encodeStandardReference } from "../format/standard-reference.ts";
import { Writer } from "../format/writer.ts";
import { parseRegion } from "./parse-region.ts";
import { type ElementEncoder, refused, shown, wrongKind } from "./storable.ts";
import type { HeapWriter, ReferredObject } from "./value-encode.ts";

/** What a text may mean. */
interface Target {
  readonly object: ReferredObject;
  readonly region?: string;
  readonly attribute?: string;
}

/**
 * References from the texts that `HeapResolver.path` gives: the path of an object, where the type has such after it a region
 * (see `regionText`) or an attribute, `/x.attrs["units"]`; `null` is the null reference.
 */
export function referenceEncoder(type: ReferenceType, heap: HeapWriter): ElementEncoder {
  if (type.kind === "region2" || type.kind === "attribute") {
    // libhdf5 makes no such elements: one type, which we call "object2", is that of all standard references.
    throw new UnsupportedError(`references of the kind ${type.kind} are not written`);
  }
  const { kind } = type;
  return (value, { bytes }, at) => {
    if (value === null) return;
    if (typeof value !== "string" || value === "") throw wrongKind(value, "the path of an object, or null");
    const w = new Writer({ sizeOfOffsets: heap.sizeOfOffsets, sizeOfLengths: heap.sizeOfOffsets });
    encodeReference(w, kind, targetOf(value, kind, heap), heap);
    bytes.set(w.bytes, at);
  };
}

type WrittenKind = "object" | "region" | "object2";

function encodeReference(w: Writer, kind: WrittenKind, target: Target, heap: HeapWriter): void {
  const { object, attribute } = target;
  const region = target.region === undefined ? undefined : parseRegion(target.region, object.dims ?? []);
  if (kind === "object") {
    w.offset(object.address);
  } else if (kind === "region") {
    // Specification IV.B: the id of a heap object, which has the address of the dataset and the selection.
    const body = new Writer(w.sizes);
    body.offset(object.address);
    encodeDataspaceSelection(body, region ?? { kind: "all" });
    const { collection, index } = heap.insert(body.bytes);
    w.offset(collection);
    w.u32(index);
  } else {
    const reference = { address: object.address, file: undefined, region, attribute };
    encodeStandardReference(w, reference, object.dims?.length ?? 0, (body) => heap.insert(body));
  }
}

/** A path with a region after it: blocks in brackets, with `+` between them. */
const WITH_REGION = /^(.*?)((?:\[[^[\]]*\]\+)*\[[^[\]]*\])$/s;
const WITH_ATTRIBUTE = /^(.*)\.attrs\[("(?:[^"\\]|\\.)*")\]$/s;

/** @throws H5Error "argument" that names the path where nothing is there, or the text may mean two things */
function targetOf(text: string, kind: WrittenKind, heap: HeapWriter): Target {
  const targets: Target[] = [];
  let why: H5Error | undefined;
  const consider = (path: string, find: (object: ReferredObject) => Target): void => {
    try {
      targets.push(find(heap.object(path)));
    } catch (cause) {
      if (!(cause instanceof H5Error)) throw cause;
      // The last one is the one that the text looks like most.
      why = cause;
    }
  };
  consider(text, (object) => (kind === "region" ? { object: dataset(object, text), region: "" } : { object }));
  if (kind !== "object") {
    const [, path, region] = WITH_REGION.exec(text) ?? [];
    if (path !== undefined && region !== undefined)
      consider(path, (object) => ({ object: dataset(object, path), region }));
  }
  const [, path, name] = (kind === "object2" && WITH_ATTRIBUTE.exec(text)) || [];
  if (path !== undefined && name !== undefined) consider(path, (object) => attributeOf(object, path, name));
  const [target, other] = targets;
  if (other !== undefined) throw refused(`${shown(text)} is the name of an object, and may mean part of another one`);
  if (target !== undefined) return target;
  throw new H5Error("argument", `no reference can lead to ${shown(text)}: ${why?.message}`, { cause: why });
}

function dataset(object: ReferredObject, path: string): ReferredObject {
  if (object.dims === undefined) throw refused(`${path} is no dataset that has regions`);
  return object;
}

function attributeOf(object: ReferredObject, path: string, json: string): Target {
  let attribute: unknown;
  try {
    attribute = JSON.parse(json);
  } catch (cause) {
    throw new H5Error("argument", `${json} is no name of an attribute`, { cause });
  }
  if (typeof attribute === "string" && object.hasAttribute(attribute)) return { object, attribute };
  throw refused(`${path} has no attribute ${json}`);
}
