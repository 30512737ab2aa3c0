import { distance } from 'fastest-levenshtein';

/** The candidate that a misspelt word most likely stands for; undefined if none is near. */
export function nearestTo(word: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates
    .map((candidate) => ({ candidate, edits: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits);
  const [best] = ranked;
  const isNear =
    best !== undefined &&
    (best.edits <= Math.max(2, Math.floor(best.candidate.length / 3)) || contains(word, best.candidate));
  return isNear ? best.candidate : ranked.find(({ candidate }) => contains(word, candidate))?.candidate;
}

function contains(word: string, candidate: string): boolean {
  return (
    word.length >= 4 && (candidate.includes(word.toLowerCase()) || word.toLowerCase().includes(candidate))
  );
}
