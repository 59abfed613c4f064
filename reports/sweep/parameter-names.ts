/** Of a path, parts that are shown at least: what `count` or `probability` is of stands before it. */
const LEAST_PARTS = 2;

/** Short names of paths: as much of their ends as tells what they are, and each from the others. */
export function parameterNames(paths: readonly string[]): string[] {
  const end = (path: string, parts: number): string => path.split('.').slice(-parts).join('.');
  return paths.map((path) => {
    for (let parts = LEAST_PARTS; ; parts++) {
      const short = end(path, parts);
      const isUnique = paths.filter((other) => end(other, parts) === short).length === 1;
      if (short === path || isUnique) return short.replace(/^variables\./, '');
    }
  });
}
