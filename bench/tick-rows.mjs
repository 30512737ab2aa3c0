// What run.mjs writes, as rows of the united table.

const OURS = 'memory-monitor';
/** What run.mjs starts where it does not say. */
const USUAL_PROCESSES = 2000;

/** The tick beside each other program, of as many processes, and how the time per process grows. */
export function tickRows({ rows = [], sizes = [], growth = [] }) {
  const passes = [{ processes: USUAL_PROCESSES, rows }, ...sizes].flatMap((size) =>
    size.rows.map((row) => ({ ...row, started: size.processes })),
  );
  const ticks = passes.filter(({ name }) => name === OURS);
  const besides = passes
    .filter(({ name }) => name !== OURS)
    .map((row) => {
      const { name, started, processes, ratio, budget } = row;
      const tick = ticks.find((other) => other.started === started);
      return {
        name: `tick beside ${name}, ${started.toLocaleString('en')} processes`,
        unit: 'ms',
        processes,
        median: msOf(tick),
        low: tick.minMs,
        high: tick.maxMs,
        beside: { name, median: msOf(row) },
        ratio,
        noise: spreadOf(row),
        budget,
      };
    });
  const grown = growth
    .filter(({ name }) => name === OURS)
    .map(({ fewMicroseconds, manyMicroseconds, growth: ratio, budget }) => ({
      name: 'growth of a tick, per process',
      unit: 'µs',
      median: manyMicroseconds,
      low: manyMicroseconds,
      high: manyMicroseconds,
      beside: { name: 'of the fewest', median: fewMicroseconds },
      ratio,
      // Of the tick it is made of, that varies the most.
      noise: ratio * Math.max(...ticks.map((tick) => spreadOf(tick) / tick.ratio)),
      budget,
    }));
  return [...besides, ...grown];
}

/** Processor time where it is known. */
function msOf({ cpuMs, medianMs }) {
  return cpuMs ?? medianMs;
}

/** Half of how far the rounds lie apart, as a part of the ratio. */
function spreadOf(row) {
  return (row.ratio * (row.maxMs - row.minMs)) / (2 * msOf(row));
}
