import { chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { findFreeUid, isDynamicUser, type UidPlaces } from '#src/isolation/own-uid.js';
import { itWhere, lacksRoot } from '../support/it-where.js';
import { rejection } from '../support/rejection.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

/** systemd's, documented in its UIDs-GIDs.md. */
const FIRST = 61_184;
const LAST = 65_519;

describe('the uid of an isolated plugin', () => {
  const directory = useTemporaryDirectory();
  let places: UidPlaces;
  beforeEach(() => {
    const path = (name: string): string => join(directory(), name);
    places = { passwd: path('passwd'), proc: path('proc'), dynamicUsers: path('dynamic') };
    writeFileSync(places.passwd, 'root:x:0:0:root:/root:/bin/sh\n');
    mkdirSync(places.proc);
    mkdirSync(places.dynamicUsers);
  });

  const name = (...uids: readonly number[]): void => {
    writeFileSync(places.passwd, uids.map((uid) => `u${uid}:x:${uid}:${uid}::/:/bin/false\n`).join(''));
  };
  const all = Array.from({ length: LAST - FIRST + 1 }, (_, index) => FIRST + index);

  it('is of the range that systemd keeps for users of a moment, and is the same each time', () => {
    for (let plugin = 0; plugin < 200; plugin += 1) {
      const uid = findFreeUid(`./plugin-${plugin}.ts`, places);
      expect(uid).to.be.within(FIRST, LAST);
      expect(findFreeUid(`./plugin-${plugin}.ts`, places)).to.equal(uid);
    }
  });

  it('differs from plugin to plugin, mostly', () => {
    const uids = Array.from({ length: 100 }, (_, plugin) => findFreeUid(`./plugin-${plugin}.ts`, places));
    expect(new Set(uids).size).to.be.above(90);
  });

  it('is nobody that passwd names', () => {
    const first = findFreeUid('a', places);
    name(first);
    const second = findFreeUid('a', places);
    name(first, second);
    expect(new Set([first, second, findFreeUid('a', places)]).size).to.equal(3);
  });

  it('is the only one left, wherever that is', () => {
    for (const left of [FIRST, LAST, 63_000]) {
      name(...all.filter((uid) => uid !== left));
      expect(findFreeUid('a', places)).to.equal(left);
    }
  });

  it('is none of a dynamic user of systemd', () => {
    const uid = findFreeUid('a', places);
    expect(isDynamicUser(uid, places)).to.equal(false);
    writeFileSync(join(places.dynamicUsers, String(uid)), 'some-service');
    expect(isDynamicUser(uid, places)).to.equal(true);
    expect(findFreeUid('a', places)).to.not.equal(uid);
  });

  itWhere(lacksRoot, 'is nobody that a process runs as', async () => {
    const uid = findFreeUid('a', places);
    for (const [entry, owner] of [
      ['17', uid],
      ['sys', uid + 1],
    ] as const) {
      mkdirSync(join(places.proc, entry));
      chownSync(join(places.proc, entry), owner, owner);
    }
    expect(findFreeUid('a', places)).to.equal(uid + 1);
    await Promise.resolve();
  });

  it('is found where there is neither passwd nor systemd', () => {
    rmSync(places.passwd);
    rmSync(places.dynamicUsers, { recursive: true });
    expect(findFreeUid('a', places)).to.be.within(FIRST, LAST);
  });

  it('is none where all are taken, and that is a sentence', async () => {
    name(...all);
    expect(await rejection('MM_ERR_PLUGIN_ISOLATED', () => findFreeUid('a', places))).to.equal(
      'There is no user left for an isolated plugin to run as: every uid from 61184 to 65519 is taken.',
    );
  });

  it('is found on this machine', () => {
    expect(findFreeUid('a')).to.be.within(FIRST, LAST);
  });
});
