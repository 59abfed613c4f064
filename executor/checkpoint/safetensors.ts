import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { DTYPE_BYTES, type DType } from '../../base/dtype.ts';
import { invariant, UserError, unknownName } from '../../base/errors.ts';
import { quoted } from '../../base/text.ts';
import { StoredBytes } from '../../graph/stored-bytes.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { elementCount, formatSpec } from '../../graph/tensor-spec.ts';
import { storedName } from './element-types.ts';
import { formatHeader, type Header, LONGEST_HEADER, parseHeader, type StoredTensor } from './header.ts';
import { storedElements } from './stored-elements.ts';
import { writeAtomically } from './write-atomically.ts';

/*
 * Files of named tensors in the safetensors format: the header's length (8 bytes, little-endian), the header (JSON:
 * type, shape and position per tensor), the data. The same tensors always give the same bytes.
 */

/** What a safetensors file holds: tensors by name, in the order of the file, and its texts. */
export interface SafetensorsContent {
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Texts that the file carries beside its tensors. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Writes `tensors` to the file at `path`, which is the old one or the new one whenever the program is killed.
 *
 * @throws UserError where a type has no place in the format or the file cannot be written.
 */
export function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): void {
  const entries = laidOut(path, tensors);
  const header = formatHeader({ tensors: entries, metadata }, (dtype) => storedName(dtype)!);
  if (header.length > LONGEST_HEADER)
    throw new UserError(`${path}: the header of ${entries.length} tensors is too long`);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(header.length), true);
  asked(path, 'written', () => writeAtomically(path, parts(length, header, entries, tensors)));
}

/**
 * Reads the safetensors file at `path`: the tensors `names`, or all of them.
 *
 * @throws UserError where the file cannot be read, breaks the format or lacks one of `names`.
 */
export function readSafetensors(path: string, names?: readonly string[]): SafetensorsContent {
  return withOpenFile(path, (file, header, dataStart) => {
    const entries = names === undefined ? header.tensors : found(path, header, names);
    const tensors = new Map<string, Tensor>();
    for (const { name, dtype, shape, begin, end } of entries) {
      const bytes = new Uint8Array(end - begin);
      readAll(file, bytes, dataStart + begin, path);
      tensors.set(name, new StoredBytes(bytes).tensor(dtype, shape));
    }
    return { tensors, metadata: header.metadata };
  });
}

/** Names, types and shapes of the tensors in the file at `path`, without their data. */
export function readSafetensorsHeader(path: string): Header {
  return withOpenFile(path, (_file, header) => header);
}

/** Where each tensor goes: wide elements first, so that all are aligned; then by name. */
function laidOut(path: string, tensors: ReadonlyMap<string, Tensor>): StoredTensor[] {
  const entries = [...tensors].map(([name, { spec }]) => {
    const { dtype, shape } = spec;
    const bytes = elementCount(shape) * DTYPE_BYTES[dtype];
    const problem =
      name === '__metadata__'
        ? 'the format keeps that name for itself'
        : storedName(dtype) === undefined
          ? `a safetensors file cannot hold ${dtype}`
          : Number.isInteger(bytes)
            ? undefined
            : `${formatSpec(spec)} does not fill its last byte`;
    if (problem !== undefined) throw new UserError(`${path}: tensor ${quoted(name)}: ${problem}`);
    return { name, dtype, shape, bytes };
  });
  entries.sort((a, b) => elementBytes(b) - elementBytes(a) || (a.name < b.name ? -1 : 1));
  let end = 0;
  return entries.map(({ name, dtype, shape, bytes }) => {
    const begin = end;
    end += bytes;
    return { name, dtype, shape, begin, end };
  });
}

function elementBytes({ dtype }: { readonly dtype: DType }): number {
  return DTYPE_BYTES[dtype];
}

function* parts(
  length: Uint8Array,
  header: Uint8Array,
  entries: readonly StoredTensor[],
  tensors: ReadonlyMap<string, Tensor>,
): Generator<Uint8Array> {
  yield length;
  yield header;
  for (const { name, begin, end } of entries) {
    const bytes = storedElements(tensors.get(name)!);
    invariant(bytes.length === end - begin, `${name} has ${bytes.length} bytes instead of ${end - begin}`);
    yield bytes;
  }
}

function found(path: string, { tensors }: Header, names: readonly string[]): StoredTensor[] {
  const entries = new Map(tensors.map((entry) => [entry.name, entry]));
  return names.map((name) => {
    const entry = entries.get(name);
    if (entry === undefined)
      throw new UserError(`${path}: ${unknownName('tensor', name, [...entries.keys()])}`);
    return entry;
  });
}

/** Opens the file once: whoever replaces it meanwhile does not change what is read. */
function withOpenFile<T>(path: string, use: (file: number, header: Header, dataStart: number) => T): T {
  // Without waiting: a named pipe would make the program wait for a writer.
  const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
  const file = asked(path, 'read', () => openSync(path, flags));
  try {
    const status = fstatSync(file);
    if (!status.isFile()) throw new UserError(`${path}: is no file`);
    const { size } = status;
    if (size < 8) throw new UserError(`${path}: ${size} bytes are no safetensors file`);
    const start = new Uint8Array(8);
    readAll(file, start, 0, path);
    const headerBytes = new DataView(start.buffer).getBigUint64(0, true);
    if (headerBytes > BigInt(Math.min(LONGEST_HEADER, size - 8))) {
      throw new UserError(
        `${path}: a header of ${headerBytes} bytes in a file of ${size} (is it a safetensors file?)`,
      );
    }
    const header = new Uint8Array(Number(headerBytes));
    readAll(file, header, 8, path);
    const dataStart = 8 + header.length;
    return use(file, parseHeader(header, size - dataStart, path), dataStart);
  } finally {
    closeSync(file);
  }
}

function readAll(file: number, bytes: Uint8Array, position: number, path: string): void {
  const most = 1 << 30;
  let at = 0;
  while (at < bytes.length) {
    const read = asked(path, 'read', () =>
      readSync(file, bytes, at, Math.min(most, bytes.length - at), position + at),
    );
    if (read === 0) throw new UserError(`${path}: became shorter while it was read`);
    at += read;
  }
}

/** What `act` gives; an error of the file system as the user's. */
function asked<T>(path: string, what: 'read' | 'written', act: () => T): T {
  try {
    return act();
  } catch (error) {
    const reason = REASONS[(error as NodeJS.ErrnoException).code ?? ''];
    if (reason === undefined && !(error instanceof Error && 'code' in error)) throw error;
    throw new UserError(`${path}: cannot be ${what}: ${reason ?? (error as Error).message}`);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is no folder',
  ENOSPC: 'the disk is full',
  EROFS: 'the disk is read-only',
};
