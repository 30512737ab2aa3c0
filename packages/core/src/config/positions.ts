import type * as TomlParser from 'toml-eslint-parser';
import type { AST } from 'toml-eslint-parser';

import type { TomlPath } from './merge.js';

/** A place in a text; both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Where keys and values of one TOML text stand. */
export interface Positions {
  /** The key, or the nearest table around it that was written down. */
  ofKey(path: TomlPath): Position;
  /** The value, or what is nearest to it. */
  ofValue(path: TomlPath): Position;
}

interface Place {
  readonly key: Position;
  readonly value: Position;
}

/** Finds positions in a TOML text that is well-formed. The parser loads only here: positions are for errors. */
export async function findPositions(text: string): Promise<Positions> {
  const places = new Map<string, Place>();
  for (const node of nodesOf(text, await import('toml-eslint-parser'))) {
    if (node.type === 'TOMLTable') {
      const place = startOf(node);
      const list = JSON.stringify(node.resolvedKey.slice(0, -1));
      if (node.kind === 'array' && !places.has(list)) {
        places.set(list, { key: startOf(node.key), value: place });
      }
      places.set(JSON.stringify(node.resolvedKey), { key: startOf(node.key), value: place });
      collectPairs(node.body, node.resolvedKey, places);
    } else {
      collectPairs([node], [], places);
    }
  }
  const nearest = (path: TomlPath): Place | undefined => {
    for (let length = path.length; length > 0; length -= 1) {
      const place = places.get(JSON.stringify(path.slice(0, length)));
      if (place !== undefined) {
        return place;
      }
    }
    return undefined;
  };
  const fallback = { line: 1, column: 1 };
  return {
    ofKey: (path) => nearest(path)?.key ?? fallback,
    ofValue: (path) => nearest(path)?.value ?? fallback,
  };
}

/** What smol-toml takes and this parser does not (the 30th of February) is looked past, line by line. */
function nodesOf(text: string, parser: typeof TomlParser): AST.TOMLTopLevelTable['body'] {
  try {
    return parser.parseTOML(text).body[0].body;
  } catch (error) {
    if (!(error instanceof parser.ParseError)) {
      throw error;
    }
    const lines = text.split('\n');
    const isHopeless = (lines[error.lineNumber - 1] ?? '').trim() === '';
    lines[error.lineNumber - 1] = '';
    return isHopeless ? [] : nodesOf(lines.join('\n'), parser);
  }
}

function collectPairs(
  pairs: readonly AST.TOMLKeyValue[],
  parent: TomlPath,
  places: Map<string, Place>,
): void {
  for (const { key, value } of pairs) {
    let path = parent;
    for (const part of key.keys) {
      path = [...path, part.type === 'TOMLBare' ? part.name : part.value];
      places.set(JSON.stringify(path), { key: startOf(part), value: startOf(value) });
    }
    collectValue(value, path, places);
  }
}

function collectValue(value: AST.TOMLContentNode, path: TomlPath, places: Map<string, Place>): void {
  if (value.type === 'TOMLInlineTable') {
    collectPairs(value.body, path, places);
  } else if (value.type === 'TOMLArray') {
    value.elements.forEach((element, index) => {
      const place = startOf(element);
      places.set(JSON.stringify([...path, index]), { key: place, value: place });
      collectValue(element, [...path, index], places);
    });
  }
}

function startOf(node: AST.TOMLNode): Position {
  return { line: node.loc.start.line, column: node.loc.start.column + 1 };
}
