import { SCALAR } from "../format/dataspace.ts";
import { encodeText } from "../format/text.ts";
import type { NewAttribute } from "./attribute-edit.ts";
import { integerType } from "./datatypes.ts";
import { encodeElement } from "./value-encode.ts";

/** An attribute of one text, as long as that is, as h5fs keeps what is its own. @param name in ASCII unless `charset` says other */
export function keptText(name: string, text: string, charset: NewAttribute["charset"] = "ascii"): NewAttribute {
  const data = encodeText(text);
  const datatype = { class: "string", size: data.length, padding: "null-padded", charset: "utf-8" } as const;
  return { name, charset, datatype, dataspace: SCALAR, data };
}

/** An attribute of one signed integer. @param size in bytes */
export function scalarInteger(name: string, size: 4 | 8, value: number): NewAttribute {
  const datatype = integerType(size, true);
  return { name, charset: "ascii", datatype, dataspace: SCALAR, data: encodeElement(datatype, value) };
}
