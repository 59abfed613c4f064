import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';

/** Whether tests of queues can run here. */
export const hasRedis = ((): boolean => {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    console.warn('redis-server is not installed: the tests of queues are skipped');
    return false;
  }
})();

/** A Redis of one's own, with an append-only file, that can be killed and started again. */
export class RedisServer {
  readonly port: number;
  readonly url: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'stepcast-redis-'));
  #process: ChildProcess | undefined;

  constructor(port: number) {
    this.port = port;
    this.url = `redis://127.0.0.1:${port}`;
  }

  static async started(): Promise<RedisServer> {
    const server = new RedisServer(await freePort());
    await server.start();
    return server;
  }

  async start(): Promise<void> {
    const options = { port: this.port, bind: '127.0.0.1', dir: this.#folder, save: '', appendonly: 'yes' };
    const args = Object.entries(options).flatMap(([key, value]) => [`--${key}`, String(value)]);
    this.#process = spawn('redis-server', args, { stdio: 'ignore' });
    const redis = this.client();
    await redis.ping();
    redis.disconnect();
  }

  /** Waits for the server. */
  client(): Redis {
    const redis = new Redis({ port: this.port, maxRetriesPerRequest: null, retryStrategy: () => 50 });
    redis.on('error', () => {});
    return redis;
  }

  async kill(): Promise<void> {
    const dying = this.#process;
    if (dying === undefined) return;
    const gone = new Promise((resolve) => dying.once('exit', resolve));
    dying.kill('SIGKILL');
    await gone;
    this.#process = undefined;
  }

  async end(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true });
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
