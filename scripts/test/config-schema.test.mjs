import { readFileSync } from 'node:fs';

import { expect } from 'chai';

import { configSchema, PATH } from '../config-schema.mjs';

describe('the JSON schema of the configuration', () => {
  it('is what follows from the code (npm run schema writes it)', () => {
    expect(readFileSync(PATH, 'utf8')).to.equal(configSchema());
  });

  it('refuses what check refuses: unknown keys, in every table', () => {
    const schema = JSON.parse(configSchema());
    const tables = ['thresholds', 'whitelist', 'settings'].map((name) => schema.properties[name]);
    for (const table of [schema, ...tables, schema.properties.plugins.items]) {
      expect(table.additionalProperties).to.equal(false);
    }
  });

  it('says of every key what it takes', () => {
    const { thresholds, settings } = JSON.parse(configSchema()).properties;
    expect(thresholds.properties.check_interval).to.deep.include({
      minimum: 0.1,
      maximum: 86400,
      default: 30,
    });
    expect(settings.properties.measure).to.deep.include({ enum: ['rss', 'private', 'pss'], default: 'rss' });
    expect(settings.properties.log_file.description).to.include('an absolute path');
  });
});
