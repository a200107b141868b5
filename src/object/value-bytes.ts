/** Elements as they are stored, and the same bytes as a DataView: made once for many elements. */
export interface ElementBytes {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

export function elementBytes(bytes: Uint8Array): ElementBytes {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}
