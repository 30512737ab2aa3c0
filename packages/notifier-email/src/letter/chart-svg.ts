import type { Chart } from './letter.js';
import { size, span } from './wording.js';

const WIDTH = 560;
const HEIGHT = 200;
/** Room for the labels. */
const PLOT = { left: 66, right: 548, top: 18, bottom: 164 };
const FONT = 'font-family="DejaVu Sans" font-size="14"';
const LINE = '#2f6fde';
const LIMIT = '#b42318';
const SOFT = '#5c6673';
const GRID = '#e1e4e8';

/** The chart as SVG, 560 by 200: it has its own light ground, so that it can be read in dark surroundings too. */
export function chartSvg({ history, limitBytes }: Chart): string {
  const firstMs = history.atMs[0] ?? 0;
  const lastMs = history.atMs.at(-1) ?? firstMs;
  const most = Math.max(...history.bytes, limitBytes ?? 0) * 1.1 || 1;
  const x = (ms: number): number =>
    PLOT.left + ((ms - firstMs) / Math.max(1, lastMs - firstMs)) * (PLOT.right - PLOT.left);
  const y = (bytes: number): number => PLOT.bottom - (bytes / most) * (PLOT.bottom - PLOT.top);
  const points = history.atMs.map((ms, index) => `${fixed(x(ms))},${fixed(y(history.bytes[index] ?? 0))}`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" rx="6" fill="#ffffff"/>`,
    ...[0, most / 2.2, most / 1.1].map((bytes) => gridLine(y(bytes), size(bytes))),
    `<polygon points="${fixed(PLOT.left)},${PLOT.bottom} ${points.join(' ')} ${fixed(x(lastMs))},${PLOT.bottom}" fill="${LINE}" fill-opacity="0.15"/>`,
    `<polyline points="${points.join(' ')}" fill="none" stroke="${LINE}" stroke-width="2" stroke-linejoin="round"/>`,
    ...(limitBytes === undefined ? [] : limitLine(y(limitBytes), size(limitBytes))),
    `<text x="${PLOT.left}" y="${PLOT.bottom + 24}" ${FONT} fill="${SOFT}">${span(lastMs - firstMs)} before</text>`,
    `<text x="${PLOT.right}" y="${PLOT.bottom + 24}" ${FONT} fill="${SOFT}" text-anchor="end">at the decision</text>`,
    '</svg>',
  ].join('');
}

function gridLine(y: number, label: string): string {
  return (
    `<line x1="${PLOT.left}" y1="${fixed(y)}" x2="${PLOT.right}" y2="${fixed(y)}" stroke="${GRID}"/>` +
    `<text x="${PLOT.left - 6}" y="${fixed(y + 5)}" ${FONT} fill="${SOFT}" text-anchor="end">${label}</text>`
  );
}

function limitLine(y: number, label: string): string[] {
  return [
    `<line x1="${PLOT.left}" y1="${fixed(y)}" x2="${PLOT.right}" y2="${fixed(y)}" stroke="${LIMIT}" stroke-width="1.5" stroke-dasharray="6 4"/>`,
    `<text x="${PLOT.left + 6}" y="${fixed(y - 5)}" ${FONT} fill="${LIMIT}">limit ${label}</text>`,
  ];
}

function fixed(value: number): string {
  return value.toFixed(1);
}
