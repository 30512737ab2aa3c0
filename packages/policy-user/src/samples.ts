import { identityKey, type DetectScan, type ProcessSample } from '@memory-monitor/core';

/** Who is on the way out does not count any more. */
export function without(
  samples: readonly ProcessSample[],
  terminating: DetectScan['terminating'],
): readonly ProcessSample[] {
  if (terminating.length === 0) {
    return samples;
  }
  const going = new Set(terminating.map(identityKey));
  return samples.filter((sample) => !going.has(identityKey(sample)));
}

export function byOwner(
  samples: readonly ProcessSample[],
  ownerOf: (uid: number) => number,
): Map<number, ProcessSample[]> {
  const groups = new Map<number, ProcessSample[]>();
  for (const sample of samples) {
    const owner = ownerOf(sample.uid);
    const group = groups.get(owner);
    if (group === undefined) {
      groups.set(owner, [sample]);
    } else {
      group.push(sample);
    }
  }
  return groups;
}
