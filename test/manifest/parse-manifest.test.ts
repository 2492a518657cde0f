import { describe, expect, test } from 'vitest';
import { parseManifest } from '../../src/manifest/parse-manifest.ts';
import { parseSink } from '../../src/sinks/sink-spec.ts';

const checkSink = (text: string) => void parseSink(text);
const secret = `sk_0123456789abcdef_${'a'.repeat(43)}_abcdef`;
const hidden = {
  ...{
    AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMIEXAMPLE',
    DB_PASSWORD: 'hunter2EXAMPLE',
    NPM_TOKEN: 'npm-EXAMPLE',
  },
  ...{ PGPASSWD: 'EXAMPLE', OPENAI_APIKEY: 'EXAMPLE', DATABASE_URL: 'postgres://ann:EXAMPLE@example.com/db' },
};
const env = {
  REPO: 'search/api',
  EMPTY: '',
  SPACED: 'a b',
  LINES: 'a\nb',
  TOKEN: secret,
  KEYS_TOKEN: 'x',
  ...hidden,
};
const context = { env, folder: '/project', checkSink };

function stateOf(text: string) {
  const { state, faults } = parseManifest(text, 'keys.yaml', context);
  expect(faults).toEqual([]);
  if (!state) throw new Error('no state');
  return state;
}

function keyIn(text: string) {
  const [key] = stateOf(text).keys;
  return key;
}

function faultsIn(text: string): string[] {
  const { faults } = parseManifest(text, 'keys.yaml', context);
  return faults.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`);
}

const day = 86_400_000;
const days = (count: number) => ({ months: 0, milliseconds: count * day });

test('every field of the file becomes one of the desired state', () => {
  const text = `
profile: local
keys:
  ci:
    description: deploys
    owner: team-search
    expires: 90d
    permissions: [read]
    rateLimitRpm: 60
    budgetUsd: 25
    models: []
    labels: { team: search }
    disabled: false
    to: ["env:.env#API_KEY"]
    rotate: { olderThan: 60d, due: 14d, grace: 7d, whenIdle: 24h }
audit: { maxAge: 90d, expiring: 14d, unused: 6mo, require: [expiry], forbidPermission: [admin], failOn: warning }
`;
  expect(stateOf(text)).toEqual({
    file: 'keys.yaml',
    profile: 'local',
    keys: [
      {
        name: 'ci',
        description: 'deploys',
        owner: 'team-search',
        expires: { kind: 'span', duration: days(90) },
        permissions: ['read'],
        rateLimitRpm: 60,
        budgetUsd: 25,
        models: [],
        labels: { team: 'search' },
        disabled: false,
        to: ['env:/project/.env#API_KEY'],
        rotate: { olderThan: days(60), due: days(14), grace: days(7), whenIdle: days(1) },
        at: { line: 4, column: 3 },
      },
    ],
    audit: {
      maxAge: days(90),
      expiring: days(14),
      unused: { months: 6, milliseconds: 0 },
      require: ['expiry'],
      forbidPermission: ['admin'],
      failOn: 'warning',
    },
    placeNames: new Map([['env:/project/.env#API_KEY', 'env:.env#API_KEY']]),
    unsetVariables: [],
  });
});

test('a key needs no fields at all', () => {
  expect(keyIn('keys:\n  ci:\n')).toEqual({ name: 'ci', to: [], at: { line: 2, column: 3 } });
  expect(keyIn('keys: { ci: {} }')).toMatchObject({ name: 'ci', to: [] });
});

test('a file can have no keys', () => {
  expect(stateOf('audit: { maxAge: 90d }').keys).toEqual([]);
  expect(stateOf('keys: {}').keys).toEqual([]);
});

test.each([
  ['2027-01-31', { kind: 'date', at: new Date('2027-01-31T23:59:59Z') }],
  ['"2027-01-31"', { kind: 'date', at: new Date('2027-01-31T23:59:59Z') }],
  ['2027-01-31T18:00:00Z', { kind: 'date', at: new Date('2027-01-31T18:00:00Z') }],
  // Whether it is still to come is for the plan to say.
  ['2020-01-31', { kind: 'date', at: new Date('2020-01-31T23:59:59Z') }],
  ['6mo', { kind: 'span', duration: { months: 6, milliseconds: 0 } }],
  ['never', { kind: 'never' }],
])('expires: %s', (written, expires) => {
  expect(keyIn(`keys: { ci: { expires: ${written} } }`)).toMatchObject({ expires });
});

test('none takes a limit away, and grace: 0 is none', () => {
  const text = 'keys: { ci: { rateLimitRpm: none, budgetUsd: none, rotate: { grace: 0 } } }';
  expect(keyIn(text)).toMatchObject({ rateLimitRpm: null, budgetUsd: null, rotate: { grace: days(0) } });
});

test('a name is the text as it is written', () => {
  const text = 'keys:\n  007: {}\n  null: {}\n  1.0: {}\n  "a b": {}\n  constructor: {}\n  __proto__: {}\n';
  expect(stateOf(text).keys.map(({ name }) => name)).toEqual([
    '007',
    'null',
    '1.0',
    'a b',
    'constructor',
    '__proto__',
  ]);
});

test('an entry can have another name than its key', () => {
  const text = 'keys: { ci: {}, ci-of-prod: { name: ci, profile: prod } }';
  expect(stateOf(text).keys).toMatchObject([{ name: 'ci' }, { name: 'ci', profile: 'prod' }]);
});

describe('defaults', () => {
  test('fill in what a key leaves out; labels and rotate field by field', () => {
    const text = `
defaults:
  expires: 90d
  permissions: [read, write]
  labels: { team: search, stage: test }
  rotate: { olderThan: 60d, grace: 7d }
keys:
  ci: { permissions: [read], labels: { stage: prod }, rotate: { grace: 0 } }
  web:
`;
    expect(stateOf(text).keys).toMatchObject([
      {
        expires: { kind: 'span', duration: days(90) },
        permissions: ['read'],
        labels: { team: 'search', stage: 'prod' },
        rotate: { olderThan: days(60), grace: days(0) },
      },
      { permissions: ['read', 'write'], labels: { team: 'search', stage: 'test' } },
    ]);
  });

  test('cannot name a key', () => {
    expect(faultsIn('defaults: { name: ci }')).toEqual([
      '1:13 defaults.name: is not known here; write it below the name of a key, in keys:',
    ]);
  });
});

describe('places', () => {
  const places = (...to: string[]) => keyIn(`keys: { ci: { to: ${JSON.stringify(to)} } }`)?.to;
  const fault = (place: string) => faultsIn(`keys: { ci: { to: [${JSON.stringify(place)}] } }`);

  test('have absolute paths', () => {
    expect(
      places('file:key', 'env:../a/.env#A', 'file:/k', 'exec:./deliver {name}', 'keychain:x', 'file:a#b'),
    ).toEqual([
      'file:/project/key',
      'env:/a/.env#A',
      'file:/k',
      'exec:/project/deliver {name}',
      'keychain:x',
      'file:/project/a#b',
    ]);
  });

  test('have the values of variables', () => {
    expect(places('github:${REPO}#KEY', 'file:$${REPO}', 'file:$$${REPO}')).toEqual([
      'github:search/api#KEY',
      'file:/project/${REPO}',
      'file:/project/$${REPO}',
    ]);
  });

  test.each([
    ['github:${MISSING}#KEY', 'needs the variable MISSING, which is not set; export MISSING=…'],
    ['github:${EMPTY}#KEY', 'needs the variable EMPTY, which is empty; export EMPTY=…'],
    ['file:${TOKEN}', 'refers to the variable TOKEN, which holds a secret; a place must not contain one'],
    [
      'file:${KEYS_TOKEN}',
      'refers to the variable KEYS_TOKEN, which holds a secret; a place must not contain one',
    ],
    ['file:${LINES}', 'refers to the variable LINES, which has a control character in it'],
    [
      'exec:./deliver ${SPACED}',
      'refers to the variable SPACED in a command, where its value may have no spaces, quotes or other special characters',
    ],
    [
      'github:${{ github.repository }}#KEY',
      'has a ${ that begins no variable; write ${NAME}, or $${ for the text ${',
    ],
    ['file:${REPO', 'has a ${ that begins no variable; write ${NAME}, or $${ for the text ${'],
    ['file:~/key', 'begins with ~, which keys does not fill in; write ${HOME}/key'],
    [
      'file:$HOME/key',
      'begins with $HOME, which keys does not fill in; write ${HOME}, or ./$HOME for a file of that name',
    ],
    ['stdout', 'is stdout, which keeps nothing; write a sink such as env:.env#API_KEY'],
    ['clipboard', 'is clipboard, which keeps nothing; write a sink such as env:.env#API_KEY'],
    ['.env', "'.env' is not a sink (did you mean env:.env#NAME?)"],
    ['', 'is empty; write a text, or remove the field'],
  ])('refuse %s', (place, message) => {
    expect(fault(place)).toEqual([`1:20 keys.ci.to.0: ${message}`]);
  });

  test.each(['AWS_SECRET_ACCESS_KEY', 'DB_PASSWORD', 'NPM_TOKEN', 'PGPASSWD', 'OPENAI_APIKEY'])(
    'refuse the secret %s of another program: a plan shows places',
    (name) => {
      expect(fault(`file:\${${name}}`)).toEqual([
        `1:20 keys.ci.to.0: refers to the variable ${name}, which by its name holds a secret; a place must not contain one`,
      ]);
    },
  );

  test.each([
    String.raw`file:\\evil.example.net\share\x`,
    'env://evil.example.net/share/.env#A',
    'file:${SHARE}/x',
  ])('refuse %s on Windows, which would log in to that machine', (place) => {
    const text = `keys: { ci: { to: ['${place}'] } }`;
    const env = { SHARE: String.raw`\\evil.example.net\share` };
    const { faults } = parseManifest(text, 'keys.yaml', { ...context, env, hasShares: true });
    expect(faults.map(({ message }) => message)).toEqual([
      'begins with two slashes, and so is on another machine; write a path of this one',
    ]);
    expect(parseManifest(text, 'keys.yaml', { ...context, env, hasShares: false }).faults).toEqual([]);
  });

  test('are told as the file writes them, with their variables filled in', () => {
    const text =
      'keys: { ci: { to: ["file:../a", "env:./${REPO}/.env#A", "exec:./deliver x", "github:${REPO}#KEY"] } }';
    expect([...stateOf(text).placeNames]).toEqual([
      ['file:/a', 'file:../a'],
      ['env:/project/search/api/.env#A', 'env:./search/api/.env#A'],
      ['exec:/project/deliver x', 'exec:./deliver x'],
      ['github:search/api#KEY', 'github:search/api#KEY'],
    ]);
  });

  test('stay as they are written without a variable, for a reader that does not need them', () => {
    const text = 'keys: { ci: { to: ["github:${MISSING}#KEY", "file:${EMPTY}/a", "file:a"] } }';
    const { state } = parseManifest(text, 'keys.yaml', { ...context, leavesUnset: true });
    expect(state?.unsetVariables).toEqual(['MISSING', 'EMPTY']);
    expect(state?.keys[0]?.to).toEqual(['github:${MISSING}#KEY', 'file:${EMPTY}/a', 'file:/project/a']);
    const secret = 'keys: { ci: { to: ["file:${TOKEN}"] } }';
    expect(parseManifest(secret, 'keys.yaml', { ...context, leavesUnset: true }).faults).toHaveLength(1);
  });

  test('refuse a URL with a password', () => {
    expect(fault('exec:./deliver ${DATABASE_URL}')).toEqual([
      '1:20 keys.ci.to.0: refers to the variable DATABASE_URL, which holds a secret; a place must not contain one',
    ]);
  });

  test('belong to one key', () => {
    const text = `
keys:
  a: { to: ["env:.env#A", "file:whole"] }
  b: { to: ["env:./.env#A"] }
  c: { to: ["env:whole#C"] }
  d: { to: ["env:.env#D", "file:.env"] }
`;
    expect(faultsIn(text)).toEqual([
      '4:13 keys.b.to.0: is a place that is taken already, in line 3',
      '5:13 keys.c.to.0: is a place that is taken already, in line 3',
      '6:27 keys.d.to.1: is a place that is taken already, in line 3',
    ]);
  });

  test('of defaults are apart by the {name} or the {id} in a command, and only there', () => {
    const shared = (place: string) => faultsIn(`defaults: { to: ["${place}"] }\nkeys: { a: {}, b: {} }`);
    for (const placeholder of ['{name}', '{id}']) {
      expect(shared(`exec:./deliver ${placeholder}`)).toEqual([]);
      expect(shared(`file:${placeholder}`)).toEqual([
        '2:16 keys.b: is a place that is taken already, in line 2',
      ]);
    }
    expect(shared('file:key')).toEqual(['2:16 keys.b: is a place that is taken already, in line 2']);
  });
});

test('a variable elsewhere is refused; two dollars are text', () => {
  const text = 'keys: { "${REPO}": { description: "${REPO}", labels: { "${A}": b } } }';
  const message = 'has a variable, which only places (to:) may have; write $${ for the text ${';
  expect(faultsIn(text)).toEqual([
    `1:9 keys."\${REPO}": ${message}`,
    `1:35 keys."\${REPO}".description: ${message}`,
    `1:56 keys."\${REPO}".labels."\${A}": ${message}`,
  ]);
  expect(keyIn('keys: { "$${A}": { description: "$$${A}", labels: { "$${B}": c } } }')).toMatchObject({
    name: '${A}',
    description: '$${A}',
    labels: { '${B}': 'c' },
  });
});

test('all faults are reported at once, each where it is', () => {
  const text = `prfile: x
keys:
  ci:
    expires: 90
    permissions: read
    rateLimitRpm: "60"
    budgetUsd: 1.1234567
    labels: { a: 1 }
    olderThan: 5d
    disabled: yes
    models: [1]
    description:
  web: { rotate: [] }
  ops: []
  ci: {}
  b: { expires: 2027-02-30, rotate: { older-than: 60d, grace: 7, due: 1m, whenIdle: 0 } }
  c: { name: b, rateLimitRpm: 0.5, budgetUsd: 0 }
audit: { failOn: err, maxage: 90d }
`;
  expect(faultsIn(text)).toEqual([
    '1:1 prfile: is not a known field (did you mean profile?)',
    '4:14 keys.ci.expires: is a number, expected a text; write for example 90d',
    '5:18 keys.ci.permissions: is a text, expected a list; write for example [read]',
    '6:19 keys.ci.rateLimitRpm: is a text, expected a number or none; write for example 60',
    '7:16 keys.ci.budgetUsd: has more than 6 decimals',
    '8:18 keys.ci.labels.a: is a number, expected a text; put it in quotes',
    '9:5 keys.ci.olderThan: is not known here; write it below rotate:',
    '10:15 keys.ci.disabled: is a text, expected true or false',
    '11:14 keys.ci.models.0: is a number, expected a text; put it in quotes',
    '12:17 keys.ci.description: is empty; write a value, or remove the field',
    '13:18 keys.web.rotate: is a list, expected a map; write for example {olderThan: 60d}',
    '14:8 keys.ops: is a list, expected a map',
    '15:3 keys.ci: is there twice; remove one of them',
    "16:17 keys.b.expires: '2027-02-30' names a day that does not exist",
    '16:39 keys.b.rotate.older-than: is not a known field (did you mean olderThan?)',
    '16:63 keys.b.rotate.grace: is a number, expected a text; write for example 7d',
    "16:71 keys.b.rotate.due: '1m' is ambiguous: use 1min for minutes or 1mo for months",
    '16:85 keys.b.rotate.whenIdle: is a number, expected a text; write for example 24h',
    '17:3 keys.c: has the name of another key of its profile, in line 16',
    '17:31 keys.c.rateLimitRpm: is not a whole number of at least 1; write none for no limit',
    '17:47 keys.c.budgetUsd: is not above 0; write none for no limit',
    '18:18 audit.failOn: is not one of info, warning, error',
    '18:23 audit.maxage: is not a known field (did you mean maxAge?)',
  ]);
});

describe('what looks like a secret', () => {
  test.each([
    `keys: { ci: { description: "${secret}" } }`,
    `# ${secret}\nkeys: {}`,
    `keys: { "${secret}": {} }`,
    `keys: { ci: { expires: ${secret} } }`,
    `keys: { ci: { ${secret}: 1 } }`,
    `${secret}: 1`,
    `keys: { ci: { to: ["file:${secret}"] } }`,
    `keys: { ci: { labels: { a: "${secret.replace('sk', '\\x73k')}" } } }`,
    `keys: { ci: { description: "sk_0123456789abcdef_${'a'.repeat(20)}\\\n${'a'.repeat(23)}_abcdef" } }`,
  ])('is refused and not repeated (%#)', (text) => {
    const faults = faultsIn(text);
    expect(faults.join()).toContain('looks like the secret of a key');
    expect(faults.join('\n')).not.toMatch(/_a{20}/);
  });

  test('is shown where it is', () => {
    expect(faultsIn(`keys: {}\n# old: ${secret}`)).toEqual([
      '2:8 : looks like the secret of a key; remove it, and replace that key: keys rotate',
    ]);
  });
});

test.each([
  [
    'ci: { expires: 90d }',
    'is not a known field; the fields are profile, defaults, keys, audit; a key is written below keys:',
  ],
  ['version: 1', 'is not a known field; the fields are profile, defaults, keys, audit'],
  [
    'provider: openrouter',
    'is not known here: a profile has it; make one with keys login, and write profile:',
  ],
  ['keys: { ci: { to: env:.env#A } }', 'is a text, expected a list; write for example ["env:.env#API_KEY"]'],
  [
    'keys: { ci: { to: [env: .env#A] } }',
    'is a map, expected a text; write no space behind the colon, such as env:.env#API_KEY',
  ],
  ['keys: { ci: { models: small } }', 'is a text, expected a list; write for example [small-model]'],
  ['keys: [ci]', 'is a list, expected a map; write for example {ci: {expires: 90d}}'],
])('what a first file has is explained: %s', (text, message) => {
  expect(faultsIn(text).map((fault) => fault.replace(/^\S+ \S+: /, ''))).toEqual([message]);
});

test('a key that would be due as soon as it exists is refused: each run would replace it', () => {
  expect(
    faultsIn(`
defaults: { rotate: { due: 14d } }
keys:
  a: { expires: 14d }
  b: { expires: 90d, rotate: { due: 3mo } }
  c: { expires: 15d }
  d: { expires: 5d, rotate: { due: 1d } }
  e: { expires: 2027-01-31 }
  f: { expires: never }
`),
  ).toEqual([
    '4:3 keys.a: has a rotate.due that is not shorter than the lifetime (expires), so each new key would be due at once; write a shorter span',
    '5:37 keys.b.rotate.due: is not shorter than the lifetime (expires), so each new key would be due at once; write a shorter span',
  ]);
});
