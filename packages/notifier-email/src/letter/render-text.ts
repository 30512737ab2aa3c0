import type { Block, Letter, Table } from './letter.js';

/** The plain part: for mutt, for phones, and for whoever reads no HTML. */
export function renderText({ headline, blocks }: Letter): string {
  return [headline, ...blocks.map(blockText)].map((text) => `${text}\n`).join('\n');
}

function blockText(block: Block): string {
  switch (block.type) {
    case 'paragraph':
      return block.text;
    case 'facts': {
      const width = Math.max(...block.rows.map(([label]) => label.length));
      return block.rows.map(([label, value]) => `${`${label}:`.padEnd(width + 2)}${value}`).join('\n');
    }
    case 'list':
      return [`${block.title}:`, ...block.items.map((item) => `- ${item}`)].join('\n');
    case 'table':
      return tableText(block);
    case 'chart':
      return `(${block.alt})`;
    case 'command':
      return `${block.intro}\n  ${block.command}`;
  }
}

function tableText({ title, columns, rows, rest }: Table): string {
  const lines = [columns.map((column) => column.title), ...rows];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => (line[index] ?? '').length)));
  const rendered = lines.map((line) =>
    line
      .map((cell, index) =>
        columns[index]?.isNumber === true
          ? cell.padStart(widths[index] ?? 0)
          : cell.padEnd(widths[index] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
  return [`${title}:`, ...rendered, ...(rest === undefined ? [] : [rest])].join('\n');
}
