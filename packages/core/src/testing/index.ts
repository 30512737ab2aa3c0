/**
 * The kit that plugins are tested with: a whole monitor on a fake machine and a fake clock.
 * @module @memory-monitor/core/testing
 */
export { failingTerminator } from './failing-terminator.js';
export { FakeClock, settle } from './fake-clock.js';
export { FakeIntents } from './fake-intents.js';
export { FakeMachine, type FakeProcess, type MachineStep } from './fake-machine.js';
export { FakeUsers, type FakeGroup } from './fake-users.js';
export {
  testConfiguration,
  TestMonitor,
  type LoggedLine,
  type TestConfigurationOptions,
  type TestMonitorOptions,
  type TestReload,
} from './test-monitor.js';
export { testPlugin, type ConfigFor, type TestPluginOptions } from './test-one-plugin.js';
export { type TestPlugin } from './test-plugin.js';
