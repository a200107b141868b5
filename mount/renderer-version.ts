import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What decides how a text looks: the program's folders with its engine, its views and its codecs. */
const FOLDERS = ["../src", "../codecs"];

/** A number for the renderer that is another one when any of its code is: nobody has to remember to raise it. */
export function rendererVersion(): string {
  const hash = createHash("sha256");
  for (const folder of FOLDERS) {
    const path = fileURLToPath(new URL(folder, import.meta.url));
    const files = readdirSync(path, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".js"));
    for (const name of files.sort()) hash.update(`${name}\0`).update(readFileSync(join(path, name)));
  }
  return hash.digest("hex");
}
