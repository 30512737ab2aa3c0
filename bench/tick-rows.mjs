// The rows of run.mjs, as the united table has them.

/** Those that have a ratio and something that it may be, each with the tick over as many processes. */
export function tickRows(rows) {
  const ticks = rows.filter(({ name }) => name === 'memory-monitor');
  return rows
    .filter(({ ratio, budget }) => ratio !== undefined && budget !== undefined)
    .map((row) => {
      const { name, processes, medianMs, ratio, budget } = row;
      const [tick] = [...ticks].sort((a, b) => distance(a, row) - distance(b, row));
      return {
        name: name.startsWith('growth') ? name : `tick beside ${name}, ${roundly(processes)} processes`,
        unit: 'ms',
        processes,
        ...(tick === undefined ? {} : { median: tick.medianMs, low: tick.minMs, high: tick.maxMs }),
        beside: { name, median: medianMs },
        ratio,
        noise: row.noise ?? spreadOf(row),
        budget,
      };
    });
}

function distance(a, b) {
  return Math.abs(a.processes - b.processes);
}

/** Half of how far the rounds of what the tick is held against lie apart, as a part of the ratio. */
function spreadOf({ ratio, medianMs, minMs, maxMs }) {
  return minMs === undefined ? 0 : (ratio * (maxMs - minMs)) / (2 * medianMs);
}

/** The machine's own processes come and go: the name of a row does not. */
function roundly(processes) {
  return (Math.round(processes / 500) * 500).toLocaleString('en');
}
