// What a part of the benchmark writes: rows of what was measured, beside what, and by which factor.
import { writeFileSync } from 'node:fs';

import { median } from './measuring.mjs';

const RESAMPLES = 1000;
/** The part of all resampled ratios that the noise spans. */
const CONFIDENCE = 0.95;

/** A figure of ours beside another's, measured in turn: the first round of the one belongs to the first of the other. */
export function besideRow(name, unit, ours, other) {
  return {
    ...measured(name, unit, ours),
    beside: { name: other.name, median: median(other.rounds) },
    ratio: median(ours) / median(other.rounds),
    noise: noiseOf(ours, other.rounds),
  };
}

/** A figure of ours that has a limit of its own: the ratio is to that. */
export function absoluteRow(name, unit, ours, limit) {
  return {
    ...measured(name, unit, ours),
    beside: { name: `${limit} ${unit}` },
    ratio: median(ours) / limit,
    noise: noiseOf(
      ours,
      ours.map(() => limit),
    ),
  };
}

/** The same where the worst round counts, and not the middle one. */
export function worstRow(name, unit, ours, limit) {
  const ratio = Math.max(...ours) / limit;
  return {
    ...measured(name, unit, ours),
    beside: { name: `${limit} ${unit}, the worst` },
    ratio,
    noise: 0,
  };
}

/** A figure that is told, and nothing else. */
export function plainRow(name, unit, ours) {
  return measured(name, unit, ours);
}

/** A row that this machine can't measure, with the reason. */
export function missingRow(name, reason) {
  return { name, reason };
}

/** Prints the rows of one part, and writes them where the united run reads them. */
export function writeRows(title, rows, file) {
  console.log(title);
  for (const row of rows) {
    console.log(`  ${lineOf(row)}`);
  }
  if (file !== undefined) {
    writeFileSync(file, `${JSON.stringify({ node: process.version, rows }, null, 2)}\n`);
  }
}

function lineOf({ name, reason, unit, median: middle, low, high, beside, ratio }) {
  if (reason !== undefined) {
    return `${name}: not measured: ${reason}`;
  }
  const figure = `${name}: ${shown(middle)} ${unit} (${shown(low)} to ${shown(high)})`;
  return beside === undefined ? figure : `${figure}, ${ratio.toFixed(3)} of ${beside.name}`;
}

/** As many digits as say something. */
export function shown(number) {
  const size = Math.abs(number);
  return number.toFixed(size >= 1000 ? 0 : size >= 10 ? 1 : 3);
}

function measured(name, unit, rounds) {
  return { name, unit, median: median(rounds), low: Math.min(...rounds), high: Math.max(...rounds), rounds };
}

/** How far the ratio of medians may be off: half of what resampling the rounds, in pairs, makes of it. */
function noiseOf(ours, others) {
  const pairs = Math.min(ours.length, others.length);
  const random = pseudoRandom(pairs);
  const ratios = Array.from({ length: RESAMPLES }, () => {
    const drawn = Array.from({ length: pairs }, () => Math.floor(random() * pairs));
    return median(drawn.map((index) => ours[index])) / median(drawn.map((index) => others[index]));
  }).sort((a, b) => a - b);
  const cut = Math.floor((RESAMPLES * (1 - CONFIDENCE)) / 2);
  return (ratios.at(-1 - cut) - ratios[cut]) / 2;
}

/** The same numbers in each run, so that the noise of the same rounds is the same (mulberry32). */
function pseudoRandom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
