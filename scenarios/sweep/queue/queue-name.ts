import { UserError } from '../../../base/errors.ts';
import { quoted } from '../../../base/text.ts';
import { RESULTS_VERSION } from '../../results.ts';
import { version } from '../../version.ts';

/** What all keys in a Redis begin with. */
export const PREFIX = 'stepcast';

/** Of sweeps and workers that name none. */
export const DEFAULT_QUEUE = 'default';

/** Programs of one tag give equal rows for equal jobs. */
export const TAG = `${version}-r${RESULTS_VERSION}`;

/**
 * The queue that workers of a version take from: each version has its own, so that none runs another's jobs.
 *
 * @throws UserError where the name has other characters than keys should.
 */
export function queueName(name: string, tag: string = TAG): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) {
    throw new UserError(
      `--queue: expected at most 64 letters, digits, "-", "_" and ".", beginning with a letter or digit, got ${quoted(name)}`,
    );
  }
  return `${name}@${tag}`;
}
