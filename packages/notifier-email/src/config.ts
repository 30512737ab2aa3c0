import * as v from 'valibot';

import { addressOf, isAddress, isAddressPattern } from './notice/addresses.js';
import { DEFAULT_SPOOL } from './spool/default-spool.js';
import { NOTICE_KINDS, type NoticeKind } from './notice/notice.js';

const ADMIN_KINDS: NoticeKind[] = ['kill', 'failed', 'cap', 'plugin', 'config', 'recovered', 'restart-loop'];
const OWNER_KINDS = ['kill', 'warn'] as const;

const address = v.pipe(
  v.string(),
  v.check(isAddress, 'accepted: name@example.org, or the name of a local user'),
);
const path = v.pipe(v.string(), v.startsWith('/', 'accepted: an absolute path'));
/** It stands in units, too. */
const spool = v.pipe(
  v.string(),
  v.regex(
    /^(?!.*\/\.\.?(?:\/|$))\/[\w./-]+$/,
    'accepted: an absolute path of letters, digits, ".", "-" and "_"',
  ),
);
const text = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(200));
const sender = v.pipe(
  text,
  v.check(
    (from) => isAddress(addressOf(from)),
    'accepted: monitor@example.org, or Memory Monitor <monitor@example.org>',
  ),
);

const smtp = v.pipe(
  v.strictObject({
    host: v.optional(v.pipe(v.string(), v.minLength(1)), 'localhost'),
    port: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535))),
    /** `none` only where the server is this machine. */
    security: v.optional(v.picklist(['starttls', 'tls', 'none'])),
    user: v.optional(v.pipe(v.string(), v.minLength(1))),
    password: v.optional(v.pipe(v.string(), v.minLength(1))),
    password_file: v.optional(path),
    password_env: v.optional(v.pipe(v.string(), v.regex(/^\w+$/))),
    ca_file: v.optional(path),
    certificate_file: v.optional(path),
    key_file: v.optional(path),
  }),
  v.check(
    ({ password, password_file: file, password_env: env }) =>
      [password, file, env].filter((given) => given !== undefined).length <= 1,
    'a password comes from one place: "password_file", "password_env" or "password"',
  ),
  v.check(
    ({ user, password, password_file: file, password_env: env }) =>
      (user === undefined) === ((password ?? file ?? env) === undefined),
    '"user" and a password belong together',
  ),
  v.check(
    ({ certificate_file: certificate, key_file: key }) => (certificate === undefined) === (key === undefined),
    '"certificate_file" and "key_file" belong together',
  ),
);

const owners = v.pipe(
  v.strictObject({
    /** `{user}` stands for the name: `{user}@example.org`, or `{user}` for the mailbox on this machine. */
    address: v.optional(
      v.pipe(
        v.string(),
        v.check(
          isAddressPattern,
          'accepted: an address with {user} in it, as {user}@example.org, or {user} alone',
        ),
      ),
    ),
    /** By name; they come before `address`. */
    addresses: v.optional(v.record(v.string(), address), {}),
    tell: v.optional(v.array(v.picklist(OWNER_KINDS)), [...OWNER_KINDS]),
    /** Owners with a smaller uid are services, which read no mail. */
    from_uid: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 1000),
    /** Whom to ask. */
    contact: v.optional(text),
  }),
  v.check(
    ({ address: pattern, addresses }) => pattern !== undefined || Object.keys(addresses).length > 0,
    'owners need "address" or "addresses"',
  ),
);

/** `[plugins.config]` of this plugin. */
export const configSchema = v.pipe(
  v.strictObject({
    admins: v.optional(v.array(address), []),
    tell_admins: v.optional(v.array(v.picklist(NOTICE_KINDS)), ADMIN_KINDS),
    owners: v.optional(owners),
    from: v.optional(sender),
    smtp: v.optional(smtp),
    /** Path of the local program that takes mail, instead of SMTP. */
    sendmail: v.optional(path),
    /** After one mail, the next one to the same address comes no sooner than this. */
    digest_minutes: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1440)), 10),
    /** What could not be delivered for so long goes to the dead letters. */
    give_up_hours: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(720)), 72),
    spool: v.optional(spool, DEFAULT_SPOOL),
  }),
  v.check(
    ({ admins, owners: owner }) => admins.length > 0 || owner !== undefined,
    'nobody would get mail: "admins" or "owners" is needed',
  ),
  v.check(
    ({ smtp: server, sendmail }) => server === undefined || sendmail === undefined,
    'mail goes out by "smtp" or by "sendmail", not by both',
  ),
);

export type EmailConfig = v.InferOutput<typeof configSchema>;
export type SmtpConfig = v.InferOutput<typeof smtp>;
