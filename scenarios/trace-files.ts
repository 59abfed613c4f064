import { gunzipSync } from 'node:zlib';
import { UserError } from '../base/errors.ts';
import { formatMemory } from '../base/units.ts';
import { calledInMessages, type Kind, readBytes } from './read-text.ts';

/** A trace as it was read, unpacked. */
export interface TraceFile {
  /** How messages call it. */
  readonly file: string;
  readonly format: 'chakra' | 'kineto';
  readonly bytes: Uint8Array;
}

/** JavaScript has no longer texts than about 512 MiB, and parsed events take several times as much memory. */
const MOST_BYTES = 400 * 2 ** 20;

const TRACE: Kind = {
  name: 'a trace',
  format: 'a Chakra trace (.et) or the JSON of torch.profiler, packed by gzip or not',
  mostBytes: MOST_BYTES,
  ending: /\.(et|json)(\.gz)?$/,
};

/**
 * The traces of all ranks, by rank where all names tell it (`prefix.3.et`), else in the order given.
 *
 * @throws UserError naming the file: it cannot be read, is too large, or is of another format than the others; or a
 * rank is missing.
 */
export function readTraceFiles(paths: readonly string[]): TraceFile[] {
  const files = inOrderOfRanks(paths).map(readTraceFile);
  const other = files.find(({ format }) => format !== files[0]!.format);
  if (other !== undefined) {
    throw new UserError(
      `${other.file} is a ${NAMES[other.format]}, ${files[0]!.file} a ${NAMES[files[0]!.format]}; replay one kind at a time`,
    );
  }
  return files;
}

const NAMES = { chakra: 'Chakra trace', kineto: 'trace of torch.profiler' };

function readTraceFile(path: string): TraceFile {
  const file = calledInMessages(path);
  const bytes = unpacked(readBytes(path, TRACE), file);
  if (bytes.length === 0) throw new UserError(`${file}: empty; expected ${TRACE.format}`);
  // A Chakra trace begins with the length of its metadata, a few bytes; no such length is an opening bracket or a
  // blank and followed by what JSON may have there.
  const begin = new TextDecoder().decode(bytes.subarray(0, 64));
  return { file, format: /^\s*[[{]\s*["{\]}]/.test(begin) ? 'kineto' : 'chakra', bytes };
}

function unpacked(bytes: Buffer, file: string): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: MOST_BYTES });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      throw new UserError(`${file}: too large for a trace; at most ${formatMemory(MOST_BYTES)} unpacked`);
    }
    throw new UserError(`${file}: cannot be unpacked (${message})`);
  }
}

/** The number in `prefix.3.et`. */
const RANK = /\.(\d{1,7})\.et(\.gz)?$/;

function inOrderOfRanks(paths: readonly string[]): readonly string[] {
  const ranks = paths.map((path) => RANK.exec(path)?.[1]);
  if (paths.length < 2 || ranks.includes(undefined)) return paths;
  const sorted = paths.map((path, i) => ({ path, rank: Number(ranks[i]) })).sort((a, b) => a.rank - b.rank);
  sorted.forEach(({ path, rank }, i) => {
    if (rank === i) return;
    const what = rank < i ? `there is a trace of rank ${rank} already` : `the trace of rank ${i} is missing`;
    throw new UserError(`${path}: ${what}; expected those of ranks 0 to ${paths.length - 1}`);
  });
  return sorted.map(({ path }) => path);
}
