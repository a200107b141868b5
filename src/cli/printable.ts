/**
 * A name or text of the file on one line of a terminal: what a file says must not move the cursor or change colours. Control
 * characters as JSON has them (`\n`, `\u001b`); the rest as it is.
 */
export function printable(text: string): string {
  // biome takes control characters in a pattern for a mistake: they are what is looked for, by category.
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, escapeCharacter);
}

/** As `printable`; in quotes where it would otherwise not be clear where it ends or what is in it. */
export function printableValue(text: string): string {
  return /^\s|\s$|[\p{Cc}\p{Zl}\p{Zp}]/u.test(text) ? printable(JSON.stringify(text)) : text;
}

function escapeCharacter(character: string): string {
  const json = JSON.stringify(character).slice(1, -1);
  return json === character ? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}` : json;
}
