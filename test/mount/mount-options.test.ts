import assert from "node:assert/strict";
import { OPTION_HELP, parseMountOptions } from "../../mount/mount-options.ts";
import { CommandError, EXIT } from "../../src/cli/exit-status.ts";

const refused = (word: string, message: RegExp): void =>
  assert.throws(
    () => parseMountOptions([word]),
    (error) => error instanceof CommandError && error.status === EXIT.usage && message.test(error.message),
    word,
  );

describe("mount options", () => {
  it("come one by one or as lists, the last of one kind counting", () => {
    const options = parseMountOptions(["cache=3M,workers=2", "cache=64K", "", "codecs=portable,lock=none,log=/x=y"]);
    assert.equal(options.cacheBytes, 65_536);
    assert.equal(options.workers, 2);
    assert.equal(options.codecs, "portable");
    assert.equal(options.lock, false);
    assert.equal(options.log, "/x=y");
    assert.deepEqual(options.kernel, []);
  });

  it("have filters and a library version for what is made", () => {
    const { compression, libver, lock } = parseMountOptions([
      "compression=shuffle,gzip=6,fletcher32,lock=none,libver=v110",
    ]);
    assert.deepEqual([compression, libver, lock], [["shuffle", { gzip: 6 }, "fletcher32"], "v110", false]);
    refused("compression=zstd:3", /"zstd:3" is no filter that h5fs can apply/);
    refused("libver=v12", /expected earliest or v18/);
  });

  it("have masks for files, for directories, and for both wherever it stands", () => {
    const masks = { fileMask: 0o77, directoryMask: 0o22 };
    for (const words of ["umask=022,fmask=077", "fmask=077,umask=022"]) {
      assert.deepEqual(parseMountOptions([words]).ownership, masks);
    }
    assert.deepEqual(parseMountOptions(["uid=0,gid=12"]).ownership, { uid: 0, gid: 12 });
  });

  it("are handed to the kernel where they are the kernel's", () => {
    const { kernel } = parseMountOptions(["allow_other,noexec", "noatime,nosuid,nodev"]);
    assert.deepEqual(kernel, ["allow_other", "noexec", "noatime"]);
  });

  it("may be anything that mount(8), fstab and systemd pass on", () => {
    const words =
      "ro,nofail,_netdev,noauto,user,users,owner,group,user=joe,comment=a remark,x-systemd.automount,x-gvfs-name=My%20Data";
    assert.deepEqual(parseMountOptions([words]), parseMountOptions([]));
  });

  it("are errors where they are not known, or have no such value", () => {
    refused("cahce=1M", /^-o cahce=1M: there is no such option; "h5fs --help" lists them$/);
    refused("allow_other=yes", /there is no such option/);
    refused("nofail=1", /there is no such option/);
    refused("toString", /there is no such option/);
    refused("mode=w+", /expected r or r\+ or a or w or x/);
    refused("cache=much", /expected a size such as 64M/);
    for (const word of ["workers=0", "workers=65", "workers=2.5", "workers="])
      refused(word, /expected a number from 1 to 64/);
    for (const word of ["uid=joe", "gid=-1", "uid"]) refused(word, /expected a number from 0/);
    for (const word of ["umask=8", "fmask=07777777", "dmask"]) refused(word, /expected permission bits in octal/);
  });

  it("are all in the help", () => {
    for (const name of ["allow_other", "noexec", "noatime", "umask", "fmask", "dmask", "uid", "gid"]) {
      assert.match(OPTION_HELP, new RegExp(`\\b${name}\\b`));
    }
  });
});
