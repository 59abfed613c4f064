import type { CommandSpec, OptionSpec, Values } from './spec.ts';

/** For fish 3 and later. */
export function fishScript(commands: readonly CommandSpec[]): string {
  const named = commands.filter(({ name }) => name !== '');
  const global = commands.find(({ name }) => name === '')!;
  const first = '-n __fish_use_subcommand';
  return [
    '# Completes stepcast in fish: stepcast completion fish | source',
    'complete -c stepcast -f',
    ...named.map(({ name, summary }) => `complete -c stepcast ${first} -a ${name} -d ${quote(summary)}`),
    ...global.options.map((option) => line(first, option)),
    ...named.flatMap(({ name, options, values }) => {
      const seen = `-n ${quote(`__fish_seen_subcommand_from ${name}`)}`;
      const words = choices(values);
      return [
        ...options.map((option) => line(seen, option)),
        ...(words === '' ? [] : [`complete -c stepcast ${seen} -a ${quote(words)}`]),
        ...(values.files === undefined ? [] : [`complete -c stepcast ${seen} -F`]),
      ];
    }),
    '',
  ].join('\n');
}

function line(condition: string, { short, long, description, values }: OptionSpec): string {
  const flags = `${short === undefined ? '' : `-s ${short.slice(1)} `}-l ${long.slice(2)}`;
  const files = values?.files === undefined ? '' : ' -F';
  const words = values === undefined ? '' : choices(values);
  const value = values === undefined ? '' : ` -r${files}${words === '' ? '' : ` -a ${quote(words)}`}`;
  return `complete -c stepcast ${condition} ${flags}${value} -d ${quote(description)}`;
}

const choices = ({ words, lists }: Values): string =>
  [...words, ...lists.map((list) => `(stepcast completion --list ${list} 2>/dev/null)`)].join(' ');

const quote = (text: string): string => `'${text.replaceAll(/[\\']/g, '\\$&')}'`;
