import { html, Markup } from './html.js';
import type { Block, Chart, Column, Command, FactTable, Letter, List, Table, Tone } from './letter.js';

/** Where the picture is within the mail. */
export const PICTURE_ID = 'memory@memory-monitor';

const ACCENTS: Readonly<Record<Tone, string>> = { ended: '#b42318', warning: '#b54708', trouble: '#6941c6' };
const FONT = '-apple-system,BlinkMacSystemFont,Segoe UI,Roboto,Helvetica,Arial,sans-serif';
const MONO = 'ui-monospace,SFMono-Regular,Menlo,Consolas,monospace';

/** Styles that inline ones can't express; mail programs that drop them show the light version. */
const STYLE = `
:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (prefers-color-scheme: dark) {
  .page { background: #14171c !important; }
  .card { background: #1d2229 !important; border-left-color: #313843 !important; border-right-color: #313843 !important; border-bottom-color: #313843 !important; }
  .text { color: #e6e9ee !important; }
  .soft { color: #9aa4b2 !important; }
  .line { border-color: #313843 !important; }
  .code { background: #14171c !important; color: #e6e9ee !important; }
}
`;

/** The HTML part: one column that a phone shows without zooming; no script, nothing that is loaded from elsewhere. */
export function renderHtml({ subject, tone, headline, blocks }: Letter, hasPicture: boolean): string {
  const accent = ACCENTS[tone];
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="supported-color-schemes" content="light dark" />
        <title>${subject}</title>
        <style>
          ${new Markup(STYLE)}
        </style>
      </head>
      <body class="page" style="margin:0;padding:0;background:#f4f5f7;">
        <div class="page" style="background:#f4f5f7;padding:16px 8px;">
          <div
            class="card"
            style="max-width:600px;margin:0 auto;background:#ffffff;border:1px solid #e1e4e8;border-top:4px solid ${accent};border-radius:8px;padding:20px;font-family:${FONT};font-size:15px;line-height:1.5;overflow-wrap:anywhere;"
          >
            <h1 class="text" style="margin:0 0 12px;font-size:20px;line-height:1.3;color:#1b1f24;">
              ${headline}
            </h1>
            ${blocks.map((block) => blockHtml(block, hasPicture))}
            <p
              class="soft line"
              style="margin:20px 0 0;padding-top:12px;border-top:1px solid #e1e4e8;font-size:12px;color:#5c6673;"
            >
              Memory Monitor
            </p>
          </div>
        </div>
      </body>
    </html> `.text;
}

function blockHtml(block: Block, hasPicture: boolean): Markup {
  switch (block.type) {
    case 'paragraph':
      return html`<p class="text" style="margin:0 0 12px;color:#1b1f24;">${block.text}</p>`;
    case 'facts':
      return factsHtml(block);
    case 'list':
      return listHtml(block);
    case 'table':
      return tableHtml(block);
    case 'chart':
      return chartHtml(block, hasPicture);
    case 'command':
      return commandHtml(block);
  }
}

function factsHtml({ rows }: FactTable): Markup {
  return html`<table
    role="presentation"
    cellpadding="0"
    cellspacing="0"
    style="width:100%;border-collapse:collapse;margin:0 0 16px;"
  >
    ${rows.map(
      ([label, value]) =>
        html`<tr>
          <th
            scope="row"
            class="soft line"
            style="text-align:left;vertical-align:top;padding:4px 12px 4px 0;white-space:nowrap;font-weight:normal;color:#5c6673;border-bottom:1px solid #eef0f2;"
          >
            ${label}
          </th>
          <td class="text line" style="padding:4px 0;color:#1b1f24;border-bottom:1px solid #eef0f2;">
            ${value}
          </td>
        </tr>`,
    )}
  </table>`;
}

function listHtml({ title, items }: List): Markup {
  return html`${titleHtml(title)}
    <ul class="text" style="margin:0 0 16px;padding-left:20px;color:#1b1f24;">
      ${items.map((item) => html`<li style="margin:0 0 4px;">${item}</li>`)}
    </ul>`;
}

function tableHtml({ title, columns, rows, rest }: Table): Markup {
  const cells = (line: readonly string[]): Markup[] =>
    line.map(
      (cell, index) =>
        html`<td class="text line" style="${cellStyle(columns[index])}color:#1b1f24;">${cell}</td>`,
    );
  return html`${titleHtml(title)}
    <table
      cellpadding="0"
      cellspacing="0"
      style="width:100%;border-collapse:collapse;margin:0 0 16px;font-size:14px;"
    >
      <tr>
        ${columns.map((column) => html`<th scope="col" class="soft line" style="${cellStyle(column)}font-weight:normal;color:#5c6673;">${column.title}</th>`)}
      </tr>
      ${rows.map(
        (line) =>
          html`<tr>
            ${cells(line)}
          </tr>`,
      )}
    </table>
    ${rest === undefined ? [] : [html`<p class="soft" style="margin:-8px 0 16px;color:#5c6673;">${rest}</p>`]}`;
}

function cellStyle(column: Column | undefined): string {
  const side = column?.isNumber === true ? 'text-align:right;white-space:nowrap;' : 'text-align:left;';
  return `${side}vertical-align:top;padding:4px 10px 4px 0;border-bottom:1px solid #eef0f2;`;
}

function chartHtml({ alt }: Chart, hasPicture: boolean): Markup {
  return hasPicture
    ? html`<img
        src="cid:${PICTURE_ID}"
        alt="${alt}"
        width="560"
        style="display:block;width:100%;max-width:560px;height:auto;margin:0 0 16px;border-radius:6px;"
      />`
    : html`<p class="soft" style="margin:0 0 16px;color:#5c6673;">${alt}</p>`;
}

function commandHtml({ intro, command }: Command): Markup {
  return html`<p class="soft" style="margin:0 0 4px;color:#5c6673;">${intro}</p>
    <pre
      class="code"
      style="margin:0 0 16px;padding:8px 10px;background:#f4f5f7;color:#1b1f24;border-radius:6px;font-family:${MONO};font-size:13px;white-space:pre-wrap;overflow-wrap:anywhere;"
    >
${command}</pre>`;
}

function titleHtml(title: string): Markup {
  return html`<h2 class="text" style="margin:0 0 6px;font-size:15px;color:#1b1f24;">${title}</h2>`;
}
