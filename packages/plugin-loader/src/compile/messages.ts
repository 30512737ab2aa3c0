/** One error of esbuild, or one warning. */
export interface CompilerMessage {
  readonly isError: boolean;
  readonly text: string;
  /** Undefined if it has no place. */
  readonly place: Place | undefined;
  /** What it says besides. */
  readonly notes: readonly string[];
}

export interface Place {
  /** Relative to where esbuild was run. */
  readonly file: string;
  readonly line: number;
  /** Counted from 1, in bytes. */
  readonly column: number;
}

const BEGIN = /^(?:✘ \[(ERROR)\]|▲ \[WARNING\]) (.*)$/;
const PLACE = /^ {4}(.+):(\d+):(\d+):$/;
const NOTE = /^ {2}(\S.*)$/;

/** The errors and warnings that esbuild has written to standard error, with `--color=false`. */
export function parseMessages(output: string): readonly CompilerMessage[] {
  const messages: { isError: boolean; text: string; place: Place | undefined; notes: string[] }[] = [];
  for (const line of output.split('\n')) {
    const begin = BEGIN.exec(line);
    const message = messages.at(-1);
    if (begin !== null) {
      messages.push({ isError: begin[1] !== undefined, text: begin[2] ?? '', place: undefined, notes: [] });
    } else if (message !== undefined) {
      const note = NOTE.exec(line)?.[1];
      if (note !== undefined) {
        message.notes.push(note);
      }
      // A place that follows a note is the note's.
      message.place ??= message.notes.length === 0 ? placeOf(line) : undefined;
    }
  }
  return messages;
}

function placeOf(line: string): Place | undefined {
  const [, file, lineNumber, column] = PLACE.exec(line) ?? [];
  return file === undefined ? undefined : { file, line: Number(lineNumber), column: Number(column) + 1 };
}
