const NAMES = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const ABBREVIATION = 3;

/** Days of the week as `mon-fri`, `sat,sun` or `fri-mon`: their numbers, Sunday is 0. Throws with what is wrong. */
export function parseDays(text: string): ReadonlySet<number> {
  return new Set(text.split(',').flatMap((part) => parseRange(part.trim())));
}

function parseRange(text: string): number[] {
  const [first, last, ...rest] = text.split('-').map((name) => parseDay(name.trim()));
  if (first === undefined || rest.length > 0) {
    throw new Error(`"${text}" is no range of days; accepted: two of them, as in mon-fri`);
  }
  const count = last === undefined ? 1 : ((last - first + NAMES.length) % NAMES.length) + 1;
  return Array.from({ length: count }, (_, index) => (first + index) % NAMES.length);
}

function parseDay(name: string): number {
  const wanted = name.toLowerCase();
  const day = NAMES.findIndex((known) => known === wanted || known.slice(0, ABBREVIATION) === wanted);
  if (day < 0) {
    throw new Error(
      `"${name}" is no day; accepted: mon, tue, wed, thu, fri, sat, sun, and ranges as in mon-fri`,
    );
  }
  return day;
}
