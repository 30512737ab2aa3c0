import {
  CLOCK,
  inject,
  injectable,
  Services,
  TERMINATOR,
  token,
  type Clock,
  type MonitorEvents,
  type Terminator,
} from '@memory-monitor/core';
import { FakeClock, type TestMonitor } from '@memory-monitor/core/testing';
import { expect } from 'chai';

const NAME = token<string>('types-name');

// @ts-expect-error there is no such field in that event
export type NoSuchField = MonitorEvents['kill']['pid'];

/**
 * Each `@ts-expect-error` is a statement that holds when this file compiles: the build fails where the line below it
 * has no error any more.
 */
export function doesNotCompile(services: Services, { monitor }: TestMonitor): void {
  // @ts-expect-error a clock is no string
  services.provide(NAME, () => new FakeClock());

  // @ts-expect-error a string is no clock
  services.provide(CLOCK, () => 'noon');

  // @ts-expect-error the service of a token has the token's type
  const terminator: Terminator = services.get(CLOCK);

  // @ts-expect-error tokens of different services are not interchangeable
  const clockToken: typeof CLOCK = TERMINATOR;

  // @ts-expect-error there is no such event
  monitor.events.on('kills', () => {});

  monitor.events.on('scan', (event) => {
    // @ts-expect-error payloads are read only
    event.killed = 0;
  });

  // @ts-expect-error a payload has to be complete
  monitor.events.emit('stopping', { reason: 'incomplete' });

  @injectable()
  class Mismatched {
    readonly clock: Clock;
    // @ts-expect-error the token's service does not fit the parameter
    constructor(@inject(NAME) clock: Clock) {
      this.clock = clock;
    }
  }
  expect([terminator, clockToken, Mismatched]).to.be.an('array');
}

describe('types', () => {
  it('are those of the services and of the events', () => {
    const services = new Services().provide(CLOCK, () => new FakeClock()).provide(NAME, () => 'Ada');
    const clock: Clock = services.get(CLOCK);
    const name: string = services.get(NAME);
    expect([clock.monotonicMs(), name]).to.deep.equal([0, 'Ada']);
  });
});
