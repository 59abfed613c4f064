/**
 * Prints the one JSON document of a command with `--json`. Numbers are in the units that their keys end with (seconds,
 * bytes, flops); what is not known is null, and so is what JSON has no number for (NaN, infinities). Integers beyond
 * 2^53 are strings.
 */
export function printJson(value: unknown): void {
  const plain = (_: string, part: unknown): unknown =>
    typeof part !== 'bigint' ? part : Number.isSafeInteger(Number(part)) ? Number(part) : String(part);
  process.stdout.write(`${JSON.stringify(value, plain, 2)}\n`);
}
