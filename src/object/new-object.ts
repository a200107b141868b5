import { encodeDataLayout } from "../format/data-layout.ts";
import { type Dataspace, elementCount, encodeDataspace } from "../format/dataspace.ts";
import type { Datatype } from "../format/datatype.ts";
import { encodeDatatype, leastDatatypeVersion } from "../format/datatype-encoding.ts";
import type { EditContext } from "../format/edit-context.ts";
import { encodeFillValue } from "../format/fill-value.ts";
import { encodeGroupInfo } from "../format/group-info.ts";
import { type HeaderMessage, MESSAGE, MESSAGE_FLAG } from "../format/header-message.ts";
import { encodeLinkInfo } from "../format/link-info.ts";
import type { ObjectHeaderBlocks } from "../format/object-header.ts";
import { encodeObjectHeaderBlock } from "../format/object-header-encoding.ts";
import type { Writer } from "../format/writer.ts";

/** Room for the first links of a group, so that they need no continuation block. */
const ROOM_FOR_LINKS = 120;

/** A new dataset, all of whose elements are given. */
export interface NewDataset {
  readonly datatype: Datatype;
  readonly dataspace: Dataspace;
  /** The elements in C order, as they are stored. */
  readonly data: Uint8Array;
}

/** Makes an empty group of the new style (a version 2 object header, links as messages). @returns the header's address */
export function createGroup(edit: EditContext, seconds: number): number {
  const linkInfo = message(edit, MESSAGE.linkInfo, 0, (w) =>
    encodeLinkInfo(w, {
      creationOrderTracked: false,
      creationOrderIndexed: false,
      nextCreationOrder: undefined,
      fractalHeapAddress: undefined,
      nameIndexAddress: undefined,
      creationOrderIndexAddress: undefined,
    }),
  );
  const groupInfo = message(edit, MESSAGE.groupInfo, MESSAGE_FLAG.constant, (w) =>
    encodeGroupInfo(w, { maxCompactLinks: 8, minDenseLinks: 6, estimatedEntries: 4, estimatedNameLength: 8 }),
  );
  const room = message(edit, MESSAGE.nil, 0, (w) => w.zeros(ROOM_FOR_LINKS));
  return createHeader(edit, [linkInfo, groupInfo, room], seconds);
}

/** Makes a dataset whose elements lie in one piece. @returns the header's address */
export function createContiguousDataset(edit: EditContext, dataset: NewDataset, seconds: number): number {
  const { datatype, dataspace, data } = dataset;
  const size = elementCount(dataspace) * datatype.size;
  if (data.length !== size) throw new TypeError(`${data.length} bytes for a dataset of ${size}`);
  const address = size === 0 ? undefined : edit.allocate(size, "raw");
  if (address !== undefined) edit.write(address, data);
  return createHeader(
    edit,
    [
      message(edit, MESSAGE.dataspace, 0, (w) => encodeDataspace(w, dataspace, 2)),
      message(edit, MESSAGE.datatype, MESSAGE_FLAG.constant, (w) =>
        encodeDatatype(w, datatype, Math.max(3, leastDatatypeVersion(datatype))),
      ),
      message(edit, MESSAGE.fillValue, MESSAGE_FLAG.constant, (w) =>
        encodeFillValue(w, { value: undefined, kind: "default", allocationTime: "late", fillTime: "if-set" }, 3),
      ),
      message(edit, MESSAGE.dataLayout, 0, (w) =>
        encodeDataLayout(w, { kind: "contiguous", version: 3, address, size }),
      ),
    ],
    seconds,
  );
}

function message(edit: EditContext, type: number, flags: number, encode: (w: Writer) => void): HeaderMessage {
  const w = edit.writer();
  encode(w);
  return { type, flags, creationIndex: undefined, address: 0, body: w.bytes };
}

const TIMES_STORED = 0x20;

/** A version 2 header with these messages, in one block. @param seconds since 1970, UTC, for all its times */
function createHeader(edit: EditContext, messages: readonly HeaderMessage[], seconds: number): number {
  const size = messages.reduce((sum, { body }) => sum + 4 + body.length, 0);
  const width = size < 2 ** 8 ? 0 : size < 2 ** 16 ? 1 : 2;
  // Signature, version, flags, four times, the size of what follows, and the checksum.
  const length = 4 + 2 + 16 + (1 << width) + size + 4;
  const address = edit.allocate(length, "metadata");
  const block = { address, length, messages, gap: new Uint8Array(0) };
  const header: ObjectHeaderBlocks = {
    address,
    version: 2,
    flags: TIMES_STORED | width,
    referenceCount: undefined,
    times: { access: seconds, modification: seconds, change: seconds, birth: seconds },
    messageCount: undefined,
    phaseChange: undefined,
    blocks: [block],
  };
  const w = edit.writer();
  encodeObjectHeaderBlock(w, header, block);
  edit.write(address, w.bytes);
  return address;
}
