import { parse, TomlError, type TomlTable } from 'smol-toml';

/** A mistake of TOML itself. */
export interface SyntaxMistake {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export interface ParsedToml {
  /** What could be read; lines with mistakes count as blank. */
  readonly table: TomlTable;
  /** The text that `table` was read from. */
  readonly text: string;
  readonly mistakes: readonly SyntaxMistake[];
}

/** So many lines with mistakes are looked past, to find the others too. */
const MOST_MISTAKES = 10;

/**
 * Parses TOML, and goes on after a mistake by blanking what is wrong, so that one run finds all mistakes. Where that
 * leads nowhere, what follows is most likely the wake of the first mistake, and only that one is told.
 */
export function parseToml(source: string): ParsedToml {
  let text = source.replace(/^\uFEFF/, '');
  const mistakes: SyntaxMistake[] = [];
  let attempt = tryParse(text);
  while ('mistake' in attempt) {
    const { mistake } = attempt;
    const next = repairs(text, mistake.line).find(({ result }) => isPast(result, mistake.line));
    if (next === undefined || mistakes.length >= MOST_MISTAKES) {
      return { table: {}, text: '', mistakes: [mistakes[0] ?? mistake] };
    }
    mistakes.push(next.line === mistake.line ? mistake : { ...OPEN_VALUE, line: next.line });
    ({ text, result: attempt } = next);
  }
  return { table: attempt.table, text, mistakes };
}

const OPEN_VALUE = {
  column: 1,
  message: 'not TOML: the list or string that begins here is not closed; close it.',
};

type Attempt = { readonly table: TomlTable } | { readonly mistake: SyntaxMistake };

interface Repair {
  /** The line that is to blame. */
  readonly line: number;
  readonly text: string;
  readonly result: Attempt;
}

/**
 * Ways to blank a mistake: its own line (a header with its keys, which would otherwise go to the table before); the key
 * above it, whose list or string was left open; all between.
 */
function repairs(text: string, line: number): Repair[] {
  const lines = text.split('\n');
  const isHeader = (candidate = ''): boolean => /^\s*\[/.test(candidate);
  const nextHeader = lines.findIndex((candidate, index) => index >= line && isHeader(candidate));
  const lastOfTable = nextHeader === -1 ? lines.length : nextHeader;
  const own = [line, isHeader(lines[line - 1]) ? lastOfTable : line] as const;
  const above =
    lines.slice(0, line - 1).findLastIndex((candidate) => /^\s*[\w."'-]+\s*=/.test(candidate)) + 1;
  const spans = above === 0 ? [own] : ([own, [above, above], [above, line]] as const);
  return spans.map(([from, to]) => {
    const blanked = lines
      .map((content, index) => (index + 1 >= from && index + 1 <= to ? '' : content))
      .join('\n');
    return { line: from, text: blanked, result: tryParse(blanked) };
  });
}

/** Whether a repair has left the mistake behind: all is well, or the next mistake is clear of it. */
function isPast(attempt: Attempt, line: number): boolean {
  return 'table' in attempt || attempt.mistake.line > line + 1;
}

function tryParse(text: string): Attempt {
  try {
    return { table: parse(text) };
  } catch (error) {
    if (!(error instanceof TomlError)) {
      throw error;
    }
    return { mistake: { line: error.line, column: error.column, message: sentenceOf(error) } };
  }
}

/** smol-toml's message is one line, then a drawing of the place, which we give as numbers. */
function sentenceOf(error: TomlError): string {
  const [first = ''] = error.message.split('\n');
  return `not TOML: ${first.replace(/^Invalid TOML document: /, '')}; mend this line.`;
}
