import type { LiveQuestion, LiveReply, LiveRequest, Results } from '../../scenarios/results.ts';

/** What became of a question: what came out and how long it took, or why nothing did. */
export type Answer =
  | { readonly kind: 'results'; readonly results: Results; readonly seconds: number }
  | { readonly kind: 'refusal' | 'failure'; readonly message: string };

/** After so long, a question that is not wanted any more is given up with the thread that is at it. */
const PATIENCE_MS = 1500;

/** The simulator that the page carries, in a thread of its own, begun at the first question. One question at a time. */
export class Simulator {
  readonly #packed: string;
  #thread: Promise<Worker> | undefined;
  #number = 0;
  #asked = { at: 0, open: false };
  #waiting: (() => void) | undefined;

  /** `packed`: gzip in base64. */
  constructor(packed: string) {
    this.#packed = packed;
  }

  /** The answer, or undefined where a later question has taken its place. */
  async ask(question: LiveQuestion, onProgress: (share: number) => void): Promise<Answer | undefined> {
    const number = ++this.#number;
    if (this.#asked.open) {
      const left = this.#asked.at + PATIENCE_MS - performance.now();
      await Promise.race([
        new Promise<void>((resolve) => {
          this.#waiting = resolve;
        }),
        new Promise((resolve) => setTimeout(resolve, Math.max(0, left))),
      ]);
      if (number !== this.#number) return undefined;
      if (this.#asked.open) this.#giveUp();
    }
    const began = performance.now();
    this.#asked = { at: began, open: true };
    const thread = await this.#begun();
    if (number !== this.#number) {
      this.#done();
      return undefined;
    }
    const reply = await new Promise<LiveReply>((resolve) => {
      thread.onmessage = ({ data }: MessageEvent<LiveReply>) => {
        if (data.number !== number) return;
        if (data.kind === 'progress') onProgress(data.share);
        else resolve(data);
      };
      thread.onerror = ({ message }) => {
        // It would answer no other question either.
        this.#giveUp();
        resolve({ number, kind: 'failure', message });
      };
      thread.postMessage({ number, question } satisfies LiveRequest);
    });
    this.#done();
    if (number !== this.#number || reply.kind === 'progress') return undefined;
    return reply.kind === 'results' ? { ...reply, seconds: (performance.now() - began) / 1000 } : reply;
  }

  #done(): void {
    this.#asked.open = false;
    this.#waiting?.();
  }

  #giveUp(): void {
    void this.#thread?.then((thread) => thread.terminate());
    this.#thread = undefined;
    this.#asked.open = false;
  }

  #begun(): Promise<Worker> {
    this.#thread ??= unpacked(this.#packed).then(
      (script) => new Worker(URL.createObjectURL(new Blob([script], { type: 'text/javascript' }))),
    );
    return this.#thread;
  }
}

async function unpacked(base64: string): Promise<string> {
  const bytes = Uint8Array.from(atob(base64.trim()), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Response(stream).text();
}
