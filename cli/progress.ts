import type { WriteStream } from 'node:tty';

export interface Progress {
  /** `detail` changes often: it is shown only where the line can be drawn over. */
  show(text: string, detail?: string): void;
  /** Takes the line away where it was drawn over and over. */
  end(): void;
}

type Output = Pick<WriteStream, 'write'> & Partial<Pick<WriteStream, 'isTTY' | 'columns'>>;

const CLEAR = '\r\u001b[K';

/** Where lines are not drawn over, a detail is worth one after so long. */
const PATIENCE_MS = 10_000;

/**
 * One line that is drawn over on a terminal; where the output goes elsewhere, a line per change of the text, and one
 * with the detail when 10 s have passed since the last.
 */
export function progressOn(output: Output, now: () => number = () => performance.now()): Progress {
  let last = '';
  const isNew = (text: string): boolean => {
    const changed = text !== last;
    last = text;
    return changed;
  };
  if (output.isTTY !== true) {
    let shown = now();
    return {
      show: (text, detail = '') => {
        const late = now() - shown >= PATIENCE_MS;
        if (!isNew(text) && !late) return;
        output.write(`${text}${late ? detail : ''}\n`);
        shown = now();
      },
      end: () => {},
    };
  }
  return {
    show: (text, detail = '') => {
      // A line that wraps could not be drawn over.
      const line = [...text, ...detail].slice(0, (output.columns ?? 80) - 1).join('');
      if (isNew(line)) output.write(CLEAR + line);
    },
    end: () => {
      if (last !== '') output.write(CLEAR);
    },
  };
}
