import type { CommandSpec, OptionSpec, Values } from './spec.ts';

/** For zsh 5 and later, with its completion system (compinit). */
export function zshScript(commands: readonly CommandSpec[]): string {
  const named = commands.filter(({ name }) => name !== '');
  const global = commands.find(({ name }) => name === '')!;
  return `#compdef stepcast
# Completes stepcast in zsh: source <(stepcast completion zsh)
_stepcast_names() { local -a names; names=(\${(f)"$(stepcast completion --list $1 2>/dev/null)"}); compadd -a names }
_stepcast() {
  local curcontext=$curcontext state line
  local -a commands
  _arguments -C ${global.options.flatMap(optionLines).join(' ')} '1: :->command' '*:: :->arguments' && return
  case $state in
    command)
      commands=(
${named.map(({ name, summary }) => `        ${quote(`${name}:${summary}`)}`).join('\n')}
      )
      _describe command commands
      ;;
    arguments)
      case $line[1] in
${named.map(commandCase).join('\n')}
      esac
      ;;
  esac
}
compdef _stepcast stepcast
`;
}

function commandCase({ name, options, values }: CommandSpec): string {
  const lines = [...options.flatMap(optionLines), quote(`*:${name}:${action(values)}`)];
  return `        ${name})\n          _arguments ${lines.join(' \\\n            ')}\n          ;;`;
}

function optionLines({ short, long, description, values }: OptionSpec): string[] {
  const what = `[${description.replaceAll(/[\\[\]:]/g, '\\$&')}]`;
  const value = values === undefined ? '' : `:${long.slice(2)}:${action(values)}`;
  // May be given several times, without a look at which may not.
  return [...(short === undefined ? [] : [short]), long].map((flag) => quote(`*${flag}${what}${value}`));
}

function action({ words, lists, files }: Values): string {
  const parts = [
    ...(words.length > 0 ? [`compadd ${words.join(' ')}`] : []),
    ...lists.map((list) => `_stepcast_names ${list}`),
    ...(files === undefined ? [] : [files.length === 0 ? '_files' : `_files -g "*.(${files.join('|')})"`]),
  ];
  return parts.length === 0 ? ' ' : `{ ${parts.join('; ')} }`.replaceAll(':', '\\:');
}

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
