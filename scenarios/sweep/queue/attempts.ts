import { printable, shortened } from '../../../base/text.ts';

/** A job that throws, or ends the process that runs it or the worker, is tried so often. */
export const ATTEMPTS = 3;

/** Why an attempt at a job failed, from what BullMQ says of it. */
export function failureReason(said: string): string {
  if (said.startsWith('job stalled')) return `its worker died, ${ATTEMPTS} times; perhaps memory is short`;
  const exit = /^Unexpected exit code: (\S+) signal: (\S+)$/.exec(said);
  if (exit === null) return shortened(printable(said.replaceAll(/\s+/g, ' ')), 500);
  const [, code, signal] = exit;
  return `its process ended (${signal === 'null' ? `exit code ${code}` : signal}); perhaps memory is short`;
}
