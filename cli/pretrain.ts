import { basename, dirname, resolve } from 'node:path';
import { pretrainedPolicy } from '../scenarios/policy-file.ts';
import { progressOn } from './progress.ts';
import { prepareFolder, writeFiles } from './write-files.ts';

export interface PretrainOptions {
  readonly output: string;
  readonly seed?: number;
  readonly problems?: number;
}

/** `stepcast pretrain`: progress on stderr, the policy in a file. */
export async function pretrain({ output, seed, problems }: PretrainOptions): Promise<void> {
  const path = resolve(output);
  const { remove } = prepareFolder(dirname(path), [basename(path)]);
  const progress = progressOn(process.stderr);
  try {
    const text = pretrainedPolicy({
      ...(seed !== undefined && { seed }),
      ...(problems !== undefined && { problems }),
      onProgress: (done, total, detail) => progress.show(`${done}/${total} graphs`, `, ${detail}`),
    });
    await writeFiles([{ path, text }]);
  } catch (error) {
    remove();
    throw error;
  } finally {
    progress.end();
  }
  process.stdout.write(`${output}: for \`placers: [{ kind: learned-list, policy: ${output} }]\`\n`);
}
