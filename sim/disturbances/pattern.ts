import { nearest, UserError, unknownName } from '../../base/errors.ts';
import { quoted } from '../../base/text.ts';
import type { ClusterLink } from '../../devices/cluster.ts';

/* Which machines and links a disturbance concerns, as users write it: names in which * stands for anything. */

/** Whether all of `name` fits `pattern`. */
export function matches(pattern: string, name: string): boolean {
  if (!pattern.includes('*')) return pattern === name;
  const parts = pattern.split('*');
  const last = parts.pop()!;
  if (!name.startsWith(parts[0]!)) return false;
  let at = parts[0]!.length;
  for (const part of parts.slice(1)) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}

const MOST_LISTED = 12;

/** What nothing is called: with the nearest name, or with those that there are. */
export function unknownPattern(kind: string, pattern: string, names: readonly string[]): UserError {
  const near = nearest(pattern, names);
  const shown = names.length > MOST_LISTED ? [...names.slice(0, MOST_LISTED - 1), '…'] : names;
  return new UserError(unknownName(kind, pattern, near === undefined ? shown : [near]));
}

/** `worker/3 -> switch` is one direction, `worker/3 <-> switch` both; → and ↔ are the same. */
const LINK = /^\s*(\S.*?)\s*(<->|->|↔|→)\s*(.*?\S)\s*$/u;

/**
 * The names of links that are meant: one pattern per direction.
 *
 * @throws UserError where the text names no link.
 */
export function linkPatterns(text: string): string[] {
  const match = LINK.exec(text);
  if (match === null) {
    const example = '"worker/0 -> switch" (one direction) or "worker/* <-> switch" (both)';
    throw new UserError(`expected a link such as ${example}, got ${quoted(text)}`);
  }
  const [, from, arrow, to] = match;
  const both = arrow === '<->' || arrow === '↔';
  return [`${from} → ${to}`, ...(both ? [`${to} → ${from}`] : [])];
}

/** Directions of links that are meant, as indices; none where the cluster (a smaller one of a comparison) has none. */
export function linksLike(text: string, links: readonly Pick<ClusterLink, 'name'>[]): number[] {
  const patterns = linkPatterns(text);
  return links.flatMap(({ name }, link) => (patterns.some((one) => matches(one, name)) ? [link] : []));
}
