// What each row may be, as a ratio, and whether it is.

/**
 * By the beginning of a row's name. `budget` is the promise. `ceiling` stands beside one that is not held yet: it fails
 * the run instead, so that what is known to be too much does not grow. Take it away when the budget is held.
 */
const BUDGETS = [
  // One tick takes no longer than the C loop, and psutil's pass at least 20 times as long.
  { row: 'tick beside C loop, 2,000', budget: 1, ceiling: 1.5 },
  { row: 'tick beside psutil, 2,000', budget: 1 / 20, ceiling: 0.12 },
  // Per process at 20,000 processes, of that at 500.
  { row: 'growth of a tick', budget: 1.5 },
  { row: 'resident memory, all plugins, Node 20', budget: 1.3, ceiling: 1.9 },
  { row: 'resident memory, all plugins', budget: 1.3, ceiling: 2.3 },
  { row: 'resident memory, no plugins', ceiling: 1.8 },
  { row: 'processor time at 1 s, all plugins', budget: 1, ceiling: 6 },
  { row: 'start to first scan, all plugins, beside Node', ceiling: 8 },
  { row: 'start to first scan, all plugins', budget: 1, ceiling: 5 },
  { row: 'sample over the limit to SIGTERM', budget: 1 },
  { row: 'overshoot, policy-pressure', budget: 1 },
  // Five bytes that each of 100,000 ticks leaves behind would be 5 %.
  { row: 'heap', budget: 1.05 },
  { row: 'descriptors', budget: 1 },
  { row: 'threads', budget: 1 },
];

/** A row with its budget and whether it holds; `isFailure` where it leaves what it may be by more than the noise. */
export function judged(row) {
  const found = BUDGETS.find(({ row: beginning }) => row.name.startsWith(beginning));
  const budget = found?.budget ?? row.budget;
  if (row.ratio === undefined || (budget === undefined && found?.ceiling === undefined)) {
    return row;
  }
  const most = found?.ceiling ?? budget;
  return {
    ...row,
    budget,
    ...(found?.ceiling === undefined ? {} : { ceiling: found.ceiling }),
    ...(budget === undefined ? {} : { isHeld: row.ratio <= budget }),
    isFailure: row.ratio > most + row.noise,
  };
}

/** The last column: `held`, `NOT HELD`, or that it has failed. */
export function verdictOf({ reason, isHeld, isFailure, ceiling }) {
  if (reason !== undefined) {
    return `not measured: ${reason}`;
  }
  if (isFailure === true) {
    return 'FAILED';
  }
  if (isHeld === undefined) {
    return '';
  }
  if (!isHeld) {
    return 'NOT HELD';
  }
  return ceiling === undefined ? 'held' : 'held, its ceiling can go';
}
