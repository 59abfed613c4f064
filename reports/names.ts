/*
 * Names as people read them. Node and device names come from files of others: they may be very long, or carry
 * control characters that reorder the text around them.
 */

// Built from code points, so that no invisible character stands in this file. C0 and C1 controls except tab and
// line ends, zero-width characters, line separators, and the marks that change the direction of text.
const INVISIBLE = new RegExp(
  [
    [0x0000, 0x0008],
    [0x000b, 0x000c],
    [0x000e, 0x001f],
    [0x007f, 0x009f],
    [0x061c, 0x061c],
    [0x200b, 0x200f],
    [0x2028, 0x202e],
    [0x2060, 0x2069],
    [0xfeff, 0xfeff],
  ]
    .map(([from, to]) => `[\\u{${from!.toString(16)}}-\\u{${to!.toString(16)}}]`)
    .join('|'),
  'gu',
);
const LONE_SURROGATE = /\p{Surrogate}/gu;

/** The text with characters that would act unseen replaced by U+FFFD. Lone surrogates too. */
export function visible(text: string): string {
  return text.replace(INVISIBLE, '\ufffd').replace(LONE_SURROGATE, '\ufffd');
}

/** Prose in which a number and its unit stay on one line. */
export function unitsKept(text: string): string {
  return text.replace(/(\d) (?=%|[kMGTP]?i?(?:B|FLOP)|[kMnµm]?s\b|[kMGT]\b|min\b)/g, '$1\u00a0');
}

/** At most `length` characters: the middle gives way to an ellipsis. */
export function clip(text: string, length: number): string {
  if (text.length <= length) return text;
  const characters = Array.from(text);
  if (characters.length <= length) return text;
  const tail = Math.floor((length - 1) / 3);
  return `${characters.slice(0, length - 1 - tail).join('')}…${characters.slice(characters.length - tail).join('')}`;
}

/**
 * Device and host names in words, wherever they stand in the text:
 * `/job:worker/task:3/device:GPU:0` → `worker 3 · GPU 0`; `worker/3 → switch` → `worker 3 → switch`.
 */
export function shortNames(text: string): string {
  return text
    .replace(
      /\/job:([\w-]{1,64})(?:\/replica:\d{1,9})?\/task:(\d{1,9})(?:\/(?:device:)?([A-Za-z]\w{0,31}):(\d{1,9}))?/g,
      (_, job, task, kind, index) =>
        kind ? `${job} ${task} · ${kind.toUpperCase()} ${index}` : `${job} ${task}`,
    )
    .replace(
      /(?<![\w/])([A-Za-z][A-Za-z_-]{0,31})\/(\d{1,6})\/([A-Z]{1,8}):(\d{1,4})(?![\w/])/g,
      '$1 $2 · $3 $4',
    )
    .replace(/(?<![\w/])([A-Za-z][A-Za-z_-]{0,31})\/(\d{1,6})(?![\w/])/g, '$1 $2');
}

/** How the report shows a name: in words, visible, at most `length` characters. */
export function shortName(name: string, length = 80): string {
  return clip(shortNames(visible(name)), length);
}

/** Job of a device name: `worker` of `/job:worker/task:3/device:GPU:0`; '' where there is none. */
export function jobOf(device: string): string {
  return /^\/job:([^/]*)/.exec(device)?.[1] ?? '';
}

/** Kind of device of a name: `GPU` of `/job:worker/task:3/device:GPU:0`; '' where there is none. */
export function kindOf(device: string): string {
  return /\/device:([A-Za-z]+):\d+$/.exec(device)?.[1]?.toUpperCase() ?? '';
}
