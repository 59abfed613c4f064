import type { Redis } from 'ioredis';
import { lastingConnection, redisProblem } from './connection.ts';
import type { QueuePackages } from './packages.ts';
import type { RedisAddress } from './redis-address.ts';

/** A connection that outlives failures of Redis; `notify` is told, once each, that it went and that it came back. */
export function watchedRedis(
  { ioredis }: QueuePackages,
  address: RedisAddress,
  notify: (notice: string) => void,
): Redis {
  const redis = new ioredis.Redis(lastingConnection(address));
  let isLost = false;
  const lost = (why: string): void => {
    if (!isLost) notify(why);
    isLost = true;
  };
  redis.on('error', (error: Error) => lost(`${redisProblem(address, error).message}; trying again`));
  redis.on('close', () => lost(`Redis at ${address.shown}: the connection is lost; trying again`));
  redis.on('ready', () => {
    if (isLost) notify(`Redis at ${address.shown}: connected again`);
    isLost = false;
  });
  // Ended on purpose: the close that follows is no news.
  redis.on('end', () => redis.removeAllListeners());
  return redis;
}
