import { UserError } from '../../../base/errors.ts';
import { printable, shortened } from '../../../base/text.ts';

/** Where a Redis or Valkey is, and how to enter it. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly database: number;
  readonly tls: boolean;
  readonly username?: string;
  readonly password?: string;
  /** The address as messages show it: without the password. */
  readonly shown: string;
}

const EXPECTED = 'expected redis://[user[:password]@]host[:port][/database], or rediss:// for TLS';

/** Takes the place of a password in the URL, which everyone on the machine can read in the list of processes. */
export const PASSWORD_VARIABLE = 'STEPCAST_REDIS_PASSWORD';

/**
 * Reads the URL of a Redis. Messages never repeat what may be a password.
 *
 * @throws UserError saying what was expected.
 */
export function parseRedisAddress(text: string, environment: NodeJS.ProcessEnv = process.env): RedisAddress {
  const url = parsed(text);
  const tls = url.protocol === 'rediss:';
  if (!tls && url.protocol !== 'redis:') {
    const meant = /^[\w.-]+(:\d+)?$/.test(text) ? ` (redis://${text}?)` : '';
    throw refused(`it has no redis:// or rediss:// in front${meant}`);
  }
  if (url.hostname === '') throw refused('it names no host');
  if (url.search !== '' || url.hash !== '') {
    throw refused('"?" and "#" do not belong there; in a password they are written %3F and %23');
  }
  const database = url.pathname.slice(1);
  if (!/^\d{0,5}$/.test(database)) throw refused('what follows the last "/" is no number of a database');
  const username = decoded(url.username);
  const password = decoded(url.password) || environment[PASSWORD_VARIABLE] || '';
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = url.port === '' ? 6379 : Number(url.port);
  return {
    host,
    port,
    database: Number(database),
    tls,
    ...(username !== '' && { username }),
    ...(password !== '' && { password }),
    shown: shortened(printable(`${url.protocol}//${url.hostname}:${port}${url.pathname}`), 200),
  };
}

function parsed(text: string): URL {
  try {
    return new URL(text);
  } catch {
    throw refused(
      'it is no URL (in a password, characters such as "#", "/", "?" and "@" are percent-encoded)',
    );
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw refused('a "%" in its user or password begins no character: it is written %25');
  }
}

function refused(why: string): UserError {
  return new UserError(`--redis: ${EXPECTED}; ${why}`);
}
