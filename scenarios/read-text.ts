import { closeSync, constants, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { nearest, UserError } from '../base/errors.ts';

/** What is read, for messages. */
export interface Kind {
  /** e.g. `a scenario` */
  readonly name: string;
  /** e.g. `YAML in UTF-8` */
  readonly format: string;
  readonly mostBytes: number;
  /** What names of such files end with. */
  readonly ending: RegExp;
}

const STANDARD_INPUT = ['-', '/dev/stdin'];

/** Whether what is there may come bit by bit. */
const isPipe = (path: string): boolean => STANDARD_INPUT.includes(path) || path.startsWith('/dev/fd/');

/** How messages call a file. */
export const calledInMessages = (path: string): string => (path === '-' ? 'standard input' : path);

/** The text of a file. @throws UserError as `readBytes` does, and where it is not UTF-8, with line and column. */
export function readText(path: string, kind: Kind): string {
  const bytes = contentOf(path, kind, ':1:1');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const place = `${calledInMessages(path)}:${endOfText(bytes)}`;
    throw new UserError(`${place}: not a text file; ${kind.name} is ${kind.format}`);
  }
}

/** Line and column of the first byte that is not UTF-8. */
function endOfText(bytes: Buffer): string {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 1;
  let column = 1;
  try {
    for (const byte of bytes) {
      const text = decoder.decode(Uint8Array.of(byte), { stream: true });
      if (text === '\n') {
        line++;
        column = 1;
      } else column += text.length;
    }
  } catch {
    // Found.
  }
  return `${line}:${column}`;
}

/**
 * What is in a file, in standard input (`-`) or in a pipe that the shell opened (`/dev/fd/63`), and no more of it
 * than the kind may have. Other pipes and devices are refused: they may never end, or never begin.
 */
export function readBytes(path: string, kind: Kind): Buffer {
  return contentOf(path, kind, '');
}

/** `place`: where messages say that the file is too large. */
function contentOf(path: string, kind: Kind, place: string): Buffer {
  const file = calledInMessages(path);
  let bytes: Buffer;
  try {
    if (!isPipe(path)) {
      const stat = statSync(path);
      if (!stat.isFile() && !stat.isDirectory()) {
        throw new UserError(`${file}: not a regular file; - reads standard input`);
      }
      if (stat.size > kind.mostBytes) throw tooLarge(`${file}${place}`, kind);
    }
    bytes = readAtMost(path, kind.mostBytes + 1);
  } catch (error) {
    throw error instanceof UserError ? error : unreadable(path, kind, error as NodeJS.ErrnoException);
  }
  if (bytes.length > kind.mostBytes) throw tooLarge(`${file}${place}`, kind);
  return bytes;
}

const CHUNK_BYTES = 1 << 20;

function readAtMost(path: string, most: number): Buffer {
  const mayWait = isPipe(path);
  // What calls itself a regular file may still wait for ever, as /proc/kmsg does.
  const flags = constants.O_RDONLY | (mayWait ? 0 : constants.O_NONBLOCK);
  const file = STANDARD_INPUT.includes(path) ? 0 : openSync(path, flags);
  const chunks: Buffer[] = [];
  let total = 0;
  try {
    for (let read = -1; read !== 0 && total < most; total += read) {
      const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, most - total));
      read = mayWait ? readWhenThere(file, chunk) : readSync(file, chunk, 0, chunk.length, null);
      chunks.push(chunk.subarray(0, read));
    }
  } finally {
    if (file !== 0) closeSync(file);
  }
  return Buffer.concat(chunks);
}

/** Standard input may be a pipe that says "not yet" instead of waiting. */
function readWhenThere(file: number, chunk: Buffer): number {
  for (;;) {
    try {
      return readSync(file, chunk, 0, chunk.length, null);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}

function tooLarge(place: string, { name, mostBytes }: Kind): UserError {
  return new UserError(`${place}: too large for ${name}; at most ${mostBytes} bytes`);
}

function unreadable(path: string, kind: Kind, error: NodeJS.ErrnoException): UserError {
  switch (error.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new UserError(`${path}: no such file${remedy(path, kind)}`);
    case 'EISDIR':
      return new UserError(`${path}: this is a folder; name ${kind.name} in it${remedy(`${path}/`, kind)}`);
    default:
      return new UserError(`${calledInMessages(path)}: cannot be read (${error.code ?? error.message})`);
  }
}

/** What else is in the folder. */
function remedy(path: string, { ending }: Kind): string {
  const folder = path.endsWith('/') ? path : dirname(path);
  let files: string[];
  try {
    // A link to nothing is there too, by its own name.
    files = readdirSync(folder).filter((file) => ending.test(file) && file !== basename(path));
  } catch {
    return `; there is no folder ${folder} either`;
  }
  const near = path.endsWith('/') ? undefined : nearest(basename(path), files);
  if (near !== undefined) return `; did you mean "${path.slice(0, -basename(path).length)}${near}"?`;
  return files.length === 0 ? '' : `; ${folder} has ${files.sort().slice(0, 5).join(', ')}`;
}
