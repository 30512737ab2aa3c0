import { chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { freeUids, isNamed, type UidPlaces } from '#src/isolation/own-uid.js';
import { itWhere, lacksRoot } from '../support/it-where.js';
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
  const findFreeUid = (seed: string, where?: UidPlaces): number | undefined => {
    const [first] = freeUids(seed, where);
    return first;
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
    const first = findFreeUid('a', places) ?? 0;
    name(first);
    const second = findFreeUid('a', places) ?? 0;
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
    writeFileSync(join(places.dynamicUsers, String(uid)), 'some-service');
    expect(findFreeUid('a', places)).to.not.equal(uid);
  });

  itWhere(lacksRoot, 'is nobody that a process runs as', async () => {
    const uid = findFreeUid('a', places) ?? 0;
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

  it('is none where all are taken', () => {
    name(...all);
    expect([...freeUids('a', places)]).to.deep.equal([]);
  });

  it('may be any that is free, each once', () => {
    expect([...freeUids('a', places)].sort((a, b) => a - b)).to.deep.equal(all);
  });

  it('is named where the database of users or of groups has it, wherever that asks; not where it does not answer', async () => {
    const entry = { name: 'ada', id: 7 };
    for (const [answers, expected] of [
      [{ passwd: entry, group: 'absent' }, true],
      [{ passwd: 'absent', group: entry }, true],
      [{ passwd: 'absent', group: 'absent' }, false],
      [{ passwd: 'unanswered', group: 'unanswered' }, false],
    ] as const) {
      const asked: string[] = [];
      const named = await isNamed(7, async (database, key) => {
        asked.push(`${database} ${key}`);
        return await Promise.resolve(answers[database]);
      });
      expect(named, JSON.stringify(answers)).to.equal(expected);
      expect(asked).to.deep.equal(['passwd 7', 'group 7']);
    }
  });

  it('is named where this machine names it', async () => {
    expect(await isNamed(0)).to.equal(true);
    expect(await isNamed(FIRST)).to.equal(false);
  });

  it('is found on this machine', () => {
    expect(findFreeUid('a')).to.be.within(FIRST, LAST);
  });
});
