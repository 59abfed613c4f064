import { UserError } from '../../base/errors.ts';
import type { LiveReply, LiveRequest } from '../results.ts';
import { ask } from './ask.ts';

/* What the report runs in a thread of the browser: answers one question after the other. */

interface Thread {
  onmessage: ((event: { readonly data: LiveRequest }) => void) | null;
  postMessage(reply: LiveReply): void;
}

const thread = globalThis as unknown as Thread;

thread.onmessage = async ({ data: { number, question } }) => {
  try {
    const results = await ask(question, ({ done, total }) =>
      thread.postMessage({ number, kind: 'progress', share: total === 0 ? 0 : done / total }),
    );
    thread.postMessage({ number, kind: 'results', results });
  } catch (error) {
    const { message } = error as Error;
    thread.postMessage({ number, kind: error instanceof UserError ? 'refusal' : 'failure', message });
  }
};
