import type { WriteStream } from 'node:tty';
import { roughly, TimeLeft } from './time-left.ts';

export interface Progress {
  /**
   * `detail` changes often: it is shown only where the line can be drawn over, and when it is late. With the share of
   * all work that is done (0 to 1), the time that is left is shown too.
   */
  show(text: string, detail?: string, share?: number): void;
  /** Takes the line away where it was drawn over and over. Nothing is shown after it. */
  end(): void;
}

export interface ProgressOptions {
  /** Milliseconds. */
  readonly now?: () => number;
  readonly environment?: NodeJS.ProcessEnv;
  /** Calls back every so many milliseconds until the function that it returns is called. */
  readonly every?: (milliseconds: number, call: () => void) => () => void;
}

type Output = Pick<WriteStream, 'write'> & Partial<Pick<WriteStream, 'isTTY' | 'columns'>>;

const CLEAR = '\r\u001b[K';

/** Where lines are not drawn over, a detail is worth one after so long. */
const PATIENCE_MS = 10_000;
const TICK_MS = 1000;

/**
 * One line that is drawn over on a terminal; where the output goes elsewhere, or the terminal is a dumb one, a line per
 * change of the text, and one with the detail when 10 s have passed since the last. Work that is silent is shown to go
 * on, as long as the thread waits for it.
 */
export function progressOn(
  output: Output,
  { now = () => performance.now(), environment = process.env, every = unhurried }: ProgressOptions = {},
): Progress {
  const drawsOver = output.isTTY === true && environment.TERM !== 'dumb';
  const left = new TimeLeft();
  let current = { text: '', detail: '', since: 0 };
  let written = '';
  let writtenAt = now();
  let stop: (() => void) | undefined;

  function details(time: number): string {
    const seconds = left.at(time / 1000);
    const silent = Math.floor((time - current.since) / 1000);
    const waiting = 1000 * silent >= PATIENCE_MS && seconds === undefined ? `, ${silent} s` : '';
    return `${current.detail}${seconds === undefined ? waiting : `, ${roughly(seconds)} left`}`;
  }
  function draw(): void {
    const time = now();
    if (drawsOver) {
      // A line that wraps could not be drawn over.
      const line = [...current.text, ...details(time)].slice(0, (output.columns ?? 80) - 1).join('');
      if (line === written) return;
      written = line;
      output.write(CLEAR + line);
    } else {
      const late = time - writtenAt >= PATIENCE_MS;
      if (current.text === written && !late) return;
      written = current.text;
      writtenAt = time;
      output.write(`${current.text}${late ? details(time) : ''}\n`);
    }
  }
  return {
    show: (text, detail = '', share) => {
      const time = now();
      if (share !== undefined) left.tell(share, time / 1000);
      if (text !== current.text || detail !== current.detail) current = { text, detail, since: time };
      stop ??= every(TICK_MS, draw);
      draw();
    },
    end: () => {
      stop?.();
      if (drawsOver && written !== '') output.write(CLEAR);
      written = '';
    },
  };
}

/** Nothing waits for it. */
function unhurried(milliseconds: number, call: () => void): () => void {
  const timer = setInterval(call, milliseconds).unref();
  return () => clearInterval(timer);
}
