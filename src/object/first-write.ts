import { UnsupportedError } from "../errors.ts";
import { decodeCacheImageMessage } from "../format/cache-image.ts";
import type { FormatContext } from "../format/context.ts";
import { type DriverInfo, decodeDriverInfo, readDriverInfoBlock } from "../format/driver-info.ts";
import type { EditContext } from "../format/edit-context.ts";
import { decodeFileSpaceInfo, type FileSpaceInfo, withoutManagers } from "../format/file-space-info.ts";
import { extentsOfFreeSpaceManager } from "../format/free-space-manager.ts";
import { type HeaderMessage, MESSAGE, MESSAGE_FLAG } from "../format/header-message.ts";
import { findMessage, type ObjectHeader, readObjectHeader } from "../format/object-header.ts";
import { ObjectHeaderEditor } from "../format/object-header-edit.ts";
import { Reader } from "../format/reader.ts";
import type { H5File } from "./file.ts";

/** What of a file's superblock extension concerns a writer. */
export interface WritersView {
  /** How space is managed, where the file says it. */
  readonly fileSpace: FileSpaceInfo | undefined;
  /** Something must be put in order in the first transaction: see `prepareFirstWrite`. */
  readonly needsPreparation: boolean;
}

/** @throws UnsupportedError where the file is of a kind that is not written: it follows rules that are not kept here */
export function viewForWriting(file: H5File): WritersView {
  const { extensionAddress, driverInfoAddress } = file.superblock;
  if (driverInfoAddress !== undefined) throw driverError(file, readDriverInfoBlock(file.context, driverInfoAddress));
  if (extensionAddress === undefined) return { fileSpace: undefined, needsPreparation: false };
  const header = readObjectHeader(file.context, extensionAddress);
  const driverInfo = findMessage(header, MESSAGE.driverInfo);
  if (driverInfo !== undefined) {
    const r = new Reader(driverInfo.body, driverInfo.address, "driver info message", file.context);
    throw driverError(file, decodeDriverInfo(r));
  }
  if (findMessage(header, MESSAGE.sharedMessageTable) !== undefined) {
    throw new UnsupportedError(`${file.name}: has a shared message table; such files are not written`);
  }
  const fileSpace = readFileSpace(file.context, header)?.info;
  const hasManagers = fileSpace?.managerAddresses.some((address) => address !== undefined) === true;
  return { fileSpace, needsPreparation: hasManagers || findMessage(header, MESSAGE.cacheImage) !== undefined };
}

/** A driver of one file, or one that nobody knows: those of several files are not even read. */
function driverError({ name }: H5File, { driver }: DriverInfo): UnsupportedError {
  return new UnsupportedError(
    `${name}: was written by a file driver that keeps notes of its own in the file (${JSON.stringify(driver)}); such files are not written`,
  );
}

/**
 * Puts in order what would be wrong after any change: metadata in a cache image come to their places and the image goes;
 * free-space managers that the file keeps would not know of what is allocated, and go, too: the library makes new ones.
 */
export function prepareFirstWrite(file: H5File, edit: EditContext): void {
  const { extensionAddress } = file.superblock;
  if (extensionAddress === undefined) return;
  const { overlay } = file.space;
  for (const { address, bytes } of overlay?.entries ?? []) edit.write(address, bytes);
  const header = new ObjectHeaderEditor(edit, extensionAddress);
  const imageMessage = header.first(MESSAGE.cacheImage);
  if (imageMessage !== undefined) {
    const image = decodeCacheImageMessage(new Reader(imageMessage.body, 0, "metadata cache image message", edit));
    if (image !== undefined) edit.free(image.address, image.size);
    header.remove(imageMessage);
  }
  const fileSpace = fileSpaceOf(file)?.info;
  const managers = fileSpace?.managerAddresses.filter((address) => address !== undefined) ?? [];
  if (fileSpace !== undefined && managers.length > 0) {
    for (const address of new Set(managers)) {
      for (const extent of extentsOfFreeSpaceManager(edit.context, address, 0))
        edit.free(extent.address, extent.length);
    }
    const message = header.first(MESSAGE.fileSpaceInfo);
    if (message !== undefined) {
      header.replace(message, withoutManagers(message.body, fileSpace, edit, file.superblock.endOfFile));
    }
  }
  header.write();
}

/** What a file says of how its space is managed, and the message that says it. */
export interface FileSpace {
  readonly message: HeaderMessage;
  readonly info: FileSpaceInfo;
}

/** `undefined` where the file has none, or one that libraries step over. */
export function fileSpaceOf({ context, superblock }: H5File): FileSpace | undefined {
  const { extensionAddress } = superblock;
  return extensionAddress === undefined
    ? undefined
    : readFileSpace(context, readObjectHeader(context, extensionAddress));
}

function readFileSpace(context: FormatContext, extension: ObjectHeader): FileSpace | undefined {
  const message = findMessage(extension, MESSAGE.fileSpaceInfo);
  if (message === undefined || (message.flags & MESSAGE_FLAG.wasUnknown) !== 0) return undefined;
  const r = new Reader(message.body, message.address, "file space info message", context);
  return { message, info: decodeFileSpaceInfo(r) };
}
