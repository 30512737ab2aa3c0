import type { History } from '../notice/notice.js';

/** What a mail says, before it is text or HTML. Everything in it is one line and printable. */
export interface Letter {
  readonly subject: string;
  readonly tone: Tone;
  readonly headline: string;
  readonly blocks: readonly Block[];
}

/** Something was ended, somebody should look at something, something does not work. */
export type Tone = 'ended' | 'warning' | 'trouble';

export type Block = Paragraph | FactTable | List | Table | Chart | Command;

export interface Paragraph {
  readonly type: 'paragraph';
  readonly text: string;
}

export interface FactTable {
  readonly type: 'facts';
  readonly rows: readonly (readonly [label: string, value: string])[];
}

export interface List {
  readonly type: 'list';
  readonly title: string;
  readonly items: readonly string[];
}

export interface Table {
  readonly type: 'table';
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
  /** What the table leaves out, in words. */
  readonly rest?: string;
}

export interface Column {
  readonly title: string;
  readonly isNumber?: boolean;
}

/** A process's memory over time, and the limit. */
export interface Chart {
  readonly type: 'chart';
  readonly history: History;
  readonly limitBytes: number | undefined;
  /** The same in words. */
  readonly alt: string;
}

export interface Command {
  readonly type: 'command';
  readonly intro: string;
  readonly command: string;
}

export function paragraph(text: string): Paragraph {
  return { type: 'paragraph', text };
}

/** What a reader would type next, and what for. */
export function command(intro: string, line: string): Command {
  return { type: 'command', intro, command: line };
}
