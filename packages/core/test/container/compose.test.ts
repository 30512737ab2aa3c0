import {
  CLOCK,
  composeMonitor,
  INTENT_LOG,
  LOGGER,
  MONITOR_PROCESS,
  MonitorError,
  PROCESS_HANDLES,
  PROCESS_SOURCE,
  USER_DATABASE,
  type Monitor,
  type Services,
} from '@memory-monitor/core';
import {
  FakeClock,
  FakeIntents,
  FakeMachine,
  FakeUsers,
  testConfiguration,
  TestMonitor,
} from '@memory-monitor/core/testing';
import { expect } from 'chai';

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

function compose(
  options: { readonly ownsProcTree?: boolean; readonly dryRun?: boolean } = {},
  more: (services: Services) => void = () => {},
): Monitor {
  const { ownsProcTree = true, dryRun = false } = options;
  const machine = new FakeMachine();
  return composeMonitor({
    version: '1.2.3',
    configuration: testConfiguration({ settings: { dryRun } }),
    platform: (services) => {
      services
        .provide(CLOCK, () => new FakeClock())
        .provide(LOGGER, () => SILENT)
        .provide(MONITOR_PROCESS, () => ({ pid: 2, ancestors: () => [1], ownsProcTree: () => ownsProcTree }))
        .provide(PROCESS_SOURCE, () => machine)
        .provide(PROCESS_HANDLES, () => machine)
        .provide(USER_DATABASE, () => new FakeUsers());
      more(services);
    },
  });
}

const withIntents = (services: Services): void => void services.provide(INTENT_LOG, () => new FakeIntents());

describe('composing a monitor', () => {
  it('works with what a platform provides', async () => {
    const monitor = compose({}, withIntents);
    const versions: string[] = [];
    monitor.events.on('started', ({ version }) => versions.push(version));
    await monitor.run({ once: true });
    expect(versions).to.deep.equal(['1.2.3']);
  });

  it('fails with the name of the service that the platform lacks', () => {
    expect(() => compose())
      .to.throw(MonitorError, /"intent-log"/)
      .with.property('code', 'MM_ERR_DEPENDENCY_MISSING');
  });

  it('refuses to arm on a foreign /proc, and says what to do', () => {
    expect(() => compose({ ownsProcTree: false }, withIntents))
      .to.throw(MonitorError, /--dry-run/)
      .with.property('code', 'MM_ERR_PROC_FOREIGN');
  });

  it('allows a dry run on a foreign /proc', () => {
    expect(() => compose({ ownsProcTree: false, dryRun: true }, withIntents)).to.not.throw();
  });

  it('keeps two monitors apart', async () => {
    const first = new TestMonitor();
    const second = new TestMonitor();
    await first.tick();
    expect(first.eventsOf('scan')).to.have.length(1);
    expect(second.eventsOf('scan')).to.have.length(0);
  });
});
