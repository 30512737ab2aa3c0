// Writes man pages, one for each command: node scripts/documents/man.mjs DIRECTORY
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { commandTree } from './commands.mjs';

const SECTION = 8;
const EXIT_STATUS = [
  ['0', 'It went well.'],
  ['64', 'The command line is wrong.'],
  ['66', 'A file is missing: a configuration, a plugin.'],
  ['69', 'Something that is needed is not there: systemd, the running monitor, the process.'],
  ['70', 'A fault of the program’s own.'],
  ['77', 'A permission is missing, or a file is not to be trusted.'],
  ['78', 'The configuration has mistakes.'],
];
const FILES = [
  ['/etc/memory-monitor/config.toml', 'The configuration.'],
  ['/etc/memory-monitor/conf.d/*.toml', 'Merged over it, in the order of their names.'],
  ['/var/log/memory_monitor.log', 'The log.'],
  ['/run/memory-monitor/control.sock', 'What status, plugins and explain ask.'],
  ['/var/lib/memory-monitor', 'What it remembers through a crash.'],
];

/** The pages, by file name. */
export function manPages(version, date) {
  const commands = commandTree();
  return Object.fromEntries(
    commands.map((command) => [`${pageOf(command)}.${SECTION}`, page(command, commands, version, date)]),
  );
}

function page(command, commands, version, date) {
  const isWhole = command.words.length === 1;
  const children = commands.filter(
    ({ words }) => words.length === command.words.length + 1 && startsWith(words, command.words),
  );
  return [
    `.TH ${pageOf(command).toUpperCase()} ${SECTION} ${quoted(date)} ${quoted(`Memory Monitor ${version}`)} "System Administration"`,
    section('NAME'),
    `${text(pageOf(command))} \\- ${text(lowered(command.description))}`,
    section('SYNOPSIS'),
    synopsis(command),
    section('DESCRIPTION'),
    `${text(sentence(command.description))}`,
    ...(command.more === '' ? [] : ['.PP', '.nf', ...command.more.split('\n').map(text), '.fi']),
    ...list(
      'COMMANDS',
      children.map(({ words, description }) => [words.at(-1), sentence(description)]),
    ),
    ...list(
      'ARGUMENTS',
      command.arguments.map(({ name, description }) => [name, sentence(description)]),
    ),
    ...list(
      'OPTIONS',
      command.options.map(({ flags, description }) => [flags, sentence(description)]),
    ),
    ...list('EXIT STATUS', EXIT_STATUS),
    ...(isWhole ? list('FILES', FILES) : []),
    section('SEE ALSO'),
    seeAlso(command, commands),
    '',
  ].join('\n');
}

function synopsis({ words, arguments: taken, options, children }) {
  const parts = [
    `.B ${text(words.join(' '))}`,
    ...options
      .filter(({ names }) => !names.includes('--help') && !names.includes('--version'))
      .map(({ names, takesValue, valueName }) =>
        takesValue
          ? `[\\fB${text(names.at(-1))}\\fR \\fI${text(valueName)}\\fR]`
          : `[\\fB${text(names.at(-1))}\\fR]`,
      ),
    ...taken.map(({ name }) => `\\fI${text(name)}\\fR`),
    ...(children.length === 0 ? [] : ['\\fIcommand\\fR ...']),
  ];
  return parts.join('\n');
}

function list(title, entries) {
  return entries.length === 0
    ? []
    : [
        section(title),
        ...entries.flatMap(([term, description]) => ['.TP', `.B ${text(term)}`, text(description)]),
      ];
}

function seeAlso(command, commands) {
  const others = commands
    .filter(({ words }) => words.length < 3 && pageOf({ words }) !== pageOf(command))
    .map(({ words }) => `.BR ${text(words.join('-'))} (${SECTION})`);
  return others.join(',\n');
}

const pageOf = ({ words }) => words.join('-');
const startsWith = (words, prefix) => prefix.every((word, index) => words[index] === word);
const section = (title) => `.SH ${quoted(title)}`;
const quoted = (word) => `"${word.replaceAll('"', '')}"`;
const lowered = (line) => `${line.charAt(0).toLowerCase()}${line.slice(1)}`.replace(/\.$/, '');
const sentence = (line) => `${line.charAt(0).toUpperCase()}${line.slice(1)}${/[.)]$/.test(line) ? '' : '.'}`;

/** Text as roff takes it literally: a line that begins with a dot would be a request, and a minus is not a hyphen. */
function text(line) {
  return line
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('’', '\\(cq')
    .replace(/^([.'])/, '\\&$1');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [directory = 'man'] = process.argv.slice(2);
  const root = new URL('../../', import.meta.url);
  const { version } = JSON.parse(readFileSync(new URL('packages/cli/package.json', root), 'utf8'));
  mkdirSync(directory, { recursive: true });
  // The day of the release, so that the same source makes the same page.
  const date =
    /^## .*?(\d{4}-\d{2}-\d{2})/m.exec(readFileSync(new URL('CHANGELOG.md', root), 'utf8'))?.[1] ?? '';
  for (const [name, content] of Object.entries(manPages(version, date))) {
    writeFileSync(join(directory, name), content);
  }
}
