import { isIP } from 'node:net';
import type { Redis, RedisOptions } from 'ioredis';
import { UserError } from '../../../base/errors.ts';
import { printable, shortened } from '../../../base/text.ts';
import type { QueuePackages } from './packages.ts';
import type { RedisAddress } from './redis-address.ts';

/** At the first attempt, somebody waits for the answer. */
const PATIENCE_MS = 5_000;

/**
 * Options of connections that outlive failures of Redis: they connect again for as long as it takes, and what was
 * asked meanwhile waits.
 */
export function lastingConnection(address: RedisAddress): RedisOptions {
  return {
    ...options(address),
    maxRetriesPerRequest: null,
    retryStrategy: (attempt) => Math.min(attempt * 200, 5_000),
  };
}

/**
 * Connects once and asks whether queues can live there.
 *
 * @throws UserError where nobody answers, the password is wrong, or it may throw jobs away.
 */
export async function checkRedis({ ioredis }: QueuePackages, address: RedisAddress): Promise<void> {
  const redis = new ioredis.Redis({
    ...options(address),
    connectTimeout: PATIENCE_MS,
    commandTimeout: PATIENCE_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    lazyConnect: true,
  });
  let cause: Error | undefined;
  redis.on('error', (error: Error) => {
    cause ??= error;
  });
  try {
    await redis.connect();
    // Connecting does not fail where there is no such database.
    await redis.select(address.database);
    await checkMemory(redis, address);
  } catch (error) {
    throw error instanceof UserError ? error : redisProblem(address, cause ?? (error as Error));
  } finally {
    redis.disconnect();
  }
}

/** What Redis, or the way to it, said, as a message for users. */
export function redisProblem(address: RedisAddress, error: Error): UserError {
  const { code, message } = error as NodeJS.ErrnoException;
  const because = REASONS.find(([pattern]) => pattern.test(`${code} ${message}`))?.[1];
  const said = shortened(printable(message.replaceAll(/\s+/g, ' ')), 200);
  return new UserError(`Redis at ${address.shown}: ${because ?? said}`);
}

const REASONS: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/ECONNREFUSED/, 'nothing listens there: is it running, and is the port right?'],
  [/ENOTFOUND|EAI_AGAIN/, 'there is no host of this name'],
  [/ETIMEDOUT|Command timed out/, 'no answer within 5 seconds'],
  [/EHOSTUNREACH|ENETUNREACH/, 'no way leads there'],
  [/WRONGPASS|invalid password/, 'the password is wrong, or there is no such user'],
  [/NOAUTH/, 'it wants a password: in the URL, or in the variable STEPCAST_REDIS_PASSWORD'],
  [/NOPERM/, 'this user may not do what queues need'],
  [/DB index is out of range/, 'it has no database of this number'],
  [
    /Unknown RESP type|EPIPE|ECONNRESET|EPROTO|wrong version number/,
    'who answers there speaks another protocol (rediss:// where it has TLS, redis:// where it has none)',
  ],
  [
    /certificate|CERT|SELF_SIGNED/,
    'its TLS certificate is not trusted (NODE_EXTRA_CA_CERTS names a file of more authorities)',
  ],
  [/^\S+ OOM/, 'its memory is full (maxmemory)'],
  [/READONLY/, 'it is a replica, which takes no jobs'],
  [/MISCONF/, 'it cannot write to its disk, and so takes no jobs'],
];

/** A Redis that may drop keys when its memory is full would drop parts of the queue. */
async function checkMemory(redis: Redis, address: RedisAddress): Promise<void> {
  const facts = await redis.info('memory');
  const most = Number(/^maxmemory:(\d+)/m.exec(facts)?.[1] ?? 0);
  const policy = /^maxmemory_policy:(\S+)/m.exec(facts)?.[1] ?? 'noeviction';
  if (most === 0 || policy === 'noeviction') return;
  throw new UserError(
    `Redis at ${address.shown}: it throws keys away when its memory is full (maxmemory-policy ${printable(shortened(policy))}); queues need noeviction`,
  );
}

function options({ host, port, database, tls, username, password }: RedisAddress): RedisOptions {
  return {
    host,
    port,
    db: database,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls && { tls: isIP(host) === 0 ? { servername: host } : {} }),
  };
}
