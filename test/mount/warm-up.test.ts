import assert from "node:assert/strict";
import { WARM_UP_FILE } from "../../mount/warm-up.ts";
import { MESSAGE } from "../../src/format/header-message.ts";
import { decodeLinkInfo } from "../../src/format/link-info.ts";
import { findMessage } from "../../src/format/object-header.ts";
import { Reader } from "../../src/format/reader.ts";
import { H5File } from "../../src/object/file.ts";
import { Group } from "../../src/object/group.ts";

describe("what a mount looks up before anybody asks", () => {
  it("is in a group whose links are in a fractal heap, as those of large groups are", () => {
    const file = H5File.open(WARM_UP_FILE);
    const group = file.resolve("/g");
    assert.ok(group instanceof Group);
    const message = findMessage(group.header, MESSAGE.linkInfo);
    assert.ok(message !== undefined);
    const reader = new Reader(message.body, message.address, "link info message", file.context);
    assert.notEqual(decodeLinkInfo(reader).fractalHeapAddress, undefined);
    file.close();
  });
});
