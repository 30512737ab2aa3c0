// Writes packages/cli/config.schema.json, by which editors complete and check a configuration:
//   npm run schema
import { writeFileSync } from 'node:fs';

import { toJsonSchema } from '@valibot/to-json-schema';

import { fileSchema, KNOWN_KEYS } from '../packages/core/dist/config/schema.js';
import { configSchema as emailSchema } from '../packages/notifier-email/dist/config.js';
import { configSchema as scheduleSchema } from '../packages/policy-schedule/dist/config.js';
import { configSchema as pressureSchema } from '../packages/policy-pressure/dist/config.js';
import { configSchema as userSchema } from '../packages/policy-user/dist/config.js';

/** Of the official plugins, by what `use` says. */
const PLUGIN_SCHEMAS = {
  '@memory-monitor/notifier-email': emailSchema,
  '@memory-monitor/policy-schedule': scheduleSchema,
  '@memory-monitor/policy-pressure': pressureSchema,
  '@memory-monitor/policy-user': userSchema,
};

// Checks that are code (a regular expression that compiles) have no place in a schema; check does them.
const OPTIONS = { typeMode: 'input', errorMode: 'ignore' };

export const PATH = new URL('../packages/cli/config.schema.json', import.meta.url);

/** The schema as it follows from the code: what is accepted, with the defaults, and what each key takes in words. */
export function configSchema() {
  const schema = toJsonSchema(fileSchema, OPTIONS);
  for (const [table, keys] of Object.entries(KNOWN_KEYS)) {
    const { properties } = table === 'plugins' ? schema.properties.plugins.items : schema.properties[table];
    for (const [key, { accepted }] of Object.entries(keys)) {
      properties[key] = { description: `Accepted: ${accepted}.`, ...properties[key] };
    }
  }
  // What a plugin takes is the plugin's business.
  const { items } = schema.properties.plugins;
  Object.assign(items.properties.config, { type: 'object' });
  items.allOf = Object.entries(PLUGIN_SCHEMAS).map(([use, plugin]) => ({
    if: { properties: { use: { const: use } }, required: ['use'] },
    then: { properties: { config: withoutDialect(toJsonSchema(plugin, OPTIONS)) } },
  }));
  return `${JSON.stringify({ $schema: 'http://json-schema.org/draft-07/schema#', title: 'Memory Monitor', ...schema }, null, 2)}\n`;
}

function withoutDialect(schema) {
  const { $schema, ...rest } = schema;
  return $schema === undefined ? schema : rest;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  writeFileSync(PATH, configSchema());
}
