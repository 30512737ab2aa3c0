/** The field that tells the kinds of lines of one event apart, where they have explanations of their own. */
const TOLD_APART_BY: Readonly<Record<string, string>> = {
  reloaded: 'accepted',
  violation: 'phase',
  decision: 'action',
  kill: 'outcome',
  pluginError: 'hook',
};

/**
 * What each kind of line is known by in the journal, `MESSAGE_ID` of systemd.journal-fields(7): the event, or the event and the
 * field that tells its kinds apart. Made once by `systemd-id128 new`, and never changed: people search and filter by them.
 * `packages/cli/service/memory-monitor.catalog` explains each.
 */
export const MESSAGE_IDS: Readonly<Record<string, string>> = {
  started: '63fb3890f6fc49a3939563cbba6eb59b',
  stopping: 'cf3a2e5e288c4814bc0a6359a0dff47a',
  'reloaded true': '97ba648761f04ce59b2393933f1682f0',
  'reloaded false': '9b81afa0b731497c9ed6e506b0d60eb5',
  'violation began': 'f888877a1532401e865538b1399781d8',
  'violation ended': 'c86c87198b7c4835b1248b3b5dc19b3d',
  decision: '2aba4777d6454594bceb82e88a5683df',
  'decision kill': '9a8a5d58de744968be71cf0d4e618d61',
  'kill terminated': '80f09f0684234a409ead44de95b884ba',
  'kill killed': 'a1eed1ecc16d40089e085e929f09d6a9',
  'kill vanished': 'fbd9e0734bf64562a445d16d9592fbb4',
  'kill spared': '7a49e78f13574b18a6ea533a32c7c6a7',
  'kill dry-run': '0afa9d02941345dabaff7eb5d0f21100',
  'kill failed': '6826df9201864e77a20809c3bc4af3b3',
  recovered: '494e72a72a0b4bf29038b2b03f1a717b',
  restartLoop: 'd6117e7f90b64ee7b0d994af00b0664a',
  pluginError: 'f893b5570ef54082a6c3e62ae2f446be',
  'pluginError left-out': '3f6ac70042ab4228a053ab5d5fe385b7',
  'pluginError needs': 'ca977813cb55415d8053c132aae70fbf',
  'pluginError isolation:disabled': '66e7c707d8664b4babd924c511e49ddc',
  repeated: '73cdddf598b24862b752ac616371ee68',
  leftOut: 'c8fc3d860c564bf092f92b122c06fd5f',
  unreadable: '1c5ed64beb9c4c41bf80bcfd0ef975cc',
  userDatabase: '5d1e93c1f12546f38cd87f0735951e89',
  unknownName: 'd127f2669aa648eda7d2d46b963c3b0d',
  scanFailed: 'a8b82c5997074f0fa3a2e0bae9fe7c63',
  listenerFailed: '8061a3765ccd4a378dd882c91d73dbd2',
  intent: '3a8ee58dbc0a4068b665260417ea6b76',
  log: '8821f18c7b064aa6819b0f73bb1a96c0',
  fault: '05c88a08dcce42b68b30f02e88e1f8bb',
  means: '90351a4e6a6e42ca877681d5a6d492f3',
};

/** The id of a line with these fields; undefined for what explains itself, and for what a plugin writes. */
export function messageIdOf(fields: Readonly<Record<string, unknown>>): string | undefined {
  const event = String(fields['event']);
  const part = TOLD_APART_BY[event];
  return (
    (part === undefined ? undefined : MESSAGE_IDS[`${event} ${String(fields[part])}`]) ?? MESSAGE_IDS[event]
  );
}
