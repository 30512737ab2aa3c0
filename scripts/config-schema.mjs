// Writes packages/cli/config.schema.json, by which editors complete and check a configuration:
//   npm run schema
import { writeFileSync } from 'node:fs';

import { toJsonSchema } from '@valibot/to-json-schema';

import { fileSchema, KNOWN_KEYS } from '../packages/core/dist/config/schema.js';

export const PATH = new URL('../packages/cli/config.schema.json', import.meta.url);

/** The schema as it follows from the code: what is accepted, with the defaults, and what each key takes in words. */
export function configSchema() {
  // Checks that are code (a regular expression that compiles) have no place in a schema; check does them.
  const schema = toJsonSchema(fileSchema, { typeMode: 'input', errorMode: 'ignore' });
  for (const [table, keys] of Object.entries(KNOWN_KEYS)) {
    const { properties } = table === 'plugins' ? schema.properties.plugins.items : schema.properties[table];
    for (const [key, { accepted }] of Object.entries(keys)) {
      properties[key] = { description: `Accepted: ${accepted}.`, ...properties[key] };
    }
  }
  // What a plugin takes is the plugin's business.
  Object.assign(schema.properties.plugins.items.properties.config, { type: 'object' });
  return `${JSON.stringify({ $schema: 'http://json-schema.org/draft-07/schema#', title: 'Memory Monitor', ...schema }, null, 2)}\n`;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  writeFileSync(PATH, configSchema());
}
