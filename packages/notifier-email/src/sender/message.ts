import { messageOf } from '@memory-monitor/core';

import { chartSvg } from '../letter/chart-svg.js';
import type { Chart, Letter } from '../letter/letter.js';
import { PICTURE_ID, renderHtml } from '../letter/render-html.js';
import { renderText } from '../letter/render-text.js';

/** A mail as nodemailer takes it. */
export interface Message {
  readonly messageId: string;
  readonly date: Date;
  readonly from: string;
  readonly to: { readonly name: string; readonly address: string };
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly attachments: Picture[];
  readonly headers: Readonly<Record<string, string>>;
}

interface Picture {
  readonly filename: string;
  readonly cid: string;
  readonly content: Buffer;
  readonly contentType: string;
  readonly contentDisposition: 'inline';
}

export interface Envelope {
  readonly messageId: string;
  readonly atMs: number;
  readonly from: string;
  readonly to: string;
}

/** What tells vacation programs and mailing lists that nobody waits for an answer, RFC 3834. */
const HEADERS = { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' };

/** Makes the mail. A picture that can't be drawn is left out: its words are there all the same. */
export async function composeMessage(
  letter: Letter,
  { messageId, atMs, from, to }: Envelope,
  warn: (message: string) => void,
): Promise<Message> {
  const chart = letter.blocks.find((block): block is Chart => block.type === 'chart');
  const attachments = chart === undefined ? [] : await drawn(chart, warn);
  return {
    messageId,
    date: new Date(atMs),
    from,
    to: { name: '', address: to },
    subject: letter.subject,
    text: renderText(letter),
    html: renderHtml(letter, attachments.length > 0),
    attachments,
    headers: HEADERS,
  };
}

async function drawn(chart: Chart, warn: (message: string) => void): Promise<Picture[]> {
  try {
    const { picture } = await import('../letter/picture.js');
    return [
      {
        filename: 'memory.png',
        cid: PICTURE_ID,
        content: await picture(chartSvg(chart)),
        contentType: 'image/png',
        contentDisposition: 'inline',
      },
    ];
  } catch (error) {
    warn(`A picture can not be drawn, so the mail goes without: ${messageOf(error)}`);
    return [];
  }
}
