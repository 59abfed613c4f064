import type { Argument, Command, Option } from 'commander';

/** What may stand in a place of a command line. */
export interface Values {
  /** These words. */
  readonly words: readonly string[];
  /** Names of these kinds, which `stepcast completion --list` prints. */
  readonly lists: readonly string[];
  /** Files with these endings, all where there are none; undefined: no files. */
  readonly files: readonly string[] | undefined;
}

export interface OptionSpec {
  readonly short: string | undefined;
  readonly long: string;
  readonly description: string;
  /** Undefined where it takes no value. */
  readonly values: Values | undefined;
}

export interface CommandSpec {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly OptionSpec[];
  /** Of all arguments, whichever is their place. */
  readonly values: Values;
}

const NOTHING: Values = { words: [], lists: [], files: undefined };
const ANY_FILE: Values = { ...NOTHING, files: [] };

/** By the name of the argument, in whatever command. */
const ARGUMENTS: { readonly [name: string]: Values } = {
  scenario: { ...NOTHING, files: ['yaml', 'yml'] },
  results: { ...NOTHING, files: ['json'] },
  model: { ...NOTHING, lists: ['models'], files: ['onnx', 'pb', 'pbtxt', 'meta'] },
  id: { ...NOTHING, lists: ['entries'] },
  what: { ...NOTHING, lists: ['sources'], files: ['yaml', 'yml'] },
};

/** By the name of the option. */
const OPTIONS: { readonly [long: string]: Values } = {
  '--device': { ...NOTHING, lists: ['devices'] },
  '--link': { ...NOTHING, lists: ['links'] },
  '--cluster': { ...NOTHING, lists: ['nodes'], files: ['yaml', 'yml'] },
  '--placer': { ...NOTHING, lists: ['placers'], words: ['all'] },
};

/** What `<…>` of an option, or the name of another argument, says when it is a path. */
const PATH = /file|folder|path|prefix|trace|sources?$/;

/** All that shells complete, from the definitions of the commands. */
export function completionSpec(program: Command): readonly CommandSpec[] {
  const names = program.commands.map((command) => command.name());
  const self: CommandSpec = { ...commandSpec(program), name: '', values: { ...NOTHING, words: names } };
  return [
    self,
    ...program.commands.map((command) =>
      command.name() === 'help' ? { ...commandSpec(command), values: self.values } : commandSpec(command),
    ),
  ];
}

function commandSpec(command: Command): CommandSpec {
  const options = command.options.filter(({ hidden }) => !hidden).map(optionSpec);
  const nested = command.commands.map((inner) => inner.name());
  const values = command.registeredArguments.map(argumentValues);
  return {
    name: command.name(),
    summary: command.summary(),
    options: [
      ...options,
      { short: '-h', long: '--help', description: 'print this help', values: undefined },
      // Options of commands in commands, too: nobody types them elsewhere.
      ...command.commands.flatMap((inner) => inner.options.map(optionSpec)).filter(isNew(options)),
    ],
    values: {
      words: [...nested, ...values.flatMap(({ words }) => words)],
      lists: values.flatMap(({ lists }) => lists),
      files: values.find(({ files }) => files !== undefined)?.files,
    },
  };
}

const isNew =
  (known: readonly OptionSpec[]) =>
  ({ long }: OptionSpec): boolean =>
    known.every((option) => option.long !== long);

function argumentValues(argument: Argument): Values {
  if (argument.argChoices !== undefined) return { ...NOTHING, words: argument.argChoices };
  return ARGUMENTS[argument.name()] ?? (PATH.test(argument.name()) ? ANY_FILE : NOTHING);
}

function optionSpec({ short, long, flags, description, argChoices, required, optional }: Option): OptionSpec {
  const placeholder = /[<[](.*)[>\]]/.exec(flags)?.[1] ?? '';
  const values =
    argChoices !== undefined
      ? { ...NOTHING, words: argChoices }
      : (OPTIONS[long!] ?? (PATH.test(placeholder) ? ANY_FILE : NOTHING));
  return { short, long: long!, description, values: required || optional ? values : undefined };
}
