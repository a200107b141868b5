import { decodeBTreeK } from "../format/b-tree-k.ts";
import { decodeCacheImageMessage, readCacheImage } from "../format/cache-image.ts";
import { FormatContext } from "../format/context.ts";
import { decodeDriverInfo } from "../format/driver-info.ts";
import { decodeFileSpaceInfo } from "../format/file-space-info.ts";
import { MESSAGE, MESSAGE_FLAG } from "../format/header-message.ts";
import { findMessage, readObjectHeader } from "../format/object-header.ts";
import { Reader } from "../format/reader.ts";
import { decodeSharedMessageTable } from "../format/shared-message-table.ts";
import { checkDriver, type Superblock } from "../format/superblock.ts";

/** What the superblock extension adds. */
export interface Extension {
  /** B-tree K values. */
  readonly overrides: Partial<Superblock>;
  /** Metadata that are in a cache image instead of in their places are read through it, too. */
  readonly context: FormatContext;
}

/** @throws SeveralFilesError; FormatError where it is damaged */
export function readExtension(context: FormatContext, address: number | undefined, name: string): Extension {
  if (address === undefined) return { overrides: {}, context };
  const header = readObjectHeader(context, address);
  const reader = (type: number, what: string): Reader | undefined => {
    const message = findMessage(header, type);
    return message === undefined ? undefined : new Reader(message.body, message.address, `${what} message`, context);
  };
  const driver = reader(MESSAGE.driverInfo, "driver info");
  if (driver !== undefined) checkDriver(decodeDriverInfo(driver), name);
  // Not used here, but their damage is the file's.
  const fileSpace = reader(MESSAGE.fileSpaceInfo, "file space info");
  // Marked as unknown: written in another form by a library before its release, and stepped over by those after it.
  const marked = ((findMessage(header, MESSAGE.fileSpaceInfo)?.flags ?? 0) & MESSAGE_FLAG.wasUnknown) !== 0;
  if (fileSpace !== undefined && !marked) decodeFileSpaceInfo(fileSpace);
  const sharedTable = reader(MESSAGE.sharedMessageTable, "shared message table");
  if (sharedTable !== undefined) decodeSharedMessageTable(sharedTable);
  const k = reader(MESSAGE.bTreeK, "B-tree 'K' values");
  const imageReader = reader(MESSAGE.cacheImage, "metadata cache image");
  const image = imageReader === undefined ? undefined : decodeCacheImageMessage(imageReader);
  return {
    overrides: k === undefined ? {} : decodeBTreeK(k),
    context:
      image === undefined
        ? context
        : new FormatContext(context.space.withOverlay(readCacheImage(context, image)), context),
  };
}
