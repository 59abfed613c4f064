import { basename, dirname, resolve } from 'node:path';
import { pretrainedPolicy } from '../scenarios/policy-file.ts';
import { printJson } from './print-json.ts';
import { progressOn } from './progress.ts';
import { checkFolder, writeFiles } from './write-files.ts';

export interface PretrainOptions {
  readonly output: string;
  readonly seed?: number;
  readonly problems?: number;
  readonly json?: boolean;
}

/** `stepcast pretrain`: progress on stderr, the policy in a file. */
export async function pretrain({ output, seed, problems, json = false }: PretrainOptions): Promise<void> {
  const path = resolve(output);
  checkFolder(dirname(path), [basename(path)]);
  const progress = progressOn(process.stderr);
  let text: string;
  let graphs = 0;
  try {
    text = pretrainedPolicy({
      ...(seed !== undefined && { seed }),
      ...(problems !== undefined && { problems }),
      onProgress: (done, total, detail) => {
        graphs = total;
        progress.show(`${done}/${total} graphs`, `, ${detail}`, done / total);
      },
    });
  } finally {
    progress.end();
  }
  await writeFiles([{ path, text }]);
  if (json) printJson({ file: output, problems: graphs });
  else process.stdout.write(`${output}: for \`placers: [{ kind: learned-list, policy: ${output} }]\`\n`);
}
