import { escapeHtml } from './markup.ts';

/** Characters. */
const LONG_ANSWER = 170;

/** The first sentence of an answer and the rest of it. */
export function inSentences(answer: string): string[] {
  const [, first, rest] = /^(.+?[.!?])\s+(\p{Lu}.*)$/su.exec(answer) ?? [];
  return first === undefined ? [answer].filter(Boolean) : [first, rest!];
}

/** The first sentence of an answer, large, or less so where it is long. */
export function verdictHtml(answer: string): string {
  const [first = ''] = inSentences(answer);
  return `<p class="${first.length > LONG_ANSWER ? 'answer long' : 'answer'}">${escapeHtml(first)}</p>`;
}
