/** The filters registered with The HDF Group (hdf5_plugins, RegisteredFilterPlugins.md), and HDF5's own below 256: id to name. */
const names = new Map<number, string>([
  [1, "deflate"],
  [2, "shuffle"],
  [3, "fletcher32"],
  [4, "szip"],
  [5, "nbit"],
  [6, "scaleoffset"],
  [305, "LZO"],
  [307, "bzip2"],
  [32000, "LZF"],
  [32001, "blosc"],
  [32002, "MAFISC"],
  [32003, "snappy"],
  [32004, "lz4"],
  [32005, "APAX"],
  [32006, "CBF"],
  [32007, "JPEG-XR"],
  [32008, "bitshuffle"],
  [32009, "SPDP"],
  [32010, "LPC-Rice"],
  [32011, "CCSDS-123"],
  [32012, "JPEG-LS"],
  [32013, "zfp"],
  [32014, "fpzip"],
  [32015, "zstd"],
  [32016, "B³D"],
  [32017, "SZ"],
  [32018, "FCIDECOMP"],
  [32019, "JPEG"],
  [32020, "VBZ"],
  [32021, "FAPEC"],
  [32022, "BitGroom"],
  [32023, "Granular BitRound"],
  [32024, "SZ3"],
  [32025, "Delta-Rice"],
  [32026, "blosc2"],
  [32027, "FLAC"],
  [32028, "H5Z-SPERR"],
  [32029, "TERSE/PROLIX"],
  [32030, "FFMPEG"],
]);

/**
 * A filter for messages: its registered name and its id, "zfp (32013)"; or what the file calls it, quoted, or nothing but
 * the id where neither is known.
 */
export function filterName(id: number, nameInFile = ""): string {
  const name = names.get(id);
  if (name !== undefined) return `${name} (${id})`;
  return nameInFile === "" ? `filter ${id}` : `filter ${id} ${JSON.stringify(nameInFile)}`;
}
