/** An object of JSON in the making: its values are texts already. */
export type JsonObject = Map<string, string>;

export function quote(text: string): string {
  return JSON.stringify(text);
}

export function objectText(object: JsonObject): string {
  return `{${Array.from(object, ([key, value]) => `${quote(key)}: ${value}`).join(", ")}}`;
}

/** As JSON.stringify, but exact for `bigint`, and with maps as objects. */
export function toJson(value: unknown): string {
  if (typeof value === "bigint") return `${value}`;
  if (Array.isArray(value)) return `[${value.map(toJson).join(", ")}]`;
  if (value instanceof Map) return objectText(new Map(Array.from(value, ([key, item]) => [`${key}`, toJson(item)])));
  if (typeof value === "object" && value !== null) return toJson(new Map(Object.entries(value)));
  return JSON.stringify(value);
}
