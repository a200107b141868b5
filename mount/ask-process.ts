/** A process of its own for `askMount`: DIRECTORY ATTRIBUTE. Prints an `Answer` as JSON. */
import type { Answer } from "./ask-mount.ts";
import { getExtendedAttribute, SystemCallError } from "./native.ts";

const [, , directory = "", attribute = ""] = process.argv;

function ask(): Answer {
  try {
    return { kind: "value", text: getExtendedAttribute(directory, attribute).toString() };
  } catch (error) {
    if (error instanceof SystemCallError) return { kind: "refused", code: error.code };
    throw error;
  }
}

process.stdout.write(JSON.stringify(ask()));
