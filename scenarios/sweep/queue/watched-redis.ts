import type { Redis } from 'ioredis';
import { lastingConnection, redisProblem } from './connection.ts';
import type { QueuePackages } from './packages.ts';
import type { RedisAddress } from './redis-address.ts';

export interface WatchedRedis {
  readonly redis: Redis;
  /** Whether it is lost at the moment. */
  readonly isLost: () => boolean;
  readonly disconnect: () => void;
}

/** A connection that outlives failures of Redis; `notify` is told, once each, that it went and that it came back. */
export function watchedRedis(
  { ioredis }: QueuePackages,
  address: RedisAddress,
  notify: (notice: string) => void,
): WatchedRedis {
  const redis = new ioredis.Redis(lastingConnection(address));
  let [isLost, isOver] = [false, false];
  const lose = (why: string): void => {
    if (!isLost && !isOver) notify(`${why}; trying again`);
    isLost = true;
  };
  redis.on('error', (error: Error) => lose(redisProblem(address, error).message));
  redis.on('close', () => lose(`Redis at ${address.shown}: the connection is lost`));
  redis.on('ready', () => {
    if (isLost) notify(`Redis at ${address.shown}: connected again`);
    isLost = false;
  });
  return {
    redis,
    isLost: () => isLost,
    disconnect: () => {
      isOver = true;
      redis.disconnect();
    },
  };
}
