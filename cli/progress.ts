import type { WriteStream } from 'node:tty';

export interface Progress {
  /** `detail` changes often: it is shown only where the line can be drawn over. */
  show(text: string, detail?: string): void;
  /** Takes the line away where it was drawn over and over. */
  end(): void;
}

type Output = Pick<WriteStream, 'write'> & Partial<Pick<WriteStream, 'isTTY' | 'columns'>>;

const CLEAR = '\r\u001b[K';

/** One line that is drawn over on a terminal; a line per change where the output goes elsewhere. */
export function progressOn(output: Output): Progress {
  let last = '';
  const isNew = (text: string): boolean => {
    const changed = text !== last;
    last = text;
    return changed;
  };
  if (output.isTTY !== true) {
    return {
      show: (text) => {
        if (isNew(text)) output.write(`${text}\n`);
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
