import type { Redis } from 'ioredis';
import { PREFIX, TAG } from './queue-name.ts';

/*
 * Who is there: sweeps and workers of a queue, of any version, each with the time at which it last said so, by the
 * clock of Redis. It serves messages only: nothing depends on it.
 */

export type Role = 'sweeps' | 'workers';

export interface Presence {
  /** Of the version of the program: equal ones understand each other. */
  readonly tag: string;
  /** Runs at once, of a worker. */
  readonly atOnce: number;
  /** Tells it from others of its kind. */
  readonly id: string;
}

/** Seconds between two signs of life, and after how many one counts as gone. */
export const SIGN_SECONDS = 5;
const GONE_SECONDS = 3 * SIGN_SECONDS;

/** One of this version. */
export function presence(id: string, atOnce = 0): Presence {
  return { tag: TAG, atOnce, id };
}

export async function signLife(redis: Redis, queue: string, role: Role, who: Presence): Promise<void> {
  const now = await secondsOf(redis);
  const key = keyOf(queue, role);
  await redis.zadd(key, now, memberOf(who));
  await redis.zremrangebyscore(key, 0, now - 1000 * GONE_SECONDS);
}

export async function signOff(redis: Redis, queue: string, role: Role, who: Presence): Promise<void> {
  await redis.zrem(keyOf(queue, role), memberOf(who));
}

/** All of a role that lately said that they are there, in the order of their ids. */
export async function whoIsThere(redis: Redis, queue: string, role: Role): Promise<Presence[]> {
  const members = await redis.zrangebyscore(
    keyOf(queue, role),
    (await secondsOf(redis)) - GONE_SECONDS,
    '+inf',
  );
  return members.flatMap((member) => {
    const [, tag, atOnce, id] = /^([\w.+-]{1,60}) (\d{1,5}) ([\w.:-]{1,200})$/.exec(member) ?? [];
    return tag === undefined ? [] : [{ tag, atOnce: Number(atOnce), id: id! }];
  });
}

/** Tags of those of another version, each once. */
export function otherTags(present: readonly Presence[]): string[] {
  return [...new Set(present.map(({ tag }) => tag))].filter((tag) => tag !== TAG).sort();
}

async function secondsOf(redis: Redis): Promise<number> {
  const [seconds] = await redis.time();
  return Number(seconds);
}

function memberOf({ tag, atOnce, id }: Presence): string {
  return `${tag} ${atOnce} ${id}`;
}

function keyOf(queue: string, role: Role): string {
  return `${PREFIX}:${queue}:${role}`;
}
