import { mkdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { CommandModule } from "yargs";
import { CommandError, EXIT } from "./exit-status.ts";

/** In each program that is installed: what has it may be replaced and removed. */
const MARK = '# Made by "h5fs install".';

/** Where each program goes, and the command that it is. mount(8) and umount(8) look in /sbin by the type's name. */
const PROGRAMS: readonly (readonly [string, string])[] = [
  ["/usr/local/bin/h5fs", ""],
  ["/sbin/mount.h5fs", "mount.h5fs"],
  ["/sbin/mount.fuse.h5fs", "mount.h5fs"],
  ["/sbin/umount.fuse.h5fs", "umount.h5fs"],
];

/** Where each file of the package goes. */
const FILES: readonly (readonly [string, string])[] = [
  ["/usr/local/share/man/man1/h5fs.1", "docs/h5fs.1"],
  ["/usr/local/share/bash-completion/completions/h5fs", "scripts/completions/h5fs.bash"],
  ["/usr/local/share/zsh/site-functions/_h5fs", "scripts/completions/h5fs.zsh"],
  ["/usr/local/share/fish/vendor_completions.d/h5fs.fish", "scripts/completions/h5fs.fish"],
];

export const installCommand: CommandModule<object, { root: string; remove: boolean }> = {
  command: "install",
  describe: "Install h5fs for all users: for fstab and systemd, manual page, shell completions",
  builder: (yargs) =>
    yargs
      .option("root", { type: "string", default: "/", requiresArg: true, describe: "the folder that stands for /" })
      .option("remove", { type: "boolean", default: false, describe: "remove what was installed" })
      .example("sudo $0 install", "then `mount -t h5fs data.h5 /mnt`, `man h5fs`, `umount` that waits")
      .example("sudo $0 install --remove", "undo it"),
  handler: ({ root, remove }) => {
    const main = realpathSync(process.argv[1] ?? "");
    const paths = [...PROGRAMS, ...FILES].map(([path]) => join(resolve(root), path));
    try {
      for (const path of paths.slice(0, PROGRAMS.length)) assertOurs(path, main);
      if (remove) for (const path of paths.filter((path) => !isLinkTo(path, main))) rmSync(path, { force: true });
      else installAll(resolve(root), main);
    } catch (error) {
      if (error instanceof CommandError || !(error instanceof Error && "code" in error)) throw error;
      const isForbidden = error.code === "EACCES" || error.code === "EPERM" || error.code === "EROFS";
      const [status, advice] = isForbidden ? [EXIT.noPermission, "; run it as root"] : [EXIT.systemError, ""];
      throw new CommandError(status, `installing in ${root} failed: ${error.message}${advice}`, error);
    }
    process.stdout.write(paths.map((path) => `${remove ? "removed" : "installed"} ${path}\n`).join(""));
  },
};

function installAll(root: string, main: string): void {
  for (const [path, command] of PROGRAMS) {
    // As npm installs it globally.
    if (isLinkTo(join(root, path), main)) continue;
    put(join(root, path), program(main, command), 0o755);
  }
  for (const [path, source] of FILES) put(join(root, path), readFileSync(join(main, "../../..", source)), 0o644);
}

/** mount(8) and systemd give no PATH by which `env node` would find a Node.js. */
function program(main: string, command: string): string {
  const words = [process.execPath, main].map((word) => `'${word.replaceAll("'", "'\\''")}'`);
  if (command !== "") words.push(command);
  return `#!/bin/sh\n${MARK}\nexec ${words.join(" ")} "$@"\n`;
}

/** By a new file in its place: what is there may be a symlink, or running. */
function put(path: string, content: string | Uint8Array, mode: number): void {
  mkdirSync(dirname(path), { recursive: true });
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, content, { mode });
  renameSync(fresh, path);
}

function assertOurs(path: string, main: string): void {
  const content = contentOf(path);
  if (content === undefined || content.includes(MARK) || isLinkTo(path, main)) return;
  throw new CommandError(EXIT.systemError, `${path} is there already and was not made by "h5fs install"; move it away`);
}

function isLinkTo(path: string, main: string): boolean {
  return contentOf(path) !== undefined && realpathSync(path) === main;
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
