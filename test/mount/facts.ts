/** What a mount tells of a file and its owner, made up. */
export const FACTS = {
  size: 10_000,
  isWritable: false,
  ownership: {},
  keepsMetadata: true,
  fileMode: 0o440,
  directoryMode: 0o550,
  uid: 7,
  gid: 8,
  atime: { seconds: 1, nanoseconds: 2 },
  mtime: { seconds: 3, nanoseconds: 4 },
};
