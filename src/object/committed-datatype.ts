import type { Datatype } from "../format/datatype.ts";
import { MESSAGE } from "../format/header-message.ts";
import { datatypeOf } from "./message.ts";
import { ObjectBase } from "./object.ts";

/** A datatype with a name of its own ("committed", once "named"). */
export class CommittedDatatype extends ObjectBase {
  readonly kind = "datatype";

  get datatype(): Datatype {
    return datatypeOf(this, this.reader(this.required(MESSAGE.datatype, "datatype"), "datatype"), false);
  }
}
