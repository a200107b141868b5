/** Whether typed arrays have the bytes of their elements in HDF5's usual order. */
export const HOST_IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
