// Writes completions for bash, zsh and fish: node scripts/documents/completions.mjs DIRECTORY
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { commandTree } from './commands.mjs';

/** What the value of an option is completed with. */
const KINDS = {
  file: 'file',
  path: 'file',
  spool: 'directory',
  directory: 'directory',
  format: 'choice',
  address: 'none',
};

/** The files, by shell. */
export function completions() {
  const commands = commandTree();
  return { bash: bash(commands), zsh: zsh(commands), fish: fish(commands) };
}

function bash(commands) {
  const cases = commands.map((command) => {
    const words = [...command.children, ...command.options.flatMap(({ names }) => names)].join(' ');
    return `    '${command.words.slice(1).join(' ')}') words='${words}' ;;`;
  });
  const values = valued(commands).map(({ names, kind, choices }) => {
    const action =
      kind === 'choice' ? `COMPREPLY=($(compgen -W '${choices.join(' ')}' -- "$word"))` : fileAction(kind);
    return `    ${names.join('|')}) ${action}; return ;;`;
  });
  const takingPid = commands.filter(takesPid).map(({ words }) => `'${words.slice(1).join(' ')}'`);
  return `# bash completion for memory-monitor
_memory_monitor() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} path='' words='' index
  COMPREPLY=()
  case $before in
${values.join('\n')}
  esac
  for ((index = 1; index < COMP_CWORD; index++)); do
    case "$path \${COMP_WORDS[index]}" in
${commands
  .filter(({ words }) => words.length > 1)
  .map(
    ({ words }) =>
      `      '${` ${words.slice(1).join(' ')}`.slice(words.length === 2 ? 0 : 1)}') path='${words.slice(1).join(' ')}' ;;`,
  )
  .join('\n')}
    esac
  done
  case $path in
${cases.join('\n')}
  esac
  case $path in
    ${takingPid.join('|')}) words="$words $(cd /proc && echo [0-9]*)" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _memory_monitor memory-monitor
`;
}

const fileAction = (kind) =>
  kind === 'directory'
    ? 'COMPREPLY=($(compgen -d -- "$word"))'
    : kind === 'file'
      ? 'COMPREPLY=($(compgen -f -- "$word"))'
      : 'COMPREPLY=()';

function zsh(commands) {
  const functions = commands.map((command) => {
    const children = commands.filter(
      ({ words }) =>
        words.length === command.words.length + 1 &&
        command.words.every((word, index) => words[index] === word),
    );
    const options = command.options.map((option) => zshOption(option));
    const name = zshName(command);
    if (children.length === 0) {
      const taken = command.arguments.map(
        ({ name: argument, description }, index) =>
          `'${index + 1}:${escaped(description)}:${argument === 'pid' ? '_pids' : ' '}'`,
      );
      return `${name}() {\n  _arguments ${[...options, ...taken].join(' \\\n    ')}\n}`;
    }
    const list = children.map(({ words, description }) => `'${words.at(-1)}:${escaped(description)}'`);
    const cases = children.map((child) => `        ${child.words.at(-1)}) ${zshName(child)} ;;`);
    return `${name}() {
  local state line
  local -a commands=(
    ${list.join('\n    ')}
  )
  _arguments -C ${options.join(' \\\n    ')} '1: :->command' '*:: :->rest'
  case $state in
    command) _describe command commands ;;
    rest)
      case $line[1] in
${cases.join('\n')}
      esac ;;
  esac
}`;
  });
  return `#compdef memory-monitor\n${functions.reverse().join('\n\n')}\n\n_memory-monitor "$@"\n`;
}

const zshName = ({ words }) => `_${words.join('-')}`;

function zshOption({ names, takesValue, valueName, description, choices }) {
  const action =
    choices.length > 0
      ? `(${choices.join(' ')})`
      : { file: '_files', directory: '_files -/', none: ' ' }[KINDS[valueName] ?? 'none'];
  const value = takesValue ? `:${valueName}:${action}` : '';
  const exclusive = names.length > 1 ? `(${names.join(' ')})` : '';
  return names.map((name) => `'${exclusive}${name}[${escaped(description)}]${value}'`).join(' \\\n    ');
}

const escaped = (description) => description.replaceAll("'", "'\\''").replaceAll(/[[\]:]/g, '\\$&');

function fish(commands) {
  const lines = commands.flatMap((command) => {
    const path = command.words.slice(1);
    const condition =
      path.length === 0
        ? '__fish_use_subcommand'
        : path.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ');
    const isLast = command.children.length === 0;
    const parent = commands.filter(
      ({ words }) =>
        words.length === command.words.length + 1 &&
        command.words.every((word, index) => words[index] === word),
    );
    return [
      ...parent.map(({ words, description }) => {
        const siblings = command.children.join(' ');
        const unseen =
          path.length === 0 ? condition : `${condition}; and not __fish_seen_subcommand_from ${siblings}`;
        return `complete -c memory-monitor -n '${unseen}' -a ${words.at(-1)} -d '${quote(description)}'`;
      }),
      ...command.options.map((option) => fishOption(option, path.length === 0 ? undefined : condition)),
      ...(isLast && takesPid(command)
        ? [`complete -c memory-monitor -n '${condition}' -a '(__fish_complete_pids)'`]
        : []),
    ];
  });
  return `# fish completion for memory-monitor\ncomplete -c memory-monitor -f\n${lines.join('\n')}\n`;
}

function fishOption({ names, takesValue, valueName, description, choices }, condition) {
  const short = names.find((name) => !name.startsWith('--'));
  const long = names.find((name) => name.startsWith('--'));
  const kind = KINDS[valueName];
  const value = !takesValue
    ? ''
    : choices.length > 0
      ? ` -x -a '${choices.join(' ')}'`
      : kind === 'directory'
        ? " -x -a '(__fish_complete_directories)'"
        : kind === 'file'
          ? ' -r -F'
          : ' -x';
  return [
    'complete -c memory-monitor',
    condition === undefined ? '' : ` -n '${condition}'`,
    short === undefined ? '' : ` -s ${short.slice(1)}`,
    long === undefined ? '' : ` -l ${long.slice(2)}`,
    value,
    ` -d '${quote(description)}'`,
  ].join('');
}

const quote = (words) => words.replaceAll("'", "\\'");
const takesPid = ({ arguments: taken }) => taken.some(({ name }) => name === 'pid');

/** Options that take a value, each once. */
function valued(commands) {
  const all = commands.flatMap(({ options }) => options.filter(({ takesValue }) => takesValue));
  const byName = new Map(all.map((option) => [option.names.join('|'), option]));
  return [...byName.values()].map(({ names, valueName, choices }) => ({
    names,
    choices,
    kind: choices.length > 0 ? 'choice' : (KINDS[valueName] ?? 'none'),
  }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [directory = 'completions'] = process.argv.slice(2);
  const { bash: forBash, zsh: forZsh, fish: forFish } = completions();
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'memory-monitor.bash'), forBash);
  writeFileSync(join(directory, '_memory-monitor'), forZsh);
  writeFileSync(join(directory, 'memory-monitor.fish'), forFish);
}
