const CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Until what it returns is called, SIGINT (Ctrl-C) and SIGTERM end the program with exit code 130 or 143, and
 * `lastWords` say on stderr what is left and how to go on. Only a thread that waits is told of signals: long work
 * belongs on others. Where nobody asks for last words, signals end the program at once, with the same codes in a shell.
 */
export function onInterrupt(lastWords: () => string): () => void {
  const handlers = Object.entries(CODES).map(([signal, code]) => {
    const handler = (): void => {
      process.stderr.write(`interrupted: ${lastWords()}\n`);
      process.exit(code);
    };
    process.on(signal, handler);
    return { signal, handler };
  });
  return () => {
    for (const { signal, handler } of handlers) process.off(signal, handler);
  };
}
