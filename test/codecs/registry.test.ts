import assert from "node:assert/strict";
import { loadLibrary, nativeFirst } from "../../codecs/native-library.ts";
import { codecImplementation, filterName, findCodec } from "../../codecs/registry.ts";

describe("the registry of filters", () => {
  it("has the filters of HDF5, h5py, PyTables and some more, and no others", () => {
    const found = Array.from({ length: 33000 }, (_, id) => id).filter((id) => findCodec(id, "portable") !== undefined);
    assert.deepEqual(found, [1, 2, 3, 4, 5, 6, 305, 307, 32000, 32001, 32004, 32008, 32015]);
    for (const id of found) assert.equal(findCodec(id, "native")?.id, id);
  });

  it("makes each codec once", () => {
    assert.equal(findCodec(1, "native"), findCodec(1, "native"));
    assert.notEqual(findCodec(1, "native"), findCodec(1, "portable"));
  });

  it("says what does the work", () => {
    assert.equal(codecImplementation(1, "portable"), "pako");
    assert.match(codecImplementation(1, "native"), /^(libdeflate \(native\)|node:zlib)$/);
    assert.equal(codecImplementation(32013, "native"), "none");
    for (const id of [1, 2, 3, 4, 5, 6, 305, 307, 32000, 32001, 32004, 32008, 32015]) {
      assert.doesNotMatch(codecImplementation(id, "portable"), /native/, `filter ${id}`);
    }
  });

  it("names filters for messages", () => {
    assert.equal(filterName(32013), "zfp (32013)");
    assert.equal(filterName(4, "whatever the file says"), "szip (4)");
    assert.equal(filterName(500), "filter 500");
    assert.equal(filterName(500, "my filter"), 'filter 500 "my filter"');
  });
});

describe("native libraries", () => {
  it("a missing one selects the portable form without a word", () => {
    assert.equal(loadLibrary(["libh5fs-no-such.so.1", "libh5fs-neither.so"]), undefined);
    const portable = { implementation: "portable", decode: () => 3 };
    assert.equal(nativeFirst("libh5fs-no-such", undefined, portable), portable);
  });

  it("are not called with empty arrays, and leave to the portable form what they do not take", () => {
    const portable = { implementation: "portable", decode: () => 3 };
    let calls = 0;
    const { decode, implementation } = nativeFirst(
      "libx",
      (input) => {
        calls++;
        return input[0] === 1 ? 7 : undefined;
      },
      portable,
    );
    assert.equal(implementation, "libx (native)");
    assert.equal(decode(Uint8Array.of(1), new Uint8Array(9)), 7);
    assert.equal(decode(Uint8Array.of(2), new Uint8Array(9)), 3);
    assert.equal(calls, 2);
    assert.equal(decode(new Uint8Array(0), new Uint8Array(9)), 3);
    assert.equal(decode(Uint8Array.of(1), new Uint8Array(0)), 3);
    assert.equal(calls, 2);
  });
});
