import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { Errno, ErrnoError, Preparing } from "../../../mount/errno.ts";
import { PARKED, type Request } from "../../../mount/filesystem.ts";
import type { MountSession } from "../../../mount/mount-session.ts";
import { ROOT_ID } from "../../../mount/node-table.ts";
import { Parking, ParkingSlots } from "../../../mount/parking.ts";
import { WorkerPool } from "../../../mount/worker-pool.ts";
import { openWritableSession } from "../../../mount/writable/open-writable.ts";
import { encodeText } from "../../../src/format/text.ts";
import { ExternalFiles } from "../../../src/object/external-files.ts";
import { resultOf } from "../../../src/view/result-of.ts";
import { assertSoundAt } from "../../support/sound.ts";
import { removeTempDir, tempDir } from "../../support/temp-dir.ts";
import { FACTS } from "../facts.ts";

/** Strings of so many bytes, and so many of them that their text is not made as a whole. */
const SIZE = 4096;
const COUNT = 4200;
/** So many that their text is more than is compared at once. */
const NUMBERS = 100_000;
const [HEIGHT, WIDTH] = [1010, 400];
const VALUES = Array.from({ length: COUNT }, (_, i) => `row ${i} ${"x".repeat(40)}`);

const [O_RDWR, O_TRUNC] = [2, 0o1000];
const REQUEST: Request = { unique: 2, uid: 0, gid: 0, pid: 1 };
const PATIENCE = 3;

/** The file system of a mount, without a mount: so what comes between two steps of a comparison is not left to chance. */
describe("a text that is compared before it is stored", () => {
  let directory: string;
  let path: string;
  let session: MountSession;
  let values: string[];

  before(async () => {
    await h5wasm.ready;
    directory = tempDir();
    const made = new h5wasm.File(join(directory, "made.h5"), "w");
    const data = VALUES.map((value) => value.padEnd(SIZE));
    made.create_dataset({ name: "x", data, dtype: `S${SIZE}`, chunks: [100], compression: 1, maxshape: [null] });
    made.create_dataset({ name: "n", data: new Int32Array(NUMBERS) });
    const zeros = new Int32Array(WIDTH * HEIGHT);
    made.create_dataset({ name: "a", data: zeros, shape: [HEIGHT, WIDTH], chunks: [40, 100], compression: 1 });
    made.create_group("g");
    made.close();
  });

  after(() => removeTempDir(directory));

  beforeEach(() => {
    path = join(directory, "file.h5");
    copyFileSync(join(directory, "made.h5"), path);
    values = [...VALUES];
    session = openWritableSession({
      facts: { ...FACTS, isWritable: true, keepsMetadata: true },
      parking: new Parking(new ParkingSlots()),
      replier: {
        data: () => assert.fail("data"),
        attributes: () => assert.fail("attributes"),
        errno: () => assert.fail("errno"),
        failure: () => assert.fail("failure"),
      },
      cacheBytes: 2 ** 20,
      codecs: "native",
      workerCount: 0,
      indexes: undefined,
      log: () => undefined,
      post: () => undefined,
      unreadable: () => undefined,
      status: () => ({ pid: 1, uid: 0, file: path, since: "", requests: 0 }),
      pool: new WorkerPool([], new SharedArrayBuffer(4)),
      path,
      journalDirectory: undefined,
      externalFiles: new ExternalFiles({ main: path, policy: "off" }),
      syncState: undefined,
      imports: [],
      views: ["csv"],
      compression: [],
      cache: undefined,
    });
  });

  const textOf = (head = "x"): Uint8Array => Buffer.from([head, ...values, ""].join("\n"));
  const nodeOf = (name: string, parent = ROOT_ID): number => session.lookup(REQUEST, parent, encodeText(name)).nodeid;
  const changes = (): NonNullable<MountSession["changes"]> => session.changes ?? assert.fail("read-only");

  function open(nodeid: number, flags: number): number {
    const reply = session.open(REQUEST, nodeid, flags);
    return reply === PARKED ? assert.fail("parked") : reply.handle;
  }

  function write(nodeid: number, handle: number, offset: number, data: Uint8Array): void {
    changes().write(REQUEST, nodeid, handle, offset, data, { append: false, killPrivileges: false });
  }

  /** Writes all of the text anew. */
  function writeAnew(): { readonly nodeid: number; readonly handle: number } {
    values[7] = "changed";
    values.splice(COUNT / 2, 1);
    values.push("one more");
    const nodeid = nodeOf("x.csv");
    const handle = open(nodeid, O_RDWR | O_TRUNC);
    write(nodeid, handle, 0, textOf());
    return { nodeid, handle };
  }

  /** The first element becomes another through another view. */
  function writeElsewhere(): void {
    const nodeid = nodeOf("x.bin", nodeOf(".h5fs"));
    const handle = open(nodeid, O_RDWR);
    write(nodeid, handle, 0, Buffer.from("elsewhere".padEnd(SIZE)));
    session.flush(REQUEST, nodeid, handle);
    session.release(REQUEST, nodeid, handle);
  }

  /** Makes a request as a transport does. @param between what others do after the first step of each work @returns how often it was put off */
  function ask(make: (request: Request) => unknown, ...between: (() => void)[]): number {
    let prepared: unknown;
    for (let patience = PATIENCE; ; patience--) {
      try {
        make({ ...REQUEST, patience, prepared });
        return PATIENCE - patience;
      } catch (error) {
        if (!(error instanceof Preparing)) throw error;
        assert.ok(patience > 0, "put off for ever");
        const first = error.steps.next();
        between.shift()?.();
        prepared = first.done === true ? first.value : resultOf(error.steps);
      }
    }
  }

  function assertIs(expected: readonly string[], name = "x"): void {
    session.destroy();
    const file = new h5wasm.File(path, "r");
    const x = file.get(name);
    assert.ok(x instanceof h5wasm.Dataset);
    assert.deepEqual(
      [x.value].flat().map((value) => String(value).trimEnd()),
      expected,
    );
    file.close();
    assertSoundAt(path);
  }

  const errnoOf = (run: () => void): number => {
    try {
      run();
    } catch (error) {
      if (error instanceof ErrnoError) return error.errno;
      if (error instanceof Error && "kind" in error && error.kind === "argument") return Errno.EINVAL;
      throw error;
    }
    return 0;
  };

  it("is compared once, and stored when the request is made again, whatever else is changed", () => {
    const { nodeid, handle } = writeAnew();
    const others = (): void => {
      changes().mkdir(REQUEST, ROOT_ID, encodeText("h"), 0o755);
      const made = changes().create(REQUEST, nodeOf("g"), encodeText("file"), 0o644, O_RDWR);
      write(made.entry.nodeid, made.open.handle, 0, textOf());
      session.flush(REQUEST, made.entry.nodeid, made.open.handle);
      session.release(REQUEST, made.entry.nodeid, made.open.handle);
    };
    assert.equal(
      ask((request) => session.flush(request, nodeid, handle), others),
      1,
    );
    assert.equal(
      ask((request) => session.release(request, nodeid, handle)),
      0,
    );
    assertIs(values);
  });

  it("is stored at once for whoever cannot be put off", () => {
    const { nodeid, handle } = writeAnew();
    session.flush(REQUEST, nodeid, handle);
    assertIs(values);
  });

  for (const [what, change] of [
    ["the dataset's chunks", () => setAttribute("user.h5fs.chunks", "(50,)")],
    ["its filters", () => setAttribute("user.h5fs.filters", "none")],
    ["an attribute", () => setAttribute("user.units", "m")],
  ] as const) {
    it(`is compared anew where others change ${what} meanwhile`, () => {
      const { nodeid, handle } = writeAnew();
      assert.equal(
        ask(
          (request) => session.flush(request, nodeid, handle),
          () => void change(),
        ),
        2,
      );
      assertIs(values);
    });
  }

  function setAttribute(name: string, value: string): void {
    changes().setxattr(REQUEST, nodeOf("x.csv"), encodeText(name), encodeText(value), 0);
  }

  it("is refused, and changes nothing, where the dataset is changed through another view meanwhile", () => {
    const before = [...values];
    const { nodeid, handle } = writeAnew();
    const flush = (request: Request): void => session.flush(request, nodeid, handle);
    assert.equal(
      errnoOf(() => void ask(flush, writeElsewhere)),
      Errno.ESTALE,
    );
    before[0] = "elsewhere";
    assertIs(before);
  });

  it("has what is written into it while it is compared; where that never ends, it is stored all the same", () => {
    const { nodeid, handle } = writeAnew();
    const more = (): void => {
      const { length } = textOf();
      values.push(`more ${values.length}`);
      write(nodeid, handle, length, textOf().subarray(length));
    };
    const flush = (request: Request): void => session.flush(request, nodeid, handle);
    assert.equal(ask(flush, more), 2);
    more();
    assert.equal(ask(flush, more, more, more, more), PATIENCE);
    assertIs(values);
  });

  it("is cut off meanwhile", () => {
    const { nodeid, handle } = writeAnew();
    const cut = (): void => {
      values.pop();
      changes().setattr(REQUEST, nodeid, { size: textOf().length, handle });
    };
    assert.equal(
      ask((request) => session.flush(request, nodeid, handle), cut),
      2,
    );
    assertIs(values);
  });

  it("is stored once where another closes it meanwhile", () => {
    const { nodeid, handle } = writeAnew();
    const flush = (request: Request): void => session.flush(request, nodeid, handle);
    assert.equal(
      ask(flush, () => flush(REQUEST)),
      1,
    );
    assertIs(values);
  });

  it("is synced, and stored by whoever closes it last, which is put off, too", () => {
    const { nodeid, handle } = writeAnew();
    assert.equal(
      ask((request) => assert.equal(session.fsync(request, nodeid, handle, false), undefined)),
      1,
    );
    values[8] = "changed as well";
    changes().setattr(REQUEST, nodeid, { size: 0, handle });
    write(nodeid, handle, 0, textOf());
    assert.equal(
      ask((request) => session.release(request, nodeid, handle)),
      1,
    );
    assertIs(values);
  });

  it("is another text where the dataset, whose name heads the column, is renamed meanwhile", () => {
    const before = [...values];
    const { nodeid, handle } = writeAnew();
    const flags = { noReplace: false, exchange: false, whiteout: false };
    const rename = (): void =>
      changes().rename(REQUEST, ROOT_ID, encodeText("x.csv"), ROOT_ID, encodeText("y.csv"), flags);
    assert.equal(
      errnoOf(() => void ask((request) => session.flush(request, nodeid, handle), rename)),
      Errno.EINVAL,
    );
    assertIs(before, "y");
  });

  it("goes with a dataset that is removed meanwhile", () => {
    const { nodeid, handle } = writeAnew();
    const flush = (request: Request): void => session.flush(request, nodeid, handle);
    ask(flush, () => changes().unlink(REQUEST, ROOT_ID, encodeText("x.csv")));
    session.release(REQUEST, nodeid, handle);
    session.destroy();
    const file = new h5wasm.File(path, "r");
    assert.deepEqual(file.keys(), ["a", "g", "n"]);
    file.close();
    assertSoundAt(path);
  });

  it("is refused as it is at once, and kept, where it is none", () => {
    const before = [...values];
    const { nodeid, handle } = writeAnew();
    values.push("long".repeat(SIZE));
    write(nodeid, handle, 0, textOf());
    assert.equal(
      errnoOf(() => void ask((request) => session.flush(request, nodeid, handle))),
      Errno.EINVAL,
    );
    assert.equal(
      ask((request) => session.release(request, nodeid, handle)),
      1,
    );
    assert.notEqual(nodeOf("x.csv.rej"), 0);
    assertIs(before);
  });

  it("is compared so, too, where it is kept as a whole: what others change of the dataset meanwhile stays", () => {
    const text = Buffer.from(`n\n${"0\n".repeat(NUMBERS)}`);
    const nodeid = nodeOf("n.csv");
    const handle = open(nodeid, O_RDWR);
    text[100] = 0x37;
    write(nodeid, handle, 100, text.subarray(100, 101));
    const flush = (request: Request): void => session.flush(request, nodeid, handle);
    assert.equal(ask(flush), 1);
    text[200] = 0x38;
    write(nodeid, handle, 200, text.subarray(200, 201));
    const other = (): void => {
      const node = nodeOf("n.bin", nodeOf(".h5fs"));
      const opened = open(node, O_RDWR);
      write(node, opened, 4 * (NUMBERS - 1), Buffer.from(Int32Array.of(9).buffer));
      session.flush(REQUEST, node, opened);
    };
    assert.equal(ask(flush, other), 1);
    session.destroy();
    const file = new h5wasm.File(path, "r");
    const n = file.get("n");
    assert.ok(n instanceof h5wasm.Dataset && n.value instanceof Int32Array);
    const changed = [...n.value.entries()].filter(([, value]) => value !== 0);
    assert.deepEqual(changed, [
      [49, 7],
      [99, 8],
      [NUMBERS - 1, 9],
    ]);
    file.close();
    assertSoundAt(path);
  });

  it("is as an array is, whose chunks are encoded before: it has what others change meanwhile, and what is written again", () => {
    const values = Int32Array.from({ length: WIDTH * HEIGHT }, (_, i) => 7 * i);
    const bytes = new Uint8Array(values.buffer);
    const nodeid = nodeOf("a.bin", nodeOf(".h5fs"));
    const handle = open(nodeid, O_RDWR);
    write(nodeid, handle, 0, bytes.subarray(0, bytes.length - 4));
    const flush = (request: Request): void => session.flush(request, nodeid, handle);
    const others = (): void => {
      const node = nodeOf("a.npy", nodeOf(".h5fs"));
      const opened = open(node, O_RDWR);
      values[values.length - 1] = 5;
      write(node, opened, 128 + bytes.length - 4, bytes.subarray(bytes.length - 4));
      session.flush(REQUEST, node, opened);
      values[200_000] = 6;
      write(nodeid, handle, 800_000, bytes.subarray(800_000, 800_004));
    };
    assert.equal(ask(flush, others), 1);
    session.destroy();
    const file = new h5wasm.File(path, "r");
    const a = file.get("a");
    assert.ok(a instanceof h5wasm.Dataset);
    assert.deepEqual(a.value, values);
    file.close();
    assertSoundAt(path);
  });

  it("is stored when the mount ends meanwhile", () => {
    const { nodeid, handle } = writeAnew();
    assert.throws(() => session.flush({ ...REQUEST, patience: 1 }, nodeid, handle), Preparing);
    assertIs(values);
  });

  describe("of a file that is renamed over the dataset", () => {
    const rename = (request: Request): void =>
      changes().rename(request, ROOT_ID, encodeText("new"), ROOT_ID, encodeText("x.csv"), {
        noReplace: false,
        exchange: false,
        whiteout: false,
      });

    /** @returns the file's node */
    function makeFile(): number {
      values[7] = "changed";
      values.push("one more");
      const { entry, open } = changes().create(REQUEST, ROOT_ID, encodeText("new"), 0o644, O_RDWR);
      write(entry.nodeid, open.handle, 0, textOf());
      session.flush(REQUEST, entry.nodeid, open.handle);
      session.release(REQUEST, entry.nodeid, open.handle);
      return entry.nodeid;
    }

    it("is compared once, and then stored", () => {
      makeFile();
      assert.equal(ask(rename), 1);
      assertIs(values);
    });

    it("is compared anew where the dataset is changed meanwhile", () => {
      makeFile();
      assert.equal(ask(rename, writeElsewhere), 2);
      assertIs(values);
    });

    it("has the bytes that are in the file at the end", () => {
      const nodeid = makeFile();
      const change = (): void => {
        const handle = open(nodeid, O_RDWR);
        values[0] = values[0]?.replace("row", "ROW") ?? "";
        write(nodeid, handle, 0, textOf());
        session.flush(REQUEST, nodeid, handle);
        session.release(REQUEST, nodeid, handle);
      };
      assert.equal(ask(rename, change), 2);
      assertIs(values);
    });

    it("stays a file beside the dataset where somebody has opened it meanwhile", () => {
      const before = [...values];
      const nodeid = makeFile();
      ask(rename, () => void open(nodeid, O_RDWR));
      assert.equal(nodeOf("x.csv"), nodeid);
      assertIs(before);
    });

    it("is not there any more where it was removed meanwhile", () => {
      const before = [...values];
      makeFile();
      assert.equal(
        errnoOf(() => void ask(rename, () => changes().unlink(REQUEST, ROOT_ID, encodeText("new")))),
        Errno.ENOENT,
      );
      assertIs(before);
    });
  });
});
