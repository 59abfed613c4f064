/* Text of others, made safe to show on one line of a terminal. */

/** Characters that move the cursor, change the colour or turn the direction of what stands beside them. */
const UNSEEN = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** Whether `text` has characters that control a terminal or the direction of writing. */
export function hasControls(text: string): boolean {
  return text.search(UNSEEN) >= 0;
}

/** `text` with `\u001b` and the like where it has control characters. */
export function printable(text: string): string {
  return text.replaceAll(
    UNSEEN,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** At most `most` characters of `text`, with … where it was cut. */
export function shortened(text: string, most = 60): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/** `text` as messages repeat it: in quotation marks, short and printable. */
export function quoted(text: string): string {
  return printable(JSON.stringify(shortened(text)));
}

/** The text with its first character as a capital: a sentence of a clause. */
export function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
