import { BoundedLogger, type Logger } from '@memory-monitor/core';
import { FakeClock, type LoggedLine } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { pluginLogger } from '#src/plugin/plugin-logger.js';

const OWN = { event: 'violation' };
const LEVELS = ['info', 'warn', 'error'] as const;

/** A log, and what is written of it. */
class Scene {
  readonly clock = new FakeClock();
  readonly written: LoggedLine[] = [];
  readonly logger: BoundedLogger;

  constructor() {
    const method = (level: keyof Logger) => (fields: LoggedLine['fields'], message: string) => {
      this.written.push({ level, fields, message });
    };
    this.logger = new BoundedLogger(
      { debug: method('debug'), info: method('info'), warn: method('warn'), error: method('error') },
      this.clock,
    );
  }

  plugin(name: string): Logger {
    return pluginLogger(this.logger, name);
  }

  /** Writes lines that differ in their texts. */
  flood(count: number, logger: Logger = this.logger, level: (typeof LEVELS)[number] = 'info'): void {
    for (let index = 0; index < count; index += 1) {
      logger[level](OWN, `line ${index}`);
    }
  }

  of(event: string): LoggedLine[] {
    return this.written.filter(({ fields }) => fields['event'] === event);
  }

  /** How many lines the log says that it has left out. */
  get leftOut(): number {
    return this.of('leftOut').reduce((sum, { fields }) => sum + Number(fields['count']), 0);
  }
}

describe('the bounded log', () => {
  let scene: Scene;
  beforeEach(() => {
    scene = new Scene();
  });

  describe('of lines that say the same', () => {
    it('writes the first ten, and how often it has come again with the first line after ten seconds', async () => {
      for (let index = 0; index < 47; index += 1) {
        scene.logger.warn({ event: 'log' }, 'again and again');
      }
      expect(scene.written).to.have.lengthOf(10);
      await scene.clock.advance(10_000);
      scene.logger.info(OWN, 'another');
      expect(scene.written.slice(10)).to.deep.equal([
        {
          level: 'warn',
          fields: { event: 'repeated', count: 37 },
          message: 'again and again (again 37 times in 10 s)',
        },
        { level: 'info', fields: OWN, message: 'another' },
      ]);
    });

    it('names the plugin, and says "once" of one', async () => {
      const logger = scene.plugin('mine');
      for (let index = 0; index < 11; index += 1) {
        logger.info({}, 'tick');
      }
      await scene.clock.advance(12_000);
      scene.logger.settle();
      expect(scene.of('repeated')).to.deep.equal([
        {
          level: 'info',
          fields: { event: 'repeated', plugin: 'mine', count: 1 },
          message: '[mine] tick (again once in 12 s)',
        },
      ]);
    });

    it('counts anew in the next window', async () => {
      for (let window = 0; window < 3; window += 1) {
        for (let index = 0; index < 10; index += 1) {
          scene.logger.info({ event: 'plugin' }, 'each second');
        }
        await scene.clock.advance(10_000);
      }
      scene.logger.settle();
      expect(scene.written).to.have.lengthOf(30);
      expect(scene.of('repeated')).to.deep.equal([]);
    });

    it('takes those of another level, and those with other fields, for others', () => {
      for (let pid = 0; pid < 100; pid += 1) {
        scene.logger.info({ event: 'plugin', pid }, 'seen');
      }
      for (const level of LEVELS) {
        for (let index = 0; index < 9; index += 1) {
          scene.logger[level](OWN, 'one text');
        }
      }
      expect(scene.written).to.have.lengthOf(100 + 3 * 9);
    });
  });

  it('loses nothing of the first picture of 2,000 processes over their limits, each decided', async () => {
    for (let pid = 0; pid < 2000; pid += 1) {
      scene.logger.warn({ event: 'violation', pid }, `Over the limit: PID=${pid}`);
      scene.logger.warn({ event: 'decision', pid }, `Not killing: PID=${pid}`);
      scene.plugin('mine').info({ pid }, 'seen');
    }
    await scene.clock.advance(60_000);
    scene.logger.settle();
    expect(scene.written).to.have.lengthOf(6000);
  });

  it('bounds what a plugin writes, at once and from then on', async () => {
    const logger = scene.plugin('flood');
    scene.flood(100_000, logger);
    expect(scene.written).to.have.lengthOf(2000);
    for (let second = 1; second <= 60; second += 1) {
      await scene.clock.advance(1000);
      scene.flood(1000, logger);
    }
    scene.logger.settle();
    const written = scene.of('plugin').length;
    expect(written).to.equal(2000 + 60 * 10);
    expect(written + scene.leftOut).to.equal(160_000);
    expect(scene.written.length - written).to.be.at.most(8);
  });

  it('says in one line how many it has left out, of whom, and what they were like', async () => {
    const logger = scene.plugin('flood');
    scene.flood(2500, logger);
    scene.flood(2003, logger, 'error');
    await scene.clock.advance(10_000);
    scene.logger.info(OWN, 'another');
    expect(scene.of('leftOut')).to.deep.equal([
      {
        level: 'warn',
        fields: {
          event: 'leftOut',
          plugin: 'flood',
          count: 503,
          warnings: 0,
          errors: 3,
          last: '[flood] line 2499',
        },
        message:
          'Too many lines of the plugin flood: 503 left out in 10 s (warnings: 0, errors: 3), such as "[flood] line 2499"; of each level, 2000 at once and then 10 a second are written',
      },
    ]);
  });

  it('says the same of the monitor itself', () => {
    scene.flood(5001);
    scene.logger.settle();
    expect(scene.of('leftOut')[0]?.message).to.match(/^Too many lines of the monitor: 1 left out in 0\.0 s /);
    expect(scene.of('leftOut')[0]?.fields).to.not.have.property('plugin');
  });

  for (const level of ['warn', 'error'] as const) {
    it(`lets no flood of other lines take the place of a line of level ${level}`, () => {
      for (const flooding of LEVELS.filter((other) => other !== level)) {
        scene.flood(20_000, scene.logger, flooding);
      }
      scene.logger[level](OWN, 'the news');
      expect(scene.written.at(-1)?.message).to.equal('the news');
    });
  }

  it('lets no plugin take the place of another, nor of the monitor', () => {
    scene.flood(20_000, scene.plugin('flood'));
    scene.plugin('other').info({}, 'from the other');
    scene.logger.info(OWN, 'from the monitor');
    const texts = scene.written.slice(-2).map(({ message }) => message);
    expect(texts).to.deep.equal(['[other] from the other', 'from the monitor']);
  });

  it('writes every "kill" line, and no plugin can pass one off as such', () => {
    scene.flood(20_000);
    for (let index = 0; index < 20_000; index += 1) {
      scene.logger.info({ event: 'kill' }, 'Process terminated');
      scene.plugin('flood').info({ event: 'kill' }, `Process ${index} terminated`);
    }
    expect(scene.of('kill')).to.have.lengthOf(20_000);
    expect(scene.of('plugin')).to.have.lengthOf(2000);
  });

  it('leaves out repetitions that there is no room to tell, and counts them', async () => {
    const logger = scene.plugin('flood');
    for (let index = 0; index < 15; index += 1) {
      logger.info({}, 'the same');
    }
    scene.flood(1990, logger);
    scene.logger.settle();
    expect(scene.of('repeated')).to.deep.equal([]);
    expect(scene.leftOut).to.equal(5);
    await scene.clock.advance(10_000);
    scene.logger.settle();
    expect(scene.leftOut, 'told once').to.equal(5);
  });

  it('counts a long text as one line for each thousand characters', () => {
    const logger = scene.plugin('flood');
    for (let index = 0; index < 3000; index += 1) {
      logger.info({}, 'x'.repeat(2000));
    }
    scene.logger.settle();
    const characters = scene.of('plugin').reduce((sum, { message }) => sum + message.length, 0);
    expect(characters).to.be.within(1_990_000, 2_010_000);
    expect(String(scene.of('leftOut')[0]?.fields['last'])).to.have.lengthOf(1000);
  });

  it('has nothing to tell of a quiet hour', async () => {
    for (let minute = 0; minute < 60; minute += 1) {
      scene.logger.info({ event: 'scan' }, 'Scan complete. Scanned: 245, Killed: 0');
      await scene.clock.advance(60_000);
    }
    scene.logger.settle();
    expect(scene.written).to.have.lengthOf(60);
  });

  it('hands on what only a debugger reads', () => {
    scene.logger.debug(OWN, 'detail');
    expect(scene.written).to.deep.equal([{ level: 'debug', fields: OWN, message: 'detail' }]);
  });
});
