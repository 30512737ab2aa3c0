const UNITS = [
  { name: 'd', ms: 86_400_000 },
  { name: 'h', ms: 3_600_000 },
  { name: 'min', ms: 60_000 },
  { name: 's', ms: 1000 },
] as const;

/** `3 d 4 h`, `12 min 5 s`, `0 s`: the two largest units. */
export function duration(ms: number): string {
  let restMs = Math.max(0, ms);
  const parts = UNITS.flatMap(({ name, ms: unitMs }) => {
    const count = Math.floor(restMs / unitMs);
    restMs -= count * unitMs;
    return count > 0 ? [`${count} ${name}`] : [];
  });
  return parts.length === 0 ? '0 s' : parts.slice(0, 2).join(' ');
}
