import { checkConfig, definePlugin, MonitorError, type Schema } from '@memory-monitor/core';
import { FakeClock, testPlugin } from '@memory-monitor/core/testing';
import { type } from 'arktype';
import { expect } from 'chai';
import * as v from 'valibot';
import { z } from 'zod';

import { rejectionOf } from '../support/rejection.js';

const WEBHOOK = 'https://hooks.example/services/T0/B0/"s3cr3t\\';
/** Where a webhook does not belong. */
const NUMBERS = {
  valibot: v.object({ list: v.array(v.object({ url: v.number() })) }),
  zod: z.object({ list: z.array(z.object({ url: z.number() })) }),
  arktype: type({ list: type({ url: 'number' }).array() }),
};
/** Where a number does not, by which somebody's token could be one. */
const STRINGS = {
  valibot: v.object({ token: v.string() }),
  zod: z.object({ token: z.string() }),
  arktype: type({ token: 'string' }),
};

const SCHEMAS = {
  valibot: v.object({ url: v.pipe(v.string(), v.url()), retries: v.optional(v.number(), 3) }),
  zod: z.object({ url: z.url(), retries: z.number().default(3) }),
  arktype: type({ url: 'string.url', retries: 'number = 3' }),
};

describe('the configuration of a plugin', () => {
  for (const [library, schema] of Object.entries(SCHEMAS)) {
    describe(`checked by ${library}`, () => {
      it('is what the schema makes of it, defaults included', async () => {
        const checked = await checkConfig({ config: schema }, { url: 'https://a.example' }, new FakeClock());
        expect(checked).to.deep.equal({ config: { url: 'https://a.example', retries: 3 } });
      });

      it('names the path of each mistake', async () => {
        const { issues } = await checkConfig({ config: schema }, { url: 7, retries: 'x' }, new FakeClock());
        expect(issues?.map(({ path }) => path)).to.deep.equal([['url'], ['retries']]);
        expect(issues?.every(({ message }) => message.length > 5)).to.equal(true);
      });
    });
  }

  for (const library of ['valibot', 'zod', 'arktype'] as const) {
    it(`is not repeated in what ${library} says of it: it may be secret`, async () => {
      const config = { list: [{ url: WEBHOOK }] };
      const inNumbers = await checkConfig({ config: NUMBERS[library] }, config, new FakeClock());
      const inStrings = await checkConfig(
        { config: STRINGS[library] },
        { token: 123_456_789 },
        new FakeClock(),
      );
      const broken = { url: 'hooks.example/T0/s3cr3t' };
      const { issues } = await checkConfig({ config: SCHEMAS[library] }, broken, new FakeClock());
      expect(issues?.[0]?.message)
        .to.match(/url/i)
        .and.not.match(/hooks|s3cr3t/);
      const [issue, another] = [inNumbers.issues?.[0], inStrings.issues?.[0]];
      expect(issue?.path).to.deep.equal(['list', 0, 'url']);
      expect(issue?.message)
        .to.contain('number')
        .and.not.match(/hooks|services|s3cr3t/);
      expect(another?.message).to.contain('string').and.not.contain('123456789');
    });
  }

  it('is scrubbed from a message about the table, about nothing that is there, and of a schema that breaks', async () => {
    const config = { url: WEBHOOK, short: 'abc', deep: { list: ['longer', 'longer than that'] } };
    const message = `all of ${WEBHOOK}, ${JSON.stringify(config)}, abc`;
    const schemaOf = (validate: () => never): Schema => ({
      '~standard': { version: 1, vendor: 'test', validate },
    });
    const answers = [
      schemaOf((() => ({ issues: [{ message }] })) as () => never),
      schemaOf((() => ({ issues: [{ message, path: ['gone', { key: 1 }] }] })) as () => never),
      schemaOf(() => {
        throw new Error(message);
      }),
    ];
    for (const schema of answers) {
      const { issues } = await checkConfig({ config: schema }, config, new FakeClock());
      expect(issues?.[0]?.message).to.match(
        /all of …, {"url":"…","short":"abc","deep":{"list":\["…","…"\]}}, abc$/,
      );
    }
  });

  it('is the frozen table itself where there is no schema', async () => {
    const checked = await checkConfig({}, { list: [1] }, new FakeClock());
    expect(checked).to.deep.equal({ config: { list: [1] } });
    expect(Object.isFrozen('config' in checked ? checked.config : undefined)).to.equal(true);
  });

  const schemaThat = (validate: () => never) =>
    ({ '~standard': { version: 1, vendor: 'test', validate } }) as const;

  it('is refused by a schema that breaks', async () => {
    const config = schemaThat(() => {
      throw new Error('a bug');
    });
    expect(await checkConfig({ config }, {}, new FakeClock())).to.deep.equal({
      issues: [{ path: [], message: 'its schema failed: a bug' }],
    });
  });

  it('is refused by a schema that never answers', async () => {
    const clock = new FakeClock();
    const config = schemaThat((() => new Promise(() => {})) as () => never);
    const checking = checkConfig({ config }, {}, clock);
    await clock.advance(5000);
    expect((await checking).issues?.[0]?.message).to.equal('its schema does not answer within 5 s');
  });

  it('keeps a plugin from being set up where it is wrong', async () => {
    const plugin = definePlugin({
      name: 'strict',
      apiVersion: 1,
      config: v.object({ url: v.string() }),
      setup: () => {
        throw new Error('this is not reached');
      },
    });
    const error = await rejectionOf(testPlugin(plugin, { config: { url: 7 } as never }));
    expect(error).to.be.instanceOf(MonitorError).with.property('code', 'MM_ERR_CONFIG_INVALID');
    expect(error.message).to.match(/^url: /);
  });

  it('tells keys that are unknown and keys that are missing from values that are wrong', async () => {
    const schema = v.strictObject({ url: v.string(), list: v.array(v.strictObject({ size: v.number() })) });
    const config = { uri: 'x', list: [{ size: 'large' }, {}] };
    const { issues = [] } = await checkConfig({ config: schema }, config, new FakeClock());
    expect(issues.map(({ path, message }) => `${path.join('.')}: ${message}`)).to.deep.equal([
      'url: it is missing',
      'list.0.size: Invalid type: Expected number but received "…"',
      'list.1.size: it is missing',
      'uri: the plugin has no key of that name; check its spelling',
    ]);
  });
});
