import { CommanderError } from 'commander';
import { UserError } from '../base/errors.ts';
import { printable } from '../base/text.ts';
import { colorsFor } from './colors.ts';

/** 0 done, 1 a check did not hold, 2 bad input, 70 our own fault. */
const BAD_INPUT = 2;
const OUR_FAULT = 70;

/** Says on stderr what went wrong, one line per problem, and returns the exit code. */
export function reportFailure(error: unknown): number {
  // Commander has said it already, or it was no failure: --help and --version end this way too.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : BAD_INPUT;
  const prefix = colorsFor(process.stderr).red('error:');
  if (error instanceof UserError) {
    for (const line of error.message.split('\n')) process.stderr.write(`${prefix} ${printable(line)}\n`);
  } else {
    const { message, code } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EIO' || code === 'EFBIG') {
      process.stderr.write(`${prefix} the output cannot be written (${code})\n`);
      return BAD_INPUT;
    }
    if (code === 'ERR_STRING_TOO_LONG' || message === 'Invalid string length') {
      process.stderr.write(`${prefix} this makes more text than fits into memory (512 MB); ask for less\n`);
      return BAD_INPUT;
    }
    const line = printable(String(message ?? error).replaceAll(/\s+/g, ' '));
    process.stderr.write(
      `${prefix} internal error: ${line}; please report it (STEPCAST_DEBUG=1 shows where)\n`,
    );
  }
  if (process.env.STEPCAST_DEBUG === '1' && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return error instanceof UserError ? BAD_INPUT : OUR_FAULT;
}
