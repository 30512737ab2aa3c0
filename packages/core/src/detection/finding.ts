import type { Finding } from './raised.js';
import type { Violation } from './violation.js';

/** How a plugin wants it to be carried out. */
export function wishesOf(
  finding: Finding | undefined,
): Pick<Violation, 'isUrgent' | 'graceSeconds' | 'target' | 'spareAboveAvailableBytes'> {
  const { isUrgent = false, graceSeconds, spareAboveAvailableBytes, target = 'process' } = finding ?? {};
  return {
    ...(isUrgent ? { isUrgent } : {}),
    ...(spareAboveAvailableBytes === undefined ? {} : { spareAboveAvailableBytes }),
    ...(graceSeconds === undefined ? {} : { graceSeconds }),
    ...(target === 'process' ? {} : { target }),
  };
}

/** What counts against the limit, and what the process has to have of its own for that to be worth a signal. */
export function amountsOf(
  ownBytes: number,
  limitBytes: number,
  finding: Finding | undefined,
): Pick<Violation, 'usedBytes' | 'ownBytes' | 'spareBelowBytes'> {
  if (finding === undefined) {
    return { usedBytes: ownBytes, ownBytes, spareBelowBytes: limitBytes };
  }
  const { usedBytes, spareBelowBytes } = finding;
  const excessBytes = Math.max(0, usedBytes - limitBytes);
  return { usedBytes, ownBytes, spareBelowBytes: spareBelowBytes ?? Math.max(0, ownBytes - excessBytes) };
}
