import type { CommandSpec, Values } from './spec.ts';

/** For bash 3.2 and later. */
export function bashScript(commands: readonly CommandSpec[]): string {
  const named = commands.filter(({ name }) => name !== '');
  return `# Completes stepcast in bash: source <(stepcast completion bash)
_stepcast_words() { COMPREPLY+=($(compgen -W "$1" -- "$cur")); }
_stepcast_names() { _stepcast_words "$(stepcast completion --list "$1" 2>/dev/null)"; }
_stepcast_files() {
  local IFS=$'\\n' pattern
  compopt -o filenames 2>/dev/null
  COMPREPLY+=($(compgen -d -- "$cur"))
  for pattern in "$@"; do COMPREPLY+=($(compgen -f -X "!$pattern" -- "$cur")); done
}
_stepcast() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} command= i
  COMPREPLY=()
  if [[ $prev == '=' ]]; then prev=\${COMP_WORDS[COMP_CWORD - 2]}; fi
  if [[ $cur == '=' ]]; then cur=; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in
      ${named.map(({ name }) => name).join(' | ')})
        command=\${COMP_WORDS[i]}
        break
        ;;
    esac
  done
  case "$command $prev" in
${commands.flatMap(optionCases).join('\n')}
  esac
  if [[ $cur == -* ]]; then
    case $command in
${commands.map(({ name, options }) => `      '${name}') _stepcast_words '${options.map(({ long }) => long).join(' ')}' ;;`).join('\n')}
    esac
    return
  fi
  case $command in
${commands.map(({ name, values }) => `    '${name}') ${complete(values)} ;;`).join('\n')}
  esac
}
complete -F _stepcast stepcast
`;
}

function optionCases({ name, options }: CommandSpec): string[] {
  return options.flatMap(({ short, long, values }) => {
    if (values === undefined) return [];
    const flags = [...(short === undefined ? [] : [short]), long].map((flag) => `'${name} ${flag}'`);
    return [`    ${flags.join(' | ')}) ${complete(values)}; return ;;`];
  });
}

function complete({ words, lists, files }: Values): string {
  const parts = [
    ...(words.length > 0 ? [`_stepcast_words '${words.join(' ')}'`] : []),
    ...lists.map((list) => `_stepcast_names ${list}`),
    ...(files === undefined
      ? []
      : [`_stepcast_files ${files.length === 0 ? "'*'" : files.map((end) => `'*.${end}'`).join(' ')}`]),
  ];
  return parts.length === 0 ? ':' : parts.join('; ');
}
