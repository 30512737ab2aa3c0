/** One line of the user or the group database. */
export interface DatabaseEntry {
  readonly name: string;
  readonly id: number;
}

/** Finds the line whose name or number is the key: `name:password:id:…`, passwd(5) and group(5). */
export function findEntry(text: string, key: string): DatabaseEntry | undefined {
  for (const line of text.split('\n')) {
    const [name = '', , id = ''] = line.split(':');
    if ((name === key || id === key) && /^\d+$/.test(id)) {
      return { name, id: Number(id) };
    }
  }
  return undefined;
}
