/** Types of header messages (Specification IV.A.2, "Disk Format: Level 2A2 - Data Object Header Messages"). */
export const MESSAGE = {
  nil: 0x0000,
  dataspace: 0x0001,
  linkInfo: 0x0002,
  datatype: 0x0003,
  fillValueOld: 0x0004,
  fillValue: 0x0005,
  link: 0x0006,
  externalDataFiles: 0x0007,
  dataLayout: 0x0008,
  bogus: 0x0009,
  groupInfo: 0x000a,
  filterPipeline: 0x000b,
  attribute: 0x000c,
  objectComment: 0x000d,
  modificationTimeOld: 0x000e,
  sharedMessageTable: 0x000f,
  continuation: 0x0010,
  symbolTable: 0x0011,
  modificationTime: 0x0012,
  bTreeK: 0x0013,
  driverInfo: 0x0014,
  attributeInfo: 0x0015,
  referenceCount: 0x0016,
  fileSpaceInfo: 0x0017,
  cacheImage: 0x0018,
} as const;

const LAST_KNOWN = MESSAGE.cacheImage;

/** Bits of a message's flags (IV.A.1.a, "Header Message Flags"). */
export const MESSAGE_FLAG = {
  constant: 0x01,
  shared: 0x02,
  doNotShare: 0x04,
  failIfUnknownAndWriting: 0x08,
  markIfUnknown: 0x10,
  wasUnknown: 0x20,
  shareable: 0x40,
  failIfUnknown: 0x80,
} as const;

/** One message of an object header, as bytes: what it means is decoded when somebody asks. */
export interface HeaderMessage {
  readonly type: number;
  readonly flags: number;
  /** Where the creation order of attributes is tracked. */
  readonly creationIndex: number | undefined;
  /** Address of the body. */
  readonly address: number;
  readonly body: Uint8Array;
}

/** Type 9 is for tests of unknown messages: libhdf5 as it is released does not know it, either. */
export function isKnownMessageType(type: number): boolean {
  return type <= LAST_KNOWN && type !== MESSAGE.bogus;
}

export function isShared(message: Pick<HeaderMessage, "flags">): boolean {
  return (message.flags & MESSAGE_FLAG.shared) !== 0;
}
